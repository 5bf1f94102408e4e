#include "connector/sync/crew.h"

#include <utility>

namespace dvcsync::sync {

Crew::Crew(int workers, Work work) : work_(std::move(work)) {
    for (int i = 0; i < workers; ++i)
        threads_.emplace_back([this] { loop(); });
}

Crew::~Crew() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

void Crew::give(Task task) {
    if (threads_.empty()) {
        done_.push_back(work_(task));
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
        ++open_;
    }
    wake_.notify_one();
}

std::size_t Crew::open() {
    const std::lock_guard lock(mutex_);
    return open_;
}

std::vector<Handled> Crew::collect(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    finished_.wait_for(lock, longest, [this] { return !done_.empty() || open_ == 0; });
    return std::exchange(done_, {});
}

void Crew::loop() {
    for (;;) {
        Task task;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        Handled handled = work_(task);
        {
            const std::lock_guard lock(mutex_);
            done_.push_back(std::move(handled));
            --open_;
        }
        finished_.notify_one();
    }
}

}  // namespace dvcsync::sync
