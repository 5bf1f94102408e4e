// A thin edge around SQLite: handles that close themselves, values bound by position, and error
// codes turned into the program's error kinds. The only place that knows sqlite3.h.
//
// One thread at a time. Errors: Retry = disk full, a disk that fails, or a lock held by another
// program; Config = a path that cannot be opened or written; Corrupt = not a database, or damaged;
// Bug = a statement that does not fit the schema. Each names the file and what to do.
#pragma once

#include <bitset>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/base/points.h"
#include "connector/base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace dvcsync::ledger {

struct Blob {  // bound as bytes, not as text
    std::string_view bytes;
};

// A value whose place is only known while the program runs.
using Value = std::variant<std::int64_t, std::string>;

// A prepared statement. Bound text and bytes are not copied: they must outlive the steps.
class Statement {
  public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;
    ~Statement();

    // Binds every parameter, from ?1 on, and rewinds.
    template <class... Values>
    void bind(const Values&... values) {
        reset();
        int at = 0;
        (put(++at, values), ...);
    }
    // The same for a list put together while the program runs.
    void bind_all(std::span<const Value> values);
    // True: a row is there to be read. False: done, and rewound.
    Result<bool> step();
    // Binds and runs a statement that gives no row.
    template <class... Values>
    Status run(const Values&... values) {
        bind(values...);
        return step().map([](bool) {});
    }
    // Binds and calls `on_row` for every row.
    template <class OnRow, class... Values>
    Status each(OnRow&& on_row, const Values&... values) {
        bind(values...);
        return rows(on_row);
    }
    // Calls `on_row` for every row of what is bound.
    template <class OnRow>
    Status rows(OnRow&& on_row) {
        for (;;) {
            DVC_TRY_ASSIGN(row, step());
            if (!row) return {};
            on_row(*this);
        }
    }
    // Ends reading early, so that no read transaction stays open.
    void reset();

    // Columns of the current row, from 0. Views are valid until the next step or reset.
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string_view bytes(int column) const;
    std::string text(int column) const { return std::string(bytes(column)); }
    std::size_t count(int column) const { return static_cast<std::size_t>(integer(column)); }
    UtcTime time(int column) const { return UtcTime{Millis{integer(column)}}; }
    std::optional<UtcTime> maybe_time(int column) const;
    Digest digest(int column) const;  // zero if null
    // A stored enumerator. One beyond `last` was not written by this program: the next step, or
    // damage(), reports Corrupt, and until then `last` stands in for it.
    template <class Enum>
    Enum choice(int column, Enum last) {
        return static_cast<Enum>(in_range(column, static_cast<std::int64_t>(last)));
    }
    Status damage();

  private:
    std::int64_t in_range(int column, std::int64_t last);
    void put(int at, std::int64_t value);
    void put(int at, std::string_view text);
    void put(int at, Blob blob);
    void put_null(int at);

    template <std::integral Number>
    void put(int at, Number value) {
        put(at, static_cast<std::int64_t>(value));
    }
    template <class Enum>
    requires std::is_enum_v<Enum>
    void put(int at, Enum value) { put(at, static_cast<std::int64_t>(value)); }
    void put(int at, UtcTime value) {
        put(at, static_cast<std::int64_t>(value.time_since_epoch().count()));
    }
    void put(int at, const Digest& digest) {
        put(at, Blob{{reinterpret_cast<const char*>(digest.data()), digest.size()}});
    }
    template <class Value>
    void put(int at, const std::optional<Value>& value) {
        if (value) {
            put(at, *value);
        } else {
            put_null(at);
        }
    }

    sqlite3_stmt* handle_ = nullptr;
    int fault_ = 0;  // of a value bound or read, reported by the next step
};

// SQL may use caseless(text): as dvcsync::caseless() in base/text.h.
class Database {
  public:
    // Opens the file, creating it with mode 0600. Waits up to `patience` for locks of other
    // programs.
    static Result<Database> open(const std::filesystem::path& file, Millis patience);
    Database(Database&& other) noexcept;
    Database& operator=(Database&& other) noexcept;
    ~Database();

    Status run(const char* script);  // one statement or several; rows are thrown away
    Result<Statement> prepare(std::string_view sql);
    Result<std::int64_t> number(std::string_view sql);  // first column of the first row; 0: no row
    // How SQLite carries out every statement that is prepared now: its SQL and its plan, for tests.
    Result<std::vector<std::pair<std::string, std::string>>> plans();
    std::int64_t last_id() const;
    std::int64_t changes() const;  // rows of the last statement
    bool in_transaction() const;
    // Passes a point of points.h now, and its durable() once the open transaction is committed.
    void wrote(Point written);
    void committed(bool durable);  // true: what was written is there; false: it was rolled back
    const std::filesystem::path& file() const { return file_; }
    // Called at the end of every transaction: true, it is durable; false: it is undone.
    std::function<void(bool)> on_end;

  private:
    explicit Database(std::filesystem::path file) : file_(std::move(file)) {}
    std::filesystem::path file_;
    sqlite3* handle_ = nullptr;
    std::bitset<point_count> written_;  // in the open transaction
};

// A writing transaction: rolled back unless committed. One that begins inside another is part of
// it: only the outer one commits or rolls back.
class Transaction {
  public:
    static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Status commit();

  private:
    explicit Transaction(Database* database) : database_(database) {}
    Database* database_;  // nullptr: nothing to commit (any more)
};

}  // namespace dvcsync::ledger
