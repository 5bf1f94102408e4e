#include "connector/ledger/migrations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "connector/base/files.h"

namespace dvcsync::ledger {
namespace {

// Marks the file as ours for `file` and for ourselves: "dvcs".
constexpr std::int64_t application_id = 0x64766373;

tl::unexpected<Error> config(const Database& database, std::string_view what) {
    return fail(ErrorKind::Config, fmt::format("ledger {}: {}", database.file().string(), what));
}

// VACUUM INTO leaves its file to the system's leisure; a backup must be there before the change is.
Status make_durable(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const bool ok = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (ok) return {};
    return tl::make_unexpected(file_error("write", file, reason));
}

Status back_up(Database& database, std::int64_t version) {
    auto copy = database.file();
    copy += fmt::format(".v{}.backup", version);
    auto draft = copy;
    draft += ".part";
    std::error_code ignored;
    std::filesystem::remove(draft, ignored);  // of a start that was cut off; VACUUM INTO wants none
    DVC_TRY_ASSIGN(statement, database.prepare("VACUUM INTO ?1"));
    DVC_TRY(statement.run(draft.string()));
    DVC_TRY(make_durable(draft));
    reach(Point::BackupWritten);
    std::error_code code;
    std::filesystem::permissions(draft, std::filesystem::perms::owner_read, code);
    if (!code) std::filesystem::rename(draft, copy, code);
    if (code) return tl::make_unexpected(file_error("write", copy, code.value()));
    DVC_TRY(sync_folder(copy.has_parent_path() ? copy.parent_path() : "."));
    reach(Point::BackupInPlace);
    return {};
}

Status create(Database& database, std::string_view key_id) {
    DVC_TRY_ASSIGN(tables, database.number("SELECT count(*) FROM sqlite_schema"));
    if (tables > 0)
        return config(database, "is the database of another program; choose another file");
    DVC_TRY(database.run(fmt::format("PRAGMA application_id = {}", application_id).c_str()));
    DVC_TRY(database.run(migration_scripts().front()));
    DVC_TRY_ASSIGN(statement, database.prepare("INSERT INTO meta VALUES ('key_id', ?1)"));
    DVC_TRY(statement.run(key_id));
    return {};
}

Status apply(Database& database, std::int64_t from, std::string_view key_id) {
    for (std::int64_t step = from; step < newest_schema(); ++step) {
        if (step == 0) {
            DVC_TRY(create(database, key_id));
        } else {
            DVC_TRY(database.run(migration_scripts()[static_cast<std::size_t>(step)]));
        }
        database.wrote(Point::MigrationWritten);
    }
    return database.run(fmt::format("PRAGMA user_version = {}", newest_schema()).c_str());
}

Status check_key(Database& database, std::string_view key_id) {
    DVC_TRY_ASSIGN(statement, database.prepare("SELECT value FROM meta WHERE name = 'key_id'"));
    DVC_TRY_ASSIGN(found, statement.step());
    if (found && statement.bytes(0) == key_id) return {};
    return config(database,
                  fmt::format("was made with key {}, but the configured key file holds key "
                              "{}; put the right key file in place",
                              found ? statement.bytes(0) : "(none)", key_id));
}

}  // namespace

int newest_schema() {
    return static_cast<int>(migration_scripts().size());
}

Status migrate(Database& database, std::string_view key_id) {
    DVC_TRY_ASSIGN(version, database.number("PRAGMA user_version"));
    if (version > newest_schema())
        return config(database, fmt::format("has schema {}, this program knows up to {}; install "
                                            "the newer dvcsync that wrote it",
                                            version, newest_schema()));
    if (version > 0) {
        DVC_TRY_ASSIGN(mark, database.number("PRAGMA application_id"));
        if (mark != application_id)
            return config(database, "is the database of another program; choose another file");
        // Before anything is changed: with the wrong key a migrated ledger would help nobody.
        DVC_TRY(check_key(database, key_id));
    }
    if (version == newest_schema()) return {};
    if (version > 0) DVC_TRY(back_up(database, version));
    DVC_TRY_ASSIGN(transaction, Transaction::begin(database));
    // Another program may have been quicker between the look and the lock.
    DVC_TRY_ASSIGN(now, database.number("PRAGMA user_version"));
    if (now == version) DVC_TRY(apply(database, version, key_id));
    DVC_TRY(transaction.commit());
    return check_key(database, key_id);
}

}  // namespace dvcsync::ledger
