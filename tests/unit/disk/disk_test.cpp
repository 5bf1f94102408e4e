// Every access to the ledger's disk fails once, in every way: after the error nothing was changed,
// or everything; nothing is damaged; and once the cause is gone the work goes on to the same end.
#include "tests/simulation/disk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connector/ledger/ledger.h"

namespace dvcsync::ledger {
namespace {

using simulation::Disk;
using simulation::Trouble;
using testing::HasSubstr;

constexpr UtcTime noon{Millis{1'551'416'400'000}};
constexpr int pages_to_checkpoint = 8;  // so that folding the log into the file is met, too
constexpr std::uint64_t for_good = 1'000'000;

class FailingDisk : public testing::TestWithParam<Trouble> {
  protected:
    void SetUp() override {
        std::string made = std::filesystem::temp_directory_path() / "dvc-disk-XXXXXX";
        ASSERT_NE(::mkdtemp(made.data()), nullptr);
        folder_ = made;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // A new disk with a ledger on it.
    void begin() {
        close();
        disk_.reset();
        disk_ = std::make_unique<Disk>(simulation::Rng(7), clock_, pages_to_checkpoint);
        open();
        ASSERT_TRUE(take(0));
        close();
        open();  // nothing is cached
    }
    void open() {
        disk_->enter(std::make_shared<simulation::Process>());
        auto opened = open_sqlite(file(), "key-1");
        ASSERT_TRUE(opened) << opened.error().message;
        ledger_ = *std::move(opened);
    }
    void close() { ledger_.reset(); }
    std::filesystem::path file() const { return folder_ / "ledger.db"; }

    // Everything of the ledger that the story below touches.
    std::string state() {
        std::string text = ledger_->position("drop").value_or("?");
        const auto tally = ledger_->tally("dossier");
        text += fmt::format(" {} records, {} delivered, {} parked, {} waiting", tally->records,
                            tally->delivered, tally->refused + tally->parked, tally->waiting);
        for (const auto& row : ledger_->counts().value_or(std::vector<ItemCount>{}))
            text += fmt::format("; {}: {}", to_string(row.state), row.count);
        return text + fmt::format("; {} runs", ledger_->last_runs(9)->size());
    }

    Status take(int edition) {
        std::vector<Intake> records;
        for (int number = 0; number < 6; ++number) {
            Intake intake;
            intake.facts.kind = "dossier";
            intake.facts.code = fmt::format("D-{}", number);
            intake.facts.received = noon;
            intake.digest = sha256(fmt::format("{} {}", number, edition));
            intake.sealed = std::string(3'000, static_cast<char>('a' + edition));
            intake.queue = {Operation::PushDossier};
            records.push_back(std::move(intake));
        }
        return ledger_->take(records, "drop", fmt::format("file-{}", edition), noon).map([](auto) {
        });
    }
    Status claim() {
        return ledger_->claim(Operation::PushDossier, 6, noon).map([](auto) {});
    }
    Status settle() {
        Filter sending;
        sending.state = State::Sending;
        DVC_TRY_ASSIGN(items, ledger_->details(sending, 6));
        std::vector<Settlement> settlements;
        for (const auto& item : items) {
            Settlement one;
            one.item = item.row.item;
            one.version = item.version;
            one.state = settlements.size() % 2 == 0 ? State::Delivered : State::Parked;
            if (one.state == State::Parked) one.cause = Cause::Portal;
            one.known = true;
            settlements.push_back(one);
        }
        return ledger_->settle(settlements, noon);
    }

    // A run, another version of everything, and a second run. Each step is one transaction.
    std::vector<std::function<Status()>> story() {
        return {
            [this] { return ledger_->begin_run("all", noon).map([](auto) {}); },
            [this] { return take(1); },
            [this] { return claim(); },
            [this] { return settle(); },
            [this] { return take(2); },
            [this] { return claim(); },
            [this] { return settle(); },
            [this] { return ledger_->end_run(1, "ok", "{}", noon); },
        };
    }

    // Plays the story on a disk that fails from its access `from` on. After an error the cause goes
    // away, the ledger is opened again, perhaps after a power cut, and the story goes on. Returns
    // whether there was an error.
    bool play(std::uint64_t from, std::uint64_t count, bool power_cut) {
        SCOPED_TRACE(fmt::format("{} from access {} on{}", to_string(GetParam()), from,
                                 power_cut ? ", then a power cut" : ""));
        begin();
        disk_->plan_trouble(GetParam(), from, count);
        const auto steps = story();
        bool failed = false;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const Status done = steps[i]();
            if (done) continue;
            failed = true;
            EXPECT_EQ(done.error().kind, ErrorKind::Retry) << done.error().message;
            EXPECT_THAT(done.error().message, HasSubstr(file().string()));
            if (power_cut) disk_->fail_power();
            close();
            disk_->forget_plans();
            if (power_cut) disk_->restore_power();
            open();
            const Status sound = ledger_->verify();
            EXPECT_TRUE(sound) << sound.error().message;
            const std::string found = state();
            // A log whose sync failed may still hold the transaction: then all of it.
            if (found == states_[i + 1]) continue;
            EXPECT_EQ(found, states_[i]) << "after step " << i;
            const Status again = steps[i]();
            EXPECT_TRUE(again) << again.error().message;
        }
        EXPECT_EQ(state(), states_.back());
        return failed;
    }

    std::filesystem::path folder_;
    simulation::SimulatedClock clock_{noon};
    std::unique_ptr<Disk> disk_;
    std::unique_ptr<Ledger> ledger_;
    std::vector<std::string> states_;  // before the first step, and after each
};

TEST_P(FailingDisk, AtEveryAccessLosesNothingAndDoublesNothing) {
    begin();
    const std::uint64_t first = disk_->accesses();
    states_ = {state()};
    for (const auto& step : story()) {
        ASSERT_TRUE(step());
        states_.push_back(state());
    }
    const std::uint64_t accesses = disk_->accesses() - first;
    ASSERT_GT(accesses, 20U);
    int errors = 0;
    for (std::uint64_t from = 0; from < accesses; ++from)
        for (const std::uint64_t count : {std::uint64_t{1}, for_good})
            for (const bool power_cut : {false, true}) {
                errors += play(from, count, power_cut) ? 1 : 0;
                if (HasFailure()) return;
            }
    EXPECT_GT(errors, 4) << "the disk has never failed";
}

INSTANTIATE_TEST_SUITE_P(Troubles, FailingDisk,
                         testing::Values(Trouble::Full, Trouble::WriteFails, Trouble::SyncFails,
                                         Trouble::ReadFails),
                         [](const auto& info) {
                             std::string name(to_string(info.param));
                             std::erase(name, ' ');
                             return name;
                         });

}  // namespace
}  // namespace dvcsync::ledger
