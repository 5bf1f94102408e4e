// The portal: one HTTP request in, one answer out. Endpoints, headers, session, envelope, then the
// service. Knows no sockets. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/holdings.h"
#include "tests/sandbox/injector.h"
#include "tests/sandbox/journal.h"
#include "tests/sandbox/sessions.h"
#include "tests/sandbox/spoil.h"

namespace dvcsandbox {

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
    Generation generation = Generation::Any;
    // Instead of the adapter: the province's own service in front of it (section 1, Hà Giang),
    // which takes a bare array of dossiers.
    bool wrapper = false;
    std::chrono::milliseconds session_life = std::chrono::minutes(30);
    std::uint64_t session_calls = 0;  // 0: no limit
    InjectionPlan faults = {};
    SpoilSettings spoil = {};
    bool verbose = false;  // refusals to stderr: rule and code, never a value
};

class Portal {
  public:
    Portal(PortalSettings settings, NationalList list);

    // Takes the request's body apart in place.
    Reply handle(Request& request);

    const PortalSettings& settings() const { return settings_; }
    const Holdings& holdings() const { return holdings_; }
    // Composed citizens file here; what they do is kept in the journal.
    SubmissionStore& submissions() { return holdings_.submissions(); }
    bool file(Submission submission, bool ahead);
    void acknowledged(const std::string& code, std::size_t deed, bool as_new);
    const Tally& calls() const { return calls_; }
    Injector& injector() { return injector_; }
    const Injector& injector() const { return injector_; }
    // Before serving only.
    bool open_journal(const std::string& file, Journal::Replay& replay, std::string& error);
    // Forgets everything, sessions and journal too.
    void reset();

  private:
    struct Answer;
    struct Call;
    Answer answer(Request& request, Call& call);
    Answer wrapped(Request& request, Call& call);
    Answer login(const Json& body);
    Answer carry_out(Service service, const Json& body);
    Answer read(Service service, const Json& body);
    Answer list_new(const Json& body);
    Answer fetch_new(const Json& body);
    Answer push(Service service, const Json& data, bool updating);
    Answer envelope_fault(std::string_view place, std::string_view rule, std::string text);
    Answer envelope_faults(const Faults& faults);
    std::string write(const Answer& answer);
    std::function<void(bool)> receipt(Service service, Answer answer);

    const PortalSettings settings_;
    Holdings holdings_;
    Sessions sessions_;
    Injector injector_;
    Journal journal_;
    Tally calls_;
    std::atomic<std::uint64_t> answers_{0};
    std::atomic<std::uint64_t> lists_{0};
    std::atomic<std::uint64_t> fetches_{0};
};

}  // namespace dvcsandbox
