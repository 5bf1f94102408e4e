// The citizens of a running portal: they file what a specification asks for, and the portal calls
// the province back about it. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/callbacks.h"
#include "tests/sandbox/citizen.h"
#include "tests/sandbox/citizen_files.h"
#include "tests/sandbox/hostile.h"
#include "tests/sandbox/portal.h"

namespace dvcsandbox {

struct CitizensSettings {
    std::string files_url;  // "https://127.0.0.1:8443/files/"
    std::optional<CallbackSettings> callbacks;
    unsigned failing_fetches = 2;  // that meet a fault of files which passes
};

class Citizens {
  public:
    // Sends what was not acknowledged before a restart. Throws as HttpClient does.
    Citizens(Portal& portal, CitizensSettings settings);
    ~Citizens();

    // {"filed":510,"known":0}: those whose code is held already are not filed again. Nothing:
    // `error` says why.
    std::optional<std::string> file(std::string_view query, std::string& error);
    // POST /citizen/hostile: kind=…&seconds=120&mib=2048
    std::optional<std::string> hostile(std::string_view kind, std::uint64_t seconds,
                                       std::uint64_t mib, std::string& error) const;
    Reply serve_file(const Request& request) { return files_.serve(request); }
    std::size_t callbacks_waiting() const;

  private:
    Portal& portal_;
    const CitizensSettings settings_;
    FileServer files_;
    std::unique_ptr<Callbacks> callbacks_;
    std::mutex filing_;
};

}  // namespace dvcsandbox
