// Worker threads that each block on one task at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "connector/sync/call.h"

namespace dvcsync::sync {

// Hands tasks to worker threads and collects what they handled. give(), open() and collect() belong
// to one thread. The destructor waits for the tasks in hand.
class Crew {
  public:
    using Work = std::function<Handled(const Task&)>;

    // workers = 0: give() does the task itself.
    Crew(int workers, Work work);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    void give(Task task);
    std::size_t open();  // tasks not yet handled
    // What is handled. If nothing is and a task is open, waits for something, but no longer than
    // `longest`.
    std::vector<Handled> collect(std::chrono::milliseconds longest);

  private:
    void loop();

    Work work_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable finished_;
    std::deque<Task> tasks_;
    std::vector<Handled> done_;
    std::size_t open_ = 0;
    bool closed_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace dvcsync::sync
