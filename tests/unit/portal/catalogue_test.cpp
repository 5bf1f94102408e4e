// The portal's catalogue: the list of codes, and what it tells of one procedure.
#include <gmock/gmock.h>

#include "tests/unit/portal/support_portal.h"
#include "tests/unit/portal/support_profile.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using V = Verdict;

TEST(Catalogue, ListsTheCodesEachOnce) {
    Portal portal([](const HttpRequest&) {
        return http(200, R"({"error_code":0,"result":[{"MATTHC":"1.1","TENTTHC":"a"},)"
                         R"({"MATTHC":" 1.2 "},{"MATTHC":"1.1"}]})");
    });
    const auto client = client_for(settings_for(portal.server()));
    const auto codes = client->catalogue();
    ASSERT_TRUE(codes) << codes.error().message;
    EXPECT_THAT(*codes, ElementsAre("1.1", "1.2"));
    EXPECT_EQ(portal.calls().at(0).body,
              R"({"session":"s1","madonvi":"000.00.00.H22","service":"LayDanhSachTTHC"})");
}

TEST(Catalogue, WhatIsNoListIsNotBelieved) {
    for (const char* answer :
         {R"({"error_code":0})", R"({"error_code":0,"result":{}})",
          R"({"error_code":0,"result":null})", R"({"error_code":0,"result":[{"TENTTHC":"a"}]})",
          R"({"error_code":0,"result":["1.1"]})"}) {
        Portal portal([&](const HttpRequest&) { return http(200, answer); });
        const auto codes = client_for(settings_for(portal.server()))->catalogue();
        ASSERT_FALSE(codes) << answer;
        EXPECT_EQ(codes.error().verdict, V::Retry) << answer;
    }
}

Holding told(const std::string& result) {
    Portal portal([&](const HttpRequest&) {
        return http(200, R"({"error_code":"0","result":)" + result + "}");
    });
    const auto holding = client_for(settings_for(portal.server()))->procedure("1.1");
    EXPECT_TRUE(holding) << (holding ? "" : holding.error().message);
    return holding.value_or(Holding{});
}

TEST(Procedure, TellsItsFactsFoldedAndInOrder) {
    const auto holding =
        told(R"([{"MATTHC":"1.1","TENTTHC":" Cấp\n giấy ","TRANGTHAI":1,"LINHVUCTHUCHIEN":[)"
             R"({"MALINHVUC":"B"},{"MALINHVUC":"A","TENLINHVUC":"x"},{}],"CAPTHUCHIEN":[],)"
             R"("QUYETDINHCONGBO":{"SOQUYETDINH":"12/QĐ-UBND"}}])");
    EXPECT_TRUE(holding.known);
    EXPECT_THAT(holding.members,
                ElementsAre(Pair("decision", "12/QĐ-UBND"), Pair("field", "A | B"),
                            Pair("level", ""), Pair("name", "Cấp giấy"), Pair("state", "1")));
}

TEST(Procedure, NothingMeansThatThePortalDoesNotShowIt) {
    EXPECT_FALSE(told("[]").known);
    EXPECT_FALSE(told("null").known);
    EXPECT_THAT(told(R"({"MATTHC":"1.1"})").members, IsEmpty());
}

TEST(Procedure, AnotherOneOrTwoAreNotBelieved) {
    for (const char* result :
         {R"([{"MATTHC":"1.2"}])", R"([{"MATTHC":"1.1"},{"MATTHC":"1.1"}])", R"("x")", R"([1])"}) {
        Portal portal([&](const HttpRequest&) {
            return http(200, std::string(R"({"error_code":"0","result":)") + result + "}");
        });
        const auto holding = client_for(settings_for(portal.server()))->procedure("1.1");
        ASSERT_FALSE(holding) << result;
        EXPECT_EQ(holding.error().verdict, V::Retry) << result;
    }
}

TEST(Procedure, OurDocumentsTellTheSameFacts) {
    const auto profile = Profile::load(std::filesystem::path(DVC_SOURCE_DIR) /
                                       "mappings/portal/mapi-2024/profile.xml");
    ASSERT_TRUE(profile);
    EXPECT_TRUE(profile->can_show_catalogue());
    EXPECT_TRUE(profile->lists_whole_country());
    EXPECT_EQ(profile->catalogue_endpoint(), "share");
    EXPECT_THAT(profile->procedure_facts(R"({"TENTTHC":"a","CAPTHUCHIEN":[{"CAPTHUCHIEN":"1"}]})"),
                ElementsAre(Pair("level", "1"), Pair("name", "a")));
    EXPECT_THAT(profile->procedure_facts("[1]"), IsEmpty());
    EXPECT_THAT(profile->procedure_facts("{"), IsEmpty());
}

std::string profile_with(const std::string& catalogue) {
    return R"(<profile name="p"><endpoint name="e"/>
<push body="data"><operation name="push-dossier" endpoint="e" batch="1" key="K"/></push>
<answer code="c"><rule codes="0" outcome="accepted"/></answer>
)" + catalogue +
           "</profile>";
}

TEST(CatalogueElement, FaultsNameTheLine) {
    const std::string whole = profile_with(R"(<catalogue>
<list endpoint="e" rows="r" code="k" covers="province"/>
<fetch endpoint="e" data="r"><member name="c" from="code"/>
<fact name="name" member="N/M"/></fetch></catalogue>)");
    const Faulty faults[] = {
        {"covers", R"( covers="province")", "", "5: "},
        {"other covers", R"("province")", R"("world")", "5: "},
        {"no fact", R"(<fact name="name" member="N/M"/>)", "", "6: <fetch> compares no <fact>"},
        {"bad name", R"(name="name")", R"(name="Na me")", "7: name \"Na me\""},
        {"empty part", "N/M", "N//M", "7: member must be names joined by /"},
        {"no code", R"(from="code")", R"(value="x")", "6: <fetch> never sends from=\"code\""},
        {"no list", R"(<list endpoint="e" rows="r" code="k" covers="province"/>)", "",
         "4: <catalogue> needs"},
    };
    for (const auto& faulty : faults) {
        SCOPED_TRACE(faulty.name);
        expect_fault(whole, faulty);
    }
    const TemporaryFolder folder;
    const auto profile = Profile::load(folder.write("profile.xml", whole));
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_FALSE(profile->lists_whole_country());
}

TEST(CatalogueElement, WithoutItNothingIsAsked) {
    const TemporaryFolder folder;
    const auto profile = Profile::load(folder.write("profile.xml", profile_with("")));
    ASSERT_TRUE(profile);
    EXPECT_FALSE(profile->can_show_catalogue());
    EXPECT_THAT(profile->procedure_facts("{}"), IsEmpty());
}

}  // namespace
}  // namespace dvcsync::portal::test
