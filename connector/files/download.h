// One file by HTTP, from where the rules allow, or one question. libcurl stays inside download.cpp.
//
// The process must ignore SIGPIPE: OpenSSL writes without MSG_NOSIGNAL.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "connector/base/error.h"
#include "connector/files/fetch_rules.h"

namespace dvcsync::files {

using Sink = std::function<Status(std::string_view)>;

// GETs `url` and gives the body to `sink` as it comes, as it is: no encoding is offered, and none
// is undone. Redirects are followed one by one, each held to the rules. Blocks until the end; soon
// after `stop`. Thread-safe.
//
// Refused: not a link, a host or address that the rules do not allow, a body announced as larger
// than `max`, what the sink refuses. Retry: not reachable, not trusted, any answer but 200 with a
// whole body (a link that is gone may come back), too slow, stopped. Messages name the host and
// nothing else of the link.
Status download(std::string_view url, std::uint64_t max, const FetchRules& rules,
                const std::atomic<bool>& stop, const Sink& sink);

struct Question {
    std::string_view content_type;
    std::string_view body;
};

// POSTs a question to an address that a person wrote, and returns the answer to it. The host is
// allowed because it stands there: rules.hosts is not looked at. No redirect is followed. The same
// errors.
Result<std::string> ask(std::string_view url, const Question& question, std::size_t max,
                        FetchRules rules, const std::atomic<bool>& stop);

}  // namespace dvcsync::files
