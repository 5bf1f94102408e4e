// cpprestsdk's listener, behind the gate. What comes has a head of the gate's making.
//
// `take` is called on the library's own threads, on which nothing may wait: it hands the exchange
// on. Every exchange must be answered.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "connector/base/error.h"
#include "connector/console/listener.h"

namespace dvcsync::console {

struct Exchange {
    Request request;
    std::function<void(const Reply&)> answer;  // once, from any thread; throws nothing
};

class Server {
  public:
    // Listens on a free port of the loopback address when it returns. A request without `pass` in
    // X-Gate has not come through the gate: it gets 403.
    static Result<std::unique_ptr<Server>> open(std::string pass,
                                                std::function<void(Exchange)> take);
    ~Server();  // closes, too
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const;
    // Precondition: every exchange is answered. False: the library has not come to its end in time;
    // it is left alone with what it needs.
    bool close(std::chrono::milliseconds patience);

  private:
    struct Impl;
    explicit Server(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
    bool closed_ = false;
};

}  // namespace dvcsync::console
