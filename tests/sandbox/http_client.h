// Calls to one http:// or https:// address, a connection each. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/stream.h"

namespace dvcsandbox {

struct CallTarget {
    std::string url;  // http://host:port or https://host:port, without a path
    std::string ca = {}, certificate = {}, key = {};  // PEM files; "" none
};

class HttpClient {
  public:
    struct Answer {
        int status = 0;         // 0: none came
        std::string body = {};  // or why not, without the peer's data
    };

    // Throws std::runtime_error when the address or a file cannot be used.
    explicit HttpClient(const CallTarget& target);

    // A POST of JSON; `limit` bounds all of it.
    Answer post(const std::string& path, std::string_view body,
                std::chrono::milliseconds limit) const;
    std::string head(const std::string& path, std::uint64_t length) const;

    // A connection to do with as one likes, then what was answered on it.
    using Use = std::function<Answer(Stream&)>;
    Answer with_connection(std::chrono::milliseconds limit, const Use& use) const;
    static Answer read_answer(Stream& stream);

  private:
    std::string host_, port_;
    std::unique_ptr<TlsClient> tls_;
};

}  // namespace dvcsandbox
