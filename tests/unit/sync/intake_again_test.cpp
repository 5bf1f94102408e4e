// What intake had parked is read again from the ledger.
#include "tests/unit/sync/exports.h"

namespace dvcsync::sync {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* received = "<word from=\"received\" to=\"received\"/>";
constexpr const char* received_too =
    "<word from=\"received\" to=\"received\"/><word from=\"moi\" to=\"received\"/>";

RereadCounts again(Exports& office, const mapping::MappingSet& mappings,
                   const std::optional<ledger::Filter>& filter = std::nullopt) {
    const auto counts =
        read_again(*office.ledger, mappings.vocabulary(), *office.sealer, office.clock, filter);
    EXPECT_TRUE(counts) << (counts ? "" : counts.error().message);
    if (!counts) return {};
    EXPECT_EQ(counts->looked_at, counts->readable + counts->outdated + counts->still);
    return *counts;
}

TEST(ReadAgain, AMendedVocabularyMendsWithoutANewExport) {
    Exports office;
    const auto follow = [&](const mapping::MappingSet& mappings) {
        return follow_mapping_change(*office.ledger, mappings, *office.sealer, office.clock)->ready;
    };
    EXPECT_EQ(follow(*office.mappings), 0u);
    office.drop("a.xml", made("02/06/2019"), dossier_xml("H22-1", 1, "moi") + dossier_xml("H22-2"));
    EXPECT_EQ(office.read().parked, 1u);
    EXPECT_EQ(follow(*office.mappings), 0u);
    const auto mended = office.with_vocabulary(received, received_too);
    EXPECT_EQ(follow(mended), 1u);
    EXPECT_THAT(office.parked(), SizeIs(0));
    *office.mappings = mended;
    EXPECT_EQ(office.push().delivered, 4u);
    EXPECT_EQ(follow(mended), 0u);

    EXPECT_EQ((*office.ledger->provenance("dossier", "H22-1"))->origin, "a.xml:2");
    office.drop("b.xml", made("01/06/2019"), dossier_xml("H22-1", 0));
    EXPECT_EQ(office.read().outdated, 1u) << "the time of its export stays known";
}

TEST(ReadAgain, AChangedSetSaysWhichFilesDiffer) {
    Exports office;
    const auto follow = [&](const mapping::MappingSet& mappings) {
        return follow_mapping_change(*office.ledger, mappings, *office.sealer, office.clock)->files;
    };
    EXPECT_THAT(follow(*office.mappings), SizeIs(0)) << "there is nothing to compare it with";
    EXPECT_THAT(follow(*office.mappings), SizeIs(0));
    EXPECT_THAT(follow(office.with_vocabulary(received, received_too)),
                ::testing::ElementsAre("changed: province/reference.xml"));
}

TEST(ReadAgain, WhatIsStillUnreadableStaysWithAReasonOfToday) {
    Exports office;
    auto both = dossier_xml("H22-1", 1, "moi");
    both.replace(both.find("01/03/2019 08:30:00"), 19, "2019-03-01 08:30:00");
    office.drop("a.xml", "",
                both + dossier_xml("H22-2", 1, "cu") + dossier_xml("H22-3", 1, "moi", "\x1B"));
    EXPECT_EQ(office.read().parked, 3u);
    const auto counts = again(office, office.with_vocabulary(received, received_too));
    EXPECT_EQ(counts.still, 3u);
    ASSERT_THAT(counts.first_still, SizeIs(3));
    std::map<std::string, std::string> reasons;
    for (const auto& one : counts.first_still)
        reasons[one.code] = one.reason;
    EXPECT_THAT(reasons["H22-1"], HasSubstr("2019-03-01"));
    reasons.clear();
    for (const auto& row : office.parked())
        reasons[row.code] = row.reason;
    EXPECT_THAT(reasons["H22-1"], Not(HasSubstr("moi")));
    EXPECT_THAT(reasons["H22-2"], HasSubstr("'cu' is not among"));
    EXPECT_THAT(reasons["H22-3"], HasSubstr("control character"));
    EXPECT_EQ(office.ledger->tally("dossier")->parked, 3u);
}

TEST(ReadAgain, AFilterChooses) {
    Exports office;
    office.drop("a.xml", "", dossier_xml("H22-1", 1, "moi") + dossier_xml("H22-2", 1, "moi"));
    office.read();
    const auto mended = office.with_vocabulary(received, received_too);
    ledger::Filter filter;
    filter.code = "H22-2";
    EXPECT_EQ(again(office, mended, filter).readable, 1u);
    ASSERT_THAT(office.parked(), SizeIs(1));
    EXPECT_EQ(office.parked()[0].code, "H22-1");
    filter.code = "H22-9";
    EXPECT_EQ(again(office, mended, filter).looked_at, 0u);
    EXPECT_EQ(again(office, mended).readable, 1u);
}

TEST(ReadAgain, ManyMoreThanAreHeldInMemoryAtOnce) {
    Exports office;
    std::string records;
    for (int i = 0; i < 700; ++i)
        records += dossier_xml(fmt::format("H22-{}", i), 0, i % 2 == 0 ? "moi" : "cu");
    office.drop("a.xml", "", records);
    EXPECT_EQ(office.read().parked, 700u);
    const auto counts = again(office, office.with_vocabulary(received, received_too));
    EXPECT_EQ(counts.readable, 350u);
    EXPECT_EQ(counts.still, 350u);
    EXPECT_EQ(office.ledger->tally("dossier")->waiting, 350u);
}

// -- codes that could not be read ---------------------------------------------------------------

// A product that keeps the code in an element of another name.
std::string numbered(const std::string& code, int steps, const std::string& shown = "") {
    std::string xml = dossier_xml(shown, steps);
    const std::string before = "<code>" + shown + "</code>";
    return xml.replace(xml.find(before), before.size(), before + "<number>" + code + "</number>");
}
constexpr const char* code_path = "<value name=\"code\" path=\"code\"/>";
constexpr const char* number_path = "<value name=\"code\" path=\"number\"/>";

TEST(ReadAgain, ARecordUnderAStandInCodeComesUnderItsOwn) {
    Exports office;
    office.drop("a.xml", made("02/06/2019"), numbered("H22-1", 2));
    EXPECT_EQ(office.read().parked, 1u);
    EXPECT_THAT(office.parked()[0].code, HasSubstr("unreadable-"));
    *office.mappings = office.with_vocabulary(code_path, number_path);
    EXPECT_EQ(again(office, *office.mappings).readable, 1u);
    const auto tally = *office.ledger->tally("dossier");
    EXPECT_EQ(tally.records, 2u);
    EXPECT_EQ(tally.dismissed, 1u);
    EXPECT_EQ(tally.waiting, 1u);
    EXPECT_EQ(office.origin("H22-1"), "a.xml");
    const auto acts = *office.ledger->acts(10);
    ASSERT_THAT(acts, SizeIs(1));
    EXPECT_EQ(acts[0].actor, "dvcsync");
    EXPECT_EQ(acts[0].what, "dismiss");
    EXPECT_THAT(acts[0].reason, HasSubstr("its code is H22-1"));
    EXPECT_EQ(acts[0].items, 1u);
    EXPECT_EQ(office.push().delivered, 2u);
}

struct Before {
    std::string name;
    std::string first_made;   // of the record with its code
    std::string second_made;  // of the one without
    bool code_first;          // it was read before the one without
    std::string winner;       // the file whose version is held in the end
};
class StandIn : public ::testing::TestWithParam<Before> {};

TEST_P(StandIn, NothingOlderReplacesAnythingNewer) {
    const Before& before = GetParam();
    Exports office;
    const auto attributes = [](const std::string& day) { return day.empty() ? "" : made(day); };
    const auto drop_coded = [&] {
        office.drop("coded.xml", attributes(before.first_made), numbered("H22-1", 3, "H22-1"));
        office.read();
        office.clock.sleep(Millis{1000});
    };
    if (before.code_first) drop_coded();
    office.drop("bare.xml", attributes(before.second_made), numbered("H22-1", 1));
    office.read();
    office.clock.sleep(Millis{1000});
    if (!before.code_first) drop_coded();
    const auto counts = again(office, office.with_vocabulary(code_path, number_path));
    EXPECT_EQ(counts.readable, before.winner == "bare.xml" ? 1u : 0u);
    EXPECT_EQ(counts.outdated, before.winner == "bare.xml" ? 0u : 1u);
    EXPECT_EQ(office.origin("H22-1"), before.winner);
    EXPECT_EQ(office.ledger->tally("dossier")->dismissed, 1u) << "done with either way";
    EXPECT_THAT(office.parked(), SizeIs(0));
}

INSTANTIATE_TEST_SUITE_P(
    Orders, StandIn,
    ::testing::Values(Before{"LaterExport", "03/06/2019", "02/06/2019", true, "coded.xml"},
                      Before{"EarlierExport", "01/06/2019", "02/06/2019", false, "bare.xml"},
                      Before{"SameExportReadLater", "02/06/2019", "02/06/2019", false, "coded.xml"},
                      Before{"UnknownReadLater", "", "", false, "coded.xml"},
                      Before{"UnknownReadEarlier", "", "", true, "bare.xml"},
                      Before{"HalfKnownReadLater", "", "02/06/2019", false, "coded.xml"}),
    [](const auto& info) { return info.param.name; });

TEST(Intake, ReasonsQuoteNoPerson) {
    Exports office;
    auto xml = dossier_xml("H22-1", 1, "Nguyễn Văn Tèo");
    xml.replace(xml.find("01/03/2019 08:30:00"), 19, "012345678901");
    office.drop("a.xml", "", xml);
    EXPECT_EQ(office.read().parked, 1u);
    const std::string reason = office.parked()[0].reason;
    EXPECT_THAT(reason, Not(HasSubstr("Nguy")));
    EXPECT_THAT(reason, Not(HasSubstr("0123456789")));
    EXPECT_THAT(reason, HasSubstr("status: <status> (14 characters) is not among the words"));
    EXPECT_THAT(reason, HasSubstr("received: <received> (12 characters) is not a date"));
}

}  // namespace
}  // namespace dvcsync::sync
