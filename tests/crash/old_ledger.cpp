#include "tests/crash/old_ledger.h"

#include <fmt/format.h>

#include <stdexcept>

#include "connector/ledger/migrations.h"

namespace crash {
namespace {

using dvcsync::ledger::Database;

void demand(const dvcsync::Status& status) {
    if (!status) throw std::runtime_error(status.error().message);
}

void run(Database& database, const std::string& script) {
    demand(database.run(script.c_str()));
}

// The columns of a table that both schemas have.
std::string shared_columns(Database& database, const std::string& table) {
    auto statement = database.prepare(
        fmt::format("SELECT group_concat(name) FROM pragma_table_info('{0}', 'main') WHERE name IN "
                    "(SELECT name FROM pragma_table_info('{0}', 'now'))",
                    table));
    if (!statement) throw std::runtime_error(statement.error().message);
    const auto row = statement->step();
    if (!row || !*row) throw std::runtime_error(table + ": no columns in common");
    return statement->text(0);
}

}  // namespace

void make_old(const std::filesystem::path& ledger) {
    constexpr int old_schema = 2;
    std::filesystem::path old = ledger;
    old += ".old";
    {
        auto database = Database::open(old, dvcsync::Millis{1'000});
        if (!database) throw std::runtime_error(database.error().message);
        run(*database, fmt::format("ATTACH '{}' AS now", ledger.string()));
        for (int schema = 0; schema < old_schema; ++schema)
            run(*database, dvcsync::ledger::migration_scripts()[static_cast<std::size_t>(schema)]);
        for (const char* table :
             {"meta", "agency", "record", "body", "outbox", "source", "run", "publication"}) {
            const std::string columns = shared_columns(*database, table);
            run(*database,
                fmt::format("INSERT INTO main.{0} ({1}) SELECT {1} FROM now.{0}", table, columns));
        }
        const auto mark = database->number("PRAGMA now.application_id");
        if (!mark) throw std::runtime_error(mark.error().message);
        run(*database,
            fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", *mark, old_schema));
    }
    std::filesystem::rename(old, ledger);
    // It knew no trail, so nothing of one was signed either.
    std::filesystem::remove_all(ledger.parent_path() / "audit");
}

}  // namespace crash
