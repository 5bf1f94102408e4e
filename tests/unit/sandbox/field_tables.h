// The contract, field by field, as the tests expect it: written from the contract, not from the
// tables of the sandbox.
#pragma once

#include <string_view>
#include <vector>

#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {

struct Row {
    std::string_view path;
    char need;  // R required, P present, O optional
    char kind;  // t text, s stamp, d date, a either date, c code, u URL, n digits, % percent,
                // # number, b boolean, l list, o object, k a code with a form of its own
    std::size_t limit = 0;
    std::string_view codes = {};
};

struct Table {
    Service service;
    Document (*good)();
    std::vector<Row> rows;
};

const std::vector<Table>& tables();

}  // namespace dvcsandbox::testing
