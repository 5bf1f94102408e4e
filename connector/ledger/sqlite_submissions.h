// Submissions on SQLite, over the database of a SqliteLedger: sqlite_submissions.cpp (they come
// in), sqlite_submissions_due.cpp (they are handed over), sqlite_submissions_people.cpp and
// sqlite_submissions_links.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connector/ledger/sqlite_edge.h"
#include "connector/ledger/submissions.h"
#include "connector/ledger/witness.h"

namespace dvcsync::ledger {

class SqliteLedger;

// What submission_of() reads, in its order, of `submission s`.
inline constexpr std::string_view submission_columns =
    "s.id, s.code, s.revision, s.reading, s.kind, s.road, s.stage, s.without_files, s.procedure, "
    "s.agency, s.filed, s.arrived, s.changed, s.next_at, s.attempts, s.again, s.reason, s.place, "
    "s.digest, "
    "iif(s.stage > 1, 0, (SELECT coalesce(min(e.revision), 0) FROM submission e "
    "INDEXED BY submission_revision WHERE e.code = s.code AND e.revision < s.revision "
    "AND e.stage < 3 AND NOT (e.stage = 2 AND e.kind = 'unknown')))";
Submission submission_of(Statement& row);

class SqliteSubmissions final : public Submissions {
  public:
    SqliteSubmissions(Database& database, SqliteLedger& ledger) : db_(database), ledger_(ledger) {}
    Status prepare();

    Result<std::size_t> announce(std::span<const Announcement> rows, UtcTime now) override;
    Result<std::vector<Announced>> announced(std::size_t max, UtcTime now) override;
    Status announcement_waits(std::int64_t id, std::string_view reason, UtcTime next_at) override;
    Result<Arrived> receive(const Arrival& arrival, UtcTime now,
                            std::optional<std::int64_t> announcement) override;

    Result<std::vector<Submission>> due(std::size_t max, UtcTime now) override;
    Status waits(std::int64_t id, std::string_view reason, UtcTime next_at, UtcTime now) override;
    Status put_off(std::int64_t id, std::string_view reason, UtcTime since, UtcTime now) override;
    Status holds(std::int64_t id, std::string_view reason, UtcTime now) override;
    Status renumber(std::int64_t id, int revision, UtcTime now) override;
    Status handed(std::int64_t id, std::string_view place, std::span<const HandedFile> files,
                  UtcTime now) override;
    Result<std::optional<UtcTime>> next_due() override;

    Result<std::vector<Submission>> list(const SubmissionFilter& filter, std::size_t max) override;
    Result<std::size_t> count(const SubmissionFilter& filter) override;
    Result<std::vector<Announced>> open_announcements(std::string_view code,
                                                      std::size_t max) override;
    Result<std::vector<HandedFile>> files(std::int64_t id) override;
    Result<std::vector<Act>> acts(std::int64_t id) override;
    Result<std::string> sealed(std::int64_t id) override;
    Status note(std::int64_t id, const Act& act, UtcTime now) override;
    Result<std::size_t> retry(const SubmissionFilter& filter, bool release, const Act& act,
                              UtcTime now) override;
    Result<std::size_t> dismiss(const SubmissionFilter& filter, const Act& act,
                                UtcTime now) override;
    Result<SubmissionTally> tally() override;

    Result<bool> has_arrived(std::string_view portal_code) override;
    Status link(std::string_view portal_code, std::string_view local_code, UtcTime now) override;
    Result<Link> unlink(std::string_view portal_code, const Act& act, UtcTime now) override;
    Result<Link> relink(std::string_view portal_code, const Act& act, UtcTime now) override;
    Result<std::vector<Link>> links(std::string_view portal_code) override;
    Result<std::optional<std::string>> portal_code(std::string_view local_code) override;
    Result<std::optional<std::string>> local_code(std::string_view portal_code) override;

  private:
    enum class Move { Waits, Holds, Handed };
    // Raced: another revision has come while this one was being fetched.
    enum class News { No, Yes, Raced };
    // What is waited for in the order of the waits: places in line.
    using Line = std::vector<std::pair<UtcTime, std::int64_t>>;  // since when, id

    Status prepare_due();
    Result<bool> is_news(const Announcement& row);
    // `raced`: whether it is news cannot be told, see News.
    Result<std::optional<Arrived>> seen_before(const Arrival& arrival, UtcTime now, bool& raced);
    // Whether content that came as `revision` before is news, see submissions.h.
    Result<News> news_of(const Arrival& arrival, int revision, UtcTime now);
    Result<Arrived> add(const Arrival& arrival, UtcTime now);
    // Adds what waits until `now`, or for longer than anything may.
    static Status add_waiting(Statement& statement, std::size_t max, UtcTime now, Line& line);
    // Whether it is to be moved; false: it is dismissed, and that stands.
    Result<bool> may(Move move, std::int64_t id);
    // Carries out `change` (?1: now) on every Held or Waiting one that the filter chooses, and
    // keeps the act with them.
    Result<std::size_t> act_on(const SubmissionFilter& filter, std::string_view change,
                               const Act& act, UtcTime now);
    // For the witness.
    Result<SubmissionFacts> facts_of(std::int64_t id);
    Status tell_moved(std::int64_t id, std::string_view outcome, UtcTime now);
    // nullopt: no row.
    static Result<std::optional<std::string>> text_of(Statement& statement, std::string_view key);
    // Refused, naming the two, if one of the codes is linked already.
    Status are_free(std::string_view portal_code, std::string_view local_code);
    // Keeps the act, and has the records looked at that may tell of these codes.
    Status look_again(const Link& link, const Act& act, UtcTime now);

    Database& db_;
    SqliteLedger& ledger_;

    Statement last_stamp_, is_known_, announce_, open_announcements_, announced_, postpone_,
        fetched_;
    Statement find_content_, newest_state_, count_again_, renew_body_, hurry_, last_revision_, add_,
        add_body_;
    Statement received_, waiting_, next_waiting_, next_announced_, load_, stage_, waits_, put_off_,
        holds_, handed_, add_file_;
    Statement portal_code_, local_code_;
};

}  // namespace dvcsync::ledger
