// Values of a record in messages. Pure functions, thread-safe.
//
// Reasons are stored in the clear, listed and logged, and people write names, numbers of identity
// cards and telephones into fields that are meant for codes, words and dates. So a value is quoted
// only if it looks like a code or a date.
#pragma once

#include <string>
#include <string_view>

namespace dvcsync::mapping {

// "'1.005129'", or "(24 characters)" for what may be personal: anything longer than 60 bytes, with
// other than ASCII letters, digits and . _ : / + -, or a number of 9 to 13 digits. A date's blank
// is allowed. Precondition: UTF-8.
std::string shown_value(std::string_view value);
// The same for what stands in a date's place: letters may be a name there.
std::string shown_date(std::string_view value);

}  // namespace dvcsync::mapping
