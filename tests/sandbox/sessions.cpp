#include "tests/sandbox/sessions.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace dvcsandbox {

std::string Sessions::open(Clock::time_point now) {
    std::array<unsigned char, 16> random{};
    RAND_bytes(random.data(), static_cast<int>(random.size()));
    std::string token;
    for (const auto byte : random)
        token += fmt::format("{:02x}", byte);

    const std::unique_lock lock(mutex_);
    std::erase_if(sessions_, [&](const auto& entry) { return entry.second->end <= now; });
    if (sessions_.size() >= kMaxSessions)
        sessions_.erase(std::min_element(
            sessions_.begin(), sessions_.end(),
            [](const auto& a, const auto& b) { return a.second->end < b.second->end; }));
    auto session = std::make_unique<Session>();
    session->end = now + life_;
    sessions_.emplace(token, std::move(session));
    return token;
}

bool Sessions::use(std::string_view session, Clock::time_point now) {
    const std::shared_lock lock(mutex_);
    const auto found = sessions_.find(session);
    if (found == sessions_.end() || found->second->end <= now) return false;
    return calls_ == 0 || found->second->used.fetch_add(1) < calls_;
}

void Sessions::close(std::string_view session) {
    const std::unique_lock lock(mutex_);
    const auto found = sessions_.find(session);
    if (found != sessions_.end()) sessions_.erase(found);
}

void Sessions::expire_all() {
    const std::unique_lock lock(mutex_);
    sessions_.clear();
}

}  // namespace dvcsandbox
