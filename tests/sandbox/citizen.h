// Composed citizens who file on the portal. The same specification and seed make the same
// submissions, byte for byte. No person in them exists. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/injector.h"
#include "tests/sandbox/national_list.h"
#include "tests/sandbox/submissions.h"

namespace dvcsandbox {

struct Wish {  // a line of a list: what is to be filed
    std::string code, procedure, agency;
    Stamp filed = 0;
};

struct CitizenSpec {
    std::uint64_t count = 510;
    std::uint64_t seed = 1;
    Stamp from = 20190101000000;
    Stamp until = 20191231000000;
    std::string roads = "poll";  // poll, callback, both, or mixed: a third each
    double supplements = 0.1;    // chances for a submission
    double withdrawals = 0.02;
    double payments = 0;
    double promotions = 0;    // filed with addtthcKhuyenMai
    double notices = 0;       // a tax notice besides, with nhantbthuedvcqg
    double base64 = 0.3;      // chance for a file: in the record, not by URL
    std::uint64_t files = 2;  // at most so many a component
    std::vector<Wish> list;   // if there is one, it says how many
};

// "count=510&seed=1&…", values percent-encoded, as in the query of POST /citizen. `list=FILE` reads
// CSV lines code,procedure,agency,filed (yyyyMMdd or yyyyMMddHHmmss), with or without that header.
// Nothing: `error` says what is wrong.
std::optional<CitizenSpec> parse_citizen(std::string_view query, const NationalList& national,
                                         std::string& error);

struct Surroundings {
    const NationalList& national;
    Injector& faults;        // of names and types, drawn by the number of the file
    std::string files_url;   // "https://127.0.0.1:8443/files/"
    bool callbacks = false;  // there is an address to call back
};

std::uint64_t submissions_of(const CitizenSpec& spec);
// Submission number `index` from 0.
Submission compose(const CitizenSpec& spec, std::uint64_t index, const Surroundings& around);

}  // namespace dvcsandbox
