// The services that a province reads from. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "tests/sandbox/holdings.h"

namespace dvcsandbox {

// The `result` array of a read, as JSON. `question` is what the call asks about. A question that
// cannot be asked sets `fault`.
std::string read_service(Service service, std::string_view question, const Holdings& holdings,
                         std::string_view madonvi, std::string& fault);

}  // namespace dvcsandbox
