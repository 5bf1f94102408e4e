// What the tree of one log cannot say: whole logs and folders that are gone, and what stands beside
// the entries.
#include "connector/sync/verify_logs.h"

#include <gmock/gmock.h>

#include <fstream>

#include "connector/audit/timestamp.h"
#include "connector/base/files.h"
#include "tests/unit/audit/time_authority.h"
#include "tests/unit/sync/sealed_trail.h"

namespace dvcsync::sync {
namespace {

using testing::HasSubstr;

class VerifyLogs : public SealedTrail {
  protected:
    fs::path keep() {
        const auto file = folder_ / "kept";
        fs::copy_file(outside() / "2019/checkpoint", file, fs::copy_options::overwrite_existing);
        return file;
    }
    void expect_fault(const TrailVerdict& found, const std::string& words) {
        EXPECT_FALSE(found.good());
        EXPECT_THAT(words_of(found), HasSubstr(words));
    }
    void spoil(const fs::path& file) {
        auto bytes = *read_file(file, 1 << 20);
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        std::ofstream(file, std::ios::binary) << bytes;
    }
};

TEST_F(VerifyLogs, a_whole_trail_is_good_and_says_what_it_was_compared_with) {
    fill();
    const auto found = verified({keep()});
    EXPECT_TRUE(found.good()) << words_of(found);
    EXPECT_TRUE(found.done()) << words_of(found);
    EXPECT_THAT(words_of(found), HasSubstr("kept, of 700 entries"));
}

TEST_F(VerifyLogs, a_kept_checkpoint_whose_log_is_not_here_is_a_fault) {
    fill();
    const auto kept = keep();
    tamper("DELETE FROM trail; DELETE FROM trail_seal; DELETE FROM trail_log");
    fs::remove_all(outside());
    expect_fault(verified({kept}), "the log log.example.vn/2019 that " + kept.string() +
                                       " vouches for (700 entries) is not here");
}

TEST_F(VerifyLogs, a_log_that_was_renamed_and_signed_anew_is_found_by_a_kept_checkpoint) {
    fill();
    const auto kept = keep();
    tamper("UPDATE trail_log SET name = '2019-2'; DELETE FROM trail_seal");
    fs::remove_all(outside());
    ASSERT_TRUE(notary().seal(*ledger_));
    expect_fault(verified({kept}), "is not here");
    expect_fault(verified(), "and its name that there was one before it");
}

TEST_F(VerifyLogs, a_ledger_that_has_worked_has_a_trail) {
    EXPECT_TRUE(verified().good()) << "nothing has happened yet";
    const auto run = ledger_->begin_run("all", clock_.now());
    ASSERT_TRUE(run);
    expect_fault(verified(), "the ledger has worked");
    append(1);
    EXPECT_TRUE(verified().good()) << words_of(verified());
}

TEST_F(VerifyLogs, a_log_that_is_left_out_is_missed_by_the_one_that_follows) {
    append(10);
    next_year();
    ASSERT_TRUE(notary().seal(*ledger_));
    EXPECT_TRUE(verified().good()) << words_of(verified());
    tamper(
        "DELETE FROM trail WHERE log = 1; DELETE FROM trail_seal WHERE log = 1;"
        "DELETE FROM trail_log WHERE log = 1");
    fs::remove_all(outside() / "2019");
    expect_fault(verified(), "log 2020 follows a log of root");
}

TEST_F(VerifyLogs, a_log_must_follow_the_one_before_it) {
    append(10);
    ASSERT_TRUE(trail().close(log().log, clock_.now()));
    append(1);
    const auto found = verified();
    expect_fault(found, "log 2019-2 does not tell which log it follows");
    expect_fault(found, "its last entry is not log.closed: delivery");
}

TEST_F(VerifyLogs, what_entries_are_found_by_must_be_what_they_tell) {
    fill();
    tamper("UPDATE trail SET code = 'zzz' WHERE sequence = 183");
    auto found = verified();
    EXPECT_EQ(found.logs.front().verdict.first_bad, 183U);
    EXPECT_TRUE(found.logs.front().verdict.exact);
    expect_fault(found, "entry 183: the ledger's column code is not what the entry tells");
    tamper(
        "UPDATE trail SET code = 'H22-83' WHERE sequence = 183;"
        "UPDATE trail SET at = 0 WHERE sequence IN (190, 191)");
    found = verified();
    EXPECT_EQ(found.logs.front().verdict.first_bad, 190U);
    expect_fault(found, "entry 190: the ledger's column at is not what the entry tells");
}

TEST_F(VerifyLogs, a_code_that_is_not_plain_is_no_fault) {
    fill();
    for (const char* code : {"H22-\"1\"", "H22\\2", "H22\t3", "hồ sơ 4", ""}) {
        audit::Event event;
        event.event = "record.refused";
        event.code = code;
        append_event(event);
    }
    audit::Event exchange;
    exchange.event = "exchange";
    exchange.portal_code = "code";
    append_event(exchange);
    EXPECT_TRUE(verified().good()) << words_of(verified());
}

TEST_F(VerifyLogs, a_folder_that_is_gone_is_a_fault_that_says_what_to_do) {
    fill();
    fs::rename(outside(), folder_ / "elsewhere");
    const auto found = verified();
    expect_fault(found,
                 "audit/2019 is not here, and the ledger knows of checkpoints that lay in it (4)");
    expect_fault(found, "checkpoint_folder");
    fs::rename(folder_ / "elsewhere", outside());
    EXPECT_TRUE(verified().good());
}

TEST_F(VerifyLogs, every_file_that_the_folder_must_hold_is_missed) {
    fill();
    const auto copy = folder_ / "copy";
    fs::copy(outside(), copy, fs::copy_options::recursive);
    for (const char* file :
         {"checkpoint", "checkpoints.txt", "tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2"}) {
        fs::remove(outside() / "2019" / file);
        expect_fault(verified(), fmt::format("2019/{} is missing", file));
        fs::remove_all(outside());
        fs::copy(copy, outside(), fs::copy_options::recursive);
    }
    for (const char* file : {"tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"}) {
        spoil(outside() / "2019" / file);
        expect_fault(verified(), fmt::format("2019/{} is not that of the entries", file));
        fs::remove_all(outside());
        fs::copy(copy, outside(), fs::copy_options::recursive);
    }
    EXPECT_TRUE(verified().good()) << words_of(verified());
}

TEST_F(VerifyLogs, ledger_and_folder_must_know_the_same_checkpoints) {
    fill();
    tamper("DELETE FROM trail_seal WHERE size = 300");
    expect_fault(verified(), "the ledger lacks 1 of the checkpoints");
    const auto file = outside() / "2019/checkpoints.txt";
    const auto history = *read_file(file, 1 << 20);
    std::ofstream(file) << history.substr(history.find("\n\n", history.find("\n\n") + 2) + 2);
    expect_fault(verified(), "lacks 1 of the ledger's checkpoints, the first is of 100 entries");
}

TEST_F(VerifyLogs, a_trail_that_lost_its_newest_part_and_its_checkpoint_is_found) {
    fill();
    tamper("DELETE FROM trail WHERE sequence >= 300; DELETE FROM trail_seal WHERE size > 300");
    fs::remove(outside() / "2019/checkpoint");
    fs::remove(outside() / "2019/checkpoints.txt");
    expect_fault(verified(), "2019/checkpoint is missing");
    tamper("DELETE FROM trail_seal");
    expect_fault(verified(), "2019/tile lies here without");
}

TEST_F(VerifyLogs, a_key_that_signed_nothing_is_told_first) {
    fill();
    fs::remove(folder_ / "audit.key");
    ASSERT_TRUE(create_audit_key(folder_ / "audit.key"));
    const auto found = verified();
    EXPECT_FALSE(found.good());
    EXPECT_THAT(found.logs.front().verdict.faults.front(),
                HasSubstr("no checkpoint of this log is signed by the key log.example.vn+"));
}

TEST_F(VerifyLogs, entries_that_nothing_vouches_for_are_not_green) {
    fill();
    append(5);
    EXPECT_TRUE(verified().done()) << "not for long yet";
    clock_.sleep(std::chrono::minutes(61));
    const auto found = verified();
    EXPECT_TRUE(found.good()) << words_of(found);
    EXPECT_FALSE(found.done());
    EXPECT_THAT(words_of(found), HasSubstr("5 entries are not signed"));
    ASSERT_TRUE(notary().seal(*ledger_));
    EXPECT_TRUE(verified().done());
}

TEST_F(VerifyLogs, time_stamps_are_checked_with_their_authorities_and_read_without) {
    const audit::test::Authority authority("time authority of the tests");
    fill();
    const auto note = *read_file(outside() / "2019/checkpoint", 1 << 20);
    const auto answer = authority.answer(audit::make_timestamp_request(sha256(note)).der);
    auto seal = **trail().last_seal(log().log);
    seal.timestamp = answer;
    ASSERT_TRUE(trail().seal(seal));
    expect_fault(verified(), "timestamps/700.tsr is missing");
    const auto folder = outside() / "2019/timestamps";
    fs::create_directory(folder);
    std::ofstream(folder / "700.tsr", std::ios::binary) << answer;
    EXPECT_TRUE(verified().good()) << words_of(verified());
    EXPECT_THAT(words_of(verified()), HasSubstr("time stamps not checked (1)"));

    VerifyOrder order;
    order.folder = outside();
    order.time_authorities = authority.root();
    auto found = *verify_logs(*ledger_, notary().key(), order, clock_.now());
    EXPECT_TRUE(found.good()) << words_of(found);
    std::ofstream(folder / "300.tsr", std::ios::binary) << answer;
    found = *verify_logs(*ledger_, notary().key(), order, clock_.now());
    expect_fault(found, "timestamps/300.tsr: ");
    fs::rename(folder / "300.tsr", folder / "301.tsr");
    expect_fault(verified(), "timestamps/301.tsr: no checkpoint is of 301 entries");
    fs::remove(folder / "301.tsr");
    std::ofstream(folder / "700.tsr") << "junk";
    expect_fault(verified(), "timestamps/700.tsr is not the time stamp that the ledger has");
    expect_fault(verified(), "timestamps/700.tsr: ");
}

}  // namespace
}  // namespace dvcsync::sync
