// What the portal holds, in compact form: dossiers with their progress rows, procedures and
// statistics. Personal data is checked and forgotten:
// of a document only facts that the portal counts with are kept, and the digest of its bytes.
//
// Every store is thread-safe. A change can leave an undo step, so that a batch can be taken back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "tests/sandbox/repeats.h"
#include "tests/sandbox/stamp.h"

namespace dvcsandbox {

using Digest = std::array<std::uint8_t, 32>;
Digest sha256(std::string_view bytes);
std::string hex(const Digest& digest);

// Run from the back to take changes back; not thread-safe.
using Undo = std::vector<std::function<void()>>;

struct Step {
    Stamp at = 0;
    Stamp start = 0;
    Stamp due = 0;
    std::uint8_t status = 0;
    std::array<std::uint8_t, 16> digest{};  // of every field: equal means the same row
    bool told = false;  // an answer that says it is held has been delivered whole
};

struct Dossier {
    std::uint32_t procedure = 0;  // index in the national list
    std::uint32_t versions = 0;   // times accepted
    std::uint8_t status = 0;
    std::uint8_t channel = 0;      // 0 when not given
    bool complete_result = false;  // a result with both its code and its file
    std::uint16_t components = 0;
    std::uint16_t supplements = 0;
    std::uint16_t results = 0;
    Stamp submitted = 0;
    Stamp received = 0;
    Stamp due = 0;
    Stamp finished = 0;
    Stamp returned = 0;
    Stamp refused = 0;
    Stamp last_event = 0;  // the latest thing that the document says has happened
    Digest digest{};
    std::vector<Step> steps;
    Told told;
    std::vector<std::uint64_t> earlier;  // starts of the digests of versions that were replaced
};

// Transparent, so that a look-up makes no string.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

class DossierStore {
  public:
    // Ok, Exists, NotKnown or Older. Progress rows stay with an update.
    Taken put(std::string_view code, Dossier dossier, bool updating, Undo* undo);
    // Ok, Exists (the same row), NotKnown or Older.
    Taken add_step(std::string_view code, const Step& step, Undo* undo);

    // An answer is delivered whole (or, when `whole` is false, turned out not to be) that accepts
    // the dossier (Code::Ok), or says that it is known; that says that the row is held. Of codes
    // that are not held, nothing is noted.
    void tell(std::string_view code, Code answer, bool whole);
    void tell_step(std::string_view code, std::uint32_t row, bool whole);

    std::optional<Dossier> find(std::string_view code) const;
    void each(const std::function<void(std::string_view, const Dossier&)>& visit) const;
    std::size_t size() const;
    void clear();

  private:
    // Calls for different dossiers seldom meet on one lock.
    static constexpr std::size_t kShards = 64;
    static constexpr std::size_t kMaxEarlier = 64;  // versions that are remembered
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, Dossier, TextHash, std::equal_to<>> dossiers;
    };
    Shard& shard(std::string_view code);
    const Shard& shard(std::string_view code) const;
    void change(std::string_view code, const std::function<void(Dossier&)>& change);
    std::array<Shard, kShards> shards_;
};

struct Decision {
    std::string number;
    Stamp issued = 0;
    std::uint8_t action = 0;  // 1 new, 2 amended, 3 replaced, 4 abolished
};

struct Procedure {
    std::string name;
    std::string document;  // JSON as accepted: no personal data in a procedure
    std::vector<std::pair<std::string, std::string>> fields;  // code, name
    std::uint8_t state = 0;  // 0 abolished, 1 public, 2 public and amended
    bool inter_agency = false;
    std::uint32_t versions = 0;
    std::vector<Decision> decisions;  // in the order of arrival; the last one is in force
    Told told;
};

class ProcedureStore {
  public:
    Taken put(std::string_view code, Procedure procedure, bool updating, Undo* undo);
    void tell(std::string_view code, Code answer, bool whole);  // as of a dossier
    std::optional<Procedure> find(std::string_view code) const;
    void each(const std::function<void(std::string_view, const Procedure&)>& visit) const;
    std::size_t size() const;
    void clear();

  private:
    mutable std::mutex mutex_;
    std::map<std::string, Procedure, std::less<>> procedures_;
};

struct MonthOfAgency {
    int year = 0;
    int month = 0;
    std::string agency;
    bool operator<(const MonthOfAgency& other) const {
        return std::tie(year, month, agency) < std::tie(other.year, other.month, other.agency);
    }
};

struct Statistics {
    std::string agency_name;
    std::int64_t received = 0, carried_over = 0, total = 0;
    std::int64_t done = 0, done_on_time = 0, done_late = 0;
    std::int64_t open = 0, open_in_time = 0, open_late = 0;
    std::uint32_t versions = 0;
};

class StatisticsStore {
  public:
    void put(const MonthOfAgency& key, Statistics row, Undo* undo);  // replaces
    void each(const std::function<void(const MonthOfAgency&, const Statistics&)>& visit) const;
    std::size_t size() const;
    void clear();

  private:
    mutable std::mutex mutex_;
    std::map<MonthOfAgency, Statistics> rows_;
};

}  // namespace dvcsandbox
