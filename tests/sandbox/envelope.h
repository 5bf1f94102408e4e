// The envelope of a call: contract section 1. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/fields.h"
#include "tests/sandbox/services.h"

namespace dvcsandbox {

// Path prefixes of both generations of the adapter; nothing for a path that the portal does not
// serve.
std::optional<Endpoint> endpoint_at(std::string_view path);

// The destination code of a call: the header, or the query parameter "dstcode", or both if equal.
// "" when absent or contradictory.
std::string destination(std::string_view header, std::string_view query);

// Checks the members of the envelope (not the content of `data`): each is known to the service,
// given once, of the right type, and present if the service needs it.
void check_envelope(Service service, const Json& body, std::size_t max_batch, Faults& faults);

// The two parameters of the wrapper, each once and nothing else; nothing otherwise.
struct WrapperQuery {
    std::string agency;
    bool updating = false;
};
std::optional<WrapperQuery> parse_wrapper_query(std::string_view query);

}  // namespace dvcsandbox
