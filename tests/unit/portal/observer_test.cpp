// Every exchange is told, with digests of what really went over the wire.
#include <gmock/gmock.h>

#include <mutex>
#include <set>
#include <thread>

#include "connector/portal/portal.h"
#include "tests/unit/portal/support_portal.h"

namespace dvcsync::portal::test {
namespace {

using V = Verdict;

class Observed : public testing::Test {
  protected:
    ClientSettings settings(const Server& server) {
        auto settings = settings_for(server);
        settings.observer = [this](Exchange&& exchange) {
            const std::lock_guard lock(mutex_);
            seen.push_back(std::move(exchange));
        };
        return settings;
    }
    std::vector<Exchange> seen;

  private:
    std::mutex mutex_;
};

// What stands behind the head of an HTTP answer.
std::string body_of(const std::string& reply) {
    return reply.substr(reply.find("\r\n\r\n") + 4);
}

TEST_F(Observed, LoginAndPushWithTheBytesAsSentAndReceived) {
    Portal portal(good);
    const auto client = client_for(settings(portal.server()));
    const auto outcomes = client->push(Operation::PushDossier, two, false);
    ASSERT_EQ(outcomes.size(), 2U);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].operation, "login");
    EXPECT_EQ(seen[1].operation, "push-dossier");
    EXPECT_EQ(seen[1].items, 2U);
    EXPECT_LT(seen[0].id, seen[1].id);
    const auto requests = portal.server().requests();
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(seen[i].sent, sha256(requests[i].body));
        EXPECT_EQ(seen[i].status, 200);
        EXPECT_FALSE(seen[i].endpoint.empty());
        EXPECT_LE(seen[i].began, seen[i].ended);
        EXPECT_TRUE(seen[i].sent_body.empty()) << "nobody has asked for it";
    }
    EXPECT_EQ(seen[1].received, sha256(body_of(good(requests[1]))));
    for (const auto& outcome : outcomes)
        EXPECT_EQ(outcome.exchange, seen[1].id);
}

TEST_F(Observed, AnExchangeWithoutAnAnswerSaysWhy) {
    auto how = [this] {
        const Server gone(Server::answering(good));
        auto settings = this->settings(gone);
        settings.username.clear();
        settings.password.clear();
        return wrapper_at(settings.base_url);
    }();
    how.observer = [this](Exchange&& exchange) { seen.push_back(std::move(exchange)); };
    const auto outcomes =
        client_for(how, wrapper_profile)->push(Operation::PushDossier, one, false);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].failure, "unreachable");
    EXPECT_EQ(seen[0].status, 0);
    EXPECT_FALSE(seen[0].received);
    EXPECT_EQ(outcomes.at(0).exchange, seen[0].id);
}

TEST_F(Observed, AskingAndFetchingNameTheirExchange) {
    Portal portal([](const HttpRequest&) {
        return http(200, R"({"error_code":0,"result":[{"MaHoSo":"A"}]})");
    });
    const auto client = client_for(settings(portal.server()));
    const auto fetched = client->fetch("A");
    ASSERT_TRUE(fetched) << fetched.error().message;
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[1].operation, "fetch");
    EXPECT_EQ(fetched->exchange, seen[1].id);
    const auto held = client->look("A");
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[2].operation, "ask");
    EXPECT_EQ(held ? held->exchange : held.error().exchange, seen[2].id);
}

TEST_F(Observed, BodiesAreHandedOverWhereTheyAreAskedForButNeverThePassword) {
    Portal portal(good);
    auto how = settings(portal.server());
    how.keeps_bodies = [](std::string_view) { return true; };
    const auto client = client_for(how);
    (void)client->push(Operation::PushDossier, one, false);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_FALSE(seen[0].with_bodies);
    EXPECT_TRUE(seen[0].sent_body.empty());
    EXPECT_TRUE(seen[1].with_bodies);
    EXPECT_EQ(sha256(seen[1].sent_body), seen[1].sent);
    EXPECT_EQ(sha256(seen[1].received_body), seen[1].received);
}

TEST_F(Observed, NumbersAreNeverTwiceTheSameHoweverManyThreads) {
    Portal portal(good);
    const auto client = client_for(settings(portal.server()));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 10; ++n)
                (void)client->push(Operation::PushDossier, one, false);
        });
    for (auto& thread : threads)
        thread.join();
    std::set<std::uint64_t> ids;
    for (const auto& one : seen)
        ids.insert(one.id);
    EXPECT_EQ(ids.size(), 41U);
    EXPECT_FALSE(ids.contains(0));
}

}  // namespace
}  // namespace dvcsync::portal::test
