#include "connector/base/points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace dvcsync {
namespace {

std::vector<Point> seen;

// Leaves no hook behind, whatever happens in the test.
class Points : public testing::Test {
  protected:
    void SetUp() override { seen.clear(); }
    void TearDown() override { set_point_hook(nullptr); }
};

TEST_F(Points, AreNamedExplainedAndDistinct) {
    std::set<std::string_view> names, meanings;
    for (const PointText& text : point_texts()) {
        EXPECT_FALSE(text.name.empty()) << "a point without a line in point_texts()";
        EXPECT_GT(text.meaning.size(), 10U) << text.name;
        EXPECT_EQ(text.meaning.find('\n'), std::string_view::npos) << text.name;
        EXPECT_TRUE(names.insert(text.name).second) << text.name << " is there twice";
        EXPECT_TRUE(meanings.insert(text.meaning).second) << text.name << " means nothing new";
    }
    EXPECT_EQ(names.size(), point_count);
}

TEST_F(Points, AChangeThatIsWrittenIsFollowedByTheSameChangeMadeDurable) {
    constexpr std::string_view written = "/written";
    std::size_t changes = 0;
    for (std::size_t i = 0; i + 1 < point_count; ++i) {
        const std::string_view name = point_texts()[i].name;
        if (!name.ends_with(written) || name == to_string(Point::BackupWritten)) continue;
        const std::string change(name.substr(0, name.size() - written.size()));
        EXPECT_EQ(to_string(durable(static_cast<Point>(i))), change + "/durable");
        ++changes;
    }
    EXPECT_GT(changes, 20U);
}

TEST_F(Points, EveryOperationHasItsOwnCallingAndCalled) {
    const std::pair<Operation, std::string> pairs[] = {
        {Operation::PushProcedure, "procedures"},        {Operation::PushDossier, "dossiers"},
        {Operation::PushProgress, "progress"},           {Operation::PushStatistics, "statistics"},
        {Operation::ConfirmSubmission, "confirmations"}, {Operation::PushStatus, "statuses"},
    };
    for (const auto& [operation, name] : pairs) {
        EXPECT_EQ(to_string(calling(operation)), name + "/calling");
        EXPECT_EQ(to_string(called(operation)), name + "/called");
    }
}

TEST_F(Points, AreSilentUntilSomebodyListens) {
    reach(Point::BatchPrepared);
    EXPECT_FALSE(points_are_watched());
    set_point_hook([](Point point) { seen.push_back(point); });
    EXPECT_TRUE(points_are_watched());
    reach(Point::Asking);
    reach(called(Operation::PushProgress));
    set_point_hook(nullptr);
    reach(Point::Asked);
    EXPECT_THAT(seen, testing::ElementsAre(Point::Asking, Point::ProgressCalled));
}

}  // namespace
}  // namespace dvcsync
