// Exports as an auditor gets them: unpacked, changed by somebody, and checked with the public key.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "connector/audit/checkpoint.h"
#include "connector/audit/export_check.h"
#include "connector/audit/log_folder.h"
#include "connector/base/files.h"
#include "connector/sync/prove.h"
#include "connector/sync/trail.h"
#include "tests/unit/sync/sealed_trail.h"

namespace dvcsync::sync {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t large = 64u << 20;

class Export : public SealedTrail {
  protected:
    fs::path exported(ExportOrder order = {}) {
        order.file = folder_ / "export.tar";
        order.checkpoints = outside();
        const auto done = export_period(trail(), notary().key(), order);
        EXPECT_TRUE(done) << done.error().message;
        const auto folder = folder_ / "unpacked";
        fs::remove_all(folder);
        fs::create_directories(folder);
        const auto command = fmt::format("tar -xf {} -C {}", order.file.string(), folder.string());
        EXPECT_EQ(std::system(command.c_str()), 0);
        return folder;
    }
    audit::ExportVerdict check(const fs::path& folder,
                               const std::vector<audit::KeptCheckpoint>& kept = {}) {
        const auto verdict = audit::verify_export(folder, notary().key(), std::nullopt, kept);
        EXPECT_TRUE(verdict) << verdict.error().message;
        return *verdict;
    }
    static std::string faults_of(const audit::ExportVerdict& verdict) {
        auto faults = verdict.faults;
        for (const auto& log : verdict.logs)
            faults.insert(faults.end(), log.verdict.faults.begin(), log.verdict.faults.end());
        return all_of(faults);
    }
    static void change(const fs::path& file, std::string_view from, std::string_view to) {
        auto bytes = *read_file(file, large);
        const auto place = bytes.find(from);
        ASSERT_NE(place, std::string::npos);
        bytes.replace(place, from.size(), to);
        std::ofstream(file, std::ios::binary) << bytes;
    }
    // A log of one year, and one of the next.
    void two_years() {
        Recorder recorder(*ledger_, clock_, {}, "office");
        note(recorder);
        ASSERT_TRUE(notary().seal(*ledger_));
        clock_.sleep(std::chrono::hours(24 * 366));
        ASSERT_TRUE(ledger_->together([&] { return recorder.run_began(1, "all", clock_.now()); }));
        note(recorder);
        ASSERT_TRUE(notary().seal(*ledger_));
        ASSERT_EQ(trail().logs()->size(), 2U);
    }
    void note(Recorder& recorder) {
        audit::Event shown;
        shown.event = "evidence.shown";
        for (int i = 0; i < 3; ++i)
            ASSERT_TRUE(recorder.note(shown));
    }
    audit::KeptCheckpoint kept() { return {trail().last_seal(log().log)->value().note, "kept"}; }
};

TEST_F(Export, is_good_as_it_was_made) {
    fill();
    const auto verdict = check(exported(), {kept()});
    EXPECT_TRUE(verdict.good()) << faults_of(verdict);
    EXPECT_TRUE(verdict.all_compared());
    EXPECT_THAT(verdict.logs[0].notes, Contains(HasSubstr("hold the entries 0 to 699")));
    EXPECT_THAT(verdict.logs[0].notes, Contains(HasSubstr("agrees with kept")));
}

TEST_F(Export, what_people_open_must_be_what_was_signed) {
    fill();
    for (const char* name : {"entries.csv", "entries.jsonl"}) {
        for (const int way : {0, 1, 2, 3}) {
            const auto folder = exported();
            const auto file = folder / "2019" / name;
            const auto bytes = *read_file(file, large);
            if (way == 0) change(file, "delivered", "refused!!");
            if (way == 1) fs::remove(file);
            if (way == 2) std::ofstream(file, std::ios::app) << "more\r\n";
            if (way == 3) fs::resize_file(file, bytes.size() / 2);
            const auto verdict = check(folder);
            EXPECT_FALSE(verdict.good()) << name << " " << way;
            EXPECT_THAT(
                faults_of(verdict),
                HasSubstr(name == std::string("entries.csv") || way != 3 ? name : "entries."));
        }
    }
}

TEST_F(Export, the_period_that_is_told_is_that_of_the_signed_entries) {
    fill();
    ExportOrder order;
    order.from = clock_.now() - Millis(9'500);
    order.until = clock_.now() - Millis(4'500);
    const auto verdict = check(exported(order));
    EXPECT_TRUE(verdict.good()) << faults_of(verdict);
    EXPECT_THAT(verdict.logs[0].notes,
                Contains(testing::AllOf(HasSubstr("hold the entries 690 to 694"),
                                        HasSubstr("one before is of"), HasSubstr("after is of"))));
}

TEST_F(Export, a_cut_bundle_is_named_with_the_first_bad_entry) {
    fill();
    for (const bool gone : {false, true}) {
        const auto folder = exported();
        const auto bundle = folder / "2019/tile/entries/001";
        if (gone)
            fs::remove(bundle);
        else
            fs::resize_file(bundle, 3'000);
        const auto verdict = check(folder);
        EXPECT_EQ(verdict.logs[0].verdict.first_bad, 256U);
        EXPECT_THAT(verdict.logs[0].verdict.faults[0], HasSubstr("tile/entries/001"));
    }
}

TEST_F(Export, a_log_without_its_checkpoint_is_bad) {
    fill();
    const auto folder = exported();
    fs::remove(folder / "2019/checkpoint");
    EXPECT_THAT(faults_of(check(folder)), HasSubstr("no file named checkpoint"));
}

TEST_F(Export, stamps_that_are_over_nothing_are_told) {
    fill();
    const auto folder = exported();
    fs::create_directories(folder / "2019/timestamps");
    for (const char* name : {"700.tsr", "333.tsr", "note.txt"})
        std::ofstream(folder / "2019/timestamps" / name) << "junk";
    const auto told = faults_of(check(folder));
    EXPECT_THAT(told, HasSubstr("700.tsr: the time stamp is not an answer"));
    EXPECT_THAT(told, HasSubstr("333.tsr: there is no checkpoint of 333 entries"));
    EXPECT_THAT(told, HasSubstr("note.txt is not named after a checkpoint"));
}

TEST_F(Export, a_kept_checkpoint_of_a_log_that_is_not_here_is_bad) {
    fill();
    auto other = kept();
    const auto line = other.note.find("/2019");
    other.note.replace(line, 5, "/2018");
    EXPECT_THAT(faults_of(check(exported(), {other})),
                HasSubstr("the log log.example.vn/2018 that kept vouches for is not here"));
}

TEST_F(Export, a_newer_kept_checkpoint_accuses_nobody) {
    fill();
    const auto folder = exported();
    append(20);
    ASSERT_TRUE(notary().seal(*ledger_));
    const auto verdict = check(folder, {kept()});
    EXPECT_TRUE(verdict.good()) << faults_of(verdict);
    EXPECT_FALSE(verdict.all_compared());
    EXPECT_THAT(verdict.logs[0].uncompared,
                Contains(HasSubstr("kept is newer than this export: it vouches for 720 entries")));
}

TEST_F(Export, what_the_checkpoint_folder_knows_and_the_ledger_has_lost_is_seen) {
    fill();
    ledger_.reset();
    fs::copy_file(folder_ / "ledger.db", folder_ / "older.db");
    open();
    append(20);
    ASSERT_TRUE(notary().seal(*ledger_));
    ledger_.reset();
    for (const char* part : {"ledger.db", "ledger.db-wal", "ledger.db-shm"})
        fs::remove(folder_ / part);
    fs::rename(folder_ / "older.db", folder_ / "ledger.db");
    open();
    const auto folder = exported();
    const auto verdict = check(folder);
    EXPECT_EQ(verdict.logs[0].verdict.first_bad, 700U);
    EXPECT_THAT(faults_of(verdict), HasSubstr("vouches for 720 entries"));
    // A period that ended before is not concerned.
    ExportOrder order;
    order.until = clock_.now() - std::chrono::seconds(600);
    const auto before = check(exported(order));
    EXPECT_TRUE(before.good()) << faults_of(before);
}

TEST_F(Export, a_log_that_only_the_folder_knows_is_bad) {
    fill();
    fs::create_directories(outside() / "2018");
    auto note = kept().note;
    note.replace(note.find("/2019"), 5, "/2018");
    std::ofstream(outside() / "2018/checkpoint") << note;
    const auto verdict = check(exported());
    EXPECT_FALSE(verdict.good());
    EXPECT_THAT(verdict.logs, SizeIs(2));
}

TEST_F(Export, logs_are_linked_by_the_root_in_the_first_entry) {
    two_years();
    const auto verdict = check(exported());
    EXPECT_TRUE(verdict.good()) << faults_of(verdict);
    EXPECT_THAT(verdict.follows, SizeIs(1));
    EXPECT_THAT(verdict.gaps, IsEmpty());
}

TEST_F(Export, a_log_that_was_taken_out_is_missed) {
    two_years();
    auto folder = exported();
    fs::remove_all(folder / "2019");
    auto verdict = check(folder);
    EXPECT_THAT(faults_of(verdict), HasSubstr("that is not here, although the period begins"));
    // The newest one: it need not have been signed yet, but it is told.
    folder = exported();
    fs::remove_all(folder / "2020");
    verdict = check(folder);
    EXPECT_TRUE(verdict.good()) << faults_of(verdict);
    EXPECT_THAT(verdict.gaps, Contains(HasSubstr("log.example.vn/2019 is closed, and the log")));
}

TEST_F(Export, a_later_period_leaves_older_logs_out_and_says_so) {
    two_years();
    clock_.sleep(std::chrono::hours(1));
    ExportOrder order;
    order.from = clock_.now() - Millis(1);
    Recorder recorder(*ledger_, clock_, {}, "office");
    note(recorder);
    ASSERT_TRUE(notary().seal(*ledger_));
    const auto verdict = check(exported(order));
    EXPECT_TRUE(verdict.good()) << faults_of(verdict);
    EXPECT_THAT(verdict.logs, SizeIs(1));
    EXPECT_THAT(verdict.gaps, Contains(HasSubstr("2020 follows a log of root")));
}

// A log that cannot be signed any more, and the one that a person begins then.
TEST_F(Export, the_unsigned_end_of_a_log_that_a_person_ended_is_vouched_for_by_the_next) {
    Recorder recorder(*ledger_, clock_, {}, "office");
    note(recorder);
    ASSERT_TRUE(notary().seal(*ledger_));
    note(recorder);
    ledger::Act act;
    act.actor = "office";
    act.reason = "the checkpoint folder is lost";
    ASSERT_TRUE(begin_log(*ledger_, recorder, act, clock_, outside()));
    ASSERT_TRUE(notary().seal(*ledger_));
    auto folder = exported();
    auto verdict = check(folder);
    EXPECT_TRUE(verdict.good()) << faults_of(verdict);
    EXPECT_THAT(verdict.follows, SizeIs(1));
    change(folder / "2019/closing.jsonl", "evidence.shown", "evidence.hidden");
    EXPECT_FALSE(check(folder).good());
    folder = exported();
    fs::remove(folder / "2019/closing.jsonl");
    EXPECT_FALSE(check(folder).good());
}

TEST_F(Export, a_second_log_of_a_year_must_follow_one) {
    fill();
    const auto folder = exported();
    auto signer = *load_audit_key(folder_ / "audit.key", "log.example.vn");
    const auto told = *audit::parse_checkpoint(kept().note);
    auto renamed = told;
    renamed.origin += "-2";
    const auto note = *audit::sign_first_checkpoint(renamed, signer);
    std::ofstream(folder / "2019/checkpoint") << note;
    fs::remove(folder / "2019/checkpoints.txt");
    EXPECT_THAT(faults_of(check(folder)), HasSubstr("does not say which log it follows"));
}

TEST_F(Export, the_period_is_that_of_the_entries_not_of_the_ledgers_columns) {
    fill();
    ledger_.reset();
    const auto sql = fmt::format("sqlite3 {} 'UPDATE trail SET at = 0 WHERE sequence = 695'",
                                 (folder_ / "ledger.db").string());
    if (std::system(sql.c_str()) != 0) GTEST_SKIP() << "needs sqlite3";
    open();
    ExportOrder order;
    order.from = clock_.now() - Millis(9'500);
    const auto lines = *read_file(exported(order) / "2019/entries.jsonl", large);
    EXPECT_THAT(lines, HasSubstr(R"("sequence":695)"));
}

}  // namespace
}  // namespace dvcsync::sync
