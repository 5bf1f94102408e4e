// From the portal's list and callbacks into the inbox: real ledger, mappings, staging and inbox.
#include <gtest/gtest.h>

#include <thread>

#include "connector/base/files.h"
#include "connector/portal/callbacks.h"
#include "connector/sync/receive.h"
#include "tests/unit/sync/pull_office.h"

namespace dvcsync::sync {
namespace {

using ledger::Stage;
using portal::Outcome;
using portal::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view callback_path = "/XrdAdapter/RestService/forward/nhanhsdvcqg";

class Pull : public testing::Test, protected PullOffice {};

TEST_F(Pull, HandsASubmissionOverWholeAndQueuesItsConfirmation) {
    file("G22-1", document("G22-1"), day(3));
    const auto counts = run();
    EXPECT_EQ(counts.first, 1u);
    EXPECT_EQ(counts.handed, 1u);
    EXPECT_EQ(counts.files, 1u);
    ASSERT_THAT(handed_over(), ElementsAre("G22-1-r1"));
    const auto place = folder.path() / "inbox" / "new" / "G22-1-r1";
    const auto xml = read_file(place / "submission.xml", 1u << 20);
    ASSERT_TRUE(xml);
    EXPECT_THAT(*xml, HasSubstr("<province-submission version=\"1\" province=\"H22\">"));
    EXPECT_THAT(*xml, HasSubstr("<portal-code>G22-1</portal-code>"));
    std::vector<std::string> contents;
    for (const auto& entry : std::filesystem::directory_iterator(place / "files"))
        contents.push_back(*read_file(entry.path(), 100));
    EXPECT_THAT(contents, ElementsAre("hello\n"));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "staging")) << "staging is cleared";
    push({Operation::ConfirmSubmission});
    EXPECT_THAT(portal.codes(Operation::ConfirmSubmission), ElementsAre("G22-1/1"));
    ASSERT_FALSE(portal.seen.empty());
    EXPECT_THAT(portal.seen.front().document, HasSubstr("\"MaHoSo\":\"G22-1\""));
}

TEST_F(Pull, TheSameListAgainFetchesNothingTwice) {
    file("G22-1", document("G22-1"), day(3));
    run();
    const auto again = run();
    EXPECT_EQ(again.listed, 1u);
    EXPECT_EQ(again.announced, 0u);
    EXPECT_EQ(again.handed, 0u);
    EXPECT_THAT(fetched, ElementsAre("G22-1"));
    EXPECT_EQ(listed_since, day(3) - std::chrono::hours{48}) << "the overlap is listed again";
}

TEST_F(Pull, OtherContentIsTheNextRevisionAndTheSameADuplicate) {
    file("G22-1", document("G22-1"), day(3));
    run();
    documents["G22-1"] = document("G22-1", "more");
    pages = {{{"G22-1", day(4)}}};
    EXPECT_EQ(run().revisions, 1u);
    pages = {{{"G22-1", day(5)}}};
    EXPECT_EQ(run().duplicates, 1u);
    EXPECT_THAT(handed_over(), ElementsAre("G22-1-r1", "G22-1-r2"));
    const auto sums = tally();
    EXPECT_EQ(sums.arrived, 2u);
    EXPECT_EQ(sums.handed, 2u);
    EXPECT_EQ(sums.duplicates, 1u);
    push({Operation::ConfirmSubmission});
    ASSERT_EQ(portal.seen.size(), 2u);
    EXPECT_NE(portal.seen[0].document, portal.seen[1].document)
        << "within one second, and yet two confirmations";
}

TEST_F(Pull, WithALedgerMadeAnewOtherContentIsTheInboxsNextRevisionAndTheSameIsNot) {
    file("G22-1", document("G22-1"), day(3));
    file("G22-2", document("G22-2"), day(3));
    run();
    for (const char* name : {"G22-1-r1", "G22-2-r1"})
        std::filesystem::remove_all(folder.path() / "inbox" / "new" / name);
    ledger.reset();
    for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db-shm"})
        std::filesystem::remove(folder.path() / name);
    reopen();
    documents["G22-1"] = document("G22-1", "more");
    EXPECT_EQ(run().handed, 2u);
    EXPECT_THAT(handed_over(), ElementsAre("G22-1-r2")) << "what the inbox has had stays once";
    const auto place = folder.path() / "inbox" / "new" / "G22-1-r2";
    EXPECT_THAT(*read_file(place / "submission.xml", 1u << 20),
                HasSubstr("<revision>2</revision>"));
    for (const auto& one : all()) {
        EXPECT_EQ(one.stage, Stage::Handed);
        EXPECT_EQ(one.revision, one.code == "G22-1" ? 2 : 1);
    }
    documents["G22-1"] = document("G22-1", "and more");
    pages = {{{"G22-1", day(4)}}};
    EXPECT_EQ(run().handed, 1u);
    EXPECT_THAT(handed_over(), ElementsAre("G22-1-r2", "G22-1-r3"));
}

TEST_F(Pull, ASupplementInTheSecondOfItsFilingIsNotLost) {
    const LocalTime second = std::chrono::floor<std::chrono::seconds>(to_vietnam(clock.now()));
    file("G22-1", document("G22-1"), second);
    EXPECT_EQ(run().first, 1u);
    documents["G22-1"] = document("G22-1", "more");  // the list shows the same time
    EXPECT_EQ(run().revisions, 0u);
    clock.sleep(std::chrono::seconds{30});
    EXPECT_EQ(run().revisions, 1u);
    clock.sleep(std::chrono::hours{1});
    run();
    EXPECT_EQ(fetched.size(), 2u) << "once more, not for ever";
}

TEST_F(Pull, APositionThatWasNotReadToItsEndIsNotKept) {
    file("G22-1", document("G22-1"), day(3));
    run();
    pages = {{{"G22-2", day(10)}}, {{"G22-3", day(11)}}};
    documents["G22-2"] = document("G22-2");
    documents["G22-3"] = document("G22-3");
    const auto news = calls_.news;
    calls_.news = [&](LocalTime since, int page) -> tl::expected<portal::News, Outcome> {
        Outcome outcome;
        outcome.verdict = Verdict::Retry;
        outcome.message = "not now";
        if (page == 2) return tl::make_unexpected(outcome);
        return news(since, page);
    };
    const auto cut = run();
    EXPECT_EQ(cut.stop, "not now");
    EXPECT_EQ(cut.handed, 0u) << "no fetch is made after a failure of the list";
    calls_.news = news;
    const auto whole = run();
    EXPECT_EQ(listed_since, day(3) - std::chrono::hours{48});
    EXPECT_EQ(whole.handed, 2u);
}

TEST_F(Pull, AStampAheadOfOurClockDoesNotMoveThePositionBeyondIt) {
    file("G22-1", document("G22-1"), day(3) + std::chrono::years{5});
    run();
    run();
    EXPECT_LE(*listed_since, to_vietnam(clock.now()));
}

TEST_F(Pull, WhatCannotBeFetchedStaysAnnouncedWithItsReason) {
    pages = {{{"G22-9", day(3)}}};
    EXPECT_EQ(run().waiting, 1u);
    EXPECT_EQ(tally().announced, 1u);
    EXPECT_EQ(tally().arrived, 0u);
    documents["G22-9"] = document("G22-9");
    clock.sleep(std::chrono::hours{2});
    EXPECT_EQ(run().handed, 1u);
    EXPECT_EQ(tally().announced, 0u);
}

TEST_F(Pull, AFileThatDiffersFromThePortalsHashHoldsItsSubmissionAlone) {
    file("G22-1", document("G22-1", "x", R"("Base64": "aGVsbG8K")", std::string(64, 'a')), day(3));
    file("G22-2",
         document("G22-2", "x", R"("Base64": "aGVsbG8K")",
                  "5891B5B522D5DF086D0FF0B110FBD9D21BB4FC7163AF34D08286A2E846F6BE03"),
         day(3));
    const auto counts = run();
    EXPECT_EQ(counts.held, 1u);
    EXPECT_THAT(handed_over(), ElementsAre("G22-2-r1"));
    ledger::SubmissionFilter held;
    held.stage = Stage::Held;
    const auto rows = ledger->submissions().list(held, 10);
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_THAT(rows->front().reason, HasSubstr("hash"));
    EXPECT_THAT(rows->front().reason, Not(HasSubstr("don.txt"))) << "names are personal data";
}

TEST_F(Pull, AFileThatCannotBeHadWaitsUntilAPersonLetsItGoWithout) {
    file("G22-1", document("G22-1", "x", R"("URL": "https://files.invalid/a")"), day(3));
    file("G22-2", document("G22-2"), day(3));
    auto first = run();
    EXPECT_EQ(first.waiting, 1u);
    EXPECT_EQ(first.handed, 1u) << "the others do not wait for it";
    ledger::Act act{0, "an", "release", "the citizen brings it", "G22-1", {}, 0};
    ledger::SubmissionFilter one;
    one.code = "G22-1";
    ASSERT_EQ(ledger->submissions().retry(one, true, act, clock.now()), 1u);
    EXPECT_EQ(run().handed, 1u);
    const auto xml =
        read_file(folder.path() / "inbox" / "new" / "G22-1-r1" / "submission.xml", 1u << 20);
    EXPECT_THAT(*xml, HasSubstr("left out by a person"));
}

TEST_F(Pull, AHeldOneTellsWhatElseItLacksAndIsNotReleasedFromThat) {
    file(
        "G22-1",
        document(
            "G22-1", "x",
            R"("Base64": "f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAA"}, {"IdGiayTo": "2", "TenGiayTo": "b", )"
            R"("URL": "https://files.invalid/b")"),
        day(3));
    EXPECT_EQ(run().held, 1u);
    const auto reason = [this] { return ledger->submissions().list({}, 1)->front().reason; };
    EXPECT_THAT(reason(), AllOf(HasSubstr("file 1: it is a program"),
                                HasSubstr("; besides, not come yet: file 2: ")));
    ledger::Act act{0, "an", "release", "no program is needed", "G22-1", {}, 0};
    ASSERT_EQ(ledger->submissions().retry({}, true, act, clock.now()), 1u);
    EXPECT_EQ(run().waiting, 1u);
    EXPECT_THAT(reason(), testing::StartsWith("file 2: "));
    ASSERT_EQ(ledger->submissions().retry({}, true, act, clock.now()), 1u);
    EXPECT_EQ(run().handed, 1u) << "whoever releases what waits was told of file 2";
}

TEST_F(Pull, AProgramIsHeldWhateverItIsCalled) {
    file("G22-1", document("G22-1", "x", R"("Base64": "f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAA")"),
         day(3));
    EXPECT_EQ(run().held, 1u);
    EXPECT_TRUE(handed_over().empty());
}

TEST_F(Pull, StagingKeepsTheFilesOfWhatIsOpenAndNoOther) {
    file("G22-1", document("G22-1", "x", R"("Base64": "f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAA")"),
         day(3));
    ASSERT_EQ(run().held, 1u);
    const auto staging = folder.path() / "staging";
    const auto in_staging = [&staging] {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(staging))
            names.insert(entry.path().filename());
        return names;
    };
    const auto of_the_held = in_staging();
    ASSERT_EQ(of_the_held.size(), 1u);
    const std::string left_by_a_crash(40, 'a');
    for (const std::string& name : {left_by_a_crash, std::string("of somebody else")}) {
        std::filesystem::create_directory(staging / name);
        std::ofstream(staging / name / "1") << "content";
    }
    run();
    EXPECT_THAT(in_staging(),
                testing::UnorderedElementsAre(*of_the_held.begin(), "of somebody else"));
    ledger::Act act{0, "an", "dismiss", "not wanted", "G22-1", {}, 0};
    ledger::SubmissionFilter one;
    one.code = "G22-1";
    ASSERT_EQ(ledger->submissions().dismiss(one, act, clock.now()), 1u);
    run();
    EXPECT_THAT(in_staging(), ElementsAre("of somebody else"));
}

// -- callbacks ----------------------------------------------------------------------------------

struct Callbacks : Pull {
    Callbacks() {
        const auto profile = portal::Profile::load(std::filesystem::path(DVC_SOURCE_DIR) /
                                                   "mappings/portal/mapi-2024/profile.xml");
        if (!profile) throw std::runtime_error(profile.error().message);
        receiver = std::make_unique<Receiver>(Receiver::Parts{*ledger, *sealer, *mappings,
                                                              *profile->callbacks(),
                                                              folder.path() / "downloads", clock});
    }
    CallbackReply call(std::string_view body, std::string_view path = callback_path) {
        return receiver->handle(path, body);
    }
    std::unique_ptr<Receiver> receiver;
};

TEST_F(Callbacks, AreUnderstoodByTheRulesThatAreInForceWhenTheyCome) {
    const auto file = folder.path() / "profile.xml";
    auto text =
        *read_file(std::filesystem::path(DVC_SOURCE_DIR) / "mappings/portal/mapi-2024/profile.xml",
                   limits::max_mapping_file);
    for (auto at = text.find("/VXPAdapter/"); at != std::string::npos;
         at = text.find("/VXPAdapter/"))
        text.replace(at, 12, "/elsewhere/");
    ASSERT_TRUE(write_atomically(file, text, 0644));
    const auto path = std::string("/VXPAdapter/RestService/forward/nhanhsdvcqg");
    EXPECT_EQ(call(callback("G22-1"), path).reply.status, 200);
    const auto profile = portal::Profile::load(file);
    ASSERT_TRUE(profile) << profile.error().message;
    receiver->change({*mappings, *profile->callbacks()});
    EXPECT_EQ(call(callback("G22-2"), path).reply.status, 404);
    EXPECT_EQ(call(callback("G22-2"), "/elsewhere/RestService/forward/nhanhsdvcqg").reply.status,
              200);
    EXPECT_EQ(receiver->counts().accepted, 2u);
}

TEST_F(Callbacks, AreDurableBeforeTheyAreAcknowledgedAndOnceOnBothRoads) {
    const auto reply = call(callback("G22-1"));
    EXPECT_EQ(reply.reply.status, 200);
    EXPECT_THAT(reply.reply.body, HasSubstr("\"error_code\":0"));
    EXPECT_THAT(reply.reply.body, HasSubstr("G22-1|"));
    EXPECT_EQ(tally().arrived, 1u);
    EXPECT_THAT(call(callback("G22-1")).reply.body, HasSubstr("\"error_code\":1"));
    file("G22-1", document("G22-1"), day(3));  // and by the list
    const auto counts = run();
    EXPECT_EQ(counts.duplicates, 1u);
    EXPECT_EQ(counts.handed, 1u);
    EXPECT_THAT(handed_over(), ElementsAre("G22-1-r1"));
    EXPECT_EQ(tally().duplicates, 2u);
}

TEST_F(Callbacks, AreKeptForAPersonIfTheyCannotBeRead) {
    const auto reply = call("{\"service\": ");
    EXPECT_EQ(reply.reply.status, 500);
    EXPECT_EQ(reply.reply.body, "request body incorrect");
    EXPECT_EQ(tally().held, 1u);
    EXPECT_EQ(receiver->counts().unparsable, 1u);
}

TEST_F(Callbacks, OfAnUnknownServiceAreAnsweredKeptAndCounted) {
    const auto reply = call(R"({"service": "LaLam", "data": {"MaHoSoQG": "G22-7"}})");
    EXPECT_EQ(reply.reply.status, 200);
    EXPECT_THAT(reply.reply.body, HasSubstr("\"error_code\":-1"));
    EXPECT_EQ(receiver->counts().unknown, 1u);
    ASSERT_EQ(all().size(), 1u);
    EXPECT_THAT(all().front().reason, HasSubstr("LaLam"));
}

TEST_F(Callbacks, ToNoSuchPlaceAreNotFoundAndLeaveNothing) {
    EXPECT_EQ(call("{}", "/etc/passwd").reply.status, 404);
    EXPECT_EQ(tally().arrived, 0u);
}

TEST_F(Callbacks, AreToldToComeAgainWhileTheLedgerCannotBeWritten) {
    ledger::Ledger& mine = *ledger;
    bool refused = false;
    // An error of the work undoes the transaction that the receiver's write would join.
    (void)mine.together([&]() -> Status {
        const auto reply = call(callback("G22-1"));
        refused = reply.reply.status == 503;
        return fail(ErrorKind::Retry, "undone");
    });
    EXPECT_EQ(tally().arrived, 0u);
    EXPECT_THAT(call(callback("G22-1")).reply.body, HasSubstr("\"error_code\":0"))
        << "it was not kept, so it is not a duplicate";
}

TEST_F(Callbacks, AskedForADossierTellItsStatusByEitherCode) {
    drop("dossiers-1.xml", dossier_xml("000.00.01.H22-190301-0001"));
    read();
    arrive("G22-1");
    ASSERT_TRUE(ledger->submissions().link("G22-1", "000.00.01.H22-190301-0001", clock.now()));
    for (const char* code : {"000.00.01.H22-190301-0001", "G22-1"}) {
        const auto reply =
            call(fmt::format(R"({{"madonvi": "x", "service": "y", "masohoso": "{}"}})", code),
                 "/VXPAdapter/RestService/forward/search/call");
        EXPECT_EQ(reply.reply.status, 200);
        EXPECT_THAT(reply.reply.body, HasSubstr("\"TrangThaiHoSo\":\"4\"")) << code;
    }
    EXPECT_THAT(
        call(R"({"masohoso": "nobody"})", "/VXPAdapter/RestService/forward/search/call").reply.body,
        HasSubstr("masohoso not found"));
}

TEST_F(Callbacks, AskedForASubmissionThatWasAnsweredTellTheLastEventByEitherCode) {
    arrive("G22-1");
    arrive("G22-2");
    drop("answers-1.xml",
         answer_xml("G22-1", "L-1",
                    {{"accepted", "01/07/2019 08:00:00"}, {"processing", "01/07/2019 09:00:00"}}) +
             answer_xml("G22-2", "", {{"refused", "01/07/2019 08:00:00"}}));
    read();
    const auto ask = [this](const char* code) {
        return call(fmt::format(R"({{"masohoso": "{}"}})", code),
                    "/XrdAdapter/RestService/forward/search/call")
            .reply.body;
    };
    for (const char* code : {"G22-1", "L-1"}) {
        EXPECT_THAT(ask(code), HasSubstr("\"MaHoSo\":\"G22-1\"")) << code;
        EXPECT_THAT(ask(code), HasSubstr("\"TrangThaiHoSo\":\"4\"")) << code;
    }
    EXPECT_THAT(ask("G22-2"), HasSubstr("\"TrangThaiHoSo\":\"3\""));
    EXPECT_THAT(ask("L-2"), HasSubstr("masohoso not found"));
}

TEST_F(Callbacks, OfAnUnknownServiceKeepTheirReasonWhenTheyAreTriedAgain) {
    call(R"({"service": "LaLam", "data": {"MaHoSoQG": "G22-7"}})");
    const std::string reason = all().front().reason;
    ledger::Act act;
    act.what = "retry";
    ASSERT_EQ(*ledger->submissions().retry({}, false, act, clock.now()), 1u);
    run();
    EXPECT_EQ(all().front().stage, Stage::Held);
    EXPECT_EQ(all().front().reason, reason);
}

TEST_F(Callbacks, FetchOnlyWhatLiesInTheFolderUnderAnId) {
    std::filesystem::create_directory(folder.path() / "downloads");
    std::ofstream(folder.path() / "downloads" / "abc-1") << "result";
    std::filesystem::create_symlink("/etc/passwd", folder.path() / "downloads" / "link");
    const std::string base = "/XrdAdapter/RestService/forward/downloadfile/";
    EXPECT_EQ(call("", base + "abc-1").file, folder.path() / "downloads" / "abc-1");
    for (const char* id : {"link", "nothing", "..", "../ledger.key", "a%2fb", ""})
        EXPECT_EQ(call("", base + id).reply.status, 404) << id;
}

TEST(Turns, AreTakenUpToTheRoomAndGivenBack) {
    Turns turns(10, std::chrono::milliseconds{0});
    EXPECT_TRUE(turns.take(6));
    EXPECT_TRUE(turns.take(4)) << "a small one beside a large one";
    EXPECT_FALSE(turns.take(1));
    turns.give_back(6);
    EXPECT_TRUE(turns.take(5));
    EXPECT_FALSE(turns.take(6));
}

TEST(Turns, ComeWhenThereIsRoom) {
    Turns turns(10, std::chrono::seconds{30});
    ASSERT_TRUE(turns.take(10));
    std::thread other([&turns] {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        turns.give_back(10);
    });
    EXPECT_TRUE(turns.take(8)) << "it has waited";
    other.join();
}

// -- what the province answers ------------------------------------------------------------------

TEST_F(Pull, TheProvincesAnswersGoOnceEachInOrderWithBothCodes) {
    arrive("G22-1");
    drop("answers-1.xml",
         answer_xml("G22-1", "000.00.01.H22-190701-0001", {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    push({Operation::PushStatus});
    drop("answers-2.xml", answer_xml("G22-1", "000.00.01.H22-190701-0001",
                                     {{"accepted", "01/07/2019 08:00:00"},
                                      {"processing", "01/07/2019 09:00:00"},
                                      {"returned", "02/07/2019 08:00:00"}}));
    read();
    push({Operation::PushStatus});
    std::vector<std::string> sent;
    for (const auto& one : portal.seen) {
        EXPECT_THAT(one.document, HasSubstr("\"MaHoSo\":\"G22-1\""));
        EXPECT_THAT(one.document, HasSubstr("\"MaHoSoDonVi\":\"000.00.01.H22-190701-0001\""));
        const auto at = one.document.find("\"TrangThai\":\"") + 13;
        sent.push_back(one.document.substr(at, one.document.find('"', at) - at));
    }
    EXPECT_THAT(sent, ElementsAre("2", "4", "10"));
    EXPECT_EQ(**ledger->submissions().local_code("G22-1"), "000.00.01.H22-190701-0001");
}

TEST_F(Pull, ADossierBornOnThePortalDoesNotGoAsAnOrdinaryOne) {
    const std::string linked = "000.00.01.H22-190701-0001";
    const std::string says_so = "000.00.01.H22-190701-0002";
    arrive("G22-1");
    arrive("G22-2");
    drop("answers-1.xml", answer_xml("G22-1", linked, {{"accepted", "01/07/2019 08:00:00"}}));
    std::string with_code = dossier_xml(says_so);
    with_code.replace(with_code.find("</code>"), 7, "</code><portal-code>G22-2</portal-code>");
    drop("dossiers-1.xml", dossier_xml(linked) + with_code);
    read();
    push();
    EXPECT_TRUE(portal.seen.empty());
    EXPECT_EQ(**ledger->submissions().local_code("G22-2"), says_so);
}

TEST_F(Pull, ARecordThatContradictsALinkIsParked) {
    arrive("G22-1");
    drop("answers-1.xml", answer_xml("G22-1", "L-1", {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    drop("answers-2.xml", answer_xml("G22-1", "L-2", {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_THAT(parked().front().reason, HasSubstr("L-1"));
    EXPECT_EQ(**ledger->submissions().local_code("G22-1"), "L-1");
}

// A retry of what intake has parked reads it again: the rules of links hold then, too.
TEST_F(Pull, ARecordThatContradictsALinkStaysParkedWhenItIsReadAgain) {
    arrive("G22-1");
    arrive("G22-2");
    drop("answers-1.xml", answer_xml("G22-1", "L-1", {{"accepted", "01/07/2019 08:00:00"}}) +
                              answer_xml("G22-2", "L-1", {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    ASSERT_EQ(parked().size(), 1u);
    const auto again = read_again(*ledger, mappings->vocabulary(), *sealer, clock);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->readable, 0u);
    EXPECT_EQ(again->still, 1u);
    EXPECT_EQ(parked().size(), 1u);
    push({Operation::PushStatus});
    EXPECT_THAT(portal.codes(Operation::PushStatus), ElementsAre("G22-1"));
}

TEST_F(Pull, ALinkedDossierThatIsReadAgainIsNotSentAsAnOrdinaryOne) {
    arrive("G22-1");
    const std::string code = "000.00.01.H22-190701-0001";
    drop("dossiers-1.xml", dossier_xml(code, 2, "unheard-of"));  // parked: no such status word
    drop("answers-2.xml", answer_xml("G22-1", code, {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    ASSERT_EQ(parked().size(), 1u);
    // The same record under a vocabulary that knows the word: a copy of the shipped one.
    const auto dir = folder.path() / "mappings";
    std::filesystem::copy(std::filesystem::path(DVC_SOURCE_DIR) / "mappings", dir,
                          std::filesystem::copy_options::recursive);
    auto text = *read_file(dir / "province" / "reference.xml", 1u << 20);
    const std::string_view word = "<word from=\"processing\" to=\"processing\"/>";
    text.insert(text.find(word), "<word from=\"unheard-of\" to=\"processing\"/>");
    ASSERT_TRUE(write_atomically(dir / "province" / "reference.xml", text, 0644));
    const auto mended = mapping::MappingSet::load(dir, "reference", "mapi-2024");
    ASSERT_TRUE(mended) << mended.error().message;
    const auto again = read_again(*ledger, mended->vocabulary(), *sealer, clock);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->readable, 1u);
    push();
    EXPECT_TRUE(portal.codes(Operation::PushDossier).empty());
}

}  // namespace
}  // namespace dvcsync::sync
