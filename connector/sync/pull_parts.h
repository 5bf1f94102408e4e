// Parts of pull that touch no ledger: positions of the list, and what workers do. Internal to sync.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/sync/pull.h"

namespace dvcsync::sync {

// One of the two.
struct Work {
    std::optional<ledger::Announced> announced;    // to be fetched
    std::optional<ledger::Submission> submission;  // to be made ready for the inbox
    std::string sealed;                            // of the submission
    std::uint64_t stamp = 0;                       // of the gate that let a fetch through
};

struct Worked {
    Work work;
    // of a fetch
    std::optional<portal::Outcome> failed;
    ledger::Arrival arrival;
    // of a submission: one of waits, holds and delivery
    std::string key;
    std::string waits;
    std::string holds;
    bool cut = false;  // or this: see Gathered
    province::Delivery delivery;
    std::vector<ledger::HandedFile> files;
};

Worked fetch_one(const PullParts& parts, Work&& work);
Worked prepare_one(const PullParts& parts, const std::string& province, Work&& work,
                   const std::function<bool()>& in_time);

// Renews the run's lease now and then. Whoever was stopped for longer finds out here.
class Heart {
  public:
    Heart(const PullParts& parts, Millis lease)
        : ledger_(parts.ledger),
          clock_(parts.clock),
          lease_(lease),
          renewed_(parts.clock.steady()) {}
    Status beat() {
        if (clock_.steady() - renewed_ < lease_ / 8) return {};
        renewed_ = clock_.steady();
        return ledger_.renew(clock_.now(), clock_.now() + lease_);
    }

  private:
    ledger::Ledger& ledger_;
    Clock& clock_;
    Millis lease_;
    std::chrono::nanoseconds renewed_;
};

// Random bits from a seed (splitmix64).
class Draw {
  public:
    explicit Draw(std::uint64_t seed) : state_(seed) {}
    std::uint64_t operator()() {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

  private:
    std::uint64_t state_;
};

// A folder's name for the files of a submission: the same for the same content.
std::string staging_key(std::string_view code, const Digest& digest);
bool is_staging_key(std::string_view name);

// The confirmation that the portal expects, as a record of the ledger; nullopt: of this kind it
// expects none.
std::optional<ledger::Intake> receipt_of(const ledger::Submission& submission, UtcTime now,
                                         const Sealer& sealer);

// Positions compare as texts: "2019-03-01T08:00:00".
std::string stamp_of(LocalTime at);
// What a row of the list is announced by. The list counts in seconds, so more may happen in the
// second that it tells of: a row that was young when it was seen is later than itself, once, when
// it has settled, and is fetched once more.
std::string announced_stamp(LocalTime at, LocalTime now);
// Where reading begins: `overlap` before the stored position; at the beginning of time without one.
LocalTime list_from(const std::string& stored, std::chrono::hours overlap);

}  // namespace dvcsync::sync
