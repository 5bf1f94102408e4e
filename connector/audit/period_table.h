// The entries of a period as a table for spreadsheets: what an export writes, and what a verifier
// writes again from the signed entries and compares. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync::audit {

// The mark of a table and the names of its columns, with its line end.
std::string table_header();
// The line of an entry. Corrupt if it is not canonical JSON.
Result<std::string> table_line(std::string_view entry);

}  // namespace dvcsync::audit
