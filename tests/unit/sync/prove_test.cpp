// The proof of a dossier and the export of a period, checked with what an auditor has: the public
// key.
#include "connector/sync/prove.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "connector/audit/evidence.h"
#include "connector/base/files.h"
#include "tests/unit/sync/sealed_trail.h"

namespace dvcsync::sync {
namespace {

using testing::HasSubstr;

constexpr std::size_t large = 64u << 20;

class Prove : public SealedTrail {
  protected:
    Result<audit::Proven> check(std::string_view text) {
        return audit::verify_evidence(text, notary().key(), std::nullopt);
    }
    std::string proof_of(std::string_view code) {
        const auto proof = prove(trail(), notary().key(), code);
        EXPECT_TRUE(proof) << proof.error().message;
        return proof->text;
    }
    // An exchange, and a delivery that names it.
    void append_delivery(std::string_view code) {
        const auto done = ledger_->together([&]() -> Status {
            DVC_TRY_ASSIGN(log, trail().current(clock_.now()));
            DVC_TRY_ASSIGN(end, trail().end(log.log));
            audit::Event exchange;
            exchange.event = "exchange";
            exchange.operation = "push-dossier";
            DVC_TRY(trail().append(log.log, end.size, clock_.now(), "",
                                   audit::entry_of(exchange, end.size, clock_.now())));
            audit::Event delivery;
            delivery.event = "delivery";
            delivery.code = code;
            delivery.exchange = end.size;
            return trail().append(log.log, end.size + 1, clock_.now(), code,
                                  audit::entry_of(delivery, end.size + 1, clock_.now()));
        });
        ASSERT_TRUE(done) << done.error().message;
    }
    fs::path exported(const char* name, ExportOrder order = {}) {
        order.file = folder_ / name;
        const auto done = export_period(trail(), notary().key(), order);
        EXPECT_TRUE(done) << done.error().message;
        return order.file;
    }
    // The folder that tar unpacks.
    fs::path unpacked(const fs::path& file) {
        const auto folder = folder_ / "unpacked";
        fs::create_directories(folder);
        const std::string command = fmt::format("tar -xf {} -C {}", file.string(), folder.string());
        EXPECT_EQ(std::system(command.c_str()), 0);
        return folder;
    }
};

TEST_F(Prove, a_dossier_is_proven_with_every_entry_and_the_exchanges_that_they_name) {
    fill();
    append_delivery("H22-dossier");
    append(10);
    ASSERT_TRUE(notary().seal(*ledger_));
    const auto proven = check(proof_of("H22-dossier"));
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_EQ(proven->code, "H22-dossier");
    ASSERT_EQ(proven->entries.size(), 2U);
    EXPECT_EQ(proven->entries[0].index, 700U);
    EXPECT_EQ(proven->entries[1].index, 701U);
    EXPECT_THAT(proven->entries[1].entry, HasSubstr(R"("exchange":700)"));
}

TEST_F(Prove, a_changed_byte_anywhere_in_the_file_proves_nothing) {
    append(40);
    append_delivery("H22-dossier");
    append(7);
    ASSERT_TRUE(notary().seal(*ledger_));
    const std::string good = proof_of("H22-dossier");
    ASSERT_TRUE(check(good));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int flip : {1, 32}) {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ flip);
            EXPECT_FALSE(check(bad)) << "byte " << i << ": " << bad.substr(i, 20);
        }
    }
    EXPECT_FALSE(check(good + "\n"));
    EXPECT_FALSE(check(std::string_view(good).substr(0, good.size() - 1)));
}

TEST_F(Prove, an_entry_of_another_dossier_cannot_be_slipped_in) {
    append_delivery("H22-a");
    append_delivery("H22-b");
    ASSERT_TRUE(notary().seal(*ledger_));
    const auto a = *audit::parse_evidence(proof_of("H22-a"));
    auto both = a;
    const auto b = *audit::parse_evidence(proof_of("H22-b"));
    for (const auto& one : b.entries)
        both.entries.push_back(one);
    const auto proven = check(*audit::evidence_text(both));
    ASSERT_FALSE(proven);
    EXPECT_THAT(proven.error().message, HasSubstr("which is not about H22-a"));
}

TEST_F(Prove, a_proof_of_another_key_is_refused) {
    fill();
    const auto proof = proof_of(code_of(5));
    const auto other = *audit::Signer::from_pem("log.example.vn", audit::new_private_key());
    EXPECT_FALSE(audit::verify_evidence(proof, other.verifier(), std::nullopt));
}

TEST_F(Prove, what_is_not_there_or_not_signed_is_not_proven) {
    fill();
    EXPECT_THAT(prove(trail(), notary().key(), "H22-none").error().message,
                HasSubstr("has no entry of this code"));
    append_delivery("H22-late");
    EXPECT_THAT(prove(trail(), notary().key(), "H22-late").error().message,
                HasSubstr("not signed yet"));
}

TEST_F(Prove, an_export_is_the_same_twice_byte_for_byte) {
    fill();
    const auto first = *read_file(exported("a.tar"), large);
    clock_.sleep(std::chrono::hours(5));
    EXPECT_TRUE(first == *read_file(exported("b.tar"), large));
    EXPECT_EQ(first.size() % 512, 0U);
}

TEST_F(Prove, a_finished_period_is_the_same_whatever_came_later) {
    append(300);
    ASSERT_TRUE(notary().seal(*ledger_));
    ExportOrder order;
    order.until = clock_.now() + std::chrono::hours(1);
    const auto first = *read_file(exported("a.tar", order), large);
    clock_.sleep(std::chrono::hours(2));
    append(500);
    ASSERT_TRUE(notary().seal(*ledger_));
    EXPECT_TRUE(first == *read_file(exported("b.tar", order), large));
}

TEST_F(Prove, an_export_holds_the_whole_log_and_the_period_as_lines_and_table) {
    fill();
    ExportOrder order;
    order.from = clock_.now() - Millis(9'500);
    const auto folder = unpacked(exported("a.tar", order));
    const auto evidence = audit::evidence_of(audit::LogFolder(folder / "2019"), notary().key());
    ASSERT_TRUE(evidence) << evidence.error().message;
    const auto verdict = *audit::verify_log(*evidence);
    EXPECT_TRUE(verdict.good()) << all_of(verdict.faults);
    EXPECT_EQ(verdict.sealed, 700U);
    EXPECT_EQ(verdict.checkpoints, 4U);
    const auto lines = *read_file(folder / "2019/entries.jsonl", large);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 10);
    EXPECT_EQ(lines.substr(lines.size() - entries().back().size() - 1), entries().back() + "\n");
    const auto table = *read_file(folder / "2019/entries.csv", large);
    EXPECT_THAT(table, HasSubstr("sequence,at,local,event,"));
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 11);
    EXPECT_EQ(*read_file(folder / "key.txt", large), notary().key().text() + "\n");
}

TEST_F(Prove, what_was_changed_in_an_export_is_found) {
    fill();
    const auto folder = unpacked(exported("a.tar"));
    const auto bundle = folder / "2019/tile/entries/001";
    auto bytes = *read_file(bundle, large);
    const auto place = bytes.find("delivered");
    bytes[place] = 'D';
    std::ofstream(bundle, std::ios::binary) << bytes;
    const auto evidence = audit::evidence_of(audit::LogFolder(folder / "2019"), notary().key());
    const auto verdict = *audit::verify_log(*evidence);
    EXPECT_EQ(verdict.first_bad, 256U);
    EXPECT_TRUE(verdict.exact);
}

}  // namespace
}  // namespace dvcsync::sync
