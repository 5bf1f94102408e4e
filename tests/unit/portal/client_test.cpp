// The client against a portal over real sockets: session, batches, what each trouble becomes.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "connector/base/limits.h"
#include "connector/portal/portal.h"
#include "tests/unit/portal/support_server.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using V = Verdict;

// A portal that hands out sessions s1, s2 … and answers pushes with `answer`.
class Portal {
  public:
    using Answer = std::function<std::string(const HttpRequest&)>;
    explicit Portal(Answer answer)
        : answer_(std::move(answer)),
          server_(
              Server::answering([this](const HttpRequest& request) { return reply(request); })) {}

    std::string reply(const HttpRequest& request) {
        if (request.line.find("/login") == std::string::npos) return answer_(request);
        const auto number = std::to_string(++logins);
        return login.empty() ? http(200, R"({"session":"s)" + number + R"(","error_code":"0"})")
                             : login;
    }
    std::vector<HttpRequest> pushes() const {
        std::vector<HttpRequest> list;
        for (auto& request : server_.requests())
            if (request.line.find("/login") == std::string::npos) list.push_back(request);
        return list;
    }
    const Server& server() const { return server_; }

    std::string login;  // not empty: this instead of a session
    std::atomic<int> logins{0};

  private:
    Answer answer_;
    Server server_;
};

ClientSettings settings_for(const Server& server) {
    ClientSettings settings;
    settings.base_url = server.url();
    settings.endpoints = {
        {"auth", "/mapi/login"}, {"share", "/mapi/share"}, {"integration", "/mapi/integration"}};
    settings.settings = {{"dstcode", "VN:GOV:G22"}, {"agency", "000.00.00.H22"}};
    settings.username = "000.00.00.H22";
    settings.password = "secret";
    settings.deadline = 5s;
    return settings;
}

std::unique_ptr<Client> client_for(const ClientSettings& settings,
                                   const std::string& file = "mappings/portal/mapi/profile.xml") {
    auto profile = Profile::load(DVC_SOURCE_DIR "/" + file);
    EXPECT_TRUE(profile) << (profile ? "" : profile.error().message);
    auto client = Client::open(*profile, settings, system_clock());
    EXPECT_TRUE(client) << (client ? "" : client.error().message);
    return client ? *std::move(client) : nullptr;
}

const std::vector<Item> one{{"A", R"({"MaHoSo":"A"})"}};
const std::vector<Item> two{{"A", R"({"MaHoSo":"A"})"}, {"B", R"({"MaHoSo":"B"})"}};

std::string good(const HttpRequest&) {
    return http(200, R"({"error_code":0,"message":"ok"})");
}

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
    EXPECT_EQ(portal.pushes().size(), 160u);
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
    EXPECT_EQ(portal.pushes().size(), 2u);
}

TEST(Client, ASessionThatNeverWorksIsASettingToMend) {
    for (const int status : {200, 401, 403}) {
        Portal portal(
            [status](const HttpRequest&) { return http(status, R"({"error_code":-2})"); });
        const auto client = client_for(settings_for(portal.server()));
        EXPECT_EQ(only(client->push(Operation::PushDossier, one, false)), V::Misconfigured);
        EXPECT_EQ(portal.logins, 2) << status;
        EXPECT_EQ(portal.pushes().size(), 2u) << status;
    }
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
    EXPECT_TRUE(portal.pushes().empty());
}

TEST(Client, AnUnclearLoginIsOnlyARetry) {
    Portal portal(good);
    for (const auto& answer :
         {http(200, "<html>"), http(502, ""), http(503, "", "Retry-After: 9\r\n")}) {
        portal.login = answer;
        const auto client = client_for(settings_for(portal.server()));
        EXPECT_EQ(client->login().error().kind, ErrorKind::Retry);
        EXPECT_EQ(only(client->push(Operation::PushDossier, one, false)), V::Retry);
    }
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_EQ(client->push(Operation::PushDossier, one, false).at(0).retry_after, 9s);
    EXPECT_TRUE(portal.pushes().empty());
}

TEST(Client, HonoursRetryAfter) {
    Portal portal([](const HttpRequest&) { return http(429, "", "Retry-After: 17\r\n"); });
    const auto client = client_for(settings_for(portal.server()));
    const auto outcome = client->push(Operation::PushDossier, one, false).at(0);
    EXPECT_EQ(outcome.verdict, V::Retry);
    EXPECT_EQ(outcome.code, "HTTP 429");
    EXPECT_EQ(outcome.retry_after, 17s);
}

TEST(Client, ALostAnswerIsInDoubtAndSentOnce) {
    std::atomic<int> seen{0};
    Server server([&](Connection& connection) {
        while (const auto request = connection.read()) {
            if (request->line.find("/login") == std::string::npos) {
                ++seen;
                return;  // read and perhaps kept, but no answer
            }
            connection.write(http(200, R"({"session":"s","error_code":0})"));
        }
    });
    const auto client = client_for(settings_for(server));
    const auto outcomes = client->push(Operation::PushDossier, two, false);
    EXPECT_THAT(outcomes, Each(Field(&Outcome::verdict, V::InDoubt)));
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(seen, 1);
}

TEST(Client, AnUnreachablePortalIsARetry) {
    ClientSettings settings;
    {
        Server gone(Server::answering(good));
        settings = settings_for(gone);
    }
    const auto client = client_for(settings);
    const auto outcome = client->push(Operation::PushDossier, one, false).at(0);
    EXPECT_EQ(outcome.verdict, V::Retry);
    EXPECT_EQ(outcome.code, "unreachable");
    EXPECT_EQ(client->login().error().kind, ErrorKind::Retry);
    EXPECT_EQ(client->look("A").error().verdict, V::Retry);
}

TEST(Client, AnUntrustedPortalIsASettingToMend) {
    const TemporaryFolder folder;
    const Authority ours(folder, "ours");
    const Authority theirs(folder, "theirs");
    Server server(Server::answering(good),
                  theirs.issue("server", {.alternative_names = "IP:127.0.0.1"}));
    auto settings = settings_for(server);
    settings.ca_file = ours.file();
    const auto client = client_for(settings);
    const auto outcome = client->push(Operation::PushDossier, one, false).at(0);
    EXPECT_EQ(outcome.verdict, V::Misconfigured);
    EXPECT_EQ(outcome.code, "tls");
    EXPECT_THAT(outcome.message, HasSubstr("unknown authority"));
    EXPECT_EQ(client->login().error().kind, ErrorKind::Config);
}

TEST(Client, TheDeadlineCoversTheWholeCall) {
    Portal portal([](const HttpRequest&) {
        std::this_thread::sleep_for(2s);
        return http(200, R"({"error_code":0})");
    });
    auto settings = settings_for(portal.server());
    settings.deadline = 300ms;
    const auto client = client_for(settings);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(only(client->push(Operation::PushDossier, one, false)), V::InDoubt);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
}

TEST(Client, AsksWhetherADossierIsKnown) {
    Portal portal([](const HttpRequest& request) {
        const bool known = request.body.find("\"mahoso\":\"A\"") != std::string::npos;
        return http(200, known ? R"({"error_code":"0","result":[{"MaHoSo":"A"}]})"
                               : R"({"error_code":"0","result":[]})");
    });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->look("A").value().known);
    EXPECT_FALSE(client->look("B").value().known);
    EXPECT_EQ(portal.pushes().at(0).line, "POST /mapi/share HTTP/1.1");
}

TEST(Client, RenewsTheSessionForAQuestionToo) {
    Portal portal([](const HttpRequest& request) {
        return http(200, request.body.find("\"s1\"") != std::string::npos
                             ? R"({"error_code":-2})"
                             : R"({"error_code":0,"result":[{"MaHoSo":"A"}]})");
    });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->look("A").value().known);
    EXPECT_EQ(portal.logins, 2);
}

TEST(Client, SpeaksToAWrapperWithoutLogin) {
    Server server(Server::answering(good));
    ClientSettings settings;
    settings.base_url = server.url();
    settings.endpoints = {{"dossiers", "/api/SynsTTHCC/DongBoHoSoMC"}};
    settings.settings = {{"agency", "000.00.01.H22"}};
    const auto client = client_for(settings, "tests/data/portal/hagiang.xml");
    EXPECT_TRUE(client->login());
    EXPECT_EQ(only(client->push(Operation::PushDossier, one, true)), V::Accepted);
    const auto seen = server.requests();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(
        seen[0].line,
        "POST /api/SynsTTHCC/DongBoHoSoMC?MaDinhDanhDV=000.00.01.H22&isUpdating=True HTTP/1.1");
    EXPECT_EQ(seen[0].body, R"([{"MaHoSo":"A"}])");
    EXPECT_EQ(client->look("A").error().verdict, V::Misconfigured);
    EXPECT_EQ(only(client->push(Operation::PushProgress, one, false)), V::Misconfigured);
}

TEST(Client, AsksAWrapperByGet) {
    Server server(Server::answering([](const HttpRequest& request) {
        const bool known = request.line.find("mahoso=A%201") != std::string::npos;
        return http(200, known ? R"({"message":"{\"error_code\":0,\"result\":[{}]}"})"
                               : R"({"message":"{\"error_code\":0,\"result\":[]}"})");
    }));
    ClientSettings settings;
    settings.base_url = server.url();
    settings.endpoints = {{"push", "/push"}, {"ask", "/KetNoiMotCuaQuocGia/TraCuu"}};
    const auto client = client_for(settings, "tests/data/portal/thanhhoa.xml");
    EXPECT_TRUE(client->look("A 1").value().known);
    EXPECT_FALSE(client->look("B").value().known);
    EXPECT_EQ(server.requests().at(0).line,
              "GET /KetNoiMotCuaQuocGia/TraCuu?mahoso=A%201 HTTP/1.1");
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
    EXPECT_TRUE(portal.pushes().empty());
}

TEST(Client, MissingSettingsAreToldAllAtOnce) {
    auto profile = *Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi/profile.xml");
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
