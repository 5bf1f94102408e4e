// Files that the portal wants to have before the dossier that names them.
#include "connector/sync/trail.h"
#include "tests/unit/sync/new_office.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<std::string> two{"https://kho/1.pdf?a=1", "https://kho/2"};

ledger::ItemRow row_of(const NewOffice& office) {
    const auto rows = office.ledger->list({}, 10);
    EXPECT_TRUE(rows && !rows->empty());
    return rows && !rows->empty() ? rows->front() : ledger::ItemRow{};
}

TEST(Uploads, GoBeforeTheDossierWhichNamesThemByWhatThePortalGave) {
    NewOffice office;
    office.file(1, "processing", "", two);
    EXPECT_EQ(office.push().delivered, 2u);
    EXPECT_THAT(office.portal.files_seen,
                ElementsAre("file.pdf application/pdf %PDF-1.4\nhttps://kho/1.pdf?a=1",
                            "file.pdf application/pdf %PDF-1.4\nhttps://kho/2"));
    ASSERT_THAT(office.sent(), ElementsAre("new GIVEN-1", "known GIVEN-1", "step GIVEN-1"));
    const auto& document = office.portal.seen[0].document;
    EXPECT_THAT(document,
                AllOf(HasSubstr(R"("IdGiayTo":"FILE-1")"), HasSubstr(R"("IdGiayTo":"FILE-2")"),
                      HasSubstr(hex(sha256("%PDF-1.4\nhttps://kho/2")))));
    EXPECT_THAT(document, Not(HasSubstr("kho")));
}

TEST(Uploads, OneLinkIsUploadedOnceHoweverOftenItIsNamed) {
    NewOffice office;
    office.file(1, "processing", "", {two[0], two[0]});
    office.push();
    EXPECT_EQ(office.uploaded, 1);
    EXPECT_EQ(office.portal.fetched.size(), 1u);
}

TEST(Uploads, AreKeptBeforeAnythingNamesThemAndOutliveTheProgram) {
    NewOffice office;
    office.file(1, "processing", "", two);
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::Misconfigured);  // the run ends here
    };
    office.push();
    ASSERT_THAT(office.sent(), ElementsAre("new GIVEN-1"));
    office.portal.answer = nullptr;
    office.reopen();
    office.push();
    EXPECT_EQ(office.uploaded, 2);
    EXPECT_EQ(office.portal.seen[0].document, office.portal.seen[1].document);
}

TEST(Uploads, ACreationInDoubtNamesTheSameFilesAgain) {
    NewOffice office;
    office.file(1, "processing", "", two);
    int creations = 0;
    office.portal.answer = [&](Operation operation, const portal::Item&, bool updating) {
        if (operation != Operation::PushDossier || updating) return outcome(Verdict::Accepted);
        return outcome(++creations == 1 ? Verdict::InDoubt : Verdict::Exists);
    };
    office.push();
    office.clock.sleep(std::chrono::hours{2});
    office.push();
    EXPECT_EQ(office.uploaded, 2);
    EXPECT_TRUE(office.parked().empty());
    EXPECT_EQ(office.portal.seen[0].document, office.portal.seen[1].document);
}

TEST(Uploads, ALostAnswerCostsOneFileAndNothingElse) {
    NewOffice office;
    office.file(1, "processing", "", {two[0]});
    bool lost = true;
    office.portal.upload =
        [&, takes = office.portal.upload](
            const portal::FileToSend& file) -> tl::expected<portal::UploadedFile, Outcome> {
        auto taken = takes(file);
        if (!std::exchange(lost, false)) return taken;
        Outcome away = outcome(Verdict::Retry);
        away.endpoint = true;
        return tl::make_unexpected(away);
    };
    EXPECT_EQ(office.push().delivered, 2u);
    EXPECT_EQ(office.uploaded, 2);
    EXPECT_THAT(office.portal.seen[0].document, HasSubstr("FILE-2"));
}

// Each file is a call of its own: what got through says that the portal is well disposed to the
// item.
TEST(Uploads, ManyFilesOfWhichEachFailsOnceDoNotWearTheDossierOut) {
    NewOffice office;
    std::vector<std::string> links;
    for (int i = 0; i < 20; ++i)
        links.push_back(fmt::format("https://kho/{}", i));
    office.file(1, "processing", "", links);
    int calls = 0;
    office.portal.upload =
        [&, takes = office.portal.upload](
            const portal::FileToSend& file) -> tl::expected<portal::UploadedFile, Outcome> {
        if (++calls % 2 == 1) return tl::make_unexpected(outcome(Verdict::Retry));
        return takes(file);
    };
    std::size_t delivered = 0;
    for (int run = 0; run < 25 && delivered < 2; ++run) {
        delivered += office.push().delivered;
        office.clock.sleep(std::chrono::minutes{1});
    }
    EXPECT_EQ(delivered, 2u);
    EXPECT_THAT(office.parked(), IsEmpty());
    EXPECT_EQ(office.uploaded, 20);
}

TEST(Uploads, AFileThatThePortalDoesNotTakeParksItsDossierWithThePortalsWords) {
    NewOffice office;
    office.file(1, "processing", "", two);
    office.portal.upload =
        [](const portal::FileToSend&) -> tl::expected<portal::UploadedFile, Outcome> {
        return tl::make_unexpected(outcome(Verdict::Refused));
    };
    EXPECT_EQ(office.push().refused, 1u);
    ASSERT_EQ(office.parked().size(), 1u);
    EXPECT_THAT(office.parked().front().reason,
                HasSubstr("ThanhPhanHoSo[1].GiayToDinhKem[1].IdGiayTo: its file was not taken: as "
                          "the test says"));
    EXPECT_EQ(office.parked().front().cause, ledger::Cause::Portal);
    EXPECT_THAT(office.sent(), IsEmpty());
}

TEST(Uploads, AFileThatMayNotBeFetchedParksItsDossierAtOnce) {
    NewOffice office;
    office.file(1, "processing", "", two);
    office.portal.fetch_file = [](std::string_view link) -> Result<std::string> {
        if (link.ends_with("/2")) return fail(ErrorKind::Refused, "kho: this host is not allowed");
        return std::string("%PDF");
    };
    EXPECT_EQ(office.push().parked, 1u);
    ASSERT_EQ(office.parked().size(), 1u);
    EXPECT_EQ(office.parked().front().portal_code, "file");
    EXPECT_EQ(office.parked().front().cause, ledger::Cause::Mapping);
    EXPECT_THAT(
        office.parked().front().reason,
        HasSubstr("ThanhPhanHoSo[2].GiayToDinhKem[1].IdGiayTo: the file cannot be had: kho: "
                  "this host is not allowed"));
    // What was uploaded is not for nothing: mended and retried, only the other one goes.
    office.portal.fetch_file = [](std::string_view) -> Result<std::string> { return "%PDF"; };
    ledger::Act act;
    act.what = "retry";
    EXPECT_EQ(*office.ledger->retry_parked({}, act, office.clock.now()), 1u);
    EXPECT_EQ(office.push().delivered, 2u);
    EXPECT_EQ(office.uploaded, 2);
}

TEST(Uploads, AFileThatIsAwayIsWaitedForAndToldInTheEnd) {
    NewOffice office;
    office.file(1, "processing", "", {two[0]});
    office.portal.fetch_file = [](std::string_view) -> Result<std::string> {
        return fail(ErrorKind::Retry, "kho: no file (HTTP 404)");
    };
    office.push();
    EXPECT_THAT(office.parked(), IsEmpty());
    EXPECT_EQ(row_of(office).state, ledger::State::Waiting);
    EXPECT_THAT(row_of(office).reason, HasSubstr("kho: no file (HTTP 404)"));
    const auto began = office.clock.now();
    int runs = 1;
    while (office.parked().empty() && runs < 100) {
        office.clock.sleep(std::chrono::hours{1});
        office.push();
        ++runs;
    }
    ASSERT_EQ(office.parked().size(), 1u);
    EXPECT_THAT(office.parked().front().reason,
                AllOf(HasSubstr("given up after 12 attempts"), HasSubstr("HTTP 404"),
                      HasSubstr("then retry")));
    EXPECT_GE(office.clock.now() - began, std::chrono::hours{3});
    EXPECT_TRUE(office.portal.seen.empty());
    EXPECT_EQ(office.uploaded, 0);
}

// The portal is well: other dossiers go on meanwhile, however many files are away.
TEST(Uploads, AHostThatIsAwayHoldsUpNobodyElse) {
    NewOffice office;
    for (int i = 0; i < 30; ++i) {
        auto xml = dossier_xml(fmt::format("H22-1{}", i), 0);
        constexpr std::string_view none = "<components/>";
        if (i != 29)
            xml.replace(xml.find(none), none.size(),
                        "<components><component><name>A</name><url>https://kho/1</url></component>"
                        "</components>");
        office.drop(fmt::format("f{}.xml", i), xml);
    }
    office.read();
    office.portal.fetch_file = [](std::string_view) -> Result<std::string> {
        return fail(ErrorKind::Retry, "kho: cannot be connected to");
    };
    EXPECT_EQ(office.push().delivered, 1u);
}

TEST(Uploads, AnotherLinkIsAnotherFile) {
    NewOffice office;
    office.file(1, "processing", "", {two[0]});
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::Misconfigured);
    };
    office.push();
    office.portal.answer = nullptr;
    office.file(1, "processing", "", {two[1]});
    office.push();
    EXPECT_EQ(office.uploaded, 2);
    EXPECT_THAT(office.portal.seen.at(1).document,
                AllOf(HasSubstr("FILE-2"), Not(HasSubstr("FILE-1"))));
}

TEST(Uploads, OfWhatThePortalKnowsNothingIsUploadedAgain) {
    NewOffice office;
    office.file(1, "processing", "", {two[0]});
    office.push();
    office.file(1, "finished", "", two);
    EXPECT_EQ(office.push().delivered, 1u);
    EXPECT_EQ(office.uploaded, 1);
}

TEST(Uploads, WhatThePortalHasLostItHasLostWithItsFiles) {
    NewOffice office;
    office.file(1, "processing", "", {two[0]});
    office.push();
    office.portal.seen.clear();
    bool lost = true;
    office.portal.answer = [&](Operation operation, const portal::Item&, bool updating) {
        const bool state = operation == Operation::PushDossier && updating;
        return outcome(state && std::exchange(lost, false) ? Verdict::Missing : Verdict::Accepted);
    };
    office.file(1, "finished", "", {two[0]});
    office.push();
    EXPECT_THAT(office.sent(),
                ElementsAre("known GIVEN-1", "new GIVEN-1", "known GIVEN-1", "step GIVEN-1"));
    EXPECT_EQ(office.uploaded, 2);
    EXPECT_THAT(office.portal.seen[1].document, HasSubstr("FILE-2"));
}

TEST(Uploads, TheSameWhereItsStepsFindThatItIsGone) {
    NewOffice office;
    office.file(1, "processing", "", {two[0]});
    office.push();
    office.portal.seen.clear();
    office.portal.answer = [&](Operation operation, const portal::Item&, bool) {
        return outcome(operation == Operation::PushProgress ? Verdict::Missing : Verdict::Accepted);
    };
    office.file(2, "processing", "", {two[0]});
    office.push();
    ASSERT_EQ(office.parked().size(), 1u);
    office.portal.answer = nullptr;
    office.portal.seen.clear();
    ledger::Act act;
    act.what = "resync";
    ledger::Slice slice;
    slice.codes = {"H22-1"};
    ASSERT_TRUE(office.ledger->start_resync(slice, act, office.clock.now()));
    ASSERT_TRUE(office.ledger->feed_resync(10, office.clock.now()));
    office.push();
    EXPECT_EQ(office.uploaded, 2);
    ASSERT_FALSE(office.portal.seen.empty());
    EXPECT_THAT(office.portal.seen[0].document, HasSubstr("FILE-2"));
}

TEST(Uploads, ADossierWithAnotherFaultCostsNoFile) {
    NewOffice office;
    office.file(1, "processing", "", two);
    auto xml = dossier_xml("H22-2", 1);
    const std::string code = "<procedure>1.005129</procedure>";
    xml.replace(xml.find(code), code.size(), "<procedure>no such one</procedure>");
    constexpr std::string_view none = "<components/>";
    xml.replace(xml.find(none), none.size(),
                "<components><component><name>A</name><url>https://kho/1</url></component>"
                "</components>");
    office.drop("bad.xml", xml);
    office.read();
    EXPECT_EQ(office.push().parked, 1u);
    EXPECT_EQ(office.uploaded, 2);
    EXPECT_THAT(office.parked().front().reason, HasSubstr("MaTTHC"));
}

TEST(Uploads, EachIsAnEntryOfTheTrailWithTheFilesDigest) {
    NewOffice office;
    Recorder recorder(
        *office.ledger, office.clock,
        [](std::string_view plain, std::string_view) { return std::string(plain); }, "test");
    office.file(1, "processing", "", {two[0]});
    EXPECT_TRUE(office.ledger->together([&] {
        return office.ledger->begin_run("all", office.clock.now()).map([](std::int64_t) {});
    }));
    office.portal.upload =
        [](const portal::FileToSend&) -> tl::expected<portal::UploadedFile, Outcome> {
        return portal::UploadedFile{"FILE-1", "", portal::next_exchange_id()};
    };
    office.push();
    std::vector<std::string> entries;
    EXPECT_TRUE(office.ledger->trail().walk({}, [&](const ledger::TrailRow& row) -> Result<bool> {
        entries.push_back(row.entry);
        return true;
    }));
    const auto digest = hex(sha256("%PDF-1.4\n" + two[0]));
    EXPECT_THAT(entries,
                ::testing::Contains(AllOf(HasSubstr(R"("outcome":"file uploaded")"),
                                          HasSubstr(digest), HasSubstr(R"("code":"H22-1")"))));
    for (const auto& entry : entries)
        EXPECT_THAT(entry, Not(HasSubstr("kho"))) << "a link may hold a name";
}

}  // namespace
}  // namespace dvcsync::sync
