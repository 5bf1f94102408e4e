// Trail on SQLite, over the database of a SqliteLedger.
#pragma once

#include "connector/ledger/sqlite_edge.h"
#include "connector/ledger/trail.h"

namespace dvcsync::ledger {

class SqliteTrail final : public Trail {
  public:
    explicit SqliteTrail(Database& database) : db_(database) {}
    Status prepare();

    Result<TrailLog> current(UtcTime now) override { return current(now, {}); }
    Result<TrailLog> current(UtcTime now, const std::vector<std::string>& taken) override;
    Result<std::vector<TrailLog>> logs() override;
    Status close(std::int64_t log, UtcTime now) override;

    Result<TrailEnd> end(std::int64_t log) override;
    Status append(std::int64_t log, std::int64_t sequence, UtcTime at, std::string_view code,
                  std::string_view entry) override;
    Status walk(const TrailFilter& filter,
                const std::function<Result<bool>(const TrailRow&)>& take) override;

    Status seal(const SealRow& seal) override;
    Result<std::optional<SealRow>> last_seal(std::int64_t log) override;
    Status walk_seals(std::int64_t log,
                      const std::function<Result<bool>(const SealRow&)>& take) override;

    Status keep_body(std::int64_t log, std::int64_t sequence, bool sent, std::string_view sealed,
                     UtcTime now) override;
    Result<std::optional<std::string>> body(std::int64_t log, std::int64_t sequence,
                                            bool sent) override;
    Result<std::size_t> erase_bodies(UtcTime before) override;
    Result<std::size_t> erase_bodies(std::int64_t log, std::int64_t sequence) override;

  private:
    Result<TrailLog> open(UtcTime now, const std::vector<std::string>& taken);
    // The first sequence of a log, from `low` on and before `high`, whose entry is not before
    // `at`; `high` if there is none.
    Result<std::int64_t> first_not_before(std::int64_t log, std::int64_t low, std::int64_t high,
                                          UtcTime at);
    // walk() through one log; false: `take` has had enough.
    Result<bool> walk_log(std::int64_t log, const TrailFilter& filter,
                          const std::function<Result<bool>(const TrailRow&)>& take);
    // Runs a statement that removes bodies, in such a way that their bytes are overwritten.
    template <class... Values>
    Result<std::size_t> erase(std::string_view sql, const Values&... values);

    Database& db_;
    Statement current_, end_, follows_, append_, at_of_;
};

}  // namespace dvcsync::ledger
