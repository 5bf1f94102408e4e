// One HTTP exchange with the portal. transport.cpp is the only place that knows cpprestsdk.
//
// What matters here is what can be said after a failure: whether the request surely never left, or
// may have been read. A request is never sent twice by this module: cpprestsdk would silently
// repeat a POST on a reused connection that the server closed, so bodies are streams that cannot be
// rewound, and a kept connection is looked at before it is used again.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connector/base/error.h"
#include "connector/base/limits.h"
#include "connector/portal/portal.h"

namespace dvcsync::portal {

struct Request {
    bool get = false;    // GET without a body; else POST
    std::string target;  // path and query, encoded
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::size_t max_answer = limits::max_answer;  // a larger one is cut: Unclear
};

struct Reply {
    int status = 0;
    std::string body;         // at most Request::max_answer
    std::string retry_after;  // header value, or empty
};

struct Failure {
    enum class Kind {
        NotSent,    // surely not read by the portal: no connection, no handshake, no time left
        Untrusted,  // surely not read, and it cannot work until a person acts: certificates, TLS
        Unusable,   // the request itself cannot be written (a header value with a line break)
        Late,       // may have been read: the answer was not whole at the deadline
        Unclear,    // may have been read: the answer was cut, too large or not HTTP
    };
    Kind kind = Kind::Unclear;
    std::string reason;  // for people, without a final full stop
};

// Thread-safe. As many exchanges at once as ClientSettings::in_flight says; more wait for their
// turn.
class Transport {
  public:
    // Config error: a wrong base_url, or certificate files that are missing, unfit or do not match.
    static Result<std::unique_ptr<Transport>> open(const ClientSettings& settings);
    ~Transport();

    // Blocks until the exchange has ended or the deadline has passed; it then gives up for good.
    tl::expected<Reply, Failure> send(Request request,
                                      std::chrono::steady_clock::time_point deadline);

  private:
    struct Impl;
    explicit Transport(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace dvcsync::portal
