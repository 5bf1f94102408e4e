// The portal calls the province back: every deed on the road of callbacks is sent until it is
// acknowledged, with growing pauses, a bounded number at once. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "tests/sandbox/http_client.h"
#include "tests/sandbox/injector.h"
#include "tests/sandbox/submissions.h"

namespace dvcsandbox {

struct CallbackSettings {
    CallTarget target;
    std::string prefix = "/XrdAdapter/RestService/forward/";
    std::size_t at_once = 4;
    std::chrono::milliseconds first_pause{200};  // doubled after each failure, up to the longest
    std::chrono::milliseconds longest_pause{10'000};
    std::chrono::milliseconds limit{60'000};  // of one call
};

// error_code of an acknowledgement, as number or text; nothing: the body is not one.
std::optional<int> acknowledgement(const HttpClient::Answer& answer);

class Callbacks {
  public:
    // Acknowledged: 0 is new, 1 is known.
    using Acknowledged =
        std::function<void(const std::string& code, std::size_t deed, bool as_new)>;

    // Throws as HttpClient does.
    Callbacks(CallbackSettings settings, SubmissionStore& store, Injector& faults,
              Acknowledged acknowledged);
    ~Callbacks();

    void send(const std::string& code, std::size_t deed);
    std::size_t waiting() const;  // in the queue or under way
    const CallbackSettings& settings() const { return settings_; }
    const HttpClient& client() const { return client_; }

  private:
    using Clock = std::chrono::steady_clock;
    struct Job {
        Clock::time_point due;
        std::uint64_t order = 0;
        std::string code;
        std::size_t deed = 0;
        unsigned failures = 0;
        bool copy = false;                        // of one that is sent anyway
        bool operator<(const Job& other) const {  // the queue gives the greatest first
            return due != other.due ? due > other.due : order > other.order;
        }
    };
    void put(Job job);
    void work();
    void carry_out(Job job);
    void note(const HttpClient::Answer& answer, std::optional<int> code);

    const CallbackSettings settings_;
    SubmissionStore& store_;
    Injector& faults_;
    const Acknowledged acknowledged_;
    const HttpClient client_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::priority_queue<Job> jobs_;
    std::size_t busy_ = 0;
    std::uint64_t order_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace dvcsandbox
