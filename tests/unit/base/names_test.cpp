#include <gtest/gtest.h>

#include <set>

#include "connector/base/error.h"
#include "connector/base/operation.h"

namespace dvcsync {
namespace {

TEST(Names, EveryErrorKindHasItsOwnName) {
    std::set<std::string_view> names;
    for (const auto kind : {ErrorKind::Retry, ErrorKind::Refused, ErrorKind::InDoubt,
                            ErrorKind::Config, ErrorKind::Corrupt, ErrorKind::Bug})
        names.insert(to_string(kind));
    EXPECT_EQ(names.size(), 6u);
    EXPECT_EQ(to_string(ErrorKind::InDoubt), "in-doubt");
}

TEST(Names, OperationsReadBackAsTheyAreWritten) {
    for (const Operation operation : all_operations)
        EXPECT_EQ(operation_from(to_string(operation)), operation);
    EXPECT_EQ(to_string(Operation::PushDossier), "push-dossier");
    EXPECT_EQ(to_string(Operation::PushStatistics), "push-statistics");
    EXPECT_FALSE(operation_from("push-dossiers"));
    EXPECT_FALSE(operation_from(""));
}

Result<int> half(int value) {
    if (value % 2 != 0) return fail(ErrorKind::Refused, "odd");
    return value / 2;
}
Result<int> quarter(int value) {
    DVC_TRY_ASSIGN(once, half(value));
    DVC_TRY(half(once));
    return half(once);
}

TEST(Results, TheTryMacrosHandOnTheError) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(quarter(7).error().message, "odd");
    EXPECT_EQ(quarter(6).error().kind, ErrorKind::Refused);
}

}  // namespace
}  // namespace dvcsync
