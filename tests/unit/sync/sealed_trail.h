// A trail in a real ledger, sealed into a real folder.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "connector/audit/merkle.h"
#include "connector/ledger/sqlite_edge.h"
#include "connector/sync/seal.h"
#include "connector/sync/verify_logs.h"
#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {

namespace fs = std::filesystem;

inline std::string all_of(const std::vector<std::string>& lines) {
    return fmt::format("{}", fmt::join(lines, "\n"));
}

class SealedTrail : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(Sealer::create_key(folder_ / "ledger.key"));
        ASSERT_TRUE(create_audit_key(folder_ / "audit.key"));
        open();
    }
    void open() {
        ledger_.reset();
        auto opened = ledger::open_sqlite(folder_ / "ledger.db", "key");
        ASSERT_TRUE(opened) << opened.error().message;
        ledger_ = *std::move(opened);
    }
    ledger::Trail& trail() { return ledger_->trail(); }
    fs::path outside() const { return folder_ / "audit"; }

    Notary notary(std::chrono::minutes limit = std::chrono::minutes(60)) {
        SealSettings settings;
        settings.folder = outside();
        settings.unsealed_limit = limit;
        return Notary(*load_audit_key(folder_ / "audit.key", "log.example.vn"), settings, clock_);
    }

    static std::string code_of(std::int64_t index) { return fmt::format("H22-{}", index % 100); }

    // Entries as the program writes them, a second apart.
    void append(int count) {
        const auto done = ledger_->together([&]() -> Status {
            DVC_TRY_ASSIGN(log, trail().current(clock_.now()));
            DVC_TRY_ASSIGN(end, trail().end(log.log));
            for (std::int64_t i = end.size; i < end.size + count; ++i) {
                clock_.sleep(Millis(1'000));
                audit::Event event;
                event.event = "delivery";
                event.code = code_of(i);
                event.outcome = "delivered";
                event.document = sha256(fmt::format("document {}", i));
                DVC_TRY(trail().append(log.log, i, clock_.now(), event.code,
                                       audit::entry_of(event, i, clock_.now())));
            }
            return {};
        });
        ASSERT_TRUE(done) << done.error().message;
    }
    // One entry, as the program writes it; a log that is not there is opened.
    void append_event(const audit::Event& event) {
        const auto done = ledger_->together([&]() -> Status {
            DVC_TRY_ASSIGN(log, trail().current(clock_.now()));
            DVC_TRY_ASSIGN(end, trail().end(log.log));
            return trail().append(log.log, end.size, clock_.now(), event.code,
                                  audit::entry_of(event, end.size, clock_.now()));
        });
        ASSERT_TRUE(done) << done.error().message;
    }
    // The log ends with its year, and the next one names its root.
    void next_year() {
        audit::Event closed;
        closed.event = "log.closed";
        append_event(closed);
        ASSERT_TRUE(trail().close(log().log, clock_.now()));
        audit::Frontier tree;
        for (const auto& entry : entries())
            tree.append(audit::leaf_hash(entry));
        clock_.sleep(std::chrono::hours(24 * 365));
        audit::Event opened;
        opened.event = "log.opened";
        opened.set = tree.root();
        append_event(opened);
    }
    // What somebody does to the ledger behind our back.
    void tamper(const char* script) {
        ledger_.reset();
        {
            auto database = ledger::Database::open(folder_ / "ledger.db", Millis(1'000));
            ASSERT_TRUE(database);
            const auto done = database->run(script);
            ASSERT_TRUE(done) << done.error().message;
        }
        open();
    }
    TrailVerdict verified(std::vector<fs::path> kept = {}) {
        VerifyOrder order;
        order.folder = outside();
        order.kept = std::move(kept);
        auto found = verify_logs(*ledger_, notary().key(), order, clock_.now());
        EXPECT_TRUE(found) << found.error().message;
        return *std::move(found);
    }
    // Everything that a verification says.
    static std::string words_of(const TrailVerdict& found) {
        std::string words = all_of(found.faults);
        for (const auto& log : found.logs)
            words += "\n" + all_of(log.verdict.faults) + "\n" + all_of(log.undone) + "\n" +
                     all_of(log.notes);
        return words;
    }
    // A log with checkpoints of 100, 256, 300 and 700 entries.
    void fill() {
        auto notary = this->notary();
        for (const int count : {100, 156, 44, 400}) {
            append(count);
            const auto sealed = notary.seal(*ledger_);
            ASSERT_TRUE(sealed) << sealed.error().message;
            ASSERT_EQ(sealed->added, count);
        }
    }
    ledger::TrailLog log() { return trail().logs()->back(); }
    std::vector<std::string> entries() {
        std::vector<std::string> found;
        const auto done = trail().walk({}, [&](const ledger::TrailRow& row) -> Result<bool> {
            found.push_back(row.entry);
            return true;
        });
        EXPECT_TRUE(done);
        return found;
    }
    audit::LogEvidence evidence() {
        const auto notary = this->notary();
        return evidence_of(trail(), log(), notary.key(), notary.folder_of(log()));
    }
    // What would be said if the ledger held these entries.
    audit::Verdict verdict_of(const std::vector<std::string>& told) {
        auto evidence = this->evidence();
        evidence.entries = [&told](const audit::LogEvidence::TakeEntry& take) -> Status {
            for (std::size_t i = 0; i < told.size(); ++i) {
                DVC_TRY_ASSIGN(more, take(i, told[i]));
                if (!more) break;
            }
            return {};
        };
        return *audit::verify_log(evidence);
    }
    void expect_bad(const std::vector<std::string>& told, std::uint64_t index) {
        const auto verdict = verdict_of(told);
        EXPECT_FALSE(verdict.good());
        EXPECT_EQ(verdict.first_bad, index) << all_of(verdict.faults);
        EXPECT_TRUE(verdict.exact) << all_of(verdict.faults);
    }

    test::TemporaryFolder files_;
    const fs::path folder_ = files_.path();
    TestClock clock_;
    std::unique_ptr<ledger::Ledger> ledger_;
};

}  // namespace dvcsync::sync
