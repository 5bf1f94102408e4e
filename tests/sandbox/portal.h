// The portal: one HTTP request in, one answer out. Endpoints, headers, session, envelope, then the
// service. Knows no sockets. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "tests/sandbox/holdings.h"
#include "tests/sandbox/journal.h"
#include "tests/sandbox/sessions.h"

namespace dvcsandbox {

struct Request {
    std::string method;
    std::string path;   // without the query
    std::string query;  // without the '?'
    std::string content_type;
    std::string dstcode;  // the header; "" when absent
    std::string body;
};

struct Reply {
    int status = 200;
    std::string body;
    std::string_view content_type = "application/json; charset=utf-8";
};

enum class CodeForm { Number, String, Padded, Mixed };
enum class AnswerForm { PerItem, Whole };

struct PortalSettings {
    std::string username = {};
    std::string password = {};
    std::string dstcode = "VN:GOV:000.00.00.G22:vpcpdvcprovider";
    std::string madonvi = "000.00.00.H22";
    CodeForm code_form = CodeForm::Mixed;
    AnswerForm answer_form = AnswerForm::PerItem;
    std::size_t max_batch = 500;
    std::chrono::milliseconds session_life = std::chrono::minutes(30);
    std::uint64_t session_calls = 0;  // 0: no limit
    bool verbose = false;             // refusals to stderr: rule and code, never a value
};

class Portal {
  public:
    Portal(PortalSettings settings, NationalList list);

    // Takes the request's body apart in place.
    Reply handle(Request& request);

    const PortalSettings& settings() const { return settings_; }
    const Holdings& holdings() const { return holdings_; }
    const Tally& calls() const { return calls_; }
    // Before serving only.
    bool open_journal(const std::string& file, Journal::Replay& replay, std::string& error);
    // Forgets everything, sessions and journal too.
    void reset();

  private:
    struct Answer;
    Answer answer(Request& request, Service& service);
    Answer login(const Json& body);
    Answer read(Service service, const Json& body);
    Answer push(Service service, const Json& body);
    Answer envelope_fault(std::string_view place, std::string_view rule, std::string text);
    std::string write(const Answer& answer);

    const PortalSettings settings_;
    Holdings holdings_;
    Sessions sessions_;
    Journal journal_;
    Tally calls_;
    std::atomic<std::uint64_t> answers_{0};
};

}  // namespace dvcsandbox
