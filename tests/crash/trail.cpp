#include "tests/crash/trail.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "connector/base/operation.h"
#include "connector/ledger/sqlite_edge.h"

namespace crash {
namespace {

using dvcsync::ledger::Database;
using dvcsync::ledger::Statement;

template <class T>
T must(dvcsync::Result<T> result) {
    if (!result) throw std::runtime_error("the ledger's trail: " + result.error().message);
    return *std::move(result);
}

void each(Database& database, const char* sql, const std::function<void(Statement&)>& row) {
    auto statement = must(database.prepare(sql));
    if (const auto done = statement.each(row); !done)
        throw std::runtime_error("the ledger's trail: " + done.error().message);
}

bool tells(const std::string& entry, std::string_view name, std::string_view value) {
    return entry.find(fmt::format("\"{}\":\"{}\"", name, value)) != std::string::npos;
}

}  // namespace

void check_trail(const Lane& lane) {
    auto database = must(Database::open(lane.ledger(), std::chrono::seconds(10)));
    std::map<std::int64_t, std::int64_t> next;
    std::map<std::pair<std::string, std::string>, bool> delivered;  // operation and code
    each(database, "SELECT log, sequence, code, entry FROM trail ORDER BY log, sequence",
         [&](Statement& row) {
             if (row.integer(1) != next[row.integer(0)]++)
                 throw std::runtime_error(
                     fmt::format("the trail lacks an entry before {}", row.integer(1)));
             const std::string entry = row.text(3);
             if (!tells(entry, "event", "delivery")) return;
             if (!tells(entry, "outcome", "delivered") && !tells(entry, "outcome", "unchanged"))
                 return;
             if (tells(entry, "outcome", "delivered") &&
                 entry.find("\"exchange\":") == std::string::npos)
                 throw std::runtime_error("a delivery without its exchange: " + entry);
             for (const auto operation : dvcsync::all_operations)
                 if (tells(entry, "operation", to_string(operation)))
                     delivered[{std::string(to_string(operation)), row.text(2)}] = true;
         });
    // Ledgers of older programs have delivered before there was a trail.
    each(database,
         "SELECT o.operation, r.code FROM outbox o JOIN record r ON r.id = o.record WHERE "
         "o.state = 5 AND o.delivered_at >= (SELECT min(opened) FROM trail_log)",
         [&](Statement& row) {
             const auto operation = row.choice(0, dvcsync::last_operation);
             if (!delivered.contains({std::string(to_string(operation)), row.text(1)}))
                 throw std::runtime_error(fmt::format("{} {} is delivered, but no entry tells it",
                                                      to_string(operation), row.text(1)));
         });
}

}  // namespace crash
