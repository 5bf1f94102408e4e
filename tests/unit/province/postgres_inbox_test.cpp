// The inbox against the real PostgreSQL: a server of its own in a folder of its own, on a unix
// socket, as the user nobody or postgres if the tests run as root, whom it refuses.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "connector/base/files.h"
#include "connector/base/points.h"
#include "tests/unit/province/inbox_sample.h"

namespace dvcsync::province {
namespace {

namespace fs = std::filesystem;
using test::delivery;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr const char* secret = "not-a-real-secret";

// Where Debian keeps the programs of the newest version installed; nothing: it is not.
std::optional<fs::path> programs() {
    std::vector<fs::path> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error))
        if (fs::exists(entry.path() / "bin" / "initdb")) found.push_back(entry.path() / "bin");
    if (found.empty()) return std::nullopt;
    return *std::max_element(found.begin(), found.end());
}

class Server {
  public:
    explicit Server(fs::path bin) : bin_(std::move(bin)) {
        const char* user = ::getuid() == 0 ? "postgres" : nullptr;
        if (user != nullptr) owner_ = ::getpwnam(user);
        fs::create_directories(data());
        if (owner_ != nullptr) {
            EXPECT_EQ(::chown(folder_.path().c_str(), owner_->pw_uid, owner_->pw_gid), 0);
            EXPECT_EQ(::chown(data().c_str(), owner_->pw_uid, owner_->pw_gid), 0);
        }
        // Nobody but this user reaches the socket; strangers prove themselves by SCRAM.
        const int made = wait_for(start({bin_ / "initdb", "-D", data(), "-U", "admin", "-A",
                                         "trust", "-E", "UTF8", "--locale=C", "--no-sync"}));
        EXPECT_EQ(made, 0) << "initdb failed";
        folder_.write("data/pg_hba.conf", "local all admin trust\nlocal all all scram-sha-256\n");
        pid_ = start({bin_ / "postgres", "-D", data(), "-k", folder_.path(), "-c",
                      "listen_addresses=", "-c", "password_encryption=scram-sha-256"});
        for (int i = 0; i < 200; ++i) {
            if (PQping(admin().c_str()) == PQPING_OK) return;
            std::this_thread::sleep_for(100ms);
        }
        ADD_FAILURE() << "postgres did not start";
    }
    ~Server() {
        ::kill(pid_, SIGINT);  // a fast shutdown
        wait_for(pid_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string admin(const std::string& database = "postgres") const {
        return fmt::format("host={} user=admin dbname={}", folder_.path().string(), database);
    }
    std::string user(const std::string& database) const {
        return fmt::format("host={} user=dvcsync dbname={}", folder_.path().string(), database);
    }
    // The first field of the answer, or what is wrong.
    std::string ask(const std::string& sql, const std::string& database = "postgres") const {
        const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(
            PQconnectdb(admin(database).c_str()), PQfinish);
        const std::unique_ptr<PGresult, void (*)(PGresult*)> answer(
            PQexec(connection.get(), sql.c_str()), PQclear);
        switch (PQresultStatus(answer.get())) {
            case PGRES_COMMAND_OK:
                return "ok";
            case PGRES_TUPLES_OK:
                return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "none";
            default:
                return PQerrorMessage(connection.get());
        }
    }

  private:
    fs::path data() const { return folder_.path() / "data"; }

    pid_t start(const std::vector<std::string>& words) {
        std::vector<char*> arguments;
        for (const auto& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        const pid_t child = ::fork();
        if (child != 0) return child;
        if (owner_ != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(owner_->pw_gid) != 0 ||
                                  ::setuid(owner_->pw_uid) != 0))
            ::_exit(126);
        const fs::path log = folder_.path() / "log";
        if (::chdir(folder_.path().c_str()) != 0 || freopen(log.c_str(), "a", stdout) == nullptr ||
            freopen(log.c_str(), "a", stderr) == nullptr)
            ::_exit(125);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    static int wait_for(pid_t child) {
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    dvcsync::test::TemporaryFolder folder_;
    fs::path bin_;
    const passwd* owner_ = nullptr;
    pid_t pid_ = -1;
};

class PostgresInbox : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const auto bin = programs();
        if (!bin) return;
        server_ = std::make_unique<Server>(*bin);
        EXPECT_EQ(server_->ask(fmt::format("CREATE ROLE dvcsync LOGIN PASSWORD '{}'", secret)),
                  "ok");
    }
    static void TearDownTestSuite() { server_.reset(); }

    // A database for each test.
    void SetUp() override {
        if (!server_) GTEST_SKIP() << "PostgreSQL is not installed";
        static int number = 0;
        database_ = fmt::format("motcua{}", ++number);
        ASSERT_EQ(server_->ask("CREATE DATABASE " + database_), "ok");
    }
    void TearDown() override { set_point_hook(nullptr); }

    void make_tables() {
        const auto script =
            read_file(fs::path(DVC_SOURCE_DIR) / "connector/province/inbox.sql", 1u << 20);
        ASSERT_TRUE(script);
        ASSERT_EQ(ask(*script), "ok");
        ASSERT_EQ(ask("GRANT SELECT, INSERT ON dvcsync_submission, dvcsync_submission_file "
                      "TO dvcsync"),
                  "ok");
    }
    static std::string ask(const std::string& sql) { return server_->ask(sql, database_); }
    static std::unique_ptr<Inbox> open(const std::string& password = secret) {
        return *open_postgres_inbox(server_->user(database_), password);
    }
    static std::string rows() { return ask("SELECT count(*) FROM dvcsync_submission"); }
    static std::string parts() { return ask("SELECT count(*) FROM dvcsync_submission_file"); }
    static void cut_connections() {
        ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE usename = 'dvcsync'");
    }

    dvcsync::test::TemporaryFolder folder_;
    static inline std::unique_ptr<Server> server_;
    static inline std::string database_;
};

TEST_F(PostgresInbox, ALargeFileComesInPartsAndIsTheSameWhenPutTogether) {
    make_tables();
    auto inbox = open();
    ASSERT_TRUE(inbox->check());
    constexpr std::size_t size = 5u << 20;
    const auto what = delivery(folder_, "A-1", 1, size + 3);
    const auto done = inbox->put(what);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(done->already);
    EXPECT_EQ(parts(), "6");
    EXPECT_EQ(ask("SELECT encode(sha256(string_agg(content, ''::bytea ORDER BY part)), 'hex') "
                  "FROM dvcsync_submission_file"),
              hex(what.files.front().sha256));
    EXPECT_EQ(ask("SELECT DISTINCT encode(sha256, 'hex') || ' ' || size "
                  "FROM dvcsync_submission_file"),
              fmt::format("{} {}", hex(what.files.front().sha256), size + 3));
    EXPECT_EQ(ask("SELECT xml FROM dvcsync_submission WHERE code = 'A-1' AND revision = 1 "
                  "AND kind = 'filing' AND taken IS NULL"),
              what.xml);
}

TEST_F(PostgresInbox, AnEmptyFileAndOneOfExactlyOnePart) {
    make_tables();
    auto what = delivery(folder_, "A-1", 1, 1u << 20);
    what.files.push_back({"files/02-trong.txt", folder_.write("empty", ""), 0, sha256("")});
    ASSERT_TRUE(open()->put(what));
    EXPECT_EQ(ask("SELECT string_agg(name || ':' || part || ':' || length(content), ' ' "
                  "ORDER BY name, part) FROM dvcsync_submission_file"),
              "files/01-don.pdf:0:1048576 files/02-trong.txt:0:0");
}

TEST_F(PostgresInbox, TheSameAgainChangesNothingAlsoWhenTheFilesWereTaken) {
    make_tables();
    const auto what = delivery(folder_, "A-1");
    auto inbox = open();
    ASSERT_TRUE(inbox->put(what));
    auto again = what;
    again.xml = "another";
    const auto second = inbox->put(again);
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->already);
    EXPECT_EQ(ask("SELECT xml FROM dvcsync_submission"), what.xml);
    ask("DELETE FROM dvcsync_submission_file");
    const auto third = open()->put(what);
    ASSERT_TRUE(third);
    EXPECT_TRUE(third->already);
    EXPECT_EQ(parts(), "0");
    const auto revision = inbox->put(delivery(folder_, "A-1", 2));
    ASSERT_TRUE(revision);
    EXPECT_FALSE(revision->already);
    EXPECT_EQ(rows(), "2");
}

TEST_F(PostgresInbox, OtherContentGetsTheNextRevision) {
    make_tables();
    test::expect_other_content_gets_the_next_revision(
        *open(), delivery(folder_, "A-1"), [](const std::string& code, int revision) {
            return ask(
                fmt::format("SELECT coalesce(max(xml), '') FROM dvcsync_submission "
                            "WHERE code = '{}' AND revision = {}",
                            code, revision));
        });
}

TEST_F(PostgresInbox, OtherContentComesAfterTheLastRevision) {
    make_tables();
    test::expect_numbers_of_dismissed_revisions_stay_free(*open(), delivery(folder_, "A-1"));
}

TEST_F(PostgresInbox, OtherContentLooksAtItsOwnCodeOnly) {
    make_tables();
    test::expect_no_code_to_meddle_with_another(*open(), delivery(folder_, "A-1"));
}

TEST_F(PostgresInbox, ATableOfAnOlderProgramIsNamedWithTheCommandThatMendsIt) {
    make_tables();
    ASSERT_EQ(ask("ALTER TABLE dvcsync_submission DROP COLUMN digest"), "ok");
    ASSERT_EQ(ask("INSERT INTO dvcsync_submission (code, revision, kind, xml) "
                  "VALUES ('A-1', 1, 'filing', 'old')"),
              "ok");
    auto inbox = open();
    const auto what = delivery(folder_, "A-1");
    const auto checked = inbox->check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, ErrorKind::Config);
    const std::string mends =
        "ALTER TABLE dvcsync_submission ADD COLUMN IF NOT EXISTS digest bytea";
    EXPECT_THAT(checked.error().message, HasSubstr(mends));
    const auto done = inbox->put(what);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::Config);
    EXPECT_THAT(done.error().message, HasSubstr(mends));
    make_tables();
    EXPECT_TRUE(inbox->check());
    EXPECT_EQ(test::put(*inbox, what).instead, 2) << "whose content the old row is nobody knows";
    EXPECT_EQ(ask("SELECT xml FROM dvcsync_submission"), "old");
}

TEST_F(PostgresInbox, AFileThatCannotBeReadOrHasChangedLeavesNothing) {
    make_tables();
    auto what = delivery(folder_, "A-1");
    what.files.push_back({"files/02.pdf", folder_.path() / "nowhere", 3, sha256("abc")});
    auto inbox = open();
    EXPECT_FALSE(inbox->put(what));
    what.files.back().content = folder_.write("short", "ab");
    const auto shorter = inbox->put(what);
    ASSERT_FALSE(shorter);
    EXPECT_EQ(shorter.error().kind, ErrorKind::Retry);
    EXPECT_EQ(rows() + parts(), "00");
    folder_.write("short", "abc");
    const auto done = inbox->put(what);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(done->already);
    EXPECT_EQ(rows() + parts(), "12");
}

TEST_F(PostgresInbox, OfManyAtOnceExactlyOnePutsIt) {
    make_tables();
    const auto what = delivery(folder_, "A-1", 1, 300'000);
    std::array<bool, 6> failed{}, already{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < failed.size(); ++i)
        threads.emplace_back([&, i] {
            const auto done = open()->put(what);
            failed[i] = !done;
            already[i] = done && done->already;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(std::count(failed.begin(), failed.end(), true), 0);
    EXPECT_EQ(std::count(already.begin(), already.end(), true), 5);
    EXPECT_EQ(rows() + parts(), "11");
}

TEST_F(PostgresInbox, ACutConnectionLeavesNothingAndTheNextTryPutsItOnce) {
    make_tables();
    const auto what = delivery(folder_, "A-1", 1, 3u << 20);
    auto inbox = open();
    set_point_hook([](Point point) {
        if (point == Point::InboxBuilt) cut_connections();
    });
    const auto cut = inbox->put(what);
    set_point_hook(nullptr);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().kind, ErrorKind::Retry);
    EXPECT_EQ(rows() + parts(), "00");
    const auto next = inbox->put(what);
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_FALSE(next->already);
    EXPECT_EQ(rows() + parts(), "13");
}

TEST_F(PostgresInbox, WhatWasCommittedBeforeACutIsFound) {
    make_tables();
    const auto what = delivery(folder_, "A-1");
    auto inbox = open();
    set_point_hook([](Point point) {
        if (point == Point::InboxPublished) cut_connections();
    });
    ASSERT_TRUE(inbox->put(what));
    set_point_hook(nullptr);
    // The connection is dead and does not know it yet: one try is lost at most.
    auto next = inbox->put(what);
    if (!next) next = inbox->put(what);
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_TRUE(next->already);
    EXPECT_EQ(rows() + parts(), "11");
}

TEST_F(PostgresInbox, WithoutTablesItSaysWhatToDo) {
    auto inbox = open();
    const auto checked = inbox->check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, ErrorKind::Config);
    EXPECT_THAT(checked.error().message, HasSubstr("make the tables with"));
    const auto done = inbox->put(delivery(folder_, "A-1"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::Config);
    make_tables();
    EXPECT_TRUE(inbox->check());
    EXPECT_TRUE(inbox->put(delivery(folder_, "A-1")));
}

TEST_F(PostgresInbox, WithoutARightItSaysWhatToDo) {
    make_tables();
    ask("REVOKE INSERT ON dvcsync_submission_file FROM dvcsync");
    auto inbox = open();
    const auto checked = inbox->check();
    ASSERT_FALSE(checked) << "check sees a missing right before a submission meets it";
    EXPECT_EQ(checked.error().kind, ErrorKind::Config);
    EXPECT_THAT(checked.error().message, HasSubstr("SELECT and INSERT"));
    const auto done = inbox->put(delivery(folder_, "A-1"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::Config);
    EXPECT_EQ(rows(), "0");
}

TEST_F(PostgresInbox, AWrongPasswordIsRefusedAndNotTold) {
    make_tables();
    auto inbox = open("a-wrong-secret");
    const auto checked = inbox->check();
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, HasSubstr("cannot be reached"));
    EXPECT_THAT(checked.error().message, Not(HasSubstr("a-wrong-secret")));
    EXPECT_TRUE(open()->check());
}

TEST_F(PostgresInbox, AServerThatIsNotThereIsForTheNextTry) {
    auto inbox = *open_postgres_inbox(
        fmt::format("host={} user=dvcsync dbname=motcua", folder_.path().string()), secret);
    const auto done = inbox->put(delivery(folder_, "A-1"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::Retry);
    EXPECT_THAT(done.error().message, HasSubstr("[inbound] connection"));
}

TEST_F(PostgresInbox, ACodeIsAValueWhateverItHolds) {
    make_tables();
    const std::string code = "x'); DROP TABLE dvcsync_submission; --";
    ASSERT_TRUE(open()->put(delivery(folder_, code)));
    EXPECT_EQ(ask("SELECT code FROM dvcsync_submission"), code);
}

}  // namespace
}  // namespace dvcsync::province
