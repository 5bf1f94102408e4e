#include "connector/ledger/sqlite_edge.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "connector/base/files.h"
#include "connector/base/text.h"

namespace dvcsync::ledger {
namespace {

struct Meaning {
    ErrorKind kind;
    std::string_view advice;
};

Meaning meaning_of(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return {ErrorKind::Retry, "the disk is full; nothing was changed; make room"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorKind::Retry,
                    "another program keeps it locked; wait until that program ends, or stop it"};
        case SQLITE_IOERR:
            if (code == SQLITE_IOERR_SHORT_READ)
                return {ErrorKind::Corrupt, "it is cut short; restore it from a backup"};
            return {ErrorKind::Retry,
                    "the disk failed; nothing was changed; look for disk errors and quotas "
                    "(dmesg, df), then start again"};
        case SQLITE_NOMEM:
            return {ErrorKind::Retry, "the machine is out of memory"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {ErrorKind::Retry,
                    "it cannot be written; its file, its folder and the -wal and -shm files beside "
                    "it must belong to the user who runs dvcsync"};
        case SQLITE_CANTOPEN:
            return {ErrorKind::Retry, "check that its folder exists and may be written"};
        case SQLITE_CORRUPT:
            return {ErrorKind::Corrupt,
                    "it is damaged; stop, keep a copy, restore it from a backup"};
        case SQLITE_NOTADB:
            return {
                ErrorKind::Corrupt,
                "it is not a ledger, or its beginning was overwritten; restore it from a backup"};
        default:
            return {ErrorKind::Bug, "this must not happen; report it"};
    }
}

Error error_of(const std::filesystem::path& file, int code, std::string_view words) {
    const Meaning meaning = meaning_of(code);
    const int what = code & 0xff;
    const bool rights = what == SQLITE_READONLY || what == SQLITE_PERM || what == SQLITE_CANTOPEN;
    return {meaning.kind,
            fmt::format("ledger {}: {}{} ({}, SQLite code {})", file.string(), meaning.advice,
                        rights ? "; " + rights_advice(file) : "", words, code)};
}

Error error_of(sqlite3* handle) {
    const char* const file = sqlite3_db_filename(handle, "main");
    return error_of(file ? file : "", sqlite3_extended_errcode(handle), sqlite3_errmsg(handle));
}

// SQLite calls it; no exception may cross its C code.
void caseless_function(sqlite3_context* context, int, sqlite3_value** arguments) {
    try {
        const auto* const data = static_cast<const char*>(sqlite3_value_blob(arguments[0]));
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
        const std::string_view text(data != nullptr ? data : "", size);
        const std::string folded = is_utf8(text) ? caseless(text) : std::string(text);
        sqlite3_result_text64(context, folded.data(), folded.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    } catch (const std::exception&) {
        sqlite3_result_error_nomem(context);
    }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), fault_(other.fault_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(fault_, other.fault_);
    return *this;
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

void Statement::reset() {
    sqlite3_reset(handle_);
    fault_ = SQLITE_OK;
}

void Statement::bind_all(std::span<const Value> values) {
    reset();
    int at = 0;
    for (const Value& value : values)
        std::visit([this, place = ++at](const auto& held) { put(place, held); }, value);
}

void Statement::put(int at, std::int64_t value) {
    fault_ = std::max(fault_, sqlite3_bind_int64(handle_, at, value));
}

void Statement::put(int at, std::string_view text) {
    // An empty view may have no address, and SQLite takes that for NULL.
    const char* const data = text.empty() ? "" : text.data();
    fault_ = std::max(
        fault_, sqlite3_bind_text64(handle_, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::put(int at, Blob blob) {
    const char* const data = blob.bytes.empty() ? "" : blob.bytes.data();
    fault_ =
        std::max(fault_, sqlite3_bind_blob64(handle_, at, data, blob.bytes.size(), SQLITE_STATIC));
}

void Statement::put_null(int at) {
    fault_ = std::max(fault_, sqlite3_bind_null(handle_, at));
}

Status Statement::damage() {
    if (fault_ == SQLITE_OK) return {};
    Error error = error_of(sqlite3_db_filename(sqlite3_db_handle(handle_), "main"), fault_,
                           "a value that no ledger holds");
    reset();  // a statement left half read would keep every later write from beginning
    return tl::make_unexpected(std::move(error));
}

std::int64_t Statement::in_range(int column, std::int64_t last) {
    const std::int64_t value = integer(column);
    if (value >= 0 && value <= last) return value;
    fault_ = SQLITE_CORRUPT;
    return last;
}

Result<bool> Statement::step() {
    DVC_TRY(damage());
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        sqlite3_reset(handle_);
        return false;
    }
    Error error = error_of(sqlite3_db_handle(handle_));
    sqlite3_reset(handle_);
    return tl::make_unexpected(std::move(error));
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::bytes(int column) const {
    // For text this gives its UTF-8 bytes as they are.
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::optional<UtcTime> Statement::maybe_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
}

Digest Statement::digest(int column) const {
    Digest digest{};
    const std::string_view stored = bytes(column);
    std::copy_n(stored.begin(), std::min(stored.size(), digest.size()), digest.begin());
    return digest;
}

Result<Database> Database::open(const std::filesystem::path& file, Millis patience) {
    // Made here, because SQLite would let others read it; -wal and -shm take over its mode. A file
    // that is there is not opened: closing it would take away the locks of every other connection
    // of this process, and whoever came next would think the ledger unused and fold its log away.
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
    if (made < 0 && (errno != EEXIST || ::access(file.c_str(), R_OK | W_OK) != 0)) {
        const int code = errno;
        Error error = file_error("open the ledger", file, code);
        // The path is right: the ledger is there, or could be, and may not be used.
        if (code == EACCES || code == EPERM) error.kind = ErrorKind::Retry;
        return tl::make_unexpected(std::move(error));
    }
    std::error_code unseen;
    if (std::filesystem::is_directory(file, unseen))
        return tl::make_unexpected(file_error("open the ledger", file, EISDIR));

    Database database(file);
    const int code = sqlite3_open_v2(
        file.c_str(), &database.handle_,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    if (code != SQLITE_OK) return tl::make_unexpected(error_of(file, code, sqlite3_errstr(code)));
    if (sqlite3_db_readonly(database.handle_, "main") == 1)
        return tl::make_unexpected(error_of(file, SQLITE_READONLY, "opened for reading only"));
    sqlite3_busy_timeout(database.handle_, static_cast<int>(patience.count()));
    // Nothing in the file itself may make us run code or write its inner tables.
    sqlite3_db_config(database.handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    const int added = sqlite3_create_function_v2(
        database.handle_, "caseless", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
        nullptr, caseless_function, nullptr, nullptr, nullptr);
    if (added != SQLITE_OK) return tl::make_unexpected(error_of(database.handle_));
    return database;
}

Database::Database(Database&& other) noexcept
    : file_(std::move(other.file_)), handle_(std::exchange(other.handle_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(handle_, other.handle_);
    return *this;
}

Database::~Database() {
    sqlite3_close_v2(handle_);
}

Status Database::run(const char* script) {
    if (sqlite3_exec(handle_, script, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return tl::make_unexpected(error_of(handle_));
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
        return tl::make_unexpected(error_of(handle_));
    return Statement(statement);
}

Result<std::int64_t> Database::number(std::string_view sql) {
    DVC_TRY_ASSIGN(statement, prepare(sql));
    DVC_TRY_ASSIGN(row, statement.step());
    return row ? statement.integer(0) : 0;
}

Result<std::vector<std::pair<std::string, std::string>>> Database::plans() {
    std::vector<std::pair<std::string, std::string>> plans;
    for (sqlite3_stmt* one = sqlite3_next_stmt(handle_, nullptr); one != nullptr;
         one = sqlite3_next_stmt(handle_, one))
        plans.emplace_back(sqlite3_sql(one), "");
    for (auto& [sql, plan] : plans) {
        DVC_TRY_ASSIGN(statement, prepare("EXPLAIN QUERY PLAN " + sql));
        DVC_TRY(
            statement.each([&plan = plan](const Statement& row) { plan += row.text(3) + "\n"; }));
    }
    return plans;
}

std::int64_t Database::last_id() const {
    return sqlite3_last_insert_rowid(handle_);
}
std::int64_t Database::changes() const {
    return sqlite3_changes64(handle_);
}
bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

}  // namespace dvcsync::ledger
