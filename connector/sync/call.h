// One task of a delivery worker: claimed items in, settlements out.
//
// handle() unseals, maps and sends, and says for every item what becomes of it. It never touches
// the ledger and never throws, so workers need no lock and a simulation can drive it without
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/portal/portal.h"
#include "connector/sync/pace.h"

namespace dvcsync::sync {

// The portal as the sync core sees it: what portal::Client does, or a simulation in its place.
struct PortalCalls {
    std::function<std::vector<portal::Outcome>(Operation, std::span<const portal::Item>, bool)>
        push;
    std::function<tl::expected<portal::Holding, portal::Outcome>(std::string_view code)> look;
    std::function<tl::expected<portal::Page, portal::Outcome>(
        std::chrono::local_days from, std::chrono::local_days until, int page)>
        list;
    // A code that the portal gives a dossier to come; empty: it gives none.
    std::function<tl::expected<portal::GivenCode, portal::Outcome>()> next_code;
    // Gives it a file; empty: it takes none.
    std::function<tl::expected<portal::UploadedFile, portal::Outcome>(const portal::FileToSend&)>
        upload;
    // Not the portal's: the province's file at a link, whole. Refused: a rule says no, and would
    // again; Retry: it cannot be had now. Messages name the host, not the link. Empty: none is had.
    std::function<Result<std::string>(std::string_view link)> fetch_file;
    // Whether the portal takes it at all; empty: every operation.
    std::function<bool(Operation)> has;
    std::function<int(Operation)> batch;
    // Of what the portal knows, where that is another call with another document; 0, or empty: it
    // is the same.
    std::function<int(Operation)> known_batch;
    std::function<bool(Operation)> repeatable;
    std::function<std::string(Operation)> endpoint;  // by name, to be paced by itself
    std::function<portal::Profile::Pace(std::string_view endpoint)> pace;
    std::string ask_endpoint;
    std::string list_endpoint;
    bool can_ask = false;
    bool can_list = false;
    std::function<portal::Client::Traffic()> traffic;
};
PortalCalls calls_of(portal::Client& client);
// Items in a call for what is new, or for what the portal knows; at least 1.
std::size_t batch_of(const PortalCalls& calls, Operation operation, bool updating);

// The progress rows of a record, mapped while its dossier was in hand: its progress goes out next,
// and opening and parsing the payload again would cost more than all the rest.
struct Rows {
    std::int64_t record = 0;
    std::int64_t version = 0;
    std::vector<mapping::Document> rows;
};

// An item of these is many rows that go once each, in order; of the others it is one document.
constexpr bool by_rows(Operation operation) {
    return operation == Operation::PushProgress || operation == Operation::PushStatus;
}

struct Task {
    Operation operation{};
    bool ask = false;       // the items are in doubt: find out what became of them
    bool updating = false;  // of every item in it
    std::vector<ledger::Claimed> items;
    std::unordered_map<std::int64_t, Rows> rows;  // by record, as far as they are at hand
    std::uint64_t stamp = 0;                      // of the gate that let it through
};

struct CallRules {
    int max_attempts = 12;         // then the item is parked
    bool progress_follows = true;  // a delivered dossier makes its progress ready
};

struct Handled {
    // A failure that is the endpoint's counts no attempt (called = false); whoever finds that other
    // calls got through meanwhile may think otherwise.
    std::vector<ledger::Settlement> settlements;
    std::vector<Rows> rows;  // of dossiers that were delivered and whose progress comes next
    Reason stop;             // not empty: no further call can work, for this reason
    Operation operation{};
    bool ask = false;
    std::uint64_t stamp = 0;
    std::size_t calls = 0;              // that went out, or were tried
    bool endpoint_failed = false;       // in the last of them
    Reason endpoint_reason;             // then: why
    std::optional<Millis> retry_after;  // the portal named a time
};

// `random` is drawn from for the jitter of retries.
Handled handle(const Task& task, const PortalCalls& calls, const mapping::MappingSet& mappings,
               const Sealer& sealer, const CallRules& rules, UtcTime now, std::uint64_t random);

// Names each row of an item by its bytes, row_name_size bytes each, in order. "": it has none, or
// none can be made of it.
std::string names_of_rows(const ledger::Claimed& item, const mapping::MappingSet& mappings,
                          const Sealer& sealer);
inline constexpr std::size_t row_name_size = 8;
// Whether nothing is in doubt of the item, or what has perhaps gone already would go as the same
// bytes: a portal tells a repetition from news by those. `rows`: as named above.
bool would_repeat(const ledger::Claimed& item, std::string_view rows);

// The digest that names a prefix of delivered rows by their keys, and those of push-status also by
// what the province says in them.
Digest steps_digest(std::span<const mapping::Document> rows);

}  // namespace dvcsync::sync
