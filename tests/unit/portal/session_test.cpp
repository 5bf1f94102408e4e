#include "connector/portal/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using Login = tl::expected<Session::Granted, Outcome>;

TEST(Session, LogsInOnceAndKeepsIt) {
    Session session;
    int logins = 0;
    const auto login = [&]() -> Login {
        return Session::Granted{"s" + std::to_string(++logins), {}};
    };
    EXPECT_EQ(session.get(login)->text, "s1");
    EXPECT_EQ(session.get(login)->text, "s1");
    EXPECT_EQ(logins, 1);
}

TEST(Session, ANewerOneIsNotEndedByAnOldCall) {
    Session session;
    int logins = 0;
    const auto login = [&]() -> Login {
        return Session::Granted{"s" + std::to_string(++logins), {}};
    };
    const auto old = *session.get(login);
    session.end(old.number);
    EXPECT_EQ(session.get(login)->text, "s2");
    session.end(old.number);  // a second call that still held the old one
    EXPECT_EQ(session.get(login)->text, "s2");
    EXPECT_EQ(logins, 2);
}

TEST(Session, WhoeverWaitsSharesTheLogin) {
    for (const bool works : {true, false}) {
        Session session;
        std::atomic<int> logins{0};
        std::atomic<int> told{0};
        const auto login = [&]() -> Login {
            ++logins;
            std::this_thread::sleep_for(100ms);
            if (works) return Session::Granted{"s", {}};
            return tl::make_unexpected(Outcome{Verdict::Refused, "-1", "no", {}});
        };
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const auto ticket = session.get(login);
                if (ticket.has_value() == works) ++told;
            });
        for (auto& thread : threads)
            thread.join();
        EXPECT_EQ(told, 8);
        EXPECT_EQ(logins, 1);
    }
}

TEST(Session, AFailureIsNotKept) {
    Session session;
    bool works = false;
    const auto login = [&]() -> Login {
        if (works) return Session::Granted{"s", {}};
        return tl::make_unexpected(Outcome{Verdict::Retry, "unreachable", "down", {}});
    };
    EXPECT_FALSE(session.get(login));
    works = true;
    EXPECT_TRUE(session.get(login));
}

}  // namespace
}  // namespace dvcsync::portal::test
