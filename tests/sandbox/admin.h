// The administration of the portal over plain HTTP on the loopback address. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/citizens.h"
#include "tests/sandbox/http_server.h"
#include "tests/sandbox/ministry.h"
#include "tests/sandbox/portal.h"

namespace dvcsandbox {

// The running program, as far as the administration may change it.
struct Controls {
    std::function<void()> shutdown;
    std::function<void(Outage, std::chrono::milliseconds)> begin_outage;
    std::function<std::uint64_t()> outage_calls;
    // "", or why the files cannot be used.
    std::function<std::string(const std::string& file, const std::string& key)> serve_with;
    Citizens* citizens = nullptr;  // never null while serving
};

// GET /health, /report?year=, /dossier?code=, /faults; POST /reset, /shutdown, /faults?spec=&seed=
// &services=, /outage?seconds=&how=, /certificate?file=&key=; of the citizens GET
// /submission?code=, /submissions; POST /citizen?…, /citizen/hostile?kind=&seconds=&mib=.
Reply administer(Portal& portal, const Request& request, const Controls& controls);

// The same of a portal of 2026: /health, /report, /faults, /reset, /shutdown, /outage.
Reply administer(Ministry& ministry, const Request& request, const Controls& controls);

// A call of http://host:port/path without a body, for the report command and for tests. Nothing:
// `error` says why.
std::optional<std::string> fetch(const std::string& base, const std::string& path,
                                 std::string& error, std::string_view method = "GET");

}  // namespace dvcsandbox
