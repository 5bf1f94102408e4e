// Sealing, and everything that can be done to a trail afterwards: found, with the first bad entry.
#include "connector/sync/seal.h"

#include <gmock/gmock.h>

#include <fstream>

#include "connector/audit/checkpoint.h"
#include "connector/base/files.h"
#include "connector/sync/checkpoint_folder.h"
#include "tests/unit/sync/sealed_trail.h"

namespace dvcsync::sync {
namespace {

using testing::HasSubstr;

class Seal : public SealedTrail {};

TEST_F(Seal, a_sealed_trail_is_good_and_its_folder_is_a_log_that_others_can_read) {
    fill();
    const auto verdict = *audit::verify_log(evidence());
    EXPECT_TRUE(verdict.good()) << all_of(verdict.faults);
    EXPECT_EQ(verdict.entries, 700);
    EXPECT_EQ(verdict.sealed, 700);
    EXPECT_EQ(verdict.checkpoints, 4);
    const auto folder = outside() / "2019";
    for (const char* file : {"checkpoint", "checkpoints.txt", "tile/0/000", "tile/0/001",
                             "tile/0/002.p/188", "tile/1/000.p/2"})
        EXPECT_TRUE(fs::exists(folder / file)) << file;
    EXPECT_FALSE(fs::exists(folder / "tile/0/000.p")) << "a full tile replaces the partial ones";
}

TEST_F(Seal, nothing_new_makes_no_new_checkpoint) {
    fill();
    const auto before = *read_file(outside() / "2019/checkpoints.txt", 1 << 20);
    const auto sealed = notary().seal(*ledger_);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->added, 0);
    EXPECT_EQ(*read_file(outside() / "2019/checkpoints.txt", 1 << 20), before);
}

TEST_F(Seal, what_is_new_after_the_last_checkpoint_is_no_fault) {
    fill();
    append(5);
    const auto verdict = *audit::verify_log(evidence());
    EXPECT_TRUE(verdict.good()) << all_of(verdict.faults);
    EXPECT_EQ(verdict.entries, 705);
    EXPECT_EQ(verdict.sealed, 700);
}

TEST_F(Seal, a_tail_that_was_cut_is_found_at_the_first_entry_that_is_missing) {
    fill();
    for (const std::size_t left : {699U, 301U, 300U, 17U}) {
        auto told = entries();
        told.resize(left);
        expect_bad(told, left);
    }
}

TEST_F(Seal, a_trail_that_was_deleted_is_found_at_entry_0) {
    fill();
    expect_bad({}, 0);
}

TEST_F(Seal, a_log_that_only_the_folder_knows_has_lost_all_its_entries) {
    fill();
    ledger_.reset();
    for (const char* file : {"ledger.db", "ledger.db-wal", "ledger.db-shm"})
        fs::remove(folder_ / file);
    open();
    const auto found = verified();
    ASSERT_EQ(found.logs.size(), 1U);
    EXPECT_EQ(found.logs.front().verdict.first_bad, 0);
    append(1);
    const auto sealed = notary().seal(*ledger_);
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().kind, ErrorKind::Corrupt);
    EXPECT_THAT(sealed.error().message, HasSubstr("700 entries were signed, and the ledger has 1"));
}

TEST_F(Seal, a_trail_rewritten_from_the_start_is_found_at_entry_0) {
    fill();
    auto told = entries();
    for (std::size_t i = 0; i < told.size(); ++i) {
        audit::Event event;
        event.event = "delivery";
        event.code = "H22-other";
        told[i] = audit::entry_of(event, static_cast<std::int64_t>(i), clock_.now());
    }
    expect_bad(told, 0);
}

TEST_F(Seal, two_entries_that_were_swapped_are_found_at_the_first_of_them) {
    fill();
    auto told = entries();
    std::swap(told[410], told[411]);
    expect_bad(told, 410);
}

TEST_F(Seal, a_digest_that_was_changed_in_an_entry_is_found_at_that_entry) {
    fill();
    for (const std::size_t index : {0U, 99U, 100U, 255U, 256U, 299U, 300U, 543U, 699U}) {
        auto told = entries();
        const auto digest = told[index].find(R"("document":")") + 12;
        told[index][digest] = told[index][digest] == '0' ? '1' : '0';
        expect_bad(told, index);
    }
}

TEST_F(Seal, an_entry_that_was_dropped_is_found_where_it_is_missing) {
    fill();
    auto told = entries();
    told.erase(told.begin() + 320);
    expect_bad(told, 320);  // the next one says that it is 321
    // The same, and those after it are told to count one less.
    for (std::size_t i = 320; i < told.size(); ++i) {
        const auto old = fmt::format(R"("sequence":{})", i + 1);
        told[i].replace(told[i].find(old), old.size(), fmt::format(R"("sequence":{})", i));
    }
    expect_bad(told, 320);
}

TEST_F(Seal, a_clock_that_was_set_back_is_found_where_it_was) {
    fill();
    // Not signed yet, so nothing but the time gives it away.
    auto told = entries();
    audit::Event event;
    event.event = "delivery";
    told.push_back(audit::entry_of(event, 700, clock_.now() - std::chrono::hours(1)));
    expect_bad(told, 700);
    EXPECT_THAT(all_of(verdict_of(told).faults), HasSubstr("the clock was set back"));
}

TEST_F(Seal, a_forked_checkpoint_is_told_with_the_place_where_the_logs_may_differ) {
    fill();
    const auto signer = *load_audit_key(folder_ / "audit.key", "log.example.vn");
    const audit::Checkpoint other{"log.example.vn/2019", 300, sha256("another log"), {}};
    const auto fork = audit::sign_first_checkpoint(other, signer);
    ASSERT_TRUE(fork);
    std::ofstream(folder_ / "kept") << *fork;
    const auto found = verified({folder_ / "kept"});
    const auto& verdict = found.logs.front().verdict;
    EXPECT_FALSE(verdict.good());
    EXPECT_EQ(verdict.first_bad, 256);
    EXPECT_FALSE(verdict.exact);
    EXPECT_THAT(all_of(verdict.faults), HasSubstr("two checkpoints of 300 entries"));
}

TEST_F(Seal, a_checkpoint_that_is_not_signed_by_the_key_is_told) {
    fill();
    auto note = *read_file(outside() / "2019/checkpoint", 1 << 20);
    note[note.find('\n') + 1] = '9';  // 900 entries
    std::ofstream(outside() / "2019/checkpoint", std::ios::binary) << note;
    const auto verdict = *audit::verify_log(evidence());
    EXPECT_FALSE(verdict.good());
    EXPECT_THAT(all_of(verdict.faults), HasSubstr("2019/checkpoint: "));
    append(1);
    EXPECT_FALSE(notary().seal(*ledger_));
}

TEST_F(Seal, without_tiles_the_range_between_two_checkpoints_is_told) {
    fill();
    fs::remove_all(outside() / "2019/tile");
    auto told = entries();
    const auto digest = told[280].find(R"("document":")") + 12;
    told[280][digest] = told[280][digest] == '0' ? '1' : '0';
    const auto verdict = verdict_of(told);
    EXPECT_EQ(verdict.first_bad, 256);
    EXPECT_FALSE(verdict.exact);
    EXPECT_THAT(all_of(verdict.faults), HasSubstr("the entries 256 to 299"));
}

TEST_F(Seal, an_older_copy_of_the_ledger_is_found_and_never_signed_over) {
    append(100);
    ASSERT_TRUE(notary().seal(*ledger_));
    ledger_.reset();
    fs::copy(folder_ / "ledger.db", folder_ / "copy.db");
    open();
    append(50);
    ASSERT_TRUE(notary().seal(*ledger_));
    ledger_.reset();
    fs::remove(folder_ / "ledger.db-wal");
    fs::remove(folder_ / "ledger.db-shm");
    fs::copy(folder_ / "copy.db", folder_ / "ledger.db", fs::copy_options::overwrite_existing);
    open();
    auto verdict = *audit::verify_log(evidence());
    EXPECT_EQ(verdict.first_bad, 100);
    EXPECT_TRUE(verdict.exact);
    auto sealed = notary().seal(*ledger_);
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().kind, ErrorKind::Corrupt);
    // It goes on as if nothing had happened, and grows beyond what was signed.
    append(80);
    verdict = *audit::verify_log(evidence());
    EXPECT_EQ(verdict.first_bad, 100);
    EXPECT_TRUE(verdict.exact);
    sealed = notary().seal(*ledger_);
    ASSERT_FALSE(sealed);
    EXPECT_THAT(sealed.error().message, HasSubstr("it was rewritten"));
    EXPECT_THAT(sealed.error().message, HasSubstr("dvcsync audit new-log"));
}

TEST_F(Seal, a_folder_that_was_lost_is_not_made_anew_in_silence) {
    fill();
    fs::rename(outside(), folder_ / "elsewhere");
    append(1);
    const auto sealed = notary().seal(*ledger_);
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().kind, ErrorKind::Corrupt);
    EXPECT_THAT(sealed.error().message, HasSubstr("no checkpoint lies here"));
    fs::remove_all(outside());
    fs::rename(folder_ / "elsewhere", outside());
    EXPECT_TRUE(notary().seal(*ledger_)) << "and goes on when it is back";
}

TEST_F(Seal, a_person_begins_a_new_log_where_the_old_one_cannot_be_signed) {
    fill();
    fs::rename(outside(), folder_ / "lost");
    const auto sealer = *Sealer::load(folder_ / "ledger.key");
    Recorder recorder(
        *ledger_, clock_,
        [&](std::string_view plain, std::string_view context) {
            return sealer.seal(plain, context);
        },
        "dvcsync");
    ledger::Act act;
    act.actor = "officer";
    act.reason = "the disk of the folder is broken";
    const auto name = begin_log(*ledger_, recorder, act, clock_, outside());
    ASSERT_TRUE(name) << name.error().message;
    EXPECT_EQ(*name, "2019-2");
    const auto sealed = notary().seal(*ledger_);
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(sealed->origin, "log.example.vn/2019-2");
    const auto verdict = *audit::verify_log(evidence());
    EXPECT_TRUE(verdict.good()) << all_of(verdict.faults);
    EXPECT_GT(verdict.sealed, 0);
}

TEST_F(Seal, a_new_log_after_the_same_backup_was_restored_twice_has_a_name_of_its_own) {
    fill();
    ledger_.reset();
    fs::copy_file(folder_ / "ledger.db", folder_ / "backup.db");
    open();
    append(1);
    ASSERT_TRUE(notary().seal(*ledger_));
    for (const char* name : {"2019-2", "2019-3"}) {
        ledger_.reset();
        fs::copy_file(folder_ / "backup.db", folder_ / "ledger.db",
                      fs::copy_options::overwrite_existing);
        open();
        ASSERT_FALSE(notary().seal(*ledger_));
        Recorder recorder(*ledger_, clock_, {}, "dvcsync");
        ledger::Act act;
        act.actor = "officer";
        act.reason = "the ledger was restored from its backup";
        const auto begun = begin_log(*ledger_, recorder, act, clock_, outside());
        ASSERT_TRUE(begun) << begun.error().message;
        EXPECT_EQ(*begun, name);
        const auto sealed = notary().seal(*ledger_);
        ASSERT_TRUE(sealed) << sealed.error().message;
    }
}

TEST_F(Seal, sealing_that_was_cut_off_before_the_ledger_knew_of_it_goes_on) {
    append(100);
    ASSERT_TRUE(notary().seal(*ledger_));
    append(200);
    // All that a sealing does outside the ledger, and then the machine stops.
    audit::Frontier tree;
    CheckpointFolder folder(outside() / "2019");
    audit::TileBuilder tiles(
        [&](const audit::Tile& tile, std::string_view bytes) { return folder.write(tile, bytes); });
    for (const auto& entry : entries()) {
        tree.append(audit::leaf_hash(entry));
        ASSERT_TRUE(tiles.append(audit::leaf_hash(entry)));
    }
    ASSERT_TRUE(tiles.finish());
    const auto signer = *load_audit_key(folder_ / "audit.key", "log.example.vn");
    const audit::Checkpoint next{"log.example.vn/2019", tree.size(), tree.root(), {}};
    ASSERT_TRUE(folder.publish(*audit::sign_first_checkpoint(next, signer)));
    const auto history = *read_file(outside() / "2019/checkpoints.txt", 1 << 20);
    std::ofstream(outside() / "2019/checkpoints.txt", std::ios::binary)
        << history.substr(0, history.size() - 20);

    append(10);
    const auto sealed = notary().seal(*ledger_);
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(sealed->added, 10);
    const auto verdict = *audit::verify_log(evidence());
    EXPECT_TRUE(verdict.good()) << all_of(verdict.faults);
    EXPECT_EQ(verdict.checkpoints, 3);
    EXPECT_EQ(verdict.sealed, 310);
}

TEST_F(Seal, lost_tiles_are_made_again) {
    fill();
    fs::remove_all(outside() / "2019/tile");
    append(100);
    ASSERT_TRUE(notary().seal(*ledger_));
    auto evidence = this->evidence();
    evidence.tiles_of_size = 800;
    const auto verdict = *audit::verify_log(evidence);
    EXPECT_TRUE(verdict.good()) << all_of(verdict.faults);
}

TEST_F(Seal, a_tile_that_was_changed_is_told) {
    fill();
    const auto tile = outside() / "2019/tile/0/001";
    auto bytes = *read_file(tile, 1 << 20);
    bytes[40] = static_cast<char>(bytes[40] ^ 1);
    std::ofstream(tile, std::ios::binary) << bytes;
    auto evidence = this->evidence();
    evidence.tiles_of_size = 700;
    EXPECT_THAT(all_of(audit::verify_log(evidence)->faults),
                HasSubstr("tile/0/001 is not that of the entries"));
}

TEST_F(Seal, nothing_may_be_pushed_once_entries_are_unsigned_for_too_long) {
    // Not a folder: also root cannot write into it.
    std::ofstream(outside()) << "in the way";
    append(1);
    auto notary = this->notary(std::chrono::minutes(30));
    const auto sealed = notary.seal(*ledger_);
    ASSERT_FALSE(sealed);
    EXPECT_EQ(*notary.why_not(*ledger_, sealed.error().message), "") << "not for long yet";
    clock_.sleep(std::chrono::minutes(31));
    const auto why = *notary.why_not(*ledger_, sealed.error().message);
    EXPECT_THAT(why, HasSubstr("could not be signed for more than 30 minutes"));
    EXPECT_THAT(why, HasSubstr(sealed.error().message));
    // The folder is mended: everything goes on by itself.
    fs::remove(outside());
    ASSERT_TRUE(notary.seal(*ledger_));
    EXPECT_EQ(*notary.why_not(*ledger_, ""), "");
}

TEST_F(Seal, a_log_that_ended_with_its_year_gets_a_closing_checkpoint) {
    append(10);
    ASSERT_TRUE(notary().seal(*ledger_));
    append(4);
    next_year();
    append(2);
    const auto sealed = notary().seal(*ledger_);
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(sealed->added, 8);
    EXPECT_EQ(sealed->origin, "log.example.vn/2020");
    const auto found = verified();
    ASSERT_EQ(found.logs.size(), 2U);
    EXPECT_EQ(found.logs[0].verdict.sealed, 15U);
    EXPECT_EQ(found.logs[1].verdict.sealed, 3U);
    EXPECT_TRUE(found.good()) << words_of(found);
}

TEST_F(Seal, a_key_that_others_may_use_or_that_is_not_there_is_refused) {
    EXPECT_FALSE(create_audit_key(folder_ / "audit.key")) << "never replaced";
    fs::permissions(folder_ / "audit.key", fs::perms(0640));
    EXPECT_THAT(load_audit_key(folder_ / "audit.key", "a").error().message, HasSubstr("chmod 600"));
    EXPECT_THAT(load_audit_key(folder_ / "no.key", "a").error().message,
                HasSubstr("dvcsync audit new-key"));
}

TEST_F(Seal, who_only_verifies_needs_the_public_key_alone) {
    const auto key = notary().key();
    fs::remove(folder_ / "audit.key");
    auto loaded = load_verifier(folder_ / "audit.key", "log.example.vn");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, HasSubstr("audit.pub"));
    std::ofstream(folder_ / "audit.pub") << key.text() << "\n";
    loaded = load_verifier(folder_ / "audit.key", "log.example.vn");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(*loaded, key);
}

TEST_F(Seal, a_key_that_was_replaced_is_told_with_log_file_and_advice) {
    fill();
    fs::remove(folder_ / "audit.key");
    ASSERT_TRUE(create_audit_key(folder_ / "audit.key"));
    append(1);
    const auto sealed = notary().seal(*ledger_);
    ASSERT_FALSE(sealed);
    EXPECT_THAT(sealed.error().message, HasSubstr("2019/checkpoint"));
    EXPECT_THAT(sealed.error().message, HasSubstr("log 2019"));
    EXPECT_THAT(sealed.error().message, HasSubstr("put the old one back"));
}

}  // namespace
}  // namespace dvcsync::sync
