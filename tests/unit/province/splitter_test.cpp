#include "connector/province/splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connector/base/limits.h"
#include "tests/unit/province/split.h"

namespace dvcsync::province {
namespace {

using test::dossier;
using test::Outcome;
using test::split;
using test::wrapped;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> codes(const Outcome& outcome) {
    std::vector<std::string> codes;
    for (const RawRecord& record : outcome.records)
        codes.push_back(record.code + (record.fault.empty() ? "" : "!"));
    return codes;
}
using Codes = std::vector<std::string>;

TEST(Splitter, CutsRecordsOutAsTheirBytesWithLineAndCode) {
    const Outcome outcome =
        split(wrapped("<dossier>\n <code> A-1 </code>\n</dossier>\n\n"
                      "  <procedure id='7'><code>1.005129</code></procedure>\n"
                      "<dossier/>"));
    ASSERT_EQ(outcome.records.size(), 3u);
    EXPECT_EQ(outcome.records[0].kind, "dossier");
    EXPECT_EQ(outcome.records[0].xml, "<dossier>\n <code> A-1 </code>\n</dossier>");
    EXPECT_EQ(outcome.records[0].code, "A-1");
    EXPECT_EQ(outcome.records[0].line, 3u);
    EXPECT_EQ(outcome.records[1].kind, "procedure");
    EXPECT_EQ(outcome.records[1].xml, "<procedure id='7'><code>1.005129</code></procedure>");
    EXPECT_EQ(outcome.records[1].code, "1.005129");
    EXPECT_EQ(outcome.records[1].line, 7u);
    EXPECT_EQ(outcome.records[2].xml, "<dossier/>");
    for (const RawRecord& record : outcome.records)
        EXPECT_EQ(record.fault, "");
    EXPECT_EQ(outcome.end, "end");
    EXPECT_EQ(outcome.marks.back().records, 3u);
    EXPECT_EQ(outcome.marks[0].path, "province-export");
    EXPECT_EQ(outcome.marks.back().path, "");
}

TEST(Splitter, TheCodeIsTheRecordsOwnAndNotThatOfAPart) {
    const Outcome outcome =
        split(wrapped("<dossier><components><component><code>C-9</code></component></components>"
                      "<code>A-1</code><procedure>1.005129</procedure><code>A-2</code></dossier>"));
    EXPECT_EQ(codes(outcome), Codes{"A-1"});
    EXPECT_EQ(split(wrapped("<dossier><code/><x>1</x></dossier>")).records[0].code, "");
    EXPECT_EQ(split(wrapped("<dossier><code><b>1</b></code></dossier>")).records[0].code, "");
    const std::string longest = split(wrapped(dossier(std::string(5000, 'x')))).records[0].code;
    EXPECT_LE(longest.size(), limits::max_code * 4);
}

TEST(Splitter, MarkupInsideCommentsCdataInstructionsAndAttributesIsText) {
    const std::string inside =
        "<!-- </dossier> <dossier> --><x><![CDATA[</dossier><dossier>]]></x><?p </dossier> ?>"
        "<x a='>' b=\"a>b 'c\" c='\"/>'/>";
    const Outcome outcome =
        split(wrapped("<!-- <dossier><code>no</code></dossier> --><?p <dossier>?>" +
                      dossier("A-1", inside) + dossier("A-2")));
    EXPECT_EQ(codes(outcome), (Codes{"A-1", "A-2"}));
    EXPECT_THAT(outcome.records[0].xml, HasSubstr("<![CDATA[</dossier><dossier>]]>"));
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, ElementsOfTheSameNameNestBelowTheTop) {
    const std::string nested =
        "<dossier><code>A-1</code><linked><dossier><code>A-0</code></dossier><dossier/></linked>"
        "</dossier>";
    const Outcome outcome = split(wrapped(nested + dossier("A-2")));
    EXPECT_EQ(codes(outcome), (Codes{"A-1", "A-2"}));
    EXPECT_EQ(outcome.records[0].xml, nested);
}

TEST(Splitter, RecordsMayStandInsideOtherElements) {
    const Outcome outcome =
        split(wrapped("<head><made>today</made></head><dossiers>" + dossier("A-1") +
                      "</dossiers><more><dossiers>" + dossier("A-2") + "</dossiers></more>"));
    EXPECT_EQ(codes(outcome), (Codes{"A-1", "A-2"}));
    EXPECT_EQ(outcome.marks[1].path, "province-export/more/dossiers");
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, AnExportOfNothingIsFine) {
    EXPECT_EQ(split(wrapped("")).end, "end");
    EXPECT_EQ(split("<province-export/>").end, "end");
    EXPECT_EQ(
        split("\xEF\xBB\xBF<?xml version='1.0'?> <!-- x --><province-export></province-export >"
              "\n<!-- y --><?z?>\n")
            .end,
        "end");
}

TEST(Splitter, ARecordWithMismatchedTagsComesWholeWithAFaultAndAlone) {
    const Outcome outcome =
        split(wrapped(dossier("A-1") +
                      "<dossier>\n<code>A-2</code>\n<applicant>\n<name>x</applicant>\n"
                      "</dossier>\n" +
                      dossier("A-3", "</note>") + dossier("A-4")));
    EXPECT_EQ(codes(outcome), (Codes{"A-1", "A-2!", "A-3!", "A-4"}));
    EXPECT_EQ(outcome.records[1].fault,
              "line 7: </applicant> does not match <name>, opened on line 7");
    EXPECT_THAT(outcome.records[1].xml, testing::EndsWith("</dossier>"));
    EXPECT_EQ(outcome.records[2].fault, "line 9: </note> without its start tag");
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, ARecordWithoutItsEndTagIsCutAtTheNext) {
    const Outcome outcome = split(wrapped(
        "<dossier><code>A-1</code>\n" + dossier("A-2") +                         // after a child
        "<dossier><code>A-3</code><applicant><name>x\n" + dossier("A-4") +       // inside one
        dossier("A-5") + "<dossier><code>A-6</code><appli\n" + dossier("A-7") +  // inside a tag
        "<dossier><code>A-8</code>\n"));                                         // the last one
    EXPECT_EQ(codes(outcome), (Codes{"A-1!", "A-2", "A-3!", "A-4", "A-5", "A-6!", "A-7", "A-8!"}));
    EXPECT_EQ(outcome.records[0].fault, "the end tag </dossier> is missing before line 4");
    EXPECT_EQ(outcome.records[0].xml, "<dossier><code>A-1</code>\n");
    EXPECT_THAT(outcome.records[2].fault, HasSubstr("</dossier> is missing before line 6"));
    EXPECT_THAT(outcome.records[5].fault, StartsWith("line 8: a tag that is not closed"));
    EXPECT_THAT(outcome.records[7].fault, HasSubstr("missing before line 11"));
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, ManyTruncatedRecordsEachParkAlone) {
    std::string text;
    for (int i = 0; i < 500; ++i)
        text += "<dossier><code>" + std::to_string(i) + "</code><a><b>x\n" +
                dossier("ok" + std::to_string(i));
    const Outcome outcome = split(wrapped(text));
    ASSERT_EQ(outcome.records.size(), 1000u);
    for (std::size_t i = 0; i < 1000; ++i)
        EXPECT_EQ(outcome.records[i].fault.empty(), i % 2 == 1) << i;
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, ADamagedStartTagDoesNotMakeARecordVanish) {
    const Outcome outcome = split(wrapped(dossier("A-1") + "<dosXier><code>A-2</code></dossier>\n" +
                                          dossier("A-3") + "dossier><code>A-4</code></dossier>\n" +
                                          "<dossier <code>A-5</code></dossier>" + dossier("A-6")));
    EXPECT_EQ(codes(outcome), (Codes{"A-1", "!", "A-3", "!", "A-5!", "A-6"}));
    EXPECT_EQ(outcome.records[1].fault, "line 4: </dossier> without its start tag");
    EXPECT_EQ(outcome.records[1].xml, "\n<dosXier><code>A-2</code></dossier>");
    EXPECT_EQ(outcome.records[1].kind, "dossier");
    EXPECT_THAT(outcome.records[4].fault, HasSubstr("not closed"));
    EXPECT_EQ(outcome.end, "end");
}

// What a dossier without its start tag leaves behind: its parts, one of which has the name of
// another kind of record.
const std::string headless =
    "<code>A-2</code><procedure>1.005129</procedure><status>x</status></dossier>\n";

TEST(Splitter, ThePartsOfARecordWithoutItsStartTagAreNoRecords) {
    for (const std::string start : {"", "dossier>", "<dosXier>", "<dosXier><a/>", "<dossierx>"}) {
        for (const std::string& parts :
             {headless, std::string("<procedure/></dossier>"),
              "<procedure></procedure><a><b/></a></dossier>" + headless}) {
            const Outcome outcome = split(wrapped(dossier("A-1") + start + parts + dossier("A-3")));
            for (const RawRecord& record : outcome.records)
                EXPECT_EQ(record.kind, "dossier") << start << parts;
            EXPECT_EQ(outcome.records.back().code, "A-3");
            EXPECT_EQ(outcome.records.back().fault, "");
            ASSERT_GE(outcome.records.size(), 3u);
            EXPECT_THAT(outcome.records[1].fault, HasSubstr("</dossier> without its start tag"));
            EXPECT_THAT(outcome.records[1].xml, HasSubstr("<procedure"));
            EXPECT_EQ(outcome.end, "end");
        }
    }
}

TEST(Splitter, ManyDamagedStartTagsDoNotNestTheFileTooDeep) {
    std::string text;
    for (std::size_t i = 0; i < 2 * limits::max_xml_depth; ++i)
        text += "<dosXier>" + headless;
    const Outcome outcome = split(wrapped("<g>" + text + dossier("B") + "</g>"));
    EXPECT_EQ(outcome.records.size(), 2 * limits::max_xml_depth + 1);
    EXPECT_EQ(outcome.marks.back().path, "");
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, ARecordWithoutPartsIsARecordWhereNoEndTagClaimsIt) {
    const std::string hollow = "<procedure>\n1.005129</procedure>";
    for (const std::string& after :
         {std::string(), dossier("B"), hollow + dossier("B"), "<a><b/></a>" + dossier("B"),
          std::string("<a><b>"), "</procedure>" + dossier("B"), std::string("<!DOCTYPE x>"),
          std::string("\xFF"), std::string("<!-- "), std::string("<dossier><code>B"),
          "<a>" + std::string(limits::max_record, 'x') + "</a></dossier>"}) {
        const Outcome outcome = split(wrapped("<g>" + dossier("A") + hollow + after + "</g>"));
        ASSERT_GE(outcome.records.size(), 2u) << after.substr(0, 40);
        EXPECT_EQ(outcome.records[1].xml, hollow) << after.substr(0, 40);
        EXPECT_EQ(outcome.records[1].fault, "");
        EXPECT_EQ(outcome.records[1].line, 4u);
    }
    EXPECT_EQ(codes(split(wrapped(hollow + dossier("B")))), (Codes{"", "B"}));
    EXPECT_EQ(split(wrapped("<procedure>\xFF</procedure></dossier>")).records[0].kind, "procedure");
}

TEST(Splitter, ACodeIsReadThroughReferencesCommentsAndCdata) {
    const auto code = [](const std::string& text) {
        return split(wrapped(dossier(text))).records.at(0).code;
    };
    EXPECT_EQ(code(" <![CDATA[A-1]]> "), "A-1");
    EXPECT_EQ(code("A<!-- x -->-<?p?><![CDATA[<1>]]>&amp;&#50;&#x110;"), "A-<1>&2\xC4\x90");
    EXPECT_EQ(code("A&unknown;"), "");
    EXPECT_EQ(code("A&#0;"), "");
}

TEST(RecordCheck, JudgesOneRecordAsTheDropFolderDoes) {
    const RecordShape shape{"dossier", "dossier", "code"};
    const auto fault = [&](std::string_view xml) { return fault_of(shape, xml); };
    EXPECT_EQ(fault("<dossier><code>A</code><n>ở</n></dossier>"), "");
    EXPECT_EQ(fault("<dossier/>"), "");
    EXPECT_EQ(fault("<dossier>x</dossier>"), "");
    EXPECT_THAT(fault("<dossier><a>\x1B</a></dossier>"), HasSubstr("control character"));
    EXPECT_THAT(fault("<dossier>\xFF</dossier>"), ::testing::EndsWith("not UTF-8"));
    EXPECT_THAT(fault("<dossier>Nguye\xE3n Va\xEAn</dossier>"),
                ::testing::EndsWith("not UTF-8; it looks like VNI"));
    EXPECT_THAT(fault("<dossier><a></dossier>"), HasSubstr("does not match"));
    EXPECT_THAT(fault("<dossier><?xml version='1.0'?><a/></dossier>"), HasSubstr("declaration"));
    EXPECT_THAT(fault("<dossier><a>"), HasSubstr("missing"));
    EXPECT_THAT(fault("<a/></dossier>"), HasSubstr("without its start tag"));
    for (const char* no : {"", "x", "<procedure/>", "<dossier/><dossier/>", " <dossier/>"})
        EXPECT_THAT(fault(no), StartsWith("this is not")) << no;
}

TEST(RecordCheck, CountsTheLinesOfTheFileThatTheRecordStoodIn) {
    const RecordShape shape{"dossier", "dossier", "code"};
    EXPECT_THAT(fault_of(shape, "<dossier>\n<a>\n</dossier>", 4711), StartsWith("line 4713: "));
    const Outcome outcome = split(wrapped(dossier("A") + "<dossier>\n<a>\n</dossier>\n"));
    const RawRecord& bad = outcome.records.at(1);
    EXPECT_EQ(fault_of(shape, bad.xml, bad.line), bad.fault);
}

TEST(Splitter, KeepsTheStartTagOfTheRootForItsAttributes) {
    Splitter splitter(test::shapes(), "province-export");
    splitter.feed("<?xml version='1.0'?>\n<province-export a='1'\n b=\"2\">" + dossier("A"));
    RawRecord record;
    EXPECT_EQ(splitter.next(record), Splitter::Step::Record);
    EXPECT_EQ(splitter.root_tag(), "<province-export a='1'\n b=\"2\">");
}

TEST(Splitter, ARecordTooLargeIsNamedAndPassedOver) {
    const std::string large(limits::max_record, 'x');
    const Outcome outcome = split(
        wrapped(dossier("A-1") + dossier("A-2", "<note>\n" + large + "</note>") + dossier("A-3") +
                dossier("A-4", "<!--" + large + "</dossier>" + large + "-->") + dossier("A-5")),
        4096);
    EXPECT_EQ(codes(outcome), (Codes{"A-1", "A-2!", "A-3", "A-4!", "A-5"}));
    EXPECT_EQ(outcome.records[1].fault, "the record is larger than 4 MB");
    EXPECT_EQ(outcome.records[1].xml.size(), limits::kept_of_bad);
    EXPECT_EQ(outcome.records[2].line, 6u);
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, TheLargestAllowedRecordPassesAndOneByteMoreDoesNot) {
    const std::string frame = dossier("A-1", "<n></n>");
    const std::string room(limits::max_record - (frame.size() - 1), 'x');
    EXPECT_EQ(codes(split(wrapped(dossier("A-1", "<n>" + room + "</n>")), 65536)), Codes{"A-1"});
    EXPECT_EQ(codes(split(wrapped(dossier("A-1", "<n>x" + room + "</n>")), 65536)), Codes{"A-1!"});
}

TEST(Splitter, TooDeepNestingIsNamedAndPassedOver) {
    std::string deep, end;
    for (int i = 0; i < 100; ++i) {
        deep += "<a>";
        end += "</a>";
    }
    const Outcome outcome = split(wrapped(dossier("A-1", deep + end) + dossier("A-2")));
    EXPECT_EQ(codes(outcome), (Codes{"A-1!", "A-2"}));
    EXPECT_THAT(outcome.records[0].fault, HasSubstr("deeper than 64"));
    EXPECT_THAT(split(wrapped(deep + end)).end, HasSubstr("nest too deep"));
}

TEST(Splitter, BytesThatAreNotUtf8SpoilOnlyTheirRecord) {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += dossier("A-" + std::to_string(i));
    text += "<dossier><code>B</code>\n<note>\xE1\xBB</note></dossier>\n" + dossier("C") +
            dossier("D", std::string("<note>a\0b</note>", 16)) + dossier("E", "\x1B") +
            dossier("F");
    const Outcome outcome = split(wrapped(text));
    ASSERT_EQ(outcome.records.size(), 105u);
    EXPECT_EQ(outcome.records[100].fault, "line 104: bytes that are not UTF-8");
    EXPECT_EQ(outcome.records[100].line, 103u);
    EXPECT_EQ(outcome.records[101].fault, "");
    EXPECT_EQ(outcome.records[102].fault, "line 106: a control character that XML forbids");
    EXPECT_THAT(outcome.records[103].fault, HasSubstr("control character"));
    EXPECT_EQ(outcome.records[104].fault, "");
    EXPECT_EQ(outcome.end, "end");
}

TEST(Splitter, BrokenBytesBetweenRecordsEndTheFileThere) {
    const Outcome outcome =
        split(wrapped(dossier("A-1") + dossier("A-2") + "\n\xFF\xFE" + dossier("A-3")));
    EXPECT_EQ(codes(outcome), (Codes{"A-1", "A-2"}));
    EXPECT_EQ(outcome.end, "line 6: the bytes are not UTF-8");
    EXPECT_THAT(split(wrapped(dossier("A-1") + "\x01")).end, StartsWith("line 4: a control"));
}

TEST(Splitter, WhatIsNotXmlIsNamedForWhatItIs) {
    const auto why = [](std::string_view text) { return split(text).end; };
    EXPECT_EQ(why("{\"dossiers\": []}"), "line 1: this is not XML");
    EXPECT_EQ(why("\n\nPK\x03\x04"), "line 3: this is not XML");
    EXPECT_THAT(why("<html><body></body></html>"),
                HasSubstr("root element is not <province-export>"));
    EXPECT_THAT(why("\xFF\xFE<\0?\0"), HasSubstr("UTF-16"));
    EXPECT_THAT(why(std::string("\0<\0?", 4)), HasSubstr("UTF-16"));
    EXPECT_THAT(why("<?xml version='1.0' encoding='windows-1258'?><province-export/>"),
                HasSubstr("windows-1258"));
    EXPECT_EQ(why("<?xml version='1.0' encoding='utf-8'?><province-export/>"), "end");
    EXPECT_THAT(why("<![CDATA[x]]>"), HasSubstr("not XML"));
    EXPECT_THAT(why("</province-export>"), HasSubstr("not XML"));
    EXPECT_THAT(why(""), HasSubstr("ends before"));
    EXPECT_THAT(why("<province-export>" + dossier("A-1")),
                StartsWith("line 2: the file ends before"));
    EXPECT_THAT(why("<province-export/>x"), HasSubstr("something follows"));
    EXPECT_THAT(why(wrapped("") + wrapped("")), HasSubstr("begins a second time"));
    EXPECT_THAT(why("<province-export/><province-export/>"), HasSubstr("something follows"));
    EXPECT_THAT(why("<province-export/><a"), HasSubstr("something follows"));
    EXPECT_THAT(why(wrapped("<hoso>1</hoso>")), HasSubstr("none of <dossier>, <procedure>"));
    EXPECT_THAT(split(dossier("A-1"), 1000, {}, "").end, HasSubstr("none of <dossier>"));
}

TEST(Splitter, AnUnclosedCommentOrCdataIsNeverSearchedForRecords) {
    for (const std::string open : {"<!-- ", "<![CDATA["}) {
        // The text could hold a forged record: going on inside it would send it.
        const Outcome outcome = split(wrapped(dossier("A-1") + "\n<dossier><code>A-2</code><note>" +
                                              open + dossier("forged")));
        EXPECT_EQ(codes(outcome), (Codes{"A-1", "A-2!"}));
        EXPECT_THAT(outcome.end, StartsWith("line 5: a comment, CDATA section"));
    }
}

TEST(Splitter, DocumentTypeDeclarationsAreRefused) {
    const std::string records = dossier("A-1", "&lol9;");
    const std::string laughs =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE province-export [<!ENTITY lol \"lol\">"
        "<!ENTITY lol1 \"&lol;&lol;\">]>\n<province-export>" +
        records + "</province-export>";
    const std::string external = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><province-export>" +
                                 records + "</province-export>";
    for (const std::string& text :
         {laughs, external, std::string("<!doctype html><html></html>")}) {
        EXPECT_TRUE(split(text).records.empty());
        EXPECT_THAT(split(text).end, HasSubstr("document type declaration"));
    }
    const Outcome later = split(wrapped(dossier("A-1") + "<!ENTITY x 'y'>" + dossier("A-2")));
    EXPECT_EQ(codes(later), Codes{"A-1"});
    EXPECT_THAT(later.end, HasSubstr("document type declaration"));
    const Outcome inside = split(wrapped(dossier("A-1", "<!DOCTYPE a>") + dossier("A-2")));
    EXPECT_EQ(codes(inside), (Codes{"A-1!", "A-2"}));
}

TEST(Splitter, MessagesDoNotRepeatWhatMayBeAName) {
    const Outcome outcome = split(wrapped(dossier("A-1", "<Nguyễn Văn A></note>")));
    EXPECT_EQ(outcome.records[0].fault.find("Nguy"), std::string::npos);
    EXPECT_THAT(outcome.records[0].fault, HasSubstr("without its start tag"));
}

// Every kind of damage above in one place.
std::string samples() {
    return "<head><a/></head>" + dossier("A-1", "<x a='>'/><!-- </dossier> -->") + "text &amp; ở " +
           "<dossier><code>A-2</code><p><code>no</code>\n" + dossier("A-3", "<![CDATA[]]]]>]]>") +
           "<dossier><code>A-4</code>" + dossier("A-5", "<?p ?> ?>") +
           "<procedure><code>\n1.2\n</code><q>\xE1\xBB</q></procedure>\n\n" +
           dossier("A-6", "<x></y></x>") + "<dosier></dossier>" + dossier("A-7", "<a b='</x>") +
           "<group>" + dossier("A-8", "<n><dossier/></n>") + "</group><dossier/>" + headless +
           "<procedure>\n1.2</procedure><a></a>\n<procedure/>\n" + headless +
           "<dossier><code><![CDATA[A]]>-&#48;</code></dossier>" +
           dossier("Ở-9", "<name>Nguyễn\r\n</name>");
}

TEST(Splitter, TheResultDoesNotDependOnThePiecesFed) {
    for (const std::string& text :
         {wrapped(samples()), wrapped(samples() + "<!-- \n x"), wrapped(samples() + "\xFF"),
          wrapped(samples()) + "x", wrapped(samples() + "<!DOCTYPE x>"),
          wrapped(samples() + "<dossier><code>Z</code>\n<![CDATA["), wrapped(samples()) + "\n <",
          "\xEF\xBB\xBF<!-- ở -->\n<province-export>" + samples(),
          std::string("<![CDATA[\n\n<x>\n\x01]]>"), std::string("\n\n<!-- \xFF -->\n<!DOCTYPE x>"),
          std::string("<?xml x=\"\xBE\"?><?xml encoding?>\xB2<")}) {
        const std::string whole = summary(split(text));
        for (std::size_t piece = 1; piece < 300; ++piece)
            ASSERT_EQ(summary(split(text, piece)), whole) << piece;
    }
}

TEST(Splitter, NorDoesItForRecordsThatAreTooLarge) {
    const std::string large(limits::max_record + 10, 'x');
    for (const std::string& middle :
         {large, "<!--" + large + "-->" + dossier("in"), "<a " + large + "='1'>", "<a>" + large,
          "<a><b>" + dossier("in") + large, "<![CDATA[" + large, "<" + large, "</x" + large}) {
        const std::string text = wrapped(dossier("A-1") + "<dossier><code>A-2</code>" + middle +
                                         "</dossier>\n" + dossier("A-3") + dossier("A-4"));
        const std::string whole = summary(split(text, text.size()));
        for (const std::size_t piece : {40'961u, 65536u, 1u << 22, (1u << 22) + 7})
            EXPECT_TRUE(summary(split(text, piece)) == whole) << middle.substr(0, 10) << piece;
    }
}

TEST(Splitter, SplittingGoesOnFromEveryMark) {
    for (const std::string& text :
         {wrapped(samples()), wrapped(samples() + "<!DOCTYPE x>"), wrapped(samples()) + "x"}) {
        const Outcome whole = split(text);
        ASSERT_GT(whole.records.size(), 10u);
        for (std::size_t i = 0; i < whole.marks.size(); ++i) {
            const Outcome rest = split(text, 7, whole.marks[i]);
            Outcome expected{{whole.records.begin() + long(std::min(i + 1, whole.records.size())),
                              whole.records.end()},
                             {whole.marks.begin() + long(i + 1), whole.marks.end()},
                             whole.end};
            if (i + 1 == whole.marks.size() && whole.end == "end")
                expected.marks = {whole.marks[i]};  // the end is the end again
            EXPECT_EQ(summary(rest), summary(expected)) << "from record " << i;
        }
    }
}

}  // namespace
}  // namespace dvcsync::province
