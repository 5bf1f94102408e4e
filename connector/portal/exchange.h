// One exchange over cpprestsdk: its state, its connection's socket, its end. Only transport.cpp and
// exchange.cpp include this; they are the only files that know cpprestsdk.
//
// A call that is given up is ended by shutting its socket down in the kernel. cpprestsdk's own ways
// (cancellation token, time-out) close the socket object while another pool thread may be in the
// midst of a read on it: with an answer that streams in, that crashes the process.
#pragma once

#include <utility>

// http_client.h needs <utility> first.
#include <cpprest/http_client.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "connector/portal/tls.h"
#include "connector/portal/transport.h"

namespace dvcsync::portal {

using Socket = boost::asio::ip::tcp::socket;

// Shared with cpprestsdk's tasks, so it outlives a caller who gave up. Thread-safe.
class Call {
  public:
    explicit Call(Request what) : request(std::move(what)) {}
    ~Call() { forget_socket(); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    // The point of no return is the first byte of the body: a POST without it is nothing.
    enum class Phase { Unsent, Sent, GivenUp };
    bool start();    // false: the caller has given up, nothing may leave any more
    bool give_up();  // false: too late, the body has begun to leave

    // Remembers the connected socket, to look at it and to shut it down. Called on cpprestsdk's
    // threads while the connection is alive.
    void hold_socket(Socket& socket);
    void shut_down();
    void forget_socket();
    std::size_t received();  // bytes since hold_socket; 0 while unknown

    void finish(std::string why, int code);
    void release();  // the library has let go of the connection
    // Waits for both, or until `at`. A lane that is used again between the two would open a second
    // connection.
    void wait_until(std::chrono::steady_clock::time_point at);
    bool ended();
    bool released();

    const Request request;
    std::atomic<Phase> phase{Phase::Unsent};
    // Written by cpprestsdk's threads before finish(), read after wait_until() says that it has
    // ended.
    Reply reply;
    std::string error;  // empty: the answer came whole
    int error_code = 0;
    bool last = false;  // the connection must not carry another exchange

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    bool released_ = false;
    bool shut_ = false;
    int socket_ = -1;           // our own descriptor of the connection's socket
    std::size_t received_ = 0;  // before this exchange
};

// What is known of a connection from the callbacks that cpprestsdk and OpenSSL make. One for each
// http_client, which holds one connection and one exchange at a time.
struct Watch {
    TlsTrace tls;
    std::atomic<bool> stale{
        false};                // the kept connection was found closed before anything was sent
    Socket* socket = nullptr;  // of the connection; valid while its exchange runs
    std::weak_ptr<Call> call;  // the exchange that runs
    bool proven = false;       // an exchange has ended well on this connection
};

// A client for one address of the portal, which cannot fail over to another by itself.
std::unique_ptr<web::http::client::http_client> make_client(const std::string& base,
                                                            std::chrono::milliseconds step_limit,
                                                            const std::shared_ptr<const Tls>& tls,
                                                            const std::shared_ptr<Watch>& watch);

// Starts the exchange; call->finish() is called at its end, whatever happens. Throws nothing.
void start(web::http::client::http_client& client, const std::shared_ptr<Call>& call,
           const std::shared_ptr<Watch>& watch);

// What can be said of an exchange that ended with an error.
Failure explain(const Call& call, const Watch& watch);

}  // namespace dvcsync::portal
