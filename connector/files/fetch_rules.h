// From where files may be fetched, and how long that may take.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"
#include "connector/base/limits.h"

namespace dvcsync::files {

struct FetchRules {
    std::string section = "[inbound]";  // of dvcsync.toml, where these rules stand, for messages
    // "files.example.vn" or "*.example.vn" (any depth below it, not itself, no addresses); upper
    // case, a trailing dot and letters beyond ASCII (IDNA) are equal to their plain forms. An
    // address stands as itself: "192.0.2.7", "[2001:db8::7]".
    std::vector<std::string> hosts;
    // Also addresses that are not public (files/addresses.h), and any port.
    bool private_addresses = false;
    std::filesystem::path ca_file;  // empty: the system's authorities
    std::chrono::milliseconds deadline = limits::longest_download;  // of one file, with redirects
    // Without at least limits::least_bytes_per_second for so long, it is given up.
    std::chrono::milliseconds silence{30'000};
    bool plain_http =
        false;  // http:// may stand in a link; a redirect from https never leads there
    int redirects = 3;
};

// How long a file of so many bytes may take, within the bounds of limits.h.
std::chrono::milliseconds time_for(std::uint64_t bytes);

// Config error naming the first entry of `hosts` that no host can ever be equal to, or that the
// rules would never fetch from.
Status check_hosts(const FetchRules& rules);
// Config error: the file (empty: none) cannot be read, or does not begin with a PEM certificate.
Status check_authorities(const std::filesystem::path& ca_file);

}  // namespace dvcsync::files
