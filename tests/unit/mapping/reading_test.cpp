// Readings of a small vocabulary: JSON read strictly and at a bounded cost, digests, and faults of
// reading files.
#include "connector/mapping/reading.h"

#include <gmock/gmock.h>

#include <chrono>

#include "connector/base/limits.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* root_element =
    "<root element='out'><attribute name='v' value='1'/>"
    "<attribute name='p' from='province'/></root>";

std::string written_record(const std::string& content, const std::string& root = root_element) {
    return "<vocabulary name='v'><date-form name='day' form='dd/MM/yyyy'/>"
           "<yes-no yes='co|yes' no='no'/>"
           "<words name='colour'><word from='do' to='red'/><word from='xanh' to='blue'/></words>"
           "<record kind='back' element='r' code='code' written='yes'>" +
           root +
           "<value name='code' path='code'/><value name='revision' path='@revision'/>"
           "<value name='kind' path='kind'/><value name='arrived' path='arrived' type='day'/>"
           "<value name='colour' path='a/colour' type='colour'/>"
           "<value name='ok' path='a/ok' type='yes-no'/><value name='at' path='a/at' type='day'/>"
           "<value name='text' path='text'/><value name='more' path='more'/>"
           "<list name='things' path='thing'><value name='name' path='.'/></list>"
           "<list name='files' path='files/file'><value name='name' path='name'/></list>" +
           content + "</record></vocabulary>";
}

std::string rules(const std::string& content, const std::string& attributes = "") {
    return "<reading name='x' record='back' kind='filing' " + attributes +
           "><date-form name='stamp' form='yyyyMMdd'/><codes name='c'><map from='red' to='1'/>"
           "<map from='blue' to='2'/></codes>"
           "<codes name='twice'><map from='a' to='1'/><map from='b' to='1'/></codes>\n" +
           content + "</reading>";
}

class ReadingFile : public ::testing::Test {
  protected:
    std::string faults(const std::string& reading, const std::string& content = "",
                       const std::string& root = root_element) {
        folder_.write("province/v.xml", written_record(content, root));
        folder_.write("portal/p/r.xml", reading);
        return folder_.faults();
    }
    // What the rules make of a document, without the XML declaration.
    std::string made(const std::string& reading, std::string_view json) {
        EXPECT_EQ(faults(reading), "");
        set_ = *folder_.load();
        const auto& x = *set_.reading("x");
        const auto national = x.read(json);
        if (!national) return "refused: " + national.error().text();
        Handing handing{"C1", 2, LocalTime(std::chrono::days(20'000)), "H1", {}};
        handing.files.resize(national->files.size(), StagedFile{"f", 1, {}, "t", false, ""});
        const auto xml = x.write(json, handing);
        return xml ? xml->substr(xml->find("<out")) : "not written: " + xml.error().text();
    }
    std::string refusal(std::string_view json) {
        const std::string text = made(rules("<value to='text' from='t'/>"), json);
        return text.starts_with("<out") ? "" : text;
    }

    Folder folder_;
    MappingSet set_;
};

TEST_F(ReadingFile, PutsEachValueInItsPlaceAndForm) {
    EXPECT_EQ(
        made(rules("<value to='code' from='id'/>"
                   "<value to='colour' from='x/c c' codes='c'/>"
                   "<value to='ok' from='ok'><code from='true' to='yes'/></value>"
                   "<value to='at' from='at' as='stamp'/>"
                   "<value to='text' from='/outer'/>"
                   "<list to='things' from='t'><value to='name' from='n' as='code'/></list>"
                   "<rest to='more'/>",
                   "content='in .' apart='id'"),
             R"({"outer":"<&\u0001\ufffe>","in":{"id":"I","c":2,"x":{"c":" "},"ok":true,)"
             R"("at":" 20260301 ","t":[{"n":" a "},{}],"k\"":[ 1.0 ]}})"),
        "<out v=\"1\" p=\"H1\">\n  <r revision=\"2\">\n    <code>C1</code>\n"
        "    <kind>filing</kind>\n    <arrived>04/10/2024</arrived>\n    <a>\n"
        "      <colour>xanh</colour>\n      <ok>co</ok>\n      <at>01/03/2026</at>\n    </a>\n"
        "    <text>&lt;&amp;&gt;</text>\n"
        "    <more>{\"x\":{\"c\":\" \"},\"k\\\"\":[ 1.0 ]}</more>\n"
        "    <thing>a</thing>\n    <thing></thing>\n    <files />\n  </r>\n</out>\n");
}

TEST_F(ReadingFile, KeepsTheBytesOfWhatIsTakenWhole) {
    const std::string form = R"({ "z" : 1.50, "a":[12345678901234567890123, 1e2 ] , "u":"\u0110"})";
    EXPECT_THAT(made(rules("<value to='text' from='f' as='json'/>"), "{\"f\": " + form + " }"),
                HasSubstr("<text>" + form + "</text>"));
    EXPECT_THAT(made(rules("<value to='text' from='f'/>"), "{\"f\":12345678901234567890.10}"),
                HasSubstr("<text>12345678901234567890.10</text>"));
}

TEST_F(ReadingFile, RefusesWhatIsNotStrictJson) {
    const std::pair<std::string, const char*> cases[] = {
        {"", "document: not JSON: at byte 1: The document is empty."},
        {"{\"t\":1", "not JSON: at byte 7"},
        {"{\"t\":1}x", "not JSON: at byte 8"},
        {"{\"t\":1}{}", "not JSON: at byte 8"},
        {std::string("{}\0{", 4), "not JSON: it holds a NUL byte"},
        {"{\"t\":1,}", "not JSON"},
        {"{'t':1}", "not JSON"},
        {"{\"t\":01}", "not JSON"},
        {"{\"t\":NaN}", "not JSON"},
        {"{\"t\":\"a\nb\"}", "not JSON"},
        {"{\"t\":\"\xC3(\"}", "not JSON"},
        {"{\"t\":\"\\ud800\"}", "not JSON"},
        {"{\"t\":\"\\udc00\"}", "at byte 14: an escape that is no character"},
        {"{\"t\":1,\"t\":2}", "at byte 13: the object that ends here has a member twice"},
        {"{\"t\":1,\"\\u0074\":2}", "the object that ends here has a member twice"},
        {"{\"a\":[{\"x\":{},\"y\":1,\"x\":[]}]}", "has a member twice"},
        {"[{\"t\":1}]", "refused: document: required, but there is no such object"},
        {"7", "refused: document: required, but there is no such object"},
    };
    for (const auto& [json, expected] : cases)
        EXPECT_THAT(refusal(json), HasSubstr(expected)) << json;
    EXPECT_EQ(refusal("\xEF\xBB\xBF {\"t\":1} \n"), "") << "a byte order mark does no harm";
}

TEST_F(ReadingFile, RefusesDepthAndSizeAtABoundedCost) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string open(10'000, '[');
    const std::string deep = "more than 64 objects and lists inside each other";
    EXPECT_THAT(refusal(open + std::string(10'000, ']')), HasSubstr(deep));
    EXPECT_THAT(refusal("{\"t\":" + open), HasSubstr(deep));
    EXPECT_THAT(refusal(std::string(limits::max_json, '[')), HasSubstr(deep));
    std::string objects;
    for (int i = 0; i < 100'000; ++i)
        objects += "{\"a\":";
    EXPECT_THAT(refusal(objects), HasSubstr(deep));
    std::string many = "[0";
    while (many.size() < limits::max_json - 2)
        many += ",0";
    EXPECT_THAT(refusal(many + "]"), HasSubstr("more than 200000 values"));
    EXPECT_THAT(refusal(std::string(limits::max_json + 1, ' ')), HasSubstr("larger than 33554432"));
    EXPECT_THAT(refusal(std::string(limits::max_json, ' ')), HasSubstr("not JSON"));
    EXPECT_THAT(refusal("{\"t\":\"" + std::string(limits::max_json - 7, 'x')),
                HasSubstr("not JSON"));
    EXPECT_THAT(refusal("{\"t\":1" + std::string(100'000, '0') + "}"), HasSubstr("too big"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    const std::string at_limit = std::string(63, '[') + std::string(63, ']');
    EXPECT_EQ(refusal("{\"x\":" + at_limit + "}"), "");
    EXPECT_THAT(refusal("{\"x\":[" + at_limit + "]}"), HasSubstr(deep));
}

TEST_F(ReadingFile, ListsAreBounded) {
    const std::string reading =
        rules("<list to='things' from='t'><value to='name' from='n'/></list>");
    std::string json = "{\"t\":[{}";
    for (std::size_t i = 0; i < limits::max_list; ++i)
        json += ",{}";
    EXPECT_EQ(made(reading, json + "]}"), "refused: t: more than 2000 members");
    EXPECT_EQ(made(reading, "{\"t\":[{},7]}"), "refused: t[2]: is not an object");
    EXPECT_EQ(made(reading, "{\"t\":{}}"), "refused: t: is not a list");
}

TEST_F(ReadingFile, AFileIsKeptIfItWasPromised) {
    const std::string reading = rules(
        "<files to='files' url='form'/><files to='files' from='f' id='i' name='n' base64='b'/>");
    EXPECT_EQ(faults(reading), "");
    set_ = *folder_.load();
    const auto national =
        set_.reading("x")->read(R"({"form":"","f":[{"i":1},{"b":"eA=="},{"n":" "},{}]})");
    ASSERT_TRUE(national) << national.error().text();
    ASSERT_EQ(national->files.size(), 2u);
    EXPECT_EQ(national->files[0].id, "1");
    EXPECT_EQ(national->files[1].base64, "eA==");
}

TEST_F(ReadingFile, ContentDigestsTellContentsApart) {
    EXPECT_EQ(faults(rules("<value to='text' from='t'/>", "apart='u'")), "");
    set_ = *folder_.load();
    const auto digest = [&](const char* json) { return set_.reading("x")->digest(json); };
    const auto same = [&](const char* a, const char* b) {
        EXPECT_TRUE(digest(a) && digest(b)) << a << ' ' << b;
        return digest(a) == digest(b);
    };
    EXPECT_TRUE(same(R"({"a":1,"b":["x",{"c":2}]})", R"( { "b" : ["x",{"\u0063":2}] , "a":1 } )"));
    EXPECT_TRUE(same(R"({"a":1})", R"({"a":"1"})"));
    for (const char* const one : {"1.0", "1", "10e-1", "0.1E+1", "100e-2"})
        EXPECT_TRUE(same(R"({"a":1})", ("{\"a\":" + std::string(one) + "}").c_str())) << one;
    EXPECT_TRUE(same(R"({"a":-0.0})", R"({"a":0})"));
    EXPECT_TRUE(same(R"({"a":1500})", R"({"a":15e2})"));
    const char* const others[] = {R"({"a":1})",
                                  R"({"a":-1})",
                                  R"({"a":10})",
                                  R"({"a":0.1})",
                                  R"({"a":[1]})",
                                  R"({"a":null})",
                                  R"({"a":""})",
                                  R"({"a":{}})",
                                  R"({"a":[]})",
                                  R"({"a":true})",
                                  R"({"a":false})",
                                  R"({})",
                                  R"({"b":1})",
                                  R"({"a":[[]]})",
                                  R"({"a":[1,2]})",
                                  R"({"a":[2,1]})",
                                  R"({"a":["1k1:"]})",
                                  R"({"a":1e40})",
                                  R"({"a":0.10000000000000000001})"};
    for (const char* const a : others)
        for (const char* const b : others)
            EXPECT_EQ(same(a, b), a == b) << a << ' ' << b;
    EXPECT_TRUE(same(R"({"a":1,"u":2,"b":{"u":1}})", R"({"b":{"u":1},"a":1})"));
    EXPECT_FALSE(same(R"({"b":{"u":1}})", R"({"b":{}})"));
    EXPECT_FALSE(digest("[]"));
    EXPECT_FALSE(digest("{"));
}

TEST_F(ReadingFile, WhatPassesInALinkTellsNoContentsApart) {
    EXPECT_EQ(faults(rules("<files to='files' from='f' url='u' hash='h' passing='token X-S-*'/>"
                           "<files to='files' url='form'/>")),
              "");
    set_ = *folder_.load();
    const auto same = [&](const std::string& a, const std::string& b) {
        const auto of = [&](const std::string& file) {
            return set_.reading("x")->digest(R"({"f":[{"n":1},{)" + file + "}]}");
        };
        EXPECT_TRUE(of(a) && of(b));
        return of(a) == of(b);
    };
    const std::string hash = R"(,"h":")" + std::string(64, 'a') + '"';
    const std::string other = R"(,"h":")" + std::string(64, 'b') + '"';
    EXPECT_TRUE(same(R"("u":"https://a/f?token=1")", R"("u":"https://a/f?token=2")"));
    EXPECT_TRUE(same(R"("u":"https://a/f?id=7&token=1")", R"("u":"https://a/f?TOKEN=2&id=7")"));
    EXPECT_TRUE(same(R"("u":"https://a/f?x-s-key=1&x-s-at=2#p")", R"("u":"https://a/f#p")"));
    EXPECT_FALSE(same(R"("u":"https://a/f?id=7&token=1")", R"("u":"https://a/f?id=8&token=1")"));
    EXPECT_FALSE(same(R"("u":"https://a/f?tokens=1")", R"("u":"https://a/f?tokens=2")"));
    EXPECT_FALSE(same(R"("u":"https://a/f?token=1")", R"("u":"https://a/g?token=1")"));
    EXPECT_FALSE(same(R"("u":"https://a/f#token=1")", R"("u":"https://a/f#token=2")"));
    EXPECT_TRUE(same(R"("u":"https://a/f?v=1")" + hash, R"("u":"https://a/f?v=2")" + hash));
    EXPECT_FALSE(same(R"("u":"https://a/f?v=1")" + hash, R"("u":"https://a/f?v=1")" + other));
    EXPECT_FALSE(same(R"("u":"https://a/f?v=1")" + hash, R"("u":"https://a/g?v=1")" + hash));
    EXPECT_FALSE(
        same(R"("u":"https://a/f?v=1","h":"none")", R"("u":"https://a/f?v=2","h":"none")"));
    const auto form = [&](const char* json) { return set_.reading("x")->digest(json); };
    EXPECT_NE(form(R"({"form":"https://a/f?token=1"})"), form(R"({"form":"https://a/f?token=2"})"))
        << "nothing passes where no rule says so";
}

TEST_F(ReadingFile, RefusesWhatARuleCannotMean) {
    const std::pair<const char*, const char*> cases[] = {
        {"<value to='txt' from='a'/>", "value 'txt': unknown canonical name 'txt' (did you mean"},
        {"<value from='a'/>", "<value> needs the attribute 'to'"},
        {"<value to='text'/>", "<value> needs the attribute 'from'"},
        {"<value to='text' from='a//b'/>", "from 'a//b': names joined by '/'"},
        {"<value to='text' from=' '/>", "from names no member"},
        {"<value to='text' from='/'/>", "from '/': names joined by '/'"},
        {"<value to='text' from='a' as='jsn'/>", "unknown as 'jsn' (did you mean 'json'?)"},
        {"<value to='text' from='a' as='stamp'/>", "'text': is not a date"},
        {"<value to='at' from='a'/>", "'at': is a date: say with 'as'"},
        {"<value to='colour' from='a'/>", "'colour': is a word: it needs 'codes'"},
        {"<value to='ok' from='a'/>", "'ok': is a word: it needs 'codes'"},
        {"<value to='colour' from='a' as='json' codes='c'/>", "as json must be a text"},
        {"<value to='colour' from='a' codes='d'/>", "unknown codes 'd' (did you mean 'c'?)"},
        {"<value to='text' from='a' codes='twice'/>", "codes 'twice': '1' stands for two words"},
        {"<value to='colour' from='a'><code from='1' to='gren'/></value>",
         "'gren' is not a canonical word of 'colour'"},
        {"<value to='colour' from='a'><code from='1' to='red'/><code from='1' to='red'/></value>",
         "code '1' comes twice"},
        {"<value to='text' from='a'/><value to='text' from='b'/>", "'text': is already written"},
        {"<value to='revision' from='a'/>", "value 'revision': is already written"},
        {"<list to='thing' from='a'><value to='name' from='n'/></list>",
         "unknown canonical list 'thing' (did you mean 'things'?)"},
        {"<list to='things' from='a'/>", "list 'things': the list reads nothing"},
        {"<list to='things' from='a'><rest to='name'/></list>",
         "<rest> does not belong into <list>"},
        {"<files to='files' name='n'/>", "files 'files': needs the attribute 'url' or 'base64'"},
        {"<files to='fils' url='u'/>", "did you mean 'files'?"},
        {"<files to='files' url='u' passing='a=b'/>", "passing 'a=b': names of parameters"},
        {"<files to='files' url='u' passing='*'/>", "passing '*': names of parameters"},
        {"<files to='files' base64='u' passing='a'/>", "passing 'a': names of parameters of a li"},
        {"<rest to='at'/>", "rest 'at': must be a text"},
        {"<kind word='supplement'/>", "<kind> needs the attribute 'when'"},
        {"<valu to='text' from='a'/>", "<valu> does not belong into <reading>"},
    };
    for (const auto& [element, expected] : cases) {
        const std::string text =
            faults(rules(std::string(element) + "<value to='more' from='m'/>"));
        EXPECT_THAT(text, HasSubstr(expected)) << element;
        EXPECT_THAT(text, HasSubstr("portal/p/r.xml:2: ")) << element;
    }
    EXPECT_THAT(faults(rules("")), HasSubstr("the reading reads nothing"));
    EXPECT_THAT(faults("<reading name='x' record='bak' kind='filing'/>"),
                HasSubstr("the vocabulary 'v' has no record 'bak' (did you mean 'back'?)"));
}

TEST_F(ReadingFile, RefusesWhatAWrittenRecordCannotMean) {
    const std::string reading = rules("<value to='text' from='a'/>");
    EXPECT_THAT(faults(reading, "<value name='z' xpath='string(z)'/>"),
                HasSubstr("a written record has paths, no xpath"));
    EXPECT_THAT(faults(reading, "<value name='z' path='z/1z'/>"),
                HasSubstr("'1z' cannot be written as the name of an element"));
    EXPECT_THAT(faults(reading, "", ""), HasSubstr("needs the element <root> around it"));
    EXPECT_THAT(faults(reading, "", "<root element='a&lt;b'/>"), HasSubstr("cannot be written"));
    EXPECT_THAT(faults(reading, "", "<root element='o'><attribute name='a'/></root>"),
                HasSubstr("<attribute> needs either 'value' or from='province'"));
    EXPECT_THAT(faults(reading, "", "<root element='o'/><root element='o'/>"),
                HasSubstr("<root> comes twice"));
    folder_.write("province/v.xml", vocabulary(""));
    folder_.write("portal/p/r.xml", "<reading name='x' record='dossier' kind='filing'/>");
    EXPECT_THAT(folder_.faults(), HasSubstr("is not written by the connector"));
}

TEST_F(ReadingFile, NamesAreTakenOnceAndWrittenRecordsAreNotRead) {
    const std::string reading = rules("<value to='text' from='a'/>");
    folder_.write("portal/p/s.xml", reading);
    EXPECT_EQ(faults(reading), "portal/p/s.xml:1: another file already is the reading 'x'");
    folder_.write("portal/p/s.xml",
                  "<mapping record='back' answers='q'><field to='F' from='text'/></mapping>");
    EXPECT_EQ(faults(reading), "");
    const auto set = folder_.load();
    EXPECT_TRUE(set->vocabulary().kinds().empty()) << "a drop file may not hold one";
    EXPECT_NE(set->answer("q", "back"), nullptr);
    EXPECT_EQ(set->answer("q"), nullptr) << "of dossiers nobody has said an answer";
    folder_.write("portal/p/t.xml",
                  "<mapping record='back' answers='q' operation='push-dossier'>"
                  "<field to='F' from='text'/></mapping>");
    EXPECT_THAT(faults(reading), HasSubstr("t.xml:1: a mapping has either 'operation' or"));
    EXPECT_THAT(faults(reading), HasSubstr("t.xml:1: another file already maps 'q'"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
