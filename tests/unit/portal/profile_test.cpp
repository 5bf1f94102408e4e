// The profile file: what ships loads, and every fault is told with file and line.
#include <gmock/gmock.h>

#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"
#include "tests/unit/portal/support_profile.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::filesystem::path shipped() {
    return DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml";
}

const std::string whole = R"(<profile name="p">
  <setting name="agency"/>
  <endpoint name="auth"/>
  <endpoint name="push"/>
  <parameter name="dstcode" in="header" from="setting:agency"/>
  <login endpoint="auth" session="session">
    <member name="username" from="username"/>
  </login>
  <push body="envelope">
    <updating new="False" known="True"/>
    <member name="session" from="session"/>
    <member name="isUpdating" from="updating"/>
    <member name="data" from="data"/>
    <operation name="push-dossier" service="S" endpoint="push" batch="10" key="K" updating="yes"/>
  </push>
  <ask endpoint="push" service="A" known="result"><member name="m" from="code"/></ask>
  <answer code="error_code" message="message">
    <rule codes="0" outcome="accepted"/>
    <lines member="result" code="error_code"/>
    <status codes="404" outcome="refused"/>
  </answer>
  <list endpoint="push" dates="yyyyMMdd" until="included" page-size="9" rows="result" code="K">
    <member name="a" from="from"/>
    <member name="b" from="until"/>
    <member name="c" from="page"/>
    <compare member="S"/>
    <compare member="D" with="E"/>
  </list>
</profile>
)";

class ProfileFault : public ::testing::TestWithParam<Faulty> {};

TEST_P(ProfileFault, IsToldWithFileAndLine) {
    expect_fault(whole, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Each, ProfileFault,
    ::testing::Values(
        Faulty{"NotXml", "</answer>", "</anwser>", "21: not well-formed XML"},
        Faulty{"BadUtf8", "name=\"agency\"", "name=\"\xff\"", "2: this is not valid UTF-8"},
        Faulty{"UnknownElement", "<endpoint name=\"auth\"/>", "<endpiont name=\"auth\"/>",
               "3: <endpiont> may not stand inside <profile>"},
        Faulty{"UnknownAttribute", "batch=\"10\"", "batch=\"10\" bacth=\"10\"",
               "14: <operation> has no attribute \"bacth\""},
        Faulty{"UnknownDoubt", "batch=\"10\"", "batch=\"10\" doubt=\"maybe\"",
               "14: doubt=\"maybe\": resend or park"},
        Faulty{"AttributeTwice", "in=\"header\"", "in=\"header\" in=\"header\"",
               "5: attribute \"in\" is given twice"},
        Faulty{"Text", "<updating", "words <updating", "9: <push> holds no text"},
        Faulty{"NoName", "<profile name=\"p\">", "<profile>", "1: <profile> needs name="},
        Faulty{"SettingTwice", "<setting name=\"agency\"/>",
               "<setting name=\"agency\"/><setting name=\"agency\"/>",
               "2: setting \"agency\" is declared twice"},
        Faulty{"SettingUndeclared", "from=\"setting:agency\"", "from=\"setting:agancy\"",
               "5: setting \"agancy\" is not declared"},
        Faulty{"SettingUnused", "from=\"setting:agency\"", "value=\"x\"",
               "2: setting \"agency\" is never used"},
        Faulty{"EndpointUndeclared", "<login endpoint=\"auth\"", "<login endpoint=\"atuh\"",
               "6: endpoint \"atuh\" is not declared"},
        Faulty{"EndpointUnused", "<login endpoint=\"auth\"", "<login endpoint=\"push\"",
               "3: endpoint \"auth\" is never used"},
        Faulty{"WrongPlace", "in=\"header\"", "in=\"cookie\"", "5: in=\"cookie\""},
        Faulty{"FramingHeader", "name=\"dstcode\"", "name=\"Content-Length\"",
               "5: header \"Content-Length\" is written by the program"},
        Faulty{"HeaderName", "name=\"dstcode\"", "name=\"dst code\"", "5: \"dst code\" cannot be"},
        Faulty{"UnknownSource", "from=\"username\"", "from=\"user\"", "7: from=\"user\""},
        Faulty{"SourceOutOfPlace", "from=\"username\"", "from=\"data\"",
               "7: from=\"data\" has no meaning here"},
        Faulty{"BothSources", "from=\"username\"", "from=\"username\" value=\"x\"",
               "7: give either"},
        Faulty{"MemberTwice", "name=\"isUpdating\"", "name=\"session\"",
               "12: member \"session\" stands here twice"},
        Faulty{"NoData", "<member name=\"data\" from=\"data\"/>", "",
               "9: the envelope needs exactly one <member from=\"data\">"},
        Faulty{"WrongBody", "body=\"envelope\"", "body=\"letter\"", "9: body=\"letter\""},
        Faulty{"BareWithMembers", "body=\"envelope\"", "body=\"data\"",
               "9: a body of bare data has no <member>"},
        Faulty{"BatchZero", "batch=\"10\"", "batch=\"0\"", "14: batch=\"0\""},
        Faulty{"BatchText", "batch=\"10\"", "batch=\"ten\"", "14: batch=\"ten\""},
        Faulty{"BatchTooLarge", "batch=\"10\"", "batch=\"100000\"", "14: batch=\"100000\""},
        Faulty{"UnknownOperation", "name=\"push-dossier\"", "name=\"push-all\"",
               "14: no operation is called \"push-all\""},
        Faulty{"OperationTwice", "</push>",
               "<operation name=\"push-dossier\" endpoint=\"push\" batch=\"1\" key=\"K\"/></push>",
               "15: operation \"push-dossier\" stands here twice"},
        Faulty{"NotYesNo", "updating=\"yes\"", "updating=\"true\"", "14: updating=\"true\""},
        Faulty{"NoUpdatingWords", "<updating new=\"False\" known=\"True\"/>", "",
               "14: updating=\"yes\" needs <updating"},
        Faulty{"UpdatingNeverSent", "<member name=\"isUpdating\" from=\"updating\"/>", "",
               "9: an operation says updating=\"yes\""},
        Faulty{"SessionNeverSent", "<member name=\"session\" from=\"session\"/>", "",
               "6: the session is never sent"},
        Faulty{"ObjectBatch", "batch=\"10\"", "batch=\"10\" data=\"object\"",
               "14: data=\"object\" holds one item"},
        Faulty{"AskWithoutCode", "<member name=\"m\" from=\"code\"/>", "",
               "16: <ask> never names the dossier"},
        Faulty{"GetWithMembers", "known=\"result\"", "known=\"result\" method=\"get\"",
               "16: a GET has no <member>"},
        Faulty{"TwoAnswers", "</profile>", "<answer code=\"c\"/></profile>",
               "29: <answer> stands here twice"},
        Faulty{"NothingAccepted", "outcome=\"accepted\"", "outcome=\"refused\"",
               "17: <answer> needs a <rule outcome=\"accepted\">"},
        Faulty{"AcceptedByWordsOnly", "<rule codes=\"0\"", "<rule contains=\"ok\"",
               "18: outcome=\"accepted\" needs codes"},
        Faulty{"EmptyRule", "<lines", "<rule outcome=\"retry\"/><lines", "19: <rule> needs codes"},
        Faulty{"UnknownOutcome", "outcome=\"accepted\"", "outcome=\"fine\"",
               "18: outcome=\"fine\""},
        Faulty{"StatusAccepts", "codes=\"404\" outcome=\"refused\"",
               "codes=\"404\" outcome=\"accepted\"", "20: an HTTP status can only fail"},
        Faulty{"StatusOutOfRange", "codes=\"404\"", "codes=\"200\"", "20: \"200\" is not an HTTP"},
        Faulty{"RateZero", "<endpoint name=\"auth\"",
               "<endpoint name=\"auth\" calls-per-second=\"0\"",
               "3: calls-per-second=\"0\": a number from 0.01 to 1000"},
        Faulty{"RateText", "<endpoint name=\"auth\"",
               "<endpoint name=\"auth\" calls-per-second=\"nan\"", "3: calls-per-second=\"nan\""},
        Faulty{"RateEmpty", "<endpoint name=\"auth\"",
               "<endpoint name=\"auth\" calls-per-second=\"\"", "3: calls-per-second=\"\""},
        Faulty{"BurstAlone", "<endpoint name=\"auth\"", "<endpoint name=\"auth\" burst=\"2\"",
               "3: burst=\"…\" needs calls-per-second"},
        Faulty{"BurstZero", "<endpoint name=\"auth\"",
               "<endpoint name=\"auth\" calls-per-second=\"2\" burst=\"0\"",
               "3: burst=\"0\": a whole number from 1 to 1000"},
        Faulty{"PageOfAPush", "from=\"data\"", "from=\"page\"", "13: from=\"page\" has no meaning"},
        Faulty{"CompareTwice", "with=\"E\"", "with=\"S\"", "27: \"S\" is compared twice"},
        Faulty{"CompareNothing", "<compare member=\"S\"/>", "<compare with=\"S\"/>",
               "26: <compare> needs member="},
        Faulty{"CompareMore", "with=\"E\"", "from=\"E\"",
               "27: <compare> has no attribute \"from\""},
        Faulty{"AskHasNoPages", "known=\"result\"", "known=\"result\" page-size=\"9\"",
               "16: <ask> has no attribute \"page-size\""},
        Faulty{"ListKnows", "rows=\"result\"", "rows=\"result\" known=\"result\"",
               "22: <list> has no attribute \"known\""},
        Faulty{"ListWithoutRows", "rows=\"result\" ", "", "22: <list> needs rows="},
        Faulty{"ListWithoutCode", " code=\"K\"", "", "22: <list> needs code="},
        Faulty{"ListWithoutEnd", "until=\"included\" ", "", "22: <list> needs until="},
        Faulty{"ListWithAnotherEnd", "\"included\"", "\"maybe\"",
               "22: until=\"maybe\": say \"excluded\" or \"included\""},
        Faulty{"ListWithoutDates", "dates=\"yyyyMMdd\" ", "", "22: <list> needs dates="},
        Faulty{"ListDates", "\"yyyyMMdd\"", "\"yyyyMM\"", "22: dates=\"yyyyMM\": "},
        Faulty{"ListPageSize", "page-size=\"9\"", "page-size=\"1001\"",
               "22: page-size=\"1001\": a whole number from 1 to 1000"},
        Faulty{"ListNeverBegins", "from=\"from\"", "value=\"x\"",
               "22: <list> never sends from=\"from\""},
        Faulty{"ListNeverEnds", "from=\"until\"", "value=\"x\"",
               "22: <list> never sends from=\"until\""},
        Faulty{"ListNeverTurnsThePage", "from=\"page\"", "value=\"x\"",
               "22: <list> never sends from=\"page\""},
        Faulty{"ListOfOne", "from=\"page\"", "from=\"code\"",
               "25: from=\"code\" has no meaning here"},
        Faulty{"StatusTwice", "codes=\"404\"", "codes=\"404 404\"", "20: HTTP status 404 stands"}),
    [](const auto& info) { return info.param.name; });

TEST(Profile, TheWholeExampleLoads) {
    const TemporaryFolder folder;
    const auto profile = Profile::load(folder.write("profile.xml", whole));
    ASSERT_TRUE(profile) << profile.error().message;
}

TEST(Profile, AllFaultsAreToldAtOnce) {
    const TemporaryFolder folder;
    auto text = replaced(whole, "batch=\"10\"", "batch=\"x\"");
    text = replaced(text, "in=\"header\"", "in=\"cookie\"");
    const auto profile = Profile::load(folder.write("profile.xml", text));
    ASSERT_FALSE(profile);
    EXPECT_THAT(profile.error().message, HasSubstr("profile.xml:5: "));
    EXPECT_THAT(profile.error().message, HasSubstr("\n"));
    EXPECT_THAT(profile.error().message, HasSubstr("profile.xml:14: "));
}

TEST(Profile, AnotherRootElementIsToldByName) {
    const TemporaryFolder folder;
    const auto profile = Profile::load(folder.write("profile.xml", "\n<mapping/>"));
    ASSERT_FALSE(profile);
    EXPECT_THAT(profile.error().message, HasSubstr("profile.xml:2: the root element is <mapping>"));
}

TEST(Profile, AMissingFileIsNamed) {
    const auto profile = Profile::load("/no/such/profile.xml");
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().kind, ErrorKind::Config);
    EXPECT_THAT(profile.error().message, HasSubstr("/no/such/profile.xml"));
}

TEST(Profile, TheShippedProfileSaysWhatTheContractSays) {
    const auto profile = Profile::load(shipped());
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_EQ(profile->name(), "mapi-2024");
    EXPECT_THAT(profile->settings(), ElementsAre("dstcode", "agency"));
    EXPECT_THAT(profile->endpoints(), ElementsAre("auth", "share", "integration"));
    for (const auto operation : all_operations)
        EXPECT_TRUE(profile->has(operation)) << to_string(operation);
    EXPECT_EQ(profile->batch(Operation::PushDossier), 10);
    EXPECT_EQ(profile->batch(Operation::PushProgress), 50);
    EXPECT_EQ(profile->batch(Operation::PushProcedure), 20);
    EXPECT_EQ(profile->batch(Operation::PushStatistics), 50);
    EXPECT_TRUE(profile->knows_updating(Operation::PushDossier));
    EXPECT_TRUE(profile->knows_updating(Operation::PushProcedure));
    EXPECT_FALSE(profile->knows_updating(Operation::PushProgress));
    EXPECT_FALSE(profile->knows_updating(Operation::PushStatistics));
    EXPECT_TRUE(profile->repeatable(Operation::PushProgress));
    EXPECT_FALSE(profile->knows_updating(Operation::PushStatus));
    EXPECT_TRUE(profile->can_ask());
    EXPECT_TRUE(profile->can_list());
    for (const auto operation : all_operations)
        EXPECT_EQ(profile->endpoint(operation), "integration");
    EXPECT_EQ(profile->ask_endpoint(), "share");
    EXPECT_EQ(profile->list_endpoint(), "share");
    for (const auto& endpoint : profile->endpoints())
        EXPECT_EQ(profile->pace(endpoint).per_second, 0) << endpoint;
}

TEST(Profile, AnEndpointMayHaveItsPace) {
    const TemporaryFolder folder;
    auto text = replaced(whole, "<endpoint name=\"auth\"",
                         "<endpoint name=\"auth\" calls-per-second=\"0.5\"");
    text = replaced(text, "<endpoint name=\"push\"",
                    "<endpoint name=\"push\" calls-per-second=\"20\" burst=\"40\"");
    const auto profile = Profile::load(folder.write("profile.xml", text));
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_EQ(profile->pace("auth").per_second, 0.5);
    EXPECT_EQ(profile->pace("auth").burst, 1);
    EXPECT_EQ(profile->pace("push").per_second, 20);
    EXPECT_EQ(profile->pace("push").burst, 40);
    EXPECT_EQ(profile->pace("nobody").per_second, 0);
}

TEST(Profile, ComparesUnderTheDocumentsName) {
    const TemporaryFolder folder;
    const auto data = read_profile(folder.write("profile.xml", whole));
    ASSERT_TRUE(data) << data.error().message;
    const auto& compares = (*data)->list->compares;
    ASSERT_EQ(compares.size(), 2u);
    EXPECT_EQ(compares[0].with, "S");
    EXPECT_EQ(compares[1].member, "D");
    EXPECT_EQ(compares[1].with, "E");
}

TEST(Profile, AWrapperWithoutLoginOrQuestionCanBeDescribed) {
    const auto profile = Profile::load(DVC_SOURCE_DIR "/tests/data/portal/hagiang.xml");
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_TRUE(profile->has(Operation::PushDossier));
    EXPECT_FALSE(profile->has(Operation::PushProgress));
    EXPECT_EQ(profile->batch(Operation::PushProgress), 1);
    EXPECT_FALSE(profile->can_ask());
    EXPECT_FALSE(profile->can_list());
    EXPECT_FALSE(profile->has(Operation::PushStatus));
    EXPECT_EQ(profile->endpoint(Operation::PushDossier), "dossiers");
    EXPECT_EQ(profile->endpoint(Operation::PushProgress), "");
    EXPECT_EQ(profile->ask_endpoint(), "");
    EXPECT_EQ(profile->list_endpoint(), "");
}

TEST(NormalCode, OneFormForNumbersAndStrings) {
    EXPECT_EQ(normal_code("0"), "0");
    EXPECT_EQ(normal_code("00"), "0");
    EXPECT_EQ(normal_code(" 0 "), "0");
    EXPECT_EQ(normal_code("-0"), "0");
    EXPECT_EQ(normal_code("-03"), "-3");
    EXPECT_EQ(normal_code("0100"), "100");
    EXPECT_EQ(normal_code("-"), "-");
    EXPECT_EQ(normal_code("E01"), "E01");
    EXPECT_EQ(normal_code(""), "");
}

TEST(ProfileFile, ABaseThatIsNotBesideItIsAFaultWithItsLine) {
    const TemporaryFolder folder;
    for (const std::string base : {"mapi-2034", "../mapi-2024", ".hidden"}) {
        const auto profile = Profile::load(
            folder.write("profile.xml", "\n<profile name=\"mine\" base=\"" + base + "\"/>"));
        ASSERT_FALSE(profile);
        EXPECT_THAT(profile.error().message,
                    HasSubstr("profile.xml:2: base=\"" + base + "\": there is no such profile"));
    }
}

TEST(ProfileFile, ABaseMayStandOnAnotherButNotOnItself) {
    const TemporaryFolder folder;
    const auto write = [&](const std::string& name, const std::string& base) {
        std::filesystem::create_directory(folder.path() / name);
        return folder.write(name + "/profile.xml",
                            "<profile name=\"" + name + "\" base=\"" + base + "\"/>");
    };
    std::filesystem::create_directory_symlink(DVC_SOURCE_DIR "/mappings/portal/mapi-2024",
                                              folder.path() / "mapi-2024");
    write("one", "mapi-2024");
    const auto two = Profile::load(write("two", "one"));
    ASSERT_TRUE(two) << two.error().message;
    EXPECT_EQ(two->name(), "two");
    EXPECT_TRUE(two->has(Operation::PushDossier));
    const auto mine = Profile::load(write("mine", "mine"));
    ASSERT_FALSE(mine);
    EXPECT_THAT(mine.error().message, HasSubstr("stands on more than 4 others, or on itself"));
}

TEST(ShippedProfiles, OneThatOnlyNamesAnotherIsSpokenLikeThatOne) {
    const auto below = Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml");
    const auto profile = Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi-2020/profile.xml");
    ASSERT_TRUE(below && profile);
    EXPECT_EQ(profile->name(), "mapi-2020");
    EXPECT_EQ(profile->endpoints(), below->endpoints());
    EXPECT_EQ(profile->settings(), below->settings());
    EXPECT_EQ(profile->batch(Operation::PushDossier), below->batch(Operation::PushDossier));
    EXPECT_TRUE(profile->callbacks());
}

TEST(ShippedProfiles, TheWrapperSendsDossiersAndNothingElse) {
    const auto profile =
        Profile::load(DVC_SOURCE_DIR "/mappings/portal/hagiang-wrapper/profile.xml");
    ASSERT_TRUE(profile) << profile.error().message;
    for (const auto operation : all_operations)
        EXPECT_EQ(profile->has(operation), operation == Operation::PushDossier)
            << to_string(operation);
    EXPECT_FALSE(profile->can_ask());
    EXPECT_FALSE(profile->can_pull());
    EXPECT_TRUE(profile->repeatable(Operation::PushDossier));
}

}  // namespace
}  // namespace dvcsync::portal::test
