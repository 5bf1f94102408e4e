// One connection through the gate: a caller outside, the server inside, and at most 64 KiB on the
// way in each direction. Everything non-blocking. Not thread-safe: the gate's thread owns it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "connector/console/head.h"
#include "connector/console/listener.h"
#include "connector/console/socket.h"

namespace dvcsync::console {

// What the links of a gate share.
struct LinkRules {
    const ListenerSettings& settings;
    int inner_port = 0;
    std::string pass;
    std::size_t bodies = 0;  // bytes announced by the links that are open
    std::uint64_t refused = 0;
    std::uint64_t busy = 0;
};

class Link {
  public:
    using Steady = std::chrono::steady_clock;

    Link(Socket caller, LinkRules& rules);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    int caller() const { return caller_.fd(); }
    int inner() const { return inner_.fd(); }  // -1: none
    // For poll(): what is waited for; 0: nothing.
    short caller_events() const;
    short inner_events() const;
    // After poll(), with what it said (0: nothing). False: the link is over.
    bool step(short caller, short inner, Steady::time_point now);
    Steady::time_point deadline() const { return deadline_; }
    // The request is not whole yet: ending it now promises nothing that is not kept.
    bool incomplete() const { return phase_ == Phase::Head || phase_ == Phase::Body; }

  private:
    enum class Phase {
        Head,     // reads the caller's head
        Body,     // hands on the body; the server may answer meanwhile
        Answer,   // waits for the server's answer and hands it on
        Refusal,  // says no
        Linger,   // everything is said; lets the caller read it before the connection goes
    };

    bool take_head();
    void let_in(const Head& head);
    void refuse(const Refusal& refusal);
    bool overdue();
    bool read_caller();
    void read_inner();
    bool write_caller(Steady::time_point now);
    void write_inner();
    void enter(Phase phase, std::chrono::milliseconds patience);

    LinkRules& rules_;
    Socket caller_;
    Socket inner_;
    Phase phase_ = Phase::Head;
    Steady::time_point deadline_;
    std::string head_;
    std::string to_inner_;
    std::string to_caller_;
    std::size_t body_left_ = 0;
    std::size_t announced_ = 0;
    std::size_t thrown_away_ = 0;
    bool answered_ = false;  // the caller has got the first byte
};

}  // namespace dvcsync::console
