// A client with the shipped profile against a scripted portal on a real socket.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connector/portal/portal.h"
#include "tests/unit/portal/support_server.h"

namespace dvcsync::portal::test {

bool is_login(const HttpRequest& request);

// A portal that hands out sessions s1, s2 … and answers everything else with `answer`.
class Portal {
  public:
    using Answer = std::function<std::string(const HttpRequest&)>;
    explicit Portal(Answer answer);

    std::string reply(const HttpRequest& request);
    std::vector<HttpRequest> calls() const;  // without logins
    const Server& server() const { return server_; }

    std::string login;  // not empty: this instead of a session
    std::atomic<int> logins{0};

  private:
    Answer answer_;
    Server server_;
};

ClientSettings settings_for(const Server& server);
// For a provincial wrapper: no login and no question, so a push is the first call.
ClientSettings wrapper_at(const std::string& url);
inline const std::string wrapper_profile = "tests/data/portal/hagiang.xml";
// For a portal that gives tokens: "u" with the password "p".
ClientSettings token_settings(const std::string& url);
inline const std::string token_profile = "tests/data/portal/token.xml";
std::unique_ptr<Client> client_for(
    const ClientSettings& settings,
    const std::string& file = "mappings/portal/mapi-2024/profile.xml");

extern const std::vector<Item> one;
extern const std::vector<Item> two;

std::string good(const HttpRequest& request);  // accepted

}  // namespace dvcsync::portal::test
