#include "tests/unit/portal/support_portal.h"

#include <gtest/gtest.h>

namespace dvcsync::portal::test {

const std::vector<Item> one{{"A", R"({"MaHoSo":"A"})"}};
const std::vector<Item> two{{"A", R"({"MaHoSo":"A"})"}, {"B", R"({"MaHoSo":"B"})"}};

bool is_login(const HttpRequest& request) {
    return request.line.find("/login") != std::string::npos;
}

std::string good(const HttpRequest&) {
    return http(200, R"({"error_code":0,"message":"ok"})");
}

Portal::Portal(Answer answer)
    : answer_(std::move(answer)),
      server_(Server::answering([this](const HttpRequest& request) { return reply(request); })) {}

std::string Portal::reply(const HttpRequest& request) {
    if (!is_login(request)) return answer_(request);
    const auto number = std::to_string(++logins);
    return login.empty() ? http(200, R"({"session":"s)" + number + R"(","error_code":"0"})")
                         : login;
}

std::vector<HttpRequest> Portal::calls() const {
    auto list = server_.requests();
    std::erase_if(list, is_login);
    return list;
}

ClientSettings settings_for(const Server& server) {
    ClientSettings settings;
    settings.base_url = server.url();
    settings.endpoints = {
        {"auth", "/mapi/login"}, {"share", "/mapi/share"}, {"integration", "/mapi/integration"}};
    settings.settings = {{"dstcode", "VN:GOV:G22"}, {"agency", "000.00.00.H22"}};
    settings.username = "000.00.00.H22";
    settings.password = "secret";
    settings.deadline = std::chrono::seconds(5);
    return settings;
}

ClientSettings token_settings(const std::string& url) {
    ClientSettings settings;
    settings.base_url = url;
    settings.endpoints = {{"token", "/token"},
                          {"dossiers", "/new"},
                          {"states", "/known"},
                          {"codes", "/codes"},
                          {"files", "/files"}};
    settings.username = "u";
    settings.password = "p";
    settings.deadline = std::chrono::seconds(5);
    return settings;
}

ClientSettings wrapper_at(const std::string& url) {
    ClientSettings settings;
    settings.base_url = url;
    settings.endpoints = {{"dossiers", "/dossiers"}};
    settings.settings = {{"agency", "000.00.01.H22"}};
    settings.deadline = std::chrono::seconds(5);
    return settings;
}

std::unique_ptr<Client> client_for(const ClientSettings& settings, const std::string& file) {
    auto profile = Profile::load(DVC_SOURCE_DIR "/" + file);
    EXPECT_TRUE(profile) << (profile ? "" : profile.error().message);
    auto client = Client::open(*profile, settings, system_clock());
    EXPECT_TRUE(client) << (client ? "" : client.error().message);
    return client ? *std::move(client) : nullptr;
}

}  // namespace dvcsync::portal::test
