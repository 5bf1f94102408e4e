// The code that the portal gives a dossier, and the document for what the portal knows.
#include <gmock/gmock.h>

#include "connector/mapping/explain.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view steps =
    "<list name='steps' path='step'><value name='id' path='id'/></list>";

TEST(GivenCode, GoesOutWhereTheMappingSaysSo) {
    const Folder folder;
    folder.write("portal/p/rows.xml",
                 "<mapping record='dossier' operation='push-progress' each='steps' key='id'>"
                 "<field to='M' from='given-code' required='yes'/></mapping>");
    const auto set = loaded(folder, vocabulary(steps),
                            mapping("<field to='M' from='given-code' required='yes'/>"
                                    "<field to='C' from='code'/>"));
    auto record = set.vocabulary().parse("dossier", "<r><code>C</code><step><id>1</id></step></r>");
    const auto* const plan = set.plan(Operation::PushDossier);
    EXPECT_TRUE(plan->takes_given_code());
    const auto without = plan->run(*record);
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().text(), "M: required, but <given-code> is empty");
    record->give("H22-1");
    EXPECT_EQ(plan->run(*record)->front().json, R"({"M":"H22-1","C":"C"})");
    EXPECT_EQ(set.plan(Operation::PushProgress)->run(*record)->front().json, R"({"M":"H22-1"})");
    const auto told = explain(*plan, *record);
    ASSERT_FALSE(told.origins.empty());
    EXPECT_EQ(told.origins[0].name, "given-code");
    EXPECT_THAT(told.origins[0].reason, HasSubstr("the portal gives"));
}

TEST(GivenCode, IsNoDateAndHasNoCodes) {
    const Folder folder;
    folder.write("province/v.xml", vocabulary(""));
    for (const std::string form : {"stamp", "number", "amount"}) {
        folder.write("portal/p/m.xml",
                     mapping("<field to='M' from='given-code' as='" + form + "'/>"));
        EXPECT_THAT(folder.faults(), HasSubstr("the code that the portal gave goes out as it is"));
    }
}

TEST(KnownMapping, StandsBesideTheFirst) {
    const Folder folder;
    folder.write("portal/p/known.xml",
                 mapping("<field to='S' value='5' as='number'/>", "known='yes'"));
    const auto set = loaded(folder, vocabulary(""), mapping("<field to='C' from='code'/>"));
    const auto record = set.vocabulary().parse("dossier", "<r><code>C</code></r>");
    EXPECT_EQ(set.plan(Operation::PushDossier)->run(*record)->front().json, R"({"C":"C"})");
    EXPECT_EQ(set.plan(Operation::PushDossier, true)->run(*record)->front().json, R"({"S":5})");
    EXPECT_EQ(set.plan(Operation::PushProcedure, true), nullptr);
}

TEST(KnownMapping, HasItsFaults) {
    const Folder folder;
    folder.write("province/v.xml", vocabulary(steps));
    folder.write("portal/p/a.xml", mapping("<field to='C' from='code'/>", "known='yes'"));
    folder.write("portal/p/b.xml", mapping("<field to='C' from='code'/>", "known='yes'"));
    EXPECT_THAT(folder.faults(), HasSubstr("another file already maps 'push-dossier'"));
    folder.write("portal/p/b.xml",
                 "<mapping record='dossier' operation='push-progress' known='yes' each='steps' "
                 "key='id'><field to='C' value='1'/></mapping>");
    EXPECT_THAT(folder.faults(), HasSubstr("known='yes' is for the one document of an operation"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
