// Submissions: dossiers that are born on the portal. What citizens filed, what became of it on the
// two roads to the province (the list, the callbacks), and the statuses that came back.
//
// A life of a submission is a row of deeds: the filing, perhaps a supplement, a withdrawal. A deed
// is out (listed, or being called back) once the one before it has reached the province: it was
// confirmed, or acknowledged.
//
// The documents held are of composed people only. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sandbox/stores.h"

namespace dvcsandbox {

enum class Act : std::uint8_t { Filing, Supplement, Withdrawal, Payment, Notice };
inline constexpr std::array<std::string_view, 5> kActs{"filing", "supplement", "withdrawal",
                                                       "payment", "notice"};

enum class Road : std::uint8_t { Poll, Callback, Both };
inline constexpr std::array<std::string_view, 3> kRoads{"poll", "callback", "both"};

struct FileFact {
    std::string id;      // in the record, and the end of its URL
    std::string sha256;  // of the bytes that the citizen has
    bool by_url = false;
};

struct Deed {
    Act act = Act::Filing;
    Road road = Road::Poll;
    std::string document = {};  // as LayHoSoMoi gives it; "": this deed cannot be fetched
    std::string callback = {};  // name of the callback, "nhanhsdvcqg"
    std::string body = {};      // and what it carries
    std::vector<FileFact> files = {};

    bool out = false;
    bool fetched = false;
    bool told = false;       // an answer with this document has been delivered whole
    bool attempted = false;  // a callback has been sent, whatever came of it
    bool acknowledged = false;
    std::uint32_t taken_as_new = 0;  // acknowledgements with 0: at most one is right
};

struct PortalStatus {
    Stamp at = 0;
    std::uint8_t status = 0;
    bool result_link = false;  // a document with an address, not deleted
    Digest digest{};
    bool told = false;
};

struct Confirmation {
    Digest digest{};
    char result = '1';
    bool told = false;
};

struct Submission {
    std::string code = {};
    std::string technical_id = {};
    Stamp updated = 0;  // when its last deed came out, as the list tells
    std::uint64_t order = 0;
    std::vector<Deed> deeds = {};
    std::string unit_code = {};  // MaHoSoDonVi; "" until the province told it
    std::vector<PortalStatus> statuses = {};
    std::vector<Confirmation> confirmations = {};
};

struct SubmissionFigures {
    std::size_t filed = 0;
    std::map<std::string, std::size_t> by_kind;  // deeds that are out
    std::map<std::string, std::size_t> by_road;  // submissions
    std::size_t waiting = 0;                     // deeds that are not out yet
    std::size_t fetched = 0, reached = 0, confirmed = 0, linked = 0, finished = 0,
                finished_with_result = 0, with_status = 0, taken_twice = 0;
    std::map<int, std::size_t> by_status, by_last_status;
    std::map<std::string, std::size_t> counts;  // of events: fetches, callbacks …
};

class SubmissionStore {
  public:
    // A deed with callbacks has come out: called without a lock, from the thread that caused it.
    using OnCallback = std::function<void(const std::string& code, std::size_t deed)>;
    void on_callback(OnCallback call);

    // False: the code is held already. `ahead`: the second deed comes out with the first.
    bool file(Submission submission, bool ahead);
    // Codes of the list, updated at `since` or later, in the order in which they came out.
    std::vector<std::pair<Stamp, std::string>> listed(Stamp since) const;
    // The document of the last deed that is out and its place; nothing: not known.
    std::optional<std::pair<std::string, std::uint32_t>> fetch(std::string_view code);

    // Ok, Exists (the same again, or one more than there were deeds), NotKnown; Older: nothing of
    // it has reached the province yet; Bad: it was confirmed with another result.
    Taken confirm(std::string_view code, const Digest& digest, char result);
    // Ok, Exists, NotKnown, Older; Bad: `unit_code` is another than before.
    Taken add_status(std::string_view code, std::string_view unit_code, const PortalStatus& status);
    bool born_here(std::string_view unit_code) const;

    void tell_fetched(std::string_view code, std::uint32_t deed, bool whole);
    void tell_confirmed(std::string_view code, std::uint32_t row, bool whole);
    void tell_status(std::string_view code, std::uint32_t row, bool whole);

    void attempted(std::string_view code, std::size_t deed);
    // `as_new`: the answer was 0, not 1.
    void acknowledged(std::string_view code, std::size_t deed, bool as_new);
    void count(const std::string& event);  // for the report

    std::optional<Submission> find(std::string_view code) const;
    void each(const std::function<void(const Submission&)>& visit) const;
    // Deeds that are out on the road of callbacks and not acknowledged, after a restart.
    std::vector<std::pair<std::string, std::size_t>> unacknowledged() const;
    SubmissionFigures figures() const;
    std::size_t size() const;
    void clear();

  private:
    using Calls = std::vector<std::pair<std::string, std::size_t>>;
    using Held = std::map<std::string, Submission, std::less<>>;
    void come_out(Submission& held, std::size_t deed, Calls& calls);
    void next(Submission& held, std::size_t after, Calls& calls);
    void start(const Calls& calls) const;
    Submission* held(std::string_view code);

    mutable std::mutex mutex_;
    Held held_;
    std::map<std::string, std::string, std::less<>> by_unit_code_;
    std::map<std::string, std::size_t> counts_;
    std::uint64_t order_ = 0;
    Stamp last_ = 0;
    OnCallback on_callback_;
};

// The moment now in Asia/Ho_Chi_Minh.
Stamp stamp_now();
// `moment` and so many seconds more.
Stamp later(Stamp moment, std::int64_t seconds);

}  // namespace dvcsandbox
