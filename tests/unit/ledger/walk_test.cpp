#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using testing::ElementsAre;

std::vector<Held> walk(Ledger& ledger, const Slice& slice, bool undated = false,
                       std::int64_t after = 0, std::size_t max = 100) {
    auto held = ledger.walk(slice, undated, after, max);
    EXPECT_TRUE(held) << (held ? "" : held.error().message);
    return held ? *std::move(held) : std::vector<Held>{};
}

std::vector<std::string> codes(const std::vector<Held>& records) {
    std::vector<std::string> out;
    for (const auto& one : records)
        out.push_back(one.code);
    return out;
}

TEST_P(LedgerTest, WalkGoesThroughASliceInChunksThatMeetEveryRecordOnce) {
    take({dossier("A"), dossier("B"), dossier("C")});
    const auto first = walk(ledger(), {}, false, 0, 2);
    EXPECT_THAT(codes(first), ElementsAre("A", "B"));
    EXPECT_THAT(codes(walk(ledger(), {}, false, first.back().record, 2)), ElementsAre("C"));
    EXPECT_EQ(first.front().sealed, "sealed v1");
    EXPECT_EQ(first.front().agency, "000.00.01.H22");
    EXPECT_EQ(first.front().received, noon);
}

TEST_P(LedgerTest, WalkKeepsToTheSlice) {
    auto other = dossier("B");
    other.facts.agency = "000.00.02.H22";
    auto later = dossier("C");
    later.facts.received = noon + std::chrono::hours{24};
    auto undated = dossier("D");
    undated.facts.received.reset();
    take({dossier("A"), other, later, undated});
    Slice slice;
    slice.agency = "000.00.02.H22";
    EXPECT_THAT(codes(walk(ledger(), slice)), ElementsAre("B"));
    slice = {};
    slice.received_from = noon + std::chrono::hours{1};
    EXPECT_THAT(codes(walk(ledger(), slice)), ElementsAre("C"));
    slice = {};
    slice.codes = {"C", "nobody", "A", "A"};
    EXPECT_THAT(codes(walk(ledger(), slice)), ElementsAre("A", "C"));
    EXPECT_THAT(codes(walk(ledger(), {}, true)), ElementsAre("D"));
}

TEST_P(LedgerTest, WalkTellsTheStateOfTheDossierAndNotOfItsProgress) {
    const Claimed item = [&] {
        take({dossier("A")});
        return claim_one();
    }();
    Settlement delivered = settled(item, State::Delivered);
    delivered.known = true;
    delivered.then = Operation::PushProgress;
    settle(delivered);
    ASSERT_EQ(state_of(Operation::PushProgress), State::Ready);
    const auto held = walk(ledger(), {});
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held.front().state, State::Delivered);
    EXPECT_TRUE(held.front().known);
    EXPECT_TRUE(held.front().wanted);
}

TEST_P(LedgerTest, WalkTellsWhatIsNotToBeSent) {
    auto draft = dossier("A");
    draft.queue.clear();
    take({draft, unreadable("B")});
    const auto held = walk(ledger(), {});
    ASSERT_EQ(held.size(), 2U);
    EXPECT_FALSE(held[0].wanted);
    EXPECT_EQ(held[0].state, std::nullopt);
    EXPECT_EQ(held[1].state, State::Parked);
}

}  // namespace
}  // namespace dvcsync::ledger
