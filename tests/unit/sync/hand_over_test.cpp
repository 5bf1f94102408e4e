// Files come at the pace of other hosts: nothing else waits for them, and nobody for ever.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>

#include "connector/sync/run.h"
#include "tests/unit/sync/pull_office.h"

namespace dvcsync::sync {
namespace {

using ledger::Stage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// Submissions A, B and C, whose files a script gathers.
class HandOver : public testing::Test, protected PullOffice {
  protected:
    HandOver() {
        rules.workers = 0;
        rules.lease = Millis{100'000'000};
        for (const char* code : {"A", "B", "C"})
            file(code, document(code), day(3));
        gathering.gather = [this](const std::string&, const mapping::National& document,
                                  ledger::Without, const std::function<bool()>& in_time) {
            {
                const std::lock_guard lock(mutex);
                tried.push_back(document.code);
            }
            Gathered gathered;
            gathered.files.resize(document.files.size());
            if (script) script(document.code, gathered, in_time);
            return gathered;
        };
    }

    // What a submission that waits says of itself.
    ledger::Submission of(const std::string& code) {
        const auto rows = all();
        const auto found = std::find_if(rows.begin(), rows.end(),
                                        [&](const auto& row) { return row.code == code; });
        EXPECT_NE(found, rows.end());
        return found == rows.end() ? ledger::Submission{} : *found;
    }

    using InTime = std::function<bool()>;
    std::function<void(const std::string& code, Gathered&, const InTime&)> script;
    std::vector<std::string> tried;
};

TEST_F(HandOver, BeginsNothingAfterItsTimeAndTheRestWaitsWithItsReason) {
    script = [&](const auto&, auto&, const auto&) { clock.sleep(std::chrono::seconds{40}); };
    const auto counts = run();
    EXPECT_THAT(tried, ElementsAre("A", "B"));
    EXPECT_EQ(counts.handed, 2u);
    EXPECT_EQ(counts.left, 1u);
    EXPECT_EQ(counts.waiting, 0u) << "it has not failed";
    EXPECT_EQ(of("C").stage, Stage::Waiting);
    EXPECT_EQ(of("C").attempts, 0);
    EXPECT_THAT(of("C").reason, HasSubstr("the next run goes on with it"));
    script = nullptr;
    EXPECT_EQ(run().handed, 1u) << "at once, without a backoff";
}

TEST_F(HandOver, ASlowOneComesLastNextTime) {
    script = [&](const auto& code, auto& gathered, const auto&) {
        if (code != "A") return;
        clock.sleep(std::chrono::seconds{200});
        gathered.waits = "too slow";
    };
    const auto first = run();
    EXPECT_THAT(tried, ElementsAre("A"));
    EXPECT_EQ(first.left, 2u);
    EXPECT_EQ(of("A").attempts, 1);
    clock.sleep(std::chrono::seconds{10});  // longer than the backoff
    EXPECT_EQ(run().handed, 2u);
    EXPECT_THAT(tried, ElementsAre("A", "B", "C", "A"));
}

TEST_F(HandOver, OneThatIsCutIsNoFailureAndLetsTheOthersPass) {
    script = [&](const auto& code, auto& gathered, const InTime& in_time) {
        if (code != "A") return;
        clock.sleep(std::chrono::seconds{61});
        EXPECT_FALSE(in_time());
        gathered.cut = true;
    };
    EXPECT_EQ(run().left, 3u);
    EXPECT_EQ(of("A").attempts, 0);
    EXPECT_THAT(of("A").reason, HasSubstr("time"));
    clock.sleep(std::chrono::seconds{1});
    run();
    EXPECT_THAT(tried, ElementsAre("A", "B", "C", "A"));
    EXPECT_THAT(handed_over(), UnorderedElementsAre("B-r1", "C-r1"));
}

TEST_F(HandOver, AStopLeavesWhatWasBegunAsItWas) {
    script = [&](const auto&, auto& gathered, const auto&) {
        stop = true;
        gathered.cut = true;
    };
    EXPECT_EQ(run().left, 0u);
    EXPECT_THAT(tried, ElementsAre("A"));
    EXPECT_EQ(of("A").stage, Stage::Received);
    EXPECT_EQ(of("A").reason, "");
}

// Who is in a worker's hands at once.
struct AtOnce {
    std::mutex mutex;
    std::condition_variable changed;
    int now = 0;
    int most = 0;
    // Stays until `wanted` are here, or for a moment.
    void visit(int wanted, std::chrono::milliseconds moment) {
        std::unique_lock lock(mutex);
        most = std::max(most, ++now);
        changed.notify_all();
        changed.wait_for(lock, moment, [&] { return most >= wanted; });
        --now;
    }
};

TEST_F(HandOver, AFewAtOnce) {
    AtOnce visitors;
    rules.workers = 3;
    script = [&](const auto&, auto&, const auto&) { visitors.visit(3, std::chrono::seconds{10}); };
    EXPECT_EQ(run().handed, 3u);
    EXPECT_EQ(visitors.most, 3);
}

TEST_F(HandOver, LargePayloadsOneAfterTheOtherAndSmallOnesBeside) {
    AtOnce visitors;
    AtOnce large;
    std::string noise;  // hardly to be compressed
    for (int i = 0; i < 100; ++i)
        noise += hex(sha256(std::to_string(i)));
    for (const char* code : {"A", "B"})
        documents[code] = document(code, noise);
    rules.workers = 3;
    rules.payloads_in_hand = 5'000;
    script = [&](const auto& code, auto&, const auto&) {
        if (code != "C") large.visit(2, std::chrono::milliseconds{300});
        visitors.visit(2, std::chrono::seconds{10});
    };
    EXPECT_EQ(run().handed, 3u);
    EXPECT_EQ(large.most, 1);
    EXPECT_EQ(visitors.most, 2);
}

TEST_F(HandOver, ARunSendsWhatIsReadyBeforeFilesAndConfirmsWhatCameOfThem) {
    drop("a.xml", dossier_xml("H22-1"));
    std::vector<std::string> before;
    script = [&](const auto& code, auto& gathered, const auto&) {
        before = portal.codes(Operation::PushDossier);
        if (code == "B") gathered.waits = "too slow";
    };
    const PortalCalls push_calls = portal.calls();
    const auto open_source = [this](const std::string& position) {
        return province::open_drop_folder(
            drop_folder_settings(folder.path() / "drop", "H22", mappings->vocabulary()), position,
            clock);
    };
    Inbound inbound{calls_, gathering, std::move(inbox)};
    const Parts parts{*ledger, *sealer,  *mappings, push_calls, open_source,
                      clock,   progress, stop,      &inbound};
    RunOrder order;
    order.who.owner = "me";
    RunRules run_rules;
    run_rules.delivery.workers = 0;
    run_rules.pull = rules;
    run_rules.pull.lease = Millis{120'000};
    const auto report = sync::run(parts, order, run_rules);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_THAT(before, ElementsAre("H22-1")) << "sent before the first file was begun";
    EXPECT_THAT(portal.codes(Operation::ConfirmSubmission), UnorderedElementsAre("A/1", "C/1"));
    EXPECT_EQ(report->pull.fetched, 3u);
    EXPECT_EQ(report->pull.handed, 2u);
    EXPECT_EQ(report->pull.waiting, 1u);
}

}  // namespace
}  // namespace dvcsync::sync
