// The services that a province reads from. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "tests/sandbox/fields.h"
#include "tests/sandbox/holdings.h"

namespace dvcsandbox {

struct Page {
    std::size_t number = 0;  // from 1
    std::size_t rows = 0;
    std::size_t first() const { return (number - 1) * rows; }
};

// Page `trang` of `sokq` rows each; what is not a page adds to `faults`.
Page page_of(const Json& body, Faults& faults);

// The `result` array of a read, as JSON. `body` is an envelope that has passed check_envelope. A
// question that cannot be asked adds to `faults`.
std::string read_service(Service service, const Json& body, const Holdings& holdings,
                         std::string_view madonvi, Faults& faults);

}  // namespace dvcsandbox
