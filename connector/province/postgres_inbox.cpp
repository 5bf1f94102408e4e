// The inbox as two tables of a PostgreSQL database. libpq stays inside this file.
#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/base/text.h"
#include "connector/province/inbox.h"

namespace dvcsync::province {
namespace {

struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Answer = std::unique_ptr<PGresult, Clear>;

constexpr std::size_t part_size = 1u << 20;
// The server gives up first, and says why.
constexpr auto answer_time =
    std::chrono::duration_cast<std::chrono::seconds>(limits::database_statement) +
    std::chrono::seconds(10);

// A parameter in text or binary form.
struct Parameter {
    std::string_view bytes;
    bool binary = false;
};

// The first line of what the server says; it may quote values after that.
std::string words(const char* message) {
    const std::string_view text(message == nullptr ? "" : message);
    return excerpt(text.substr(0, text.find('\n')), 300);
}

// The answer to what was sent; none if the server, or the network, has fallen silent: its own
// timeout does not help then, and a call that blocks would wait for ever.
Answer answer_of(PGconn* connection) {
    const auto end = std::chrono::steady_clock::now() + answer_time;
    Answer last;
    bool lost = false;
    for (;;) {
        const int unsent = PQflush(connection);  // negative: the connection is lost
        if (lost || (unsent <= 0 && PQisBusy(connection) == 0)) {
            Answer next(PQgetResult(connection));
            if (!next) return last;
            last = std::move(next);
            continue;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return {};
        pollfd socket{PQsocket(connection),
                      static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0};
        if (socket.fd >= 0 && ::poll(&socket, 1, static_cast<int>(left.count())) < 0 &&
            errno != EINTR)
            return {};
        if (socket.fd < 0 || (socket.revents & ~POLLOUT) != 0)
            lost = PQconsumeInput(connection) == 0;
    }
}

std::string_view bytes_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

class PostgresInbox final : public Inbox {
  public:
    PostgresInbox(std::string connection, std::string password)
        : text_(std::move(connection)), password_(std::move(password)) {}

    Result<Put> put(const Delivery& delivery) override {
        DVC_TRY(connect());
        auto put = store(delivery);
        // Nothing of a transaction that failed may leak into the next one; a lost connection ends
        // it by itself. What a lost COMMIT has done the next try finds.
        if (put) return put;
        connection_.reset();
        // What is missing, and the command that mends it.
        if (put.error().kind == ErrorKind::Config) DVC_TRY(check());
        return put;
    }

    Status check() override {
        DVC_TRY(connect());
        for (const char* table : {"dvcsync_submission", "dvcsync_submission_file"}) {
            const auto found = run(fmt::format("SELECT has_table_privilege('{0}', 'SELECT') AND "
                                               "has_table_privilege('{0}', 'INSERT')",
                                               table),
                                   {});
            if (found && *PQgetvalue(found->get(), 0, 0) == 't') continue;
            connection_.reset();
            return fail(
                ErrorKind::Config,
                fmt::format("{}; make the tables with connector/province/inbox.sql, and "
                            "let the user SELECT and INSERT",
                            found ? fmt::format("no right to {}", table) : found.error().message));
        }
        DVC_TRY_ASSIGN(digests,
                       run("SELECT count(*) FROM pg_attribute WHERE attname = 'digest' AND "
                           "NOT attisdropped AND "
                           "attrelid = 'dvcsync_submission'::regclass",
                           {}));
        if (*PQgetvalue(digests.get(), 0, 0) != '0') return {};
        return fail(ErrorKind::Config,
                    "the table dvcsync_submission is that of an older dvcsync, without the column "
                    "digest; run connector/province/inbox.sql once more in the province's "
                    "database, or: ALTER TABLE dvcsync_submission ADD COLUMN IF NOT EXISTS digest "
                    "bytea");
    }

  private:
    Status connect() {
        if (connection_ && PQstatus(connection_.get()) == CONNECTION_OK) return {};
        const std::string seconds = std::to_string(limits::database_connect.count());
        const std::string options =
            fmt::format("-c statement_timeout={0} -c lock_timeout={0} -c client_encoding=UTF8",
                        limits::database_statement.count());
        const std::array<const char*, 6> names{"dbname",  "password",         "connect_timeout",
                                               "options", "application_name", nullptr};
        const std::array<const char*, 6> values{
            text_.c_str(),   password_.empty() ? nullptr : password_.c_str(),
            seconds.c_str(), options.c_str(),
            "dvcsync",       nullptr};
        connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
        if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK) {
            const std::string said = words(PQerrorMessage(connection_.get()));
            connection_.reset();
            return fail(ErrorKind::Retry,
                        fmt::format("the province's database cannot be reached: {}; look at "
                                    "[inbound] connection and at the server",
                                    said));
        }
        PQsetnonblocking(connection_.get(), 1);  // see answer_of()
        // What the server has to say besides goes nowhere: it may quote values.
        PQsetNoticeProcessor(
            connection_.get(), [](void*, const char*) {}, nullptr);
        return {};
    }

    Result<Answer> run(const std::string& sql, const std::vector<Parameter>& parameters) {
        std::vector<std::string> texts;  // libpq wants a zero after a text
        texts.reserve(parameters.size());
        std::vector<const char*> values;
        std::vector<int> lengths, formats;
        for (const auto& one : parameters) {
            if (one.binary) {
                values.push_back(one.bytes.empty() ? "" : one.bytes.data());
            } else {
                values.push_back(texts.emplace_back(one.bytes).c_str());
            }
            lengths.push_back(static_cast<int>(one.bytes.size()));
            formats.push_back(one.binary ? 1 : 0);
        }
        Answer answer;
        if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(parameters.size()),
                              nullptr, values.data(), lengths.data(), formats.data(), 0) == 1) {
            answer = answer_of(connection_.get());
            if (!answer)
                return fail(ErrorKind::Retry,
                            fmt::format("the province's database gave no answer in {} seconds",
                                        answer_time.count()));
        }
        const auto status = PQresultStatus(answer.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return answer;
        const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
        const std::string_view code(state == nullptr ? "" : state);
        // 42: no such table or no right to it; 3D, 28: no such database, no entry.
        const bool person =
            code.starts_with("42") || code.starts_with("3D") || code.starts_with("28");
        const char* said = PQresultErrorField(answer.get(), PG_DIAG_MESSAGE_PRIMARY);
        return fail(person ? ErrorKind::Config : ErrorKind::Retry,
                    fmt::format("the province's database refused: {} {}", code,
                                words(said == nullptr ? PQerrorMessage(connection_.get()) : said)));
    }

    Result<Put> store(const Delivery& delivery) {
        const std::string revision = std::to_string(delivery.revision);
        const std::string place =
            fmt::format("dvcsync_submission ({}, {})", delivery.code, delivery.revision);
        DVC_TRY(run("BEGIN", {}).map([](const auto&) {}));
        DVC_TRY_ASSIGN(added,
                       run("INSERT INTO dvcsync_submission (code, revision, kind, xml, digest) "
                           "VALUES ($1, $2::integer, $3, $4, $5::bytea) "
                           "ON CONFLICT (code, revision) DO NOTHING",
                           {{delivery.code},
                            {revision},
                            {delivery.kind},
                            {delivery.xml},
                            {bytes_of(delivery.digest), true}}));
        if (std::string_view(PQcmdTuples(added.get())) == "0") {
            DVC_TRY(run("ROLLBACK", {}).map([](const auto&) {}));
            return what_is_there(delivery, place);
        }
        for (const auto& file : delivery.files)
            DVC_TRY(store(delivery.code, revision, file));
        reach(Point::InboxBuilt);
        reach(Point::InboxMarked);
        DVC_TRY(run("COMMIT", {}).map([](const auto&) {}));
        reach(Point::InboxPublished);
        return Put{false, place};
    }

    Result<Put> what_is_there(const Delivery& delivery, const std::string& place) {
        DVC_TRY_ASSIGN(rows, run("SELECT revision, coalesce(digest = $3::bytea, false) "
                                 "FROM dvcsync_submission WHERE code = $1 AND revision >= "
                                 "$2::integer ORDER BY revision",
                                 {{delivery.code},
                                  {std::to_string(delivery.revision)},
                                  {bytes_of(delivery.digest), true}}));
        const auto same = [&rows](int row) { return *PQgetvalue(rows.get(), row, 1) == 't'; };
        const int count = PQntuples(rows.get());
        if (count == 0)
            return fail(ErrorKind::Retry, place + " was deleted while it was looked at: try again");
        if (std::atoi(PQgetvalue(rows.get(), 0, 0)) == delivery.revision && same(0))
            return Put{true, place};
        const int last = std::atoi(PQgetvalue(rows.get(), count - 1, 0));
        return Put{false, "", same(count - 1) ? last : last + 1};
    }

    Status store(const std::string& code, const std::string& revision, const InboxFile& file) {
        const int fd = ::open(file.content.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0) return tl::make_unexpected(file_error("open", file.content, errno));
        const std::unique_ptr<const int, void (*)(const int*)> closing(
            &fd, [](const int* open) { ::close(*open); });
        const std::string size = std::to_string(file.size);
        std::string buffer(part_size, '\0');
        std::uint64_t stored = 0;
        for (int part = 0;; ++part) {
            std::size_t got = 0;
            while (got < buffer.size()) {
                const auto read = ::read(fd, buffer.data() + got, buffer.size() - got);
                if (read < 0 && errno == EINTR) continue;
                if (read < 0) return tl::make_unexpected(file_error("read", file.content, errno));
                if (read == 0) break;
                got += static_cast<std::size_t>(read);
            }
            if (got == 0 && part > 0) break;
            DVC_TRY(run("INSERT INTO dvcsync_submission_file (code, revision, name, part, size, "
                        "sha256, content) VALUES ($1, $2::integer, $3, $4::integer, $5::bigint, "
                        "$6::bytea, $7::bytea)",
                        {{code},
                         {revision},
                         {file.name},
                         {std::to_string(part)},
                         {size},
                         {bytes_of(file.sha256), true},
                         {std::string_view(buffer).substr(0, got), true}})
                        .map([](const auto&) {}));
            stored += got;
            if (got < buffer.size()) break;
        }
        if (stored == file.size) return {};
        return fail(ErrorKind::Retry, fmt::format("{} changed while it was stored: try again",
                                                  file.content.string()));
    }

    std::string text_;
    std::string password_;
    Connection connection_;
};

}  // namespace

Result<std::unique_ptr<Inbox>> open_postgres_inbox(const std::string& connection,
                                                   const std::string& password) {
    return std::make_unique<PostgresInbox>(connection, password);
}

}  // namespace dvcsync::province
