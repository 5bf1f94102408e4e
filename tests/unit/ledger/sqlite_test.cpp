// SQLite joins the suite, and what is true of SQLite alone: migrations, foreign and damaged files,
// locks, disks that refuse, and query plans.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "connector/ledger/migrations.h"
#include "connector/ledger/sqlite_edge.h"
#include "connector/ledger/sqlite_ledger.h"
#include "tests/unit/ledger/ledger_test.h"
#include "tests/unit/ledger/submissions_test.h"

namespace dvcsync::ledger {

std::vector<Backend> backends() {
    return {{"Sqlite", [](const std::filesystem::path& folder) {
                 return open_sqlite(folder / "ledger.db", "key-1");
             }}};
}
INSTANTIATE_TEST_SUITE_P(Every, LedgerTest, testing::ValuesIn(backends()));

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class SqliteTest : public testing::Test {
  protected:
    fs::path file() const { return folder_.path() / "ledger.db"; }
    std::unique_ptr<Ledger> open() {
        auto ledger = open_sqlite(file(), "key-1");
        EXPECT_TRUE(ledger) << ledger.error().message;
        return ledger ? *std::move(ledger) : nullptr;
    }
    // The error of an attempt to open that must fail.
    Error refusal(std::string_view key_id = "key-1") {
        auto ledger = open_sqlite(file(), key_id);
        EXPECT_FALSE(ledger);
        return ledger ? Error{} : ledger.error();
    }
    Database raw() {
        auto database = Database::open(file(), Millis{0});
        EXPECT_TRUE(database) << database.error().message;
        return *std::move(database);
    }
    void load_version(int version) {
        std::ostringstream script;
        script << std::ifstream(DVC_SOURCE_DIR "/tests/unit/ledger/fixtures/v" +
                                std::to_string(version) + ".sql")
                      .rdbuf();
        const auto status = raw().run(script.str().c_str());
        ASSERT_TRUE(status) << status.error().message;
    }
    void overwrite(std::streamoff from, std::size_t count, char with) {
        std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(from);
        stream << std::string(count, with);
    }
    std::vector<Intake> dossiers(int count, std::size_t size) {
        std::vector<Intake> records;
        for (int i = 0; i < count; ++i) {
            records.push_back(dossier("D" + std::to_string(i)));
            records.back().sealed = std::string(size, 'x');
        }
        return records;
    }

    TemporaryFolder folder_;
};

// Runs a check in a process of its own, which it may cripple; the check's result is its exit
// status.
template <class Check>
int in_child(Check check) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(check());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(SqliteTest, TheFileIsPrivateAndDurable) {
    const auto ledger = open();
    struct stat info {};
    for (const char* ending : {"", "-wal", "-shm"}) {
        ASSERT_EQ(::stat((file().string() + ending).c_str(), &info), 0) << ending;
        EXPECT_EQ(info.st_mode & 0777, 0600U) << ending;
    }
    Database database = raw();
    EXPECT_EQ(*database.number("PRAGMA page_size"), 16384);
    EXPECT_EQ(*ledger->schema_version(), newest_schema());
    EXPECT_EQ(*database.number("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

TEST_F(SqliteTest, ALedgerOfSchema1IsMigratedAndCopiedFirst) {
    load_version(1);
    const auto ledger = open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_EQ(*ledger->schema_version(), newest_schema());
    EXPECT_TRUE(ledger->verify());
    // Everything is still there …
    EXPECT_EQ(*ledger->position("drop"), "file-7:12");
    EXPECT_EQ(*ledger->records("dossier"), 2U);
    const auto tally = ledger->tally("dossier");
    EXPECT_EQ(tally->refused, 1U);
    EXPECT_EQ(tally->waiting, 1U);
    EXPECT_EQ(*ledger->recover(noon), 1U);
    const auto items = ledger->claim(Operation::PushDossier, 10, noon);
    ASSERT_EQ(items->size(), 1U);
    EXPECT_EQ(items->front().sealed, "\x03\x04");
    // … and the decision of the procedure counts as before.
    const auto year = ledger->year(2019);
    EXPECT_EQ(year->decisions, 1U);
    EXPECT_EQ(year->procedures_amended, 1U);
    EXPECT_EQ(year->published, 1U);
    EXPECT_EQ(year->inter_agency, 1U);
    EXPECT_EQ(year->early, 1U);

    const fs::path backup = file().string() + ".v1.backup";
    ASSERT_TRUE(fs::exists(backup));
    struct stat info {};
    ::stat(backup.c_str(), &info);
    EXPECT_EQ(info.st_mode & 077, 0U);
    auto copy = Database::open(backup, Millis{0});
    ASSERT_TRUE(copy);
    EXPECT_EQ(*copy->number("PRAGMA user_version"), 1);
    EXPECT_EQ(*copy->number("SELECT count(*) FROM record WHERE decision = '10/QD-UBND'"), 1);
}

TEST_F(SqliteTest, ALedgerOfSchema2IsMigratedWithItsQueue) {
    load_version(2);
    const auto ledger = open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_EQ(*ledger->schema_version(), newest_schema());
    EXPECT_TRUE(ledger->verify());
    EXPECT_TRUE(fs::exists(file().string() + ".v2.backup"));
    const auto tally = ledger->tally("dossier");
    EXPECT_EQ(tally->records, 6U);
    EXPECT_EQ(tally->refused, 1U);
    EXPECT_EQ(tally->parked, 1U);
    EXPECT_EQ(tally->waiting, 4U);
    const auto parked = ledger->list(in_state(State::Parked), 10);
    ASSERT_EQ(parked->size(), 2U);
    EXPECT_EQ(parked->at(0).reason, "no such status");
    EXPECT_EQ(parked->at(1).portal_code, "-1");
    EXPECT_EQ(parked->at(1).attempts, 2);

    // What was being sent is in doubt, and the rest goes out in the order it had.
    EXPECT_EQ(*ledger->recover(noon), 1U);
    const auto doubts = ledger->doubtful(Operation::PushDossier, 10, noon);
    ASSERT_EQ(doubts->size(), 2U);
    EXPECT_EQ(doubts->at(0).code, "D");
    EXPECT_EQ(doubts->at(1).code, "E");
    const auto items = ledger->claim(Operation::PushDossier, 10, noon + Millis{2});
    ASSERT_EQ(items->size(), 2U);
    EXPECT_EQ(items->at(0).code, "C");
    EXPECT_EQ(items->at(1).code, "B");
    EXPECT_EQ(items->at(1).sealed, "\x02");
    EXPECT_FALSE(items->at(1).again);

    // 1.000001 is published, 1.000002 was and is about to be abolished, 1.000003 is abolished.
    const auto change = ledger->catalogue_change();
    EXPECT_EQ(change->published, 2U);
    EXPECT_EQ(change->abolishing, 1U);
    // What was delivered before can be sent again.
    Slice slice;
    slice.codes = {"A"};
    EXPECT_EQ(ledger->preview_resync(slice)->first_codes, std::vector<std::string>{"A"});
}

TEST_F(SqliteTest, ALedgerOfSchema3IsMigratedAndTakesSubmissions) {
    load_version(3);
    const auto ledger = open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_EQ(*ledger->schema_version(), newest_schema());
    EXPECT_TRUE(ledger->verify());
    EXPECT_TRUE(fs::exists(file().string() + ".v3.backup"));
    // Everything that persons, runs and resyncs have written is still there …
    EXPECT_EQ(ledger->acts(10)->size(), 2U);
    EXPECT_EQ((*ledger->lease())->owner, "one");
    Filter dismissed = in_state(State::Dismissed);
    EXPECT_EQ(ledger->details(dismissed, 10)->front().acts.front().what, "dismiss");
    const auto resync = ledger->resyncs(1)->front();
    EXPECT_EQ(resync.handed, 1U);
    EXPECT_EQ(resync.on_way, 1U);
    EXPECT_EQ(ledger->feed_resync(10, noon)->skipped, 1U);
    EXPECT_EQ(*ledger->recover(noon), 1U);
    const auto items = ledger->claim(Operation::PushDossier, 10, noon + Millis{3});
    ASSERT_EQ(items->size(), 3U);
    EXPECT_EQ(items->at(2).code, "A");
    EXPECT_TRUE(items->at(2).again);
    EXPECT_EQ(ledger->catalogue_change()->abolishing, 1U);

    // … and the outbox takes the operations that submissions need.
    Intake receipt = dossier("P1");
    receipt.facts.kind = "receipt";
    receipt.queue = {Operation::ConfirmSubmission, Operation::PushStatus};
    ASSERT_TRUE(ledger->take(std::vector<Intake>{receipt}, "inbox", "", noon));
    EXPECT_EQ(ledger->claim(Operation::ConfirmSubmission, 10, noon)->size(), 1U);
    EXPECT_EQ(ledger->submissions().receive(arrival("P1"), noon)->novelty, Novelty::First);
    EXPECT_TRUE(ledger->verify());
}

TEST_F(SqliteTest, ALedgerOfSchema4KeepsTheLinksOfCodesThatHaveArrived) {
    load_version(4);
    const auto ledger = open();
    ASSERT_NE(ledger, nullptr);
    EXPECT_EQ(*ledger->schema_version(), newest_schema());
    EXPECT_TRUE(ledger->verify());
    auto& submissions = ledger->submissions();
    EXPECT_EQ(*submissions.local_code("P1"), "L1");
    EXPECT_EQ(*submissions.local_code("P2"), std::nullopt) << "nothing of it has ever come";
    const auto rows = ledger->awaiting(0, 10);
    ASSERT_TRUE(rows && rows->size() == 2) << "what was held for it is looked at again";
    EXPECT_EQ(rows->front().code, "L2");
    EXPECT_EQ(rows->front().sealed, "sealed L2");
    EXPECT_EQ(rows->back().kind, "answer");
    // The same content may come again as a later revision.
    Arrival back = arrival("P1");
    EXPECT_EQ(submissions.receive(back, noon)->revision, 2);
    back.digest.fill(0xab);
    back.asked = noon + Millis{1};
    EXPECT_EQ(submissions.receive(back, noon + Millis{1})->revision, 3);
}

TEST_F(SqliteTest, AMigratedAndANewLedgerHaveTheSameSchema) {
    const char* const schema =
        "SELECT group_concat(line, ';') FROM (SELECT m.name || '.' || c.name || ' ' || c.type || "
        "c.\"notnull\" || c.pk AS line FROM sqlite_schema m, pragma_table_info(m.name) c "
        "WHERE m.type = 'table' UNION ALL SELECT name FROM sqlite_schema WHERE type = 'index' "
        "AND sql IS NOT NULL ORDER BY 1)";
    auto text = [&] {
        Database database = raw();
        auto statement = database.prepare(schema);
        EXPECT_TRUE(statement && *statement->step());
        return statement->text(0);
    };
    (void)open();
    const std::string made = text();
    EXPECT_THAT(made, HasSubstr("outbox_ready"));
    for (const int version : {1, 2, 3, 4}) {
        fs::remove(file());
        load_version(version);
        (void)open();
        EXPECT_EQ(made, text()) << "from schema " << version;
    }
}

TEST_F(SqliteTest, AFailedMigrationLeavesTheOldLedgerAsItWas) {
    load_version(1);
    ASSERT_TRUE(raw().run("CREATE TABLE publication (x INTEGER)"));  // in the way of schema 2
    EXPECT_EQ(refusal().kind, ErrorKind::Bug);
    EXPECT_EQ(*raw().number("PRAGMA user_version"), 1);
    EXPECT_EQ(*raw().number("SELECT count(*) FROM record"), 3);
    ASSERT_TRUE(raw().run("DROP TABLE publication"));
    EXPECT_NE(open(), nullptr) << "and the next start mends it";
}

TEST_F(SqliteTest, ALedgerNewerThanTheProgramIsRefused) {
    (void)open();
    ASSERT_TRUE(raw().run("PRAGMA user_version = 99"));
    const Error error = refusal();
    EXPECT_EQ(error.kind, ErrorKind::Config);
    EXPECT_THAT(error.message, HasSubstr("schema 99"));
    EXPECT_THAT(error.message, HasSubstr(file().string()));
}

TEST_F(SqliteTest, AnotherKeyIsRefusedBeforeAnythingIsTouched) {
    load_version(1);
    const Error error = refusal("key-2");
    EXPECT_EQ(error.kind, ErrorKind::Config);
    EXPECT_THAT(error.message, HasSubstr("key-1"));
    EXPECT_THAT(error.message, HasSubstr("key-2"));
    EXPECT_EQ(*raw().number("PRAGMA user_version"), 1);
    EXPECT_NE(open(), nullptr);
    EXPECT_EQ(refusal("").kind, ErrorKind::Config);
}

TEST_F(SqliteTest, TheDatabaseOfAnotherProgramIsLeftAlone) {
    ASSERT_TRUE(raw().run("CREATE TABLE theirs (x)"));
    EXPECT_EQ(refusal().kind, ErrorKind::Config);
    EXPECT_THAT(refusal().message, HasSubstr("another program"));
    ASSERT_TRUE(raw().run("PRAGMA user_version = 1"));
    EXPECT_EQ(refusal().kind, ErrorKind::Config);
    EXPECT_EQ(*raw().number("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsCorrupt) {
    std::ofstream(file()) << std::string(40'000, 'x');
    const Error error = refusal();
    EXPECT_EQ(error.kind, ErrorKind::Corrupt);
    EXPECT_THAT(error.message, HasSubstr(file().string()));
}

TEST_F(SqliteTest, AFileWhoseBeginningWasOverwrittenIsCorrupt) {
    ASSERT_TRUE(open()->take(dossiers(50, 2'000), "drop", "1", noon));
    overwrite(0, 100, '\xab');
    EXPECT_EQ(refusal().kind, ErrorKind::Corrupt);
}

TEST_F(SqliteTest, DamageInsideTheFileIsFoundByVerify) {
    ASSERT_TRUE(open()->take(dossiers(500, 2'000), "drop", "1", noon));
    const auto pages = static_cast<std::streamoff>(fs::file_size(file()) / 16384);
    ASSERT_GT(pages, 20);
    int found = 0;
    for (std::streamoff page = 1; page < pages; page += 7) {
        const std::string before = [&] {
            std::ifstream stream(file(), std::ios::binary);
            std::string text(64, '\0');
            stream.seekg(page * 16384);
            stream.read(text.data(), 64);
            return text;
        }();
        overwrite(page * 16384, 64, '\x5a');
        auto ledger = open_sqlite(file(), "key-1");
        const Error error = !ledger ? ledger.error() : (*ledger)->verify().error();
        EXPECT_EQ(error.kind, ErrorKind::Corrupt) << "page " << page;
        EXPECT_THAT(error.message, HasSubstr(file().string()));
        ++found;
        ledger = fail(ErrorKind::Bug, "closed");
        std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(page * 16384);
        stream << before;
    }
    EXPECT_GT(found, 5);
    EXPECT_TRUE(open()->verify()) << "put back, it is whole again";
}

TEST_F(SqliteTest, AShortenedFileIsCorrupt) {
    ASSERT_TRUE(open()->take(dossiers(500, 2'000), "drop", "1", noon));
    fs::resize_file(file(), fs::file_size(file()) / 2);
    auto ledger = open_sqlite(file(), "key-1");
    const Error error = !ledger ? ledger.error() : (*ledger)->verify().error();
    EXPECT_EQ(error.kind, ErrorKind::Corrupt) << error.message;
}

TEST_F(SqliteTest, ARecordWithoutItsPayloadIsFoundByVerify) {
    const auto ledger = open();
    ASSERT_TRUE(ledger->take(dossiers(3, 10), "drop", "1", noon));
    EXPECT_TRUE(ledger->verify());
    ASSERT_TRUE(raw().run("DELETE FROM body WHERE record = 2"));
    EXPECT_THAT(ledger->verify().error().message, HasSubstr("1 records without a payload"));
    ASSERT_TRUE(ledger->submissions().receive(arrival("A"), noon));
    ASSERT_TRUE(raw().run("DELETE FROM submission_body"));
    EXPECT_THAT(ledger->verify().error().message, HasSubstr("1 submissions without a payload"));
    ASSERT_TRUE(raw().run("PRAGMA foreign_keys = OFF; DELETE FROM record WHERE id = 3"));
    EXPECT_THAT(ledger->verify().error().message, HasSubstr("without their record"));
}

TEST_F(SqliteTest, StoredNumbersOutOfRangeAreCorruptAndNeverUsed) {
    const auto ledger = open();
    ASSERT_TRUE(ledger->take(dossiers(3, 10), "drop", "1", noon));
    const auto items = ledger->claim(Operation::PushDossier, 1, noon);
    ASSERT_EQ(items->size(), 1U);
    for (const char* column : {"state", "operation", "cause"}) {
        const std::string damage = std::string(
                                       "PRAGMA ignore_check_constraints = ON; UPDATE outbox "
                                       "SET ") +
                                   column + " = -7 WHERE item = 1";
        ASSERT_TRUE(raw().run(damage.c_str()));
        EXPECT_EQ(ledger->list({}, 10).error().kind, ErrorKind::Corrupt) << column;
        EXPECT_EQ(ledger->counts().error().kind, ErrorKind::Corrupt) << column;
        EXPECT_EQ(ledger->verify().error().kind, ErrorKind::Corrupt) << column;
        const std::vector<Intake> next{dossier("D0", "v2")};
        const auto taken = ledger->take(next, "drop", "2", noon);
        ASSERT_FALSE(taken) << column;
        EXPECT_EQ(taken.error().kind, ErrorKind::Corrupt) << column;
        EXPECT_THAT(taken.error().message, HasSubstr(file().string()));
        ASSERT_TRUE(
            raw().run("UPDATE outbox SET state = 1, operation = 1, cause = 0 "
                      "WHERE item = 1"));
    }
    ASSERT_TRUE(
        raw().run("PRAGMA ignore_check_constraints = ON; UPDATE outbox SET state = 9 "
                  "WHERE item = 1"));
    const std::vector<Settlement> answer{settled(items->front(), State::Delivered)};
    EXPECT_EQ(ledger->settle(answer, noon).error().kind, ErrorKind::Corrupt);

    Submissions& submissions = ledger->submissions();
    const std::int64_t id = submissions.receive(arrival("A"), noon)->id;
    ASSERT_TRUE(raw().run("PRAGMA ignore_check_constraints = ON; UPDATE submission SET stage = 9"));
    EXPECT_EQ(submissions.list({}, 10).error().kind, ErrorKind::Corrupt);
    EXPECT_EQ(submissions.tally().error().kind, ErrorKind::Corrupt);
    EXPECT_EQ(submissions.holds(id, "x", noon).error().kind, ErrorKind::Corrupt);
}

TEST_F(SqliteTest, AMissingFolderIsNamed) {
    const auto ledger = open_sqlite(folder_.path() / "none" / "ledger.db", "key-1");
    ASSERT_FALSE(ledger);
    EXPECT_EQ(ledger.error().kind, ErrorKind::Config);
    EXPECT_THAT(ledger.error().message, HasSubstr("none/ledger.db"));
    const auto folder = open_sqlite(folder_.path(), "key-1");
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().kind, ErrorKind::Config);
}

TEST_F(SqliteTest, ALockOfAnotherProgramIsARetryAndChangesNothing) {
    (void)open();
    Database holder = raw();
    auto lock = Transaction::begin(holder);
    ASSERT_TRUE(lock);
    Database other = raw();
    const auto refused = Transaction::begin(other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Retry);
    EXPECT_THAT(refused.error().message, HasSubstr("another program"));
    EXPECT_THAT(refused.error().message, HasSubstr(file().string()));
    EXPECT_TRUE(other.number("SELECT count(*) FROM record")) << "reading goes on";
}

TEST_F(SqliteTest, AFullDatabaseIsARetryAndRecoversWhenThereIsRoom) {
    (void)open();
    Database database = raw();
    ASSERT_TRUE(database.run("PRAGMA max_page_count = 50; CREATE TABLE filler (x)"));
    auto transaction = Transaction::begin(database);
    const auto full = database.run("INSERT INTO filler VALUES (zeroblob(1000000))");
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, ErrorKind::Retry);
    EXPECT_THAT(full.error().message, HasSubstr("disk is full"));
}

// A limit on file size stands for every kind of write that the system refuses.
TEST_F(SqliteTest, AWriteThatTheSystemRefusesIsARetryAndNothingIsHalfStored) {
    (void)open();
    const int result = in_child([this] {
        ::signal(SIGXFSZ, SIG_IGN);
        const auto ledger = open_sqlite(file(), "key-1");
        if (!ledger) return 1;
        if (!(*ledger)->take(dossiers(10, 100), "drop", "1", noon)) return 2;
        const rlimit limit{2'000'000, RLIM_INFINITY};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 3;
        const auto refused = (*ledger)->take(dossiers(500, 20'000), "drop", "2", noon);
        if (refused) return 4;
        if (refused.error().kind != ErrorKind::Retry) return 5;
        if (refused.error().message.find("nothing was changed") == std::string::npos) return 6;
        if ((*ledger)->position("drop").value_or("") != "1") return 7;
        const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
        if (::setrlimit(RLIMIT_FSIZE, &none) != 0) return 8;
        if (!(*ledger)->take(dossiers(500, 20'000), "drop", "2", noon)) return 9;
        return 0;
    });
    EXPECT_EQ(result, 0);
    const auto ledger = open();
    EXPECT_TRUE(ledger->verify());
    EXPECT_EQ(*ledger->position("drop"), "2");
    EXPECT_EQ(*ledger->records("dossier"), 500U);
}

TEST_F(SqliteTest, AFullDiskIsARetryAndRecoversWhenThereIsRoom) {
    constexpr int no_mount = 77;
    const fs::path disk = folder_.path() / "disk";
    fs::create_directory(disk);
    const int result = in_child([&] {
        if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=3m") != 0) return no_mount;
        const int outcome = [&] {
            const auto ledger = open_sqlite(disk / "ledger.db", "key-1");
            if (!ledger) return 1;
            const auto full = (*ledger)->take(dossiers(500, 20'000), "drop", "1", noon);
            if (full) return 2;
            if (full.error().kind != ErrorKind::Retry) return 3;
            if (full.error().message.find("disk is full") == std::string::npos) return 4;
            if (!(*ledger)->take(dossiers(20, 1'000), "drop", "2", noon)) return 5;
            if (!(*ledger)->verify()) return 6;
            if ((*ledger)->records("dossier").value_or(0) != 20) return 7;
            return 0;
        }();
        (void)::umount(disk.c_str());
        return outcome;
    });
    if (result == no_mount) GTEST_SKIP() << "needs the right to mount";
    EXPECT_EQ(result, 0);
}

TEST_F(SqliteTest, AFileThatMayNotBeWrittenSaysWhoseItIsAndIsNoFaultOfTheSettings) {
    (void)open();
    ::chmod(file().c_str(), 0444);
    ::chmod(folder_.path().c_str(), 0555);
    const int result = in_child([this] {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 1;
        const auto ledger = open_sqlite(file(), "key-1");
        if (ledger) return 2;
        if (ledger.error().kind != ErrorKind::Retry) return 3;
        const std::string rights = file().string() + " belongs to user ";
        if (ledger.error().message.find(rights) == std::string::npos) return 4;
        return ledger.error().message.find("mode 0444") == std::string::npos ? 5 : 0;
    });
    EXPECT_EQ(result, 0);
    ::chmod(folder_.path().c_str(), 0700);
}

TEST_F(SqliteTest, ALookThatFindsNothingNewWritesNothing) {
    const auto ledger = open();
    ASSERT_TRUE(ledger->take(dossiers(3, 10), "drop", "1", noon));
    ASSERT_EQ(ledger->claim(Operation::PushDossier, 10, noon)->size(), 3U);
    Database watcher = raw();
    auto version = [&watcher] { return *watcher.number("PRAGMA data_version"); };
    const auto before = version();
    EXPECT_EQ(ledger->take(dossiers(3, 10), "drop", "1", noon)->unchanged, 3U);
    EXPECT_TRUE(ledger->claim(Operation::PushDossier, 10, noon)->empty());
    EXPECT_TRUE(ledger->settle({}, noon));
    EXPECT_EQ(version(), before);
    ASSERT_TRUE(ledger->take({}, "drop", "2", noon));
    EXPECT_NE(version(), before);
}

TEST_F(SqliteTest, NoStatementOfIntakeAndDeliveryReadsAWholeTableOrSorts) {
    const auto ledger = open();
    ASSERT_TRUE(ledger->take(dossiers(300, 10), "drop", "1", noon));
    const auto plans = dynamic_cast<SqliteLedger&>(*ledger).plans();
    ASSERT_TRUE(plans) << plans.error().message;
    EXPECT_GE(plans->size(), 25U);
    for (const auto& [sql, plan] : *plans) {
        // Read in order, the partial indexes hold only what is left to do.
        const std::string rest = std::regex_replace(
            plan,
            std::regex("SCAN \\w+ USING INDEX "
                       "(announcement_open|submission_received|submission_waiting)\n"),
            "");
        EXPECT_THAT(rest, Not(HasSubstr("SCAN"))) << sql;
        EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE"))) << sql;
    }
    auto uses = [&](std::string_view sql, std::string_view index) {
        for (const auto& [text, plan] : *plans) {
            if (text.find(sql) == std::string::npos) continue;
            EXPECT_THAT(plan, HasSubstr(std::string(index))) << text;
        }
    };
    uses("o.state = 3 AND o.next_at", "outbox_in_doubt (operation=? AND next_at<?)");
    uses("state = 3 ORDER BY next_at LIMIT 1", "outbox_in_doubt (operation=?)");
    uses("FROM lease", "lease USING PRIMARY KEY");
    uses("s.stage = 0", "s USING INDEX submission_received");
    uses("s.stage = 1 AND s.next_at", "s USING INDEX submission_waiting (next_at>? AND next_at<?)");
    uses("FROM submission e", "e USING INDEX submission_revision (code=? AND revision<?)");
    uses("WHERE fetched IS NULL AND", "announcement_open (next_at>? AND next_at<?)");
    uses("code = ?1 AND digest", "submission_content (code=? AND digest=?)");
    uses("max(stamp)", "announcement_code (code=?)");
    uses("o.state = 0", "outbox_ready (operation=?)");
    uses("o.state = 2 AND o.next_at", "outbox_waiting (operation=? AND next_at<?)");
    uses("SELECT 1 FROM record", "record_digest (digest_head=?)");
    uses("x.record = o.record", "outbox_record (record=?");
}

}  // namespace
}  // namespace dvcsync::ledger
