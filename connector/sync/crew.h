// Worker threads that each block on one task at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace dvcsync::sync {

// Hands tasks to worker threads and collects what they handled. give(), open() and collect() belong
// to one thread. The destructor waits for the tasks in hand.
template <class Task, class Handled>
class Crew {
  public:
    using Work = std::function<Handled(Task&&)>;

    // workers = 0: give() does the task itself.
    Crew(int workers, Work work) : work_(std::move(work)) {
        for (int i = 0; i < workers; ++i)
            threads_.emplace_back([this] { loop(); });
    }
    ~Crew() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        wake_.notify_all();
        for (auto& thread : threads_)
            thread.join();
    }
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    void give(Task task) {
        if (threads_.empty()) {
            done_.push_back(work_(std::move(task)));
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
            ++open_;
        }
        wake_.notify_one();
    }

    std::size_t open() {  // tasks not yet handled
        const std::lock_guard lock(mutex_);
        return open_;
    }

    // What is handled. If nothing is and a task is open, waits for something, but no longer than
    // `longest`.
    std::vector<Handled> collect(std::chrono::milliseconds longest) {
        std::unique_lock lock(mutex_);
        finished_.wait_for(lock, longest, [this] { return !done_.empty() || open_ == 0; });
        return std::exchange(done_, {});
    }

  private:
    void loop() {
        for (;;) {
            Task task;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
                if (tasks_.empty()) return;
                task = std::move(tasks_.front());
                tasks_.pop_front();
            }
            Handled handled = work_(std::move(task));
            {
                const std::lock_guard lock(mutex_);
                done_.push_back(std::move(handled));
                --open_;
            }
            finished_.notify_one();
        }
    }

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
