// The parts of the profile file that describe the way in: own members of an operation,
// <submissions> and <callbacks>. Every fault is told with file and line.
#include <gmock/gmock.h>

#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"
#include "tests/unit/portal/support_profile.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string whole = R"(<profile name="p">
  <endpoint name="e"/>
  <push body="envelope">
    <member name="service" from="service"/>
    <member name="data" from="data"/>
    <operation name="push-status" service="S" endpoint="e" batch="1" data="object" key="K">
      <member name="type" value="2"/>
    </operation>
  </push>
  <answer code="c"><rule codes="0" outcome="accepted"/></answer>
  <submissions>
    <list endpoint="e" service="L" dates="yyyyMMdd" page-size="9" overlap-hours="24" rows="r"
          code="K" changed="T">
      <member name="a" from="since"/>
      <member name="b" from="page"/>
    </list>
    <fetch endpoint="e" service="F" data="r" reading="submission">
      <member name="a" from="code"/>
    </fetch>
    <files>
      <host name="Files.Example.vn"/>
      <host name="*.example.vn"/>
    </files>
  </submissions>
  <callbacks>
    <prefix path="/forward/"/>
    <callback name="new" service="s" code="d.K K">
      <reading service="N" name="one"/>
      <reading name="two"/>
    </callback>
    <callback name="search/call" kind="question" code="K" answer="found"/>
    <callback name="file" kind="file"/>
    <answers content-type="application/json" code="c" message="m">
      <accepted code="0" number="yes" message="{code}: yes"/>
      <duplicate code="1" message="{code}: again"/>
      <refused code="-1" number="yes" message="{reason}"/>
      <unknown-service code="-2" message="no"/>
      <unparsable status="500" text="what?"/>
      <not-found status="404"/>
      <too-large status="413"/>
      <unavailable status="503" retry-after="30"/>
      <unanswered code="-3" message="none"/>
    </answers>
  </callbacks>
</profile>
)";

class InboundFault : public ::testing::TestWithParam<Faulty> {};

TEST_P(InboundFault, IsToldWithFileAndLine) {
    expect_fault(whole, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Operations, InboundFault,
    ::testing::Values(
        Faulty{"OwnMemberTwice", "<member name=\"type\" value=\"2\"/>",
               "<member name=\"t\" value=\"2\"/><member name=\"t\" value=\"3\"/>",
               "7: member \"t\" stands here twice"},
        Faulty{"MemberOfTheEnvelope", "name=\"type\"", "name=\"service\"",
               "6: the envelope has a member \"service\" already"},
        Faulty{"OwnData", "value=\"2\"", "from=\"data\"", "7: from=\"data\" has no meaning here"},
        Faulty{"BatchOfObjects", "batch=\"1\" data", "batch=\"2\" data",
               "6: data=\"object\" holds one item, so batch=\"1\""},
        Faulty{"OtherChild", "<member name=\"type\" value=\"2\"/>", "<reading name=\"x\"/>",
               "7: <reading> may not stand inside <operation>"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Submissions, InboundFault,
    ::testing::Values(
        Faulty{"NoList",
               "<list endpoint=\"e\" service=\"L\" dates=\"yyyyMMdd\" page-size=\"9\" "
               "overlap-hours=\"24\" rows=\"r\"\n          code=\"K\" changed=\"T\">\n"
               "      <member name=\"a\" from=\"since\"/>\n"
               "      <member name=\"b\" from=\"page\"/>\n    </list>",
               "", "11: <submissions> needs a <list>"},
        Faulty{"NoFetch",
               "<fetch endpoint=\"e\" service=\"F\" data=\"r\" reading=\"submission\">\n"
               "      <member name=\"a\" from=\"code\"/>\n    </fetch>",
               "", "11: <submissions> needs a <fetch>"},
        Faulty{"Endpoint", "endpoint=\"e\" service=\"L\"", "endpoint=\"f\" service=\"L\"",
               "12: endpoint \"f\" is not declared"},
        Faulty{"Dates", "\"yyyyMMdd\"", "\"yyyyMM\"", "12: dates=\"yyyyMM\": "},
        Faulty{"NoDates", "dates=\"yyyyMMdd\"", "", "12: <list> needs dates="},
        Faulty{"PageSize", "page-size=\"9\"", "page-size=\"0\"", "12: page-size=\"0\""},
        Faulty{"NoOverlap", "overlap-hours=\"24\"", "", "12: <list> needs overlap-hours="},
        Faulty{"Overlap", "overlap-hours=\"24\"", "overlap-hours=\"745\"",
               "12: overlap-hours=\"745\": a whole number from 0 to 744"},
        Faulty{"NoRows", "rows=\"r\"", "", "12: <list> needs rows="},
        Faulty{"NoCode", "code=\"K\" changed", "changed", "12: <list> needs code="},
        Faulty{"Until", "rows=\"r\"", "rows=\"r\" until=\"included\"",
               "12: <list> has no attribute \"until\""},
        Faulty{"NeverSince", "from=\"since\"", "value=\"x\"",
               "12: <list> never sends from=\"since\""},
        Faulty{"NeverThePage", "from=\"page\"", "value=\"x\"",
               "12: <list> never sends from=\"page\""},
        Faulty{"FromOfAnotherList", "from=\"since\"", "from=\"from\"",
               "14: from=\"from\" has no meaning here"},
        Faulty{"Compare", "<member name=\"b\" from=\"page\"/>",
               "<member name=\"b\" from=\"page\"/><compare member=\"x\"/>",
               "15: <compare> may not stand inside <list>"},
        Faulty{"NeverTheCode", "from=\"code\"", "value=\"x\"",
               "17: <fetch> never sends from=\"code\""},
        Faulty{"NoData", "data=\"r\" ", "", "17: <fetch> needs data="},
        Faulty{"NoReading", " reading=\"submission\"", "", "17: <fetch> needs reading="},
        Faulty{"ReadingIsAPath", "reading=\"submission\"", "reading=\"../x\"",
               "17: reading=\"../x\": a mapping's name has"},
        Faulty{"HostWithScheme", "Files.Example.vn", "https://files.example.vn",
               "21: \"https://files.example.vn\" is no host"},
        Faulty{"HostWithPort", "Files.Example.vn", "files.example.vn:443", "21: \"files"},
        Faulty{"EveryHost", "*.example.vn", "*", "22: \"*\" is no host"},
        Faulty{"ACountry", "*.example.vn", "*.vn", "22: \"*.vn\" is no host"},
        Faulty{"StarInside", "*.example.vn", "a.*.vn", "22: \"a.*.vn\" is no host"},
        Faulty{"HostTwice", "*.example.vn", "files.example.vn",
               "22: host \"files.example.vn\" stands here twice"},
        Faulty{"NoHost", "<host name=\"*.example.vn\"/>", "<host/>", "22: <host> needs name="}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Callbacks, InboundFault,
    ::testing::Values(
        Faulty{"NoPrefix", "<prefix path=\"/forward/\"/>", "", "25: <callbacks> needs a <prefix>"},
        Faulty{"OpenPrefix", "\"/forward/\"", "\"/forward\"", "26: path=\"/forward\": begins"},
        Faulty{"EncodedPrefix", "\"/forward/\"", "\"/a%20b/\"", "26: path=\"/a%20b/\""},
        Faulty{"PrefixTwice", "<prefix path=\"/forward/\"/>",
               "<prefix path=\"/a/\"/><prefix path=\"/a/\"/>", "26: prefix \"/a/\" stands here"},
        Faulty{"CallbackTwice", "name=\"file\"", "name=\"new\"",
               "32: callback \"new\" stands here twice"},
        Faulty{"CallbackName", "name=\"file\"", "name=\"/file\"", "32: name=\"/file\""},
        Faulty{"UnknownKind", "kind=\"file\"", "kind=\"fiel\"", "32: kind=\"fiel\": say"},
        Faulty{"FileWithCode", "kind=\"file\"", "kind=\"file\" code=\"x\"",
               "32: <callback> has no attribute \"code\""},
        Faulty{"QuestionWithoutAnswer", " answer=\"found\"", "", "31: <callback> needs answer="},
        Faulty{"QuestionWithoutCode", "kind=\"question\" code=\"K\"", "kind=\"question\"",
               "31: <callback> needs code="},
        Faulty{"NoReading", "kind=\"file\"", "kind=\"reading\"",
               "32: <callback> needs a <reading>"},
        Faulty{"TwoForAny", "<reading service=\"N\" name", "<reading name",
               "29: there are two readings for any service"},
        Faulty{"ServiceTwice", "<reading name=\"two\"/>", "<reading service=\"N\" name=\"two\"/>",
               "29: service \"N\" stands here twice"},
        Faulty{"ServiceOfNothing", "name=\"new\" service=\"s\"", "name=\"new\"",
               "28: service=\"…\" needs service=\"…\" in <callback>"},
        Faulty{"ReadingName", "name=\"two\"", "name=\"Two\"", "29: name=\"Two\": a mapping's name"},
        Faulty{"NoContentType", "content-type=\"application/json\" ", "",
               "33: <answers> needs content-type="},
        Faulty{"AnAnswerIsMissing", "<not-found status=\"404\"/>", "",
               "33: <answers> needs <not-found>"},
        Faulty{"AnAnswerTwice", "<not-found status=\"404\"/>",
               "<not-found status=\"404\"/><not-found status=\"404\"/>",
               "39: <not-found> stands here twice"},
        Faulty{"CodeIsNoNumber", "code=\"0\" number", "code=\"x\" number",
               "34: code=\"x\" is not a whole number"},
        Faulty{"NoMessage", " message=\"{code}: yes\"", "", "34: <accepted> needs message="},
        Faulty{"OtherPlace", "{reason}", "{name}", "36: \"{name}\": only {code} and {reason}"},
        Faulty{"OpenPlace", "{reason}", "{reason", "36: \"{reason\": only"},
        Faulty{"TextAndCode", "text=\"what?\"", "text=\"what?\" code=\"1\" message=\"x\"",
               "38: give either text"},
        Faulty{"MessageAlone", "text=\"what?\"", "message=\"what?\"", "38: message=\"…\" and"},
        Faulty{"Status", "\"500\"", "\"600\"", "38: status=\"600\": a whole number from 200"},
        Faulty{"RetryAfter", "retry-after=\"30\"", "retry-after=\"0\"", "41: retry-after=\"0\""}),
    [](const auto& info) { return info.param.name; });

TEST(InboundProfile, TheWholeExampleLoads) {
    const TemporaryFolder folder;
    const auto profile = Profile::load(folder.write("profile.xml", whole));
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_TRUE(profile->can_pull());
    EXPECT_EQ(profile->overlap(), std::chrono::hours(24));
    EXPECT_THAT(profile->file_hosts(), ElementsAre("files.example.vn", "*.example.vn"));
    ASSERT_TRUE(profile->callbacks());
    EXPECT_THAT(profile->callbacks()->readings(), ElementsAre("one", "two"));
    const auto match = profile->callbacks()->match("/forward/new");
    ASSERT_TRUE(match);
    EXPECT_EQ(match->reading_for(R"({"s":"N"})").reading, "one");
    EXPECT_EQ(match->reading_for(R"({"s":"other","K":"7"})").reading, "two");
    EXPECT_EQ(match->reading_for(R"({"K":"7"})").code, "7");
    // A member whose name has a dot is not a step of a path.
    EXPECT_EQ(match->reading_for(R"({"d.K":"8","K":"7"})").code, "7");
    EXPECT_EQ(match->reading_for(R"({"d":[{"K":"8"}],"K":"7"})").code, "7");
    EXPECT_EQ(match->reading_for(R"({"K":"7","d":{"K":"8"}})").code, "8");
    using Said = Callbacks::Said;
    EXPECT_EQ(profile->callbacks()->answer(Said::Duplicate, "A").body,
              R"({"c":"1","m":"A: again"})");
}

TEST(InboundProfile, WithoutFilesNoHostIsAllowed) {
    const TemporaryFolder folder;
    auto text = replaced(whole, "<host name=\"Files.Example.vn\"/>", "");
    text = replaced(text, "<host name=\"*.example.vn\"/>", "");
    const auto none = Profile::load(folder.write("none.xml", text));
    ASSERT_TRUE(none) << none.error().message;
    EXPECT_TRUE(none->file_hosts().empty());
}

TEST(InboundProfile, ABareBodyHasNoOwnMembers) {
    const TemporaryFolder folder;
    const auto profile = Profile::load(
        folder.write("profile.xml", R"(<profile name="p"><endpoint name="e"/><push body="data">
        <operation name="push-status" endpoint="e" batch="1" data="object" key="K">
        <member name="type" value="2"/></operation></push>
        <answer code="c"><rule codes="0" outcome="accepted"/></answer></profile>)"));
    ASSERT_FALSE(profile);
    EXPECT_THAT(profile.error().message, HasSubstr("2: a body of bare data has no <member>"));
}

TEST(InboundProfile, TheShippedOneSaysWhatTheContractSays) {
    const auto profile = Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml");
    ASSERT_TRUE(profile) << profile.error().message;
    for (const auto operation : {Operation::ConfirmSubmission, Operation::PushStatus}) {
        EXPECT_EQ(profile->batch(operation), 1);
        EXPECT_FALSE(profile->knows_updating(operation));
        EXPECT_TRUE(profile->repeatable(operation));
        EXPECT_EQ(profile->endpoint(operation), "integration");
    }
    EXPECT_TRUE(profile->can_pull());
    EXPECT_EQ(profile->news_endpoint(), "share");
    EXPECT_EQ(profile->fetch_endpoint(), "share");
    EXPECT_EQ(profile->fetch_reading(), "submission");
    EXPECT_EQ(profile->overlap(), std::chrono::hours(48));
    EXPECT_THAT(profile->file_hosts(), ElementsAre("dichvucong.gov.vn", "*.dichvucong.gov.vn"));
}

TEST(InboundProfile, AWrapperHasNoneOfIt) {
    const auto profile = Profile::load(DVC_SOURCE_DIR "/tests/data/portal/hagiang.xml");
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_FALSE(profile->can_pull());
    EXPECT_EQ(profile->news_endpoint(), "");
    EXPECT_EQ(profile->fetch_endpoint(), "");
    EXPECT_EQ(profile->fetch_reading(), "");
    EXPECT_EQ(profile->overlap(), std::chrono::hours(0));
    EXPECT_TRUE(profile->file_hosts().empty());
}

}  // namespace
}  // namespace dvcsync::portal::test
