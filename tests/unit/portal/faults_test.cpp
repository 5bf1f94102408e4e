// One test for each kind of trouble after the connection stands, over real sockets: what becomes of
// the item, whether the endpoint is to blame, how often the portal saw the call, and that the next
// call is none the worse. connector/portal/README.md has the same as a table.
#include <gmock/gmock.h>

#include <ctime>
#include <thread>

#include "connector/base/limits.h"
#include "tests/unit/portal/support_portal.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using V = Verdict;

struct Fault {
    std::string name;
    std::function<bool(Connection&)> act;  // once the push was read; false: hang up
    Verdict verdict{};
    std::string code;
    bool endpoint = false;
    std::optional<std::chrono::seconds> wait = {};  // that the portal asks for
    // About the session: with a login it is renewed once, in vain.
    bool of_session = false;
    std::chrono::milliseconds deadline = 5s;
};

class FaultTest : public ::testing::TestWithParam<Fault> {
  protected:
    // The fault strikes the first `times` pushes; then the portal is well again.
    static Server::Script portal(std::atomic<int>& pushes, int times) {
        return [&pushes, times](Connection& connection) {
            while (const auto request = connection.read()) {
                if (is_login(*request)) {
                    connection.write(http(200, R"({"session":"s","error_code":0})"));
                } else if (pushes++ < times) {
                    if (!GetParam().act(connection)) return;
                } else if (!connection.write(good(*request))) {
                    return;
                }
            }
        };
    }

    static void expect_as_told(const Fault& fault, Client& client, const std::atomic<int>& pushes,
                               int times) {
        const auto begin = std::chrono::steady_clock::now();
        const auto outcome = client.push(Operation::PushDossier, one, false).at(0);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, fault.deadline + 2s);
        EXPECT_EQ(outcome.verdict, fault.verdict) << to_string(outcome.verdict);
        EXPECT_EQ(outcome.code, fault.code) << outcome.message;
        EXPECT_EQ(outcome.endpoint, fault.endpoint);
        EXPECT_EQ(outcome.retry_after.has_value(), fault.wait.has_value());
        if (outcome.retry_after && fault.wait) {
            EXPECT_LE(*outcome.retry_after, *fault.wait);
            EXPECT_GE(*outcome.retry_after, *fault.wait - 5s);
        }
        std::this_thread::sleep_for(20ms);  // for a repetition that must not come
        EXPECT_EQ(pushes, times);
        EXPECT_EQ(client.push(Operation::PushDossier, one, false).at(0).verdict, V::Accepted);
    }
};

TEST_P(FaultTest, OnAReusedConnection) {
    auto fault = GetParam();
    if (fault.of_session) {
        fault.verdict = V::Retry;
        fault.endpoint = true;
    }
    const int times = fault.of_session ? 1 + limits::session_renewals : 1;
    std::atomic<int> pushes{0};
    const Server server(portal(pushes, times));
    auto settings = settings_for(server);
    settings.deadline = fault.deadline;
    const auto client = client_for(settings);
    ASSERT_TRUE(client->login());
    ASSERT_EQ(server.connections(), 1);  // that of the login: the push takes it too
    expect_as_told(fault, *client, pushes, times);
}

TEST_P(FaultTest, OnAFreshConnection) {
    std::atomic<int> pushes{0};
    const Server server(portal(pushes, 1));  // no login, so there is no session to renew
    auto settings = wrapper_at(server.url());
    settings.deadline = GetParam().deadline;
    const auto client = client_for(settings, wrapper_profile);
    expect_as_told(GetParam(), *client, pushes, 1);
}

std::function<bool(Connection&)> answer(const std::string& bytes) {
    return [bytes](Connection& connection) { return connection.write(bytes); };
}

std::function<bool(Connection&)> body(const std::string& json) {
    return answer(http(200, json));
}

std::function<bool(Connection&)> status(int code, const std::string& headers = {}) {
    return answer(http(code, "<html>", headers));
}

// Until the client has gone.
bool silence(Connection& connection) {
    while (connection.read()) {
    }
    return false;
}

bool retry_at_a_date(Connection& connection) {
    const std::time_t at = std::time(nullptr) + 90;
    std::tm parts{};
    char date[64];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&at, &parts));
    return connection.write(http(429, "", "Retry-After: " + std::string(date) + "\r\n"));
}

bool slow_bytes(Connection& connection) {
    for (const char c : http(200, R"({"error_code":0})") + std::string(1000, ' ')) {
        if (!connection.write(std::string(1, c))) return false;
        std::this_thread::sleep_for(20ms);
    }
    return false;
}

bool huge(Connection& connection) {
    return connection.write(http(200, std::string(limits::max_answer + 1, ' ')));
}

bool endless(Connection& connection) {
    const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
    bool there = connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (there)
        there = connection.write(chunk);
    return false;
}

bool cut_body(Connection& connection) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"error_code\":0}");
    return false;
}

bool hang_up(Connection&) {
    return false;
}

bool reset(Connection& connection) {
    connection.reset_at_end();
    return false;
}

std::vector<Fault> faults() {
    return {
        {"Status302", status(302, "Location: /else\r\n"), V::Misconfigured, "HTTP 302"},
        {"Status307", status(307, "Location: /else\r\n"), V::Misconfigured, "HTTP 307"},
        {"Status400", status(400), V::Refused, "HTTP 400"},
        {"Status401", status(401), V::Misconfigured, "HTTP 401", false, {}, true},
        {"Status403", status(403), V::Misconfigured, "HTTP 403", false, {}, true},
        {"Status404", status(404), V::Misconfigured, "HTTP 404"},
        {"Status408", status(408), V::Retry, "HTTP 408", true},
        {"Status429", status(429), V::Retry, "HTTP 429", true},
        {"Status429Seconds", status(429, "Retry-After: 17\r\n"), V::Retry, "HTTP 429", true, 17s},
        {"Status429Date", retry_at_a_date, V::Retry, "HTTP 429", true, 90s},
        {"Status429Endless", status(429, "Retry-After: 999999\r\n"), V::Retry, "HTTP 429", true,
         3600s},
        {"Status500", status(500), V::InDoubt, "HTTP 500"},
        {"Status500Seconds", status(500, "Retry-After: 17\r\n"), V::InDoubt, "HTTP 500", false,
         17s},
        {"Status502", status(502, "Retry-After: 17\r\n"), V::InDoubt, "HTTP 502", true, 17s},
        {"Status503", status(503, "Retry-After: 17\r\n"), V::Retry, "HTTP 503", true, 17s},
        {"Status504", status(504), V::InDoubt, "HTTP 504", true},
        {"EmptyBody", body(""), V::InDoubt, "answer"},
        {"Html", body("<html><body>Bảo trì</body></html>"), V::InDoubt, "answer"},
        {"TruncatedJson", body(R"({"error_code":0,"mess)"), V::InDoubt, "answer"},
        {"JsonWithoutCode", body(R"({"message":"thành công"})"), V::InDoubt, "answer"},
        {"Garbage", answer("SSH-2.0-OpenSSH\r\n\r\n"), V::InDoubt, "connection"},
        {"CutBody", cut_body, V::InDoubt, "connection"},
        {"HugeAnswer", huge, V::InDoubt, "connection"},
        {"EndlessAnswer", endless, V::InDoubt, "connection"},
        {"InterimAnswer", answer("HTTP/1.1 100 Continue\r\n\r\n" + http(200, "{}")), V::InDoubt,
         "connection"},
        {"HangUp", hang_up, V::InDoubt, "connection"},
        {"Reset", reset, V::InDoubt, "connection"},
        {"Silence", silence, V::InDoubt, "deadline", true, {}, false, 300ms},
        {"SlowBytes", slow_bytes, V::InDoubt, "deadline", true, {}, false, 300ms},
        {"AnswerTwice",
         // As long as that, or the library would drop the second one by itself.
         answer(http(200, R"({"error_code":0})" + std::string(2000, ' ')) +
                http(200, R"({"error_code":-1})")),
         V::Accepted, "0"},
    };
}

INSTANTIATE_TEST_SUITE_P(Each, FaultTest, ::testing::ValuesIn(faults()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace dvcsync::portal::test
