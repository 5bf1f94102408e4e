// A service tells each trouble once when it begins and once when it ends.
#include "connector/sync/troubles.h"

#include <gmock/gmock.h>

namespace dvcsync::sync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Result<RunReport> run(std::string pull, std::string delivery = "", std::size_t left = 0) {
    RunReport report;
    report.pull.stop = std::move(pull);
    report.delivery.stop = std::move(delivery);
    report.left = left;
    return report;
}
Result<RunReport> failed(std::string why) {
    return fail(ErrorKind::Retry, std::move(why));
}

TEST(Troubles, AreToldOnceWhenTheyBeginAndOnceWhenTheyEnd) {
    Troubles troubles;
    EXPECT_THAT(troubles.after(run("away")).begun, ElementsAre("away"));
    EXPECT_TRUE(troubles.any());
    const auto again = troubles.after(run("away"));
    EXPECT_THAT(again.begun, IsEmpty());
    EXPECT_THAT(again.ended, IsEmpty());
    EXPECT_THAT(troubles.after(run("")).ended, ElementsAre("away"));
    EXPECT_FALSE(troubles.any());
    EXPECT_THAT(troubles.after(run("")).ended, IsEmpty());
}

TEST(Troubles, ANewOneIsNotHiddenByAnOlderOne) {
    Troubles troubles;
    troubles.after(run("the list cannot be read"));
    const auto both = troubles.after(run("the list cannot be read", "the password is wrong"));
    EXPECT_THAT(both.begun, ElementsAre("the password is wrong"));
    EXPECT_THAT(both.ended, IsEmpty());
    const auto other = troubles.after(run("the inbox is missing", "the password is wrong"));
    EXPECT_THAT(other.begun, ElementsAre("the inbox is missing"));
    EXPECT_THAT(other.ended, IsEmpty()) << "pulls work no better than before";
    EXPECT_THAT(troubles.after(run("", "the password is wrong")).ended,
                ElementsAre("the inbox is missing"));
}

TEST(Troubles, WhoseWordsChangeAreNotOver) {
    Trouble trouble;
    EXPECT_EQ(trouble.is("17 entries were signed, and the ledger has 9"), Trouble::News::Begun);
    EXPECT_EQ(trouble.is("the first 17 entries were rewritten"), Trouble::News::Begun);
    EXPECT_EQ(trouble.is("17 entries were signed, and the ledger has 10"), Trouble::News::None)
        << "a number that moves with every look is no news";
    EXPECT_EQ(trouble.is("the first 17 entries were rewritten"), Trouble::News::None);
    EXPECT_EQ(trouble.now(), "the first 17 entries were rewritten");
    EXPECT_EQ(trouble.is(""), Trouble::News::Over);
    EXPECT_EQ(trouble.is(""), Trouble::News::None);
    EXPECT_EQ(trouble.is("the first 17 entries were rewritten"), Trouble::News::Begun)
        << "it has begun anew";
}

TEST(Troubles, ThatFindOtherWordsEachTimeEndInSilence) {
    Trouble trouble;
    int told = 0;
    for (int i = 0; i < 1'000; ++i)
        told +=
            trouble.is(std::string(static_cast<std::size_t>(i) + 1, 'x')) == Trouble::News::Begun;
    EXPECT_GT(told, 5);
    EXPECT_LT(told, 50);
    EXPECT_EQ(trouble.is(""), Trouble::News::Over);
}

TEST(Troubles, ThatAreTheSameOnBothRoadsAreOne) {
    Troubles troubles;
    EXPECT_THAT(troubles.after(run("away", "away")).begun, ElementsAre("away"));
    EXPECT_THAT(troubles.after(run("", "away")).ended, IsEmpty());
    EXPECT_THAT(troubles.after(run("", "")).ended, ElementsAre("away"));
}

TEST(Troubles, ARunThatFailsSaysNothingOfTheOthers) {
    Troubles troubles;
    troubles.after(run("away"));
    const auto news = troubles.after(failed("the disk is full"));
    EXPECT_THAT(news.begun, ElementsAre("the disk is full"));
    EXPECT_THAT(news.ended, IsEmpty());
    EXPECT_THAT(troubles.after(run("away")).ended, ElementsAre("the disk is full"));
}

TEST(Troubles, ADeliveryThatOnlyWaitsHasNotRecovered) {
    Troubles troubles;
    troubles.after(run("", "away", 3));
    EXPECT_THAT(troubles.after(run("", "", 3)).ended, IsEmpty()) << "nobody has asked";
    auto delivered = run("", "", 2);
    delivered->delivery.delivered = 1;
    EXPECT_THAT(troubles.after(delivered).ended, ElementsAre("away"));
}

TEST(Troubles, AnotherRunThatIsActiveIsNone) {
    Troubles troubles;
    troubles.after(run("away"));
    RunReport busy;
    busy.busy = ledger::Lease{};
    const auto news = troubles.after(busy);
    EXPECT_THAT(news.begun, IsEmpty());
    EXPECT_THAT(news.ended, IsEmpty());
}

TEST(Troubles, AreToldWithoutThePortalsOwnWords) {
    Troubles troubles;
    auto one = run("", "refused: Nguyen Van A");
    one->delivery.stop_log = "refused";
    EXPECT_THAT(troubles.after(one).begun, ElementsAre("refused"));
}

}  // namespace
}  // namespace dvcsync::sync
