#include "connector/sync/intake.h"

#include "tests/unit/sync/office.h"

namespace dvcsync::sync {
namespace {

using ::testing::HasSubstr;

TEST(Intake, CountsWhatItReadAndRecognisesWhatHasNotChanged) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1") + dossier_xml("H22-2"));
    auto first = office.read();
    EXPECT_EQ(first.read, 2u);
    EXPECT_EQ(first.added, 2u);
    EXPECT_EQ(first.parked, 0u);

    office.drop("b.xml", dossier_xml("H22-1") + dossier_xml("H22-2", 3));
    auto second = office.read();
    EXPECT_EQ(second.read, 2u);
    EXPECT_EQ(second.unchanged, 1u);
    EXPECT_EQ(second.changed, 1u);
    EXPECT_EQ(*office.ledger->records("dossier"), 2u);
}

// A re-export repeats a record's earlier states in earlier files; the last one read is the truth,
// even where it is what the ledger held before the export was read.
TEST(Intake, TheLastVersionReadStaysThoughItWasCurrentBefore) {
    Office office;
    const auto export_twice = dossier_xml("H22-1", 0, "received") + dossier_xml("H22-2", 0) +
                              dossier_xml("H22-1", 0, "processing");
    office.drop("a.xml", export_twice);
    office.read();
    office.push();
    office.portal.seen.clear();
    office.drop("b.xml", export_twice);
    office.read();
    const auto counts = office.push();
    EXPECT_TRUE(office.portal.seen.empty()) << "the document is the one that the portal has";
    EXPECT_EQ(counts.delivered, counts.without_call);
}

TEST(Intake, ABadRecordParksAloneWithItsFileLineCodeAndReason) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1") + dossier_xml("H22-2", 1, "no-such-status") +
                             "<dossier><code>H22-3</code><status></dossier>\n" +
                             dossier_xml("H22-4"));
    const auto counts = office.read();
    EXPECT_EQ(counts.read, 4u);
    EXPECT_EQ(counts.added, 4u);
    EXPECT_EQ(counts.parked, 2u);
    const auto parked = office.parked();
    ASSERT_EQ(parked.size(), 2u);
    for (const auto& row : parked)
        EXPECT_EQ(row.cause, ledger::Cause::Intake);
    const auto& status = parked[0].code == "H22-2" ? parked[0] : parked[1];
    const auto& broken = parked[0].code == "H22-2" ? parked[1] : parked[0];
    EXPECT_EQ(status.origin, "a.xml:4");
    EXPECT_THAT(status.reason, HasSubstr("no-such-status"));
    EXPECT_EQ(broken.code, "H22-3");
    EXPECT_EQ(broken.origin, "a.xml:5");
    EXPECT_FALSE(broken.reason.empty());

    EXPECT_EQ(office.push().delivered, 4u) << "two dossiers, each with its progress";
    const auto tally = *office.ledger->tally("dossier");
    EXPECT_EQ(tally.records, 4u);
    EXPECT_EQ(tally.delivered, 2u);
    EXPECT_EQ(tally.parked, 2u);
}

TEST(Intake, ARecordThatIsMendedLeavesThePark) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 1, "no-such-status"));
    EXPECT_EQ(office.read().parked, 1u);
    office.drop("b.xml", dossier_xml("H22-1", 1));
    EXPECT_EQ(office.read().changed, 1u);
    EXPECT_TRUE(office.parked().empty());
    EXPECT_EQ(office.push().delivered, 2u);
}

TEST(Intake, AStatusThatMeansDoNotSendIsHeldAndNotSent) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 0, "draft"));
    EXPECT_EQ(office.read().added, 1u);
    EXPECT_EQ(office.push().delivered, 0u);
    EXPECT_EQ(office.ledger->tally("dossier")->held, 1u);
}

TEST(Intake, ThePayloadInTheLedgerIsNotReadable) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 1, "processing", "Secret-Note-Of-A-Citizen"));
    office.read();
    office.ledger.reset();
    for (const char* name : {"ledger.db", "ledger.db-wal"}) {
        std::ifstream file(office.folder.path() / name, std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(file)), {});
        EXPECT_EQ(bytes.find("Secret-Note"), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace dvcsync::sync
