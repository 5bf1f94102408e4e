// Files that a document names by what the portal took them as.
#include <gmock/gmock.h>

#include "connector/mapping/explain.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view files =
    "<list name='files' path='f'><value name='url' path='u'/><value name='gone' path='g'/>"
    "<value name='when' path='w' type='time'/></list><value name='plan' path='p'/>";
constexpr std::string_view fields =
    "<list to='L' from='files' where='not gone'><list to='F'><item when='url'>"
    "<field to='I' from='url' upload='id'/><field to='H' from='url' upload='hash'/></item></list>"
    "</list><field to='P' from='plan' upload='id'/>";

TEST(Uploads, AreNamedByTheirLinksEachOnceAndByTheFieldThatNeedsThem) {
    const Folder folder;
    const auto set = loaded(folder, vocabulary(files), mapping(fields));
    const auto* const plan = set.plan(Operation::PushDossier);
    EXPECT_TRUE(plan->takes_files());
    auto record = set.vocabulary().parse(
        "dossier",
        "<r><code>C</code><f><u> https://a/1 </u></f><f><u/></f><f><u>https://a/2</u><g>yes</g></f>"
        "<f><u>https://a/3</u></f><f><u>https://a/1</u></f><p>https://a/3</p></r>");
    ASSERT_TRUE(record);
    const auto named = plan->files(*record);
    ASSERT_TRUE(named) << named.error().text();
    ASSERT_EQ(named->size(), 2u);
    EXPECT_EQ(named->at(0).link, "https://a/1");
    EXPECT_EQ(named->at(0).field, "L[1].F[1].I");
    EXPECT_EQ(named->at(1).link, "https://a/3");
    EXPECT_EQ(named->at(1).field, "L[4].F[1].I");
    // Nothing is made before the portal has all of them.
    record->give("https://a/1", {"id-1", "sum-1"});
    const auto half = plan->run(*record);
    ASSERT_FALSE(half);
    EXPECT_THAT(half.error().text(), HasSubstr("L[4].F[1].I: the portal has not got the file yet"));
    record->give("https://a/3", {"id-3", "sum-3"});
    EXPECT_EQ(plan->run(*record)->front().json,
              R"({"L":[{"F":[{"I":"id-1","H":"sum-1"}]},{"F":[{"I":"id-3","H":"sum-3"}]},)"
              R"({"F":[{"I":"id-1","H":"sum-1"}]}],"P":"id-3"})");
}

TEST(Uploads, AFaultOfTheRecordIsToldBeforeAnyFile) {
    const Folder folder;
    const auto set =
        loaded(folder, vocabulary(files),
               mapping(std::string(fields) + "<field to='C' from='code' max='1' required='yes'/>"));
    const auto record =
        set.vocabulary().parse("dossier", "<r><code>CC</code><f><u>https://a/1</u></f></r>");
    const auto named = set.plan(Operation::PushDossier)->files(*record);
    ASSERT_FALSE(named);
    EXPECT_EQ(named.error().text(), "C: is 2 characters, at most 1 are allowed");
}

TEST(Uploads, StandInsServeWhereNothingIsSent) {
    const Folder folder;
    const auto set = loaded(folder, vocabulary(files), mapping(fields));
    auto record =
        set.vocabulary().parse("dossier", "<r><code>C</code><f><u>https://a/1</u></f></r>");
    record->give_samples();
    const auto* const plan = set.plan(Operation::PushDossier);
    EXPECT_EQ(plan->run(*record)->front().json,
              R"({"L":[{"F":[{"I":"CASE-FILE","H":"CASE-HASH"}]}],"P":""})");
    const auto told = explain(*plan, *record);
    ASSERT_FALSE(told.origins.empty());
    EXPECT_EQ(told.origins[0].value, "\"CASE-FILE\"");
    EXPECT_THAT(told.origins[0].reason, HasSubstr("the id that the portal gives for the file"));
    EXPECT_THAT(told.origins[1].reason, HasSubstr("the hash that the portal gives"));
}

TEST(Uploads, HaveTheirFaults) {
    const Folder folder;
    folder.write("province/v.xml", vocabulary(files));
    for (const auto& [attributes, fault] :
         std::initializer_list<std::pair<std::string, std::string>>{
             {"from='url' upload='name'", "upload='name': say 'id' or 'hash'"},
             {"from='url' upload='id' default='x'", "goes out as it is"},
             {"from='url' upload='id' as='amount'", "goes out as it is"}}) {
        folder.write("portal/p/m.xml", mapping("<list to='L' from='files'><field to='I' " +
                                               attributes + "/></list>"));
        EXPECT_THAT(folder.faults(), HasSubstr(fault)) << attributes;
    }
    folder.write("portal/p/m.xml",
                 mapping("<list to='L' from='files'><field to='I' from='url' upload='id'/>"
                         "<field to='H' from='gone' upload='hash'/></list>"));
    EXPECT_THAT(folder.faults(), HasSubstr("id and hash must be of one file"));
    folder.write("portal/p/m.xml",
                 "<mapping record='dossier' operation='push-progress' each='files' key='url'>"
                 "<field to='I' from='url' upload='id'/></mapping>");
    EXPECT_THAT(folder.faults(), HasSubstr("upload='…' is for the one document of an operation"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
