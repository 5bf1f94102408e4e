// The administration of the portal over plain HTTP on the loopback address. Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/sandbox/portal.h"

namespace dvcsandbox {

// GET /health, /report?year=, /dossier?code=; POST /reset, /shutdown. `shutdown` is called by the
// last.
Reply administer(Portal& portal, const Request& request, const std::function<void()>& shutdown);

// A GET of http://host:port/path, for the report command. Nothing: `error` says why.
std::optional<std::string> fetch(const std::string& base, const std::string& path,
                                 std::string& error);

}  // namespace dvcsandbox
