// The client against a portal over real sockets: session, batches, what each trouble becomes.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "connector/base/limits.h"
#include "connector/portal/portal.h"
#include "tests/unit/portal/support_portal.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using V = Verdict;

Verdict only(const std::vector<Outcome>& outcomes) {
    EXPECT_EQ(outcomes.size(), 1u);
    return outcomes.at(0).verdict;
}

TEST(Client, LogsInByItselfAndPushes) {
    Portal portal(good);
    const auto client = client_for(settings_for(portal.server()));
    const auto outcomes = client->push(Operation::PushDossier, two, false);
    EXPECT_THAT(outcomes, Each(Field(&Outcome::verdict, V::Accepted)));
    EXPECT_EQ(outcomes.size(), 2u);
    const auto all = portal.server().requests();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].line, "POST /mapi/login HTTP/1.1");
    EXPECT_EQ(all[0].body, R"({"username":"000.00.00.H22","password":"secret"})");
    EXPECT_EQ(all[0].headers.at("dstcode"), "VN:GOV:G22");
    EXPECT_EQ(all[1].line, "POST /mapi/integration HTTP/1.1");
    EXPECT_EQ(all[1].body, R"({"session":"s1","madonvi":"000.00.00.H22","service":"DongBoHoSoMC",)"
                           R"("isUpdating":"False","data":[{"MaHoSo":"A"},{"MaHoSo":"B"}]})");
    const auto traffic = client->traffic();
    EXPECT_EQ(traffic.calls, 2u);
    EXPECT_EQ(traffic.logins, 1u);
    EXPECT_EQ(traffic.bytes, all[0].body.size() + all[1].body.size());
}

TEST(Client, LogsInOnceForManyThreads) {
    Portal portal(good);
    const auto client = client_for(settings_for(portal.server()));
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 20; ++n)
                if (only(client->push(Operation::PushDossier, one, false)) == V::Accepted)
                    ++accepted;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(accepted, 160);
    EXPECT_EQ(portal.logins, 1);
    EXPECT_EQ(portal.calls().size(), 160u);
}

TEST(Client, RenewsAnExpiredSessionOnceAndSendsAgain) {
    Portal portal([](const HttpRequest& request) {
        return request.body.find("\"s1\"") != std::string::npos
                   ? http(200, R"({"error_code":"-2","message":"hết hạn"})")
                   : good(request);
    });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_EQ(only(client->push(Operation::PushDossier, one, false)), V::Accepted);
    EXPECT_EQ(portal.logins, 2);
    EXPECT_EQ(portal.calls().size(), 2u);
}

// A portal whose sessions end after three calls each, and which keeps a call only if it accepts it.
class ForgetfulPortal {
  public:
    explicit ForgetfulPortal(std::string ended) : ended_(std::move(ended)) {}

    std::string answer(const HttpRequest& request) {
        const std::lock_guard lock(mutex_);
        const auto begin = request.body.find("\"session\":\"") + 11;
        const auto session = request.body.substr(begin, request.body.find('"', begin) - begin);
        if (++calls_[session] > 3) return ended_;
        for (auto at = request.body.find("MaHoSo"); at != std::string::npos;
             at = request.body.find("MaHoSo", at + 1))
            ++kept_[request.body.substr(at, request.body.find('}', at) - at)];
        return good(request);
    }
    std::map<std::string, int> kept() {
        const std::lock_guard lock(mutex_);
        return kept_;
    }

  private:
    std::string ended_;
    std::mutex mutex_;
    std::map<std::string, int> calls_;
    std::map<std::string, int> kept_;
};

TEST(Client, ASessionThatEndsInTheMiddleOfARunLosesAndDoublesNothing) {
    for (const auto& ended : {http(200, R"({"error_code":"-2","message":"hết hạn"})"),
                              http(401, "<html>"), http(403, "")}) {
        ForgetfulPortal forgetful(ended);
        Portal portal([&](const HttpRequest& request) { return forgetful.answer(request); });
        const auto client = client_for(settings_for(portal.server()));
        for (int batch = 0; batch < 20; ++batch) {
            std::vector<std::string> documents;
            for (int n = 0; n < 5; ++n)
                documents.push_back(R"({"MaHoSo":"D)" + std::to_string(batch * 5 + n) + "\"}");
            std::vector<Item> items;
            for (const auto& document : documents)
                items.push_back({"", document});
            EXPECT_THAT(client->push(Operation::PushDossier, items, false),
                        Each(Field(&Outcome::verdict, V::Accepted)));
        }
        EXPECT_EQ(forgetful.kept().size(), 100u);
        EXPECT_THAT(forgetful.kept(), Each(Field(&std::pair<const std::string, int>::second, 1)));
        EXPECT_EQ(portal.logins, 7);  // 20 calls, three a session
    }
}

TEST(Client, ASessionThatEndsTwiceInOneCallIsOnlyARetry) {
    for (const int status : {200, 401, 403}) {
        Portal portal([status](const HttpRequest& request) {
            return request.body.find("\"s3\"") != std::string::npos
                       ? good(request)
                       : http(status, R"({"error_code":-2,"message":"hết hạn"})");
        });
        const auto client = client_for(settings_for(portal.server()));
        for (const auto& outcome : client->push(Operation::PushDossier, two, false)) {
            EXPECT_EQ(outcome.verdict, V::Retry) << status;
            EXPECT_TRUE(outcome.endpoint) << status;  // no item is to blame for a session
            EXPECT_EQ(outcome.code, status == 200 ? "-2" : "HTTP " + std::to_string(status));
            EXPECT_THAT(outcome.message, HasSubstr("another program"));
        }
        EXPECT_EQ(portal.logins, 1 + limits::session_renewals) << status;
        EXPECT_EQ(portal.calls().size(), 1u + limits::session_renewals) << status;
        // The session that was of no use is not offered again.
        EXPECT_EQ(only(client->push(Operation::PushDossier, one, false)), V::Accepted) << status;
        EXPECT_EQ(portal.calls().size(), 2u + limits::session_renewals) << status;
    }
}

TEST(Client, APasswordThatIsWrongWhenTheSessionIsRenewedIsASettingToMend) {
    Portal portal([&portal](const HttpRequest&) {
        portal.login = http(200, R"({"error_code":-1,"message":"Sai mật khẩu"})");
        return http(200, R"({"error_code":-2,"message":"hết hạn"})");
    });
    const auto client = client_for(settings_for(portal.server()));
    const auto outcome = client->push(Operation::PushDossier, one, false).at(0);
    EXPECT_EQ(outcome.verdict, V::Misconfigured);
    EXPECT_THAT(outcome.message, HasSubstr("login: Sai mật khẩu"));
    EXPECT_EQ(portal.logins, 2);
    EXPECT_EQ(portal.calls().size(), 1u);
}

TEST(Client, ARefusedLoginStopsBeforeAnythingIsSent) {
    Portal portal(good);
    portal.login = http(200, R"({"error_code":-1,"message":"Sai mật khẩu"})");
    const auto client = client_for(settings_for(portal.server()));
    const auto status = client->login();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::Refused);
    EXPECT_THAT(status.error().message, HasSubstr("Sai mật khẩu"));
    const auto outcomes = client->push(Operation::PushDossier, two, false);
    EXPECT_THAT(outcomes, Each(Field(&Outcome::verdict, V::Misconfigured)));
    EXPECT_THAT(outcomes.at(0).message, HasSubstr("login: Sai mật khẩu"));
    EXPECT_TRUE(portal.calls().empty());
}

TEST(Client, AnUnclearLoginIsOnlyARetry) {
    Portal portal(good);
    for (const auto& answer :
         {http(200, "<html>"), http(502, ""), http(503, "", "Retry-After: 9\r\n")}) {
        portal.login = answer;
        const auto client = client_for(settings_for(portal.server()));
        EXPECT_EQ(client->login().error().kind, ErrorKind::Retry);
        const auto outcome = client->push(Operation::PushDossier, one, false).at(0);
        EXPECT_EQ(outcome.verdict, V::Retry);
        EXPECT_TRUE(outcome.endpoint) << outcome.message;  // no item is to blame for a login
    }
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_EQ(client->push(Operation::PushDossier, one, false).at(0).retry_after, 9s);
    EXPECT_TRUE(portal.calls().empty());
}

TEST(Client, SpeaksToAWrapperWithoutLogin) {
    Server server(Server::answering(good));
    auto settings = wrapper_at(server.url());
    const auto client = client_for(settings, wrapper_profile);
    EXPECT_TRUE(client->login());
    EXPECT_EQ(only(client->push(Operation::PushDossier, one, true)), V::Accepted);
    const auto seen = server.requests();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].line, "POST /dossiers?MaDinhDanhDV=000.00.01.H22&isUpdating=True HTTP/1.1");
    EXPECT_EQ(seen[0].body, R"([{"MaHoSo":"A"}])");
    EXPECT_EQ(client->look("A").error().verdict, V::Misconfigured);
    EXPECT_EQ(only(client->push(Operation::PushProgress, one, false)), V::Misconfigured);
}

TEST(Client, RefusesWhatCannotBeSentWithoutACall) {
    Portal portal(good);
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->push(Operation::PushDossier, {}, false).empty());
    const std::vector<Item> bad{{"A", "[]"}};
    EXPECT_EQ(only(client->push(Operation::PushDossier, bad, false)), V::Refused);
    const std::vector<Item> many(11, one[0]);
    EXPECT_THAT(client->push(Operation::PushDossier, many, false),
                Each(Field(&Outcome::verdict, V::Alone)));
    const auto huge = "{\"x\":\"" + std::string(limits::max_batch_bytes, 'x') + "\"}";
    const std::vector<Item> large{{"A", huge}};
    EXPECT_EQ(only(client->push(Operation::PushDossier, large, false)), V::Refused);
    EXPECT_TRUE(portal.calls().empty());
}

TEST(Client, MissingSettingsAreToldAllAtOnce) {
    auto profile = *Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml");
    ClientSettings settings;
    settings.base_url = "http://127.0.0.1:1";
    settings.endpoints = {{"auth", "login"}, {"share", "/a b"}};
    settings.settings = {{"dstcode", "\xff"}};
    const auto client = Client::open(profile, settings, system_clock());
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().kind, ErrorKind::Config);
    for (const std::string words :
         {"[portal.endpoints] auth: a path begins", "[portal.endpoints] share: a blank",
          "[portal.endpoints] lacks integration", "[portal.settings] lacks agency",
          "[portal.settings] dstcode: not valid UTF-8", "username and password"})
        EXPECT_THAT(client.error().message, HasSubstr(words));
}

TEST(VerdictWords, AreAllDifferent) {
    std::set<std::string_view> words;
    for (const auto verdict : {V::Accepted, V::Refused, V::Exists, V::Missing, V::Alone, V::Retry,
                               V::InDoubt, V::Misconfigured})
        words.insert(to_string(verdict));
    EXPECT_EQ(words.size(), 8u);
}

}  // namespace
}  // namespace dvcsync::portal::test
