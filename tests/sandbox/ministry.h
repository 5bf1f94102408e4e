// The portal of the 2026 generation, as a ministry's system speaks it (contract section 8): OAuth2
// client credentials, codes that the portal gives, files that are uploaded, a service for each
// thing that can be said of a dossier. Written from the contract and its three samples; it shares
// nothing with the portal of the years before but the ways to serve, to fail on purpose and to
// count. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/findings.h"
#include "tests/sandbox/injector.h"
#include "tests/sandbox/journal.h"
#include "tests/sandbox/ministry_rules.h"
#include "tests/sandbox/sessions.h"
#include "tests/sandbox/spoil.h"
#include "tests/sandbox/stores.h"
#include "tests/sandbox/tally.h"

namespace dvcsandbox {

struct MinistrySettings {
    std::string client;  // client_id
    std::string secret;  // client_secret
    std::string agency;  // whose codes are given
    std::string day{};   // yyyyMMdd inside the codes; "": today
    std::chrono::milliseconds token_life{std::chrono::hours{1}};
    std::size_t max_batch = 100;
    bool whole_answers = false;  // one outcome for a call of many
    bool string_codes = false;   // code as a JSON string
    bool verbose = false;
    InjectionPlan faults{};
    SpoilSettings spoil{};
};

class Ministry {
  public:
    explicit Ministry(MinistrySettings settings);

    // What is accepted is written there; it must not hold anything yet. False: `error` says why.
    bool open_journal(const std::string& file, std::string& error);
    Reply handle(Request& request);

    Injector& injector() { return injector_; }
    // As the report of the portal of the years before, as far as it can be told here, with
    // codes_given and codes_unused.
    std::string report(int year) const;
    std::string health() const;
    void reset();

  private:
    struct Line {
        Code code = Code::Ok;
        std::string key;
        std::string message = {};
    };
    struct Answer {
        Code code = Code::Ok;
        std::string message = {};
        int status = 200;
        std::string body = {};          // of a token: all of it
        std::string data = {};          // JSON
        std::vector<Line> lines = {};   // outcomes of the items
        bool with_lines = false;        // and they are told
        std::vector<Digest> kept = {};  // what an answer that arrives tells the client, see told_
        std::vector<std::string> created = {};  // the same of dossiers
    };
    struct Held {
        std::string procedure;
        std::string agency;
        Stamp received = 0;
        int status = 0;  // 0: never told
        Digest state{};  // of the last state told
        std::set<Digest> steps;
        bool told = false;  // an answer that it is there has been delivered whole
    };
    struct Call;

    struct File {
        std::string hash;
        bool used = false;  // a dossier names it
    };

    Answer answer(Request& request, Call& call);
    // Whether the call carries a token that is good; a fault of the call may end it.
    bool admitted(const Request& request, const Call& call);
    Answer carry_out(Service service, Json& body, bool half);
    Answer token(const Request& request);
    Answer next_code(const Json& body);
    Answer upload(const Request& request);
    Broken broken_files(const Json& dossier);
    void use_files(const Json& dossier);
    static Answer no_token();
    Answer create(const Json& body);
    Answer each(Service service, const Json& body);
    Line state(const Json& item, Answer& answer);
    Line step(const Json& item, Answer& answer);
    Answer bad(Service service, const Broken& broken, std::string_view code);
    std::string write(const Answer& answer) const;

    const MinistrySettings settings_;
    Sessions tokens_;
    Injector injector_;
    Journal journal_;
    Tally calls_;
    Tally items_;
    Findings violations_;
    mutable std::mutex mutex_;  // of everything below
    std::set<std::string> codes_;
    std::uint64_t serial_ = 0;
    std::unordered_map<std::string, Held> dossiers_;
    std::unordered_map<std::string, File> files_;  // by their id
    std::uint64_t files_named_ = 0;                // in dossiers that were created
    std::set<Digest> told_;  // states and steps whose acceptance has been delivered whole
    std::uint64_t resent_after_answer_ = 0;
    std::uint64_t states_unchanged_ = 0;
};

}  // namespace dvcsandbox
