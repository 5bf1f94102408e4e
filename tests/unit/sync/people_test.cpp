#include "connector/sync/people.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "connector/base/limits.h"
#include "connector/sync/run.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {
namespace {

using ledger::Cause;
using ledger::State;
using portal::Outcome;
using portal::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

UtcTime day(int year, unsigned month, unsigned day) {
    using namespace std::chrono;
    return from_vietnam(local_days{std::chrono::year{year} / std::chrono::month{month} / day});
}

ledger::Act act_of(std::string what, std::string reason = "tested") {
    ledger::Act act;
    act.actor = "clerk";
    act.what = std::move(what);
    act.reason = std::move(reason);
    return act;
}

Chosen chosen(Office& office, const Selection& selection) {
    const auto filters = parked_filters(selection);
    EXPECT_TRUE(filters) << (filters ? "" : filters.error().message);
    auto found = choose(*office.ledger, *filters);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return *std::move(found);
}

Selection of_codes(std::vector<std::string> codes) {
    Selection selection;
    selection.codes = std::move(codes);
    return selection;
}

std::vector<ledger::ItemDetails> details(Office& office, const std::string& code) {
    ledger::Filter filter;
    filter.code = code;
    return office.ledger->details(filter, 10).value_or(std::vector<ledger::ItemDetails>{});
}

// Two dossiers that the portal refuses, one whose status word no table knows, one that is fine.
void park_some(Office& office) {
    office.drop("a.xml", dossier_xml("H22-1") + dossier_xml("H22-2") +
                             dossier_xml("H22-3", 2, "never heard of") + dossier_xml("H22-4"));
    office.read();
    office.portal.answer = [](Operation, const portal::Item& item, bool) {
        if (item.code == "H22-4") return Outcome{Verdict::Accepted, "0", "", {}};
        return Outcome{Verdict::Refused, "-1", "no such Procedure", {}};
    };
    office.push();
}

// -- words ----------------------------------------------------------------------------------------

TEST(People, AReasonIsOneTrimmedLineThatSaysSomething) {
    EXPECT_EQ(act_reason("  đã sửa mã thủ tục ").value_or(""), "đã sửa mã thủ tục");
    for (const std::string bad : {"", "   ", "\u00a0\u00a0", "two\nlines", "a\tb", "bell\a",
                                  "\xff\xfe", "del\x7f", "c1\u0085"}) {
        const auto reason = act_reason(bad);
        ASSERT_FALSE(reason) << bad;
        EXPECT_EQ(reason.error().kind, ErrorKind::Config);
        EXPECT_THAT(reason.error().message, HasSubstr("--reason"));
    }
    std::string longest;
    for (std::size_t i = 0; i < limits::max_act_reason; ++i)
        longest += "ế";
    EXPECT_TRUE(act_reason(longest));
    EXPECT_FALSE(act_reason(longest + "ế"));
}

TEST(People, TheActorIsTheRealUserOrWhoeverBecameRootBySudo) {
    const passwd* me = getpwuid(getuid());
    ASSERT_NE(me, nullptr);
    const std::string own = me->pw_name;
    unsetenv("SUDO_USER");
    EXPECT_EQ(login_name(), own);
    setenv("SUDO_USER", "daemon", 1);  // a user that every Debian has
    EXPECT_EQ(login_name(), getuid() == 0 ? "daemon" : own);
    setenv("SUDO_USER", "nobody-of-this-name", 1);
    EXPECT_EQ(login_name(), own);
    unsetenv("SUDO_USER");
}

TEST(People, DaysAreVietnamDaysInBothFormsAndTheLastOneIsIncluded) {
    Selection selection;
    selection.from = "01/03/2019";
    selection.to = "2019-03-31";
    const auto filters = parked_filters(selection);
    ASSERT_TRUE(filters);
    ASSERT_THAT(*filters, SizeIs(1));
    EXPECT_EQ(filters->front().received_from, day(2019, 3, 1));
    EXPECT_EQ(filters->front().received_until, day(2019, 4, 1));
    const auto slice = slice_of(selection);
    ASSERT_TRUE(slice);
    EXPECT_EQ(slice->received_from, day(2019, 3, 1));
    EXPECT_EQ(slice->received_until, day(2019, 4, 1));
}

TEST(People, WordsThatMeanNothingAreNamedWithTheirOption) {
    struct Case {
        std::string Selection::*option;
        const char* value;
        const char* said;
    };
    const Case cases[] = {
        {&Selection::from, "31/02/2019", "--from 31/02/2019"},
        {&Selection::to, "2019-3-1", "--to 2019-3-1"},
        {&Selection::kind, "dosier", "--kind dosier"},
        {&Selection::operation, "push", "--operation push"},
        {&Selection::cause, "none", "--cause none"},
        {&Selection::text, "\xff", "--text"},
        {&Selection::agency, "a\nb", "--agency"},
    };
    for (const auto& one : cases) {
        Selection selection;
        selection.*one.option = one.value;
        const auto filters = parked_filters(selection);
        ASSERT_FALSE(filters) << one.said;
        EXPECT_THAT(filters.error().message, HasSubstr(one.said));
    }
    Selection backwards;
    backwards.from = "2019-04-01";
    backwards.to = "2019-03-31";
    EXPECT_FALSE(parked_filters(backwards));
    EXPECT_FALSE(parked_filters(of_codes({""})));
    EXPECT_FALSE(
        parked_filters(of_codes(std::vector<std::string>(limits::max_named_codes + 1, "x"))));
}

TEST(People, ASelectionIsKeptInTheWordsOfTheCommand) {
    Selection selection;
    EXPECT_EQ(words_of(selection), "everything");
    selection.agency = "000.00.01.H22";
    selection.text = "no such procedure";
    selection.to = "31/03/2019";
    EXPECT_EQ(words_of(selection),
              "--agency 000.00.01.H22 --text \"no such procedure\" --to 31/03/2019");
    EXPECT_EQ(words_of(of_codes({"A", "B"})), "A B");
    EXPECT_THAT(words_of(of_codes(std::vector<std::string>(25, "A"))), HasSubstr("and 5 more"));
}

TEST(People, ACodeThatIsNamedTwiceIsChosenOnce) {
    EXPECT_THAT(*parked_filters(of_codes({"A", "B", "A"})), SizeIs(2));
    EXPECT_THAT(slice_of(of_codes({"A", "B", "A"}))->codes, ElementsAre("A", "B"));
}

TEST(People, AResyncTakesCodesOrConditionsAndOnlyThoseItKnows) {
    Selection both = of_codes({"A"});
    both.agency = "000.00.01.H22";
    EXPECT_FALSE(slice_of(both));
    Selection cause;
    cause.cause = "portal";
    EXPECT_FALSE(slice_of(cause));
    EXPECT_EQ(slice_of(Selection{})->kind, "dossier");
    Selection catalogue;
    catalogue.kind = "procedure";
    EXPECT_EQ(slice_of(catalogue)->kind, "procedure");
}

TEST(People, DaysOfReceiptChooseDossiersOnly) {
    Selection days;
    days.from = "01/03/2019";
    EXPECT_TRUE(slice_of(days));
    days.kind = "dossier";
    EXPECT_TRUE(slice_of(days));
    for (const char* kind : {"procedure", "statistics"}) {
        days.kind = kind;
        const auto none = slice_of(days);
        ASSERT_FALSE(none);
        EXPECT_THAT(none.error().message,
                    HasSubstr("--from and --to choose by the day on which a dossier was received"));
    }
}

// -- parked items -----------------------------------------------------------------------------

TEST(People, WhatIsChosenIsCountedByKindAndCause) {
    Office office;
    park_some(office);
    const auto all = chosen(office, {});
    EXPECT_EQ(all.total, 3u);
    ASSERT_THAT(all.kinds, SizeIs(2));
    std::size_t by_portal = 0;
    for (const auto& one : all.kinds) {
        EXPECT_EQ(one.kind, "dossier");
        if (one.cause == Cause::Portal) by_portal = one.count;
    }
    EXPECT_EQ(by_portal, 2u);
    Selection words;
    words.text = "NO SUCH procedure";
    EXPECT_EQ(chosen(office, words).total, 2u);
    Selection elsewhere;
    elsewhere.agency = "000.00.02.H22";
    EXPECT_EQ(chosen(office, elsewhere).total, 0u);
}

TEST(People, ACodeThatIsNotParkedIsToldWithItsState) {
    Office office;
    park_some(office);
    const auto found = chosen(office, of_codes({"H22-1", "H22-4", "H22-9"}));
    EXPECT_EQ(found.total, 1u);
    ASSERT_THAT(found.not_parked, SizeIs(2));
    EXPECT_THAT(found.not_parked[0], HasSubstr("H22-4: not parked"));
    EXPECT_THAT(found.not_parked[0], HasSubstr("delivered"));
    EXPECT_THAT(found.not_parked[1], HasSubstr("H22-9"));
    EXPECT_THAT(found.not_parked[1], HasSubstr("spelling"));
    Selection other = of_codes({"H22-1"});
    other.cause = "intake";
    EXPECT_THAT(chosen(office, other).not_parked.at(0), HasSubstr("not as the filters say"));
}

TEST(People, ARetriedItemGoesOutAgainAndTheActIsKept) {
    Office office;
    park_some(office);
    const auto retried =
        retry(*office.ledger, office.mappings->vocabulary(), *office.sealer,
              chosen(office, of_codes({"H22-1"})), act_of("retry", "mended"), office.clock);
    ASSERT_TRUE(retried) << retried.error().message;
    EXPECT_EQ(retried->ready, 1u);
    EXPECT_EQ(retried->reread.looked_at, 0u);
    const auto items = details(office, "H22-1");
    ASSERT_THAT(items, SizeIs(1));
    EXPECT_EQ(items[0].row.state, State::Ready);
    ASSERT_THAT(items[0].acts, SizeIs(1));
    EXPECT_EQ(items[0].acts[0].actor, "clerk");
    EXPECT_EQ(items[0].acts[0].reason, "mended");
    EXPECT_EQ(items[0].acts[0].selection, "H22-1");
    office.portal.answer = nullptr;
    office.portal.seen.clear();
    office.push();
    EXPECT_THAT(office.portal.codes(Operation::PushDossier), ElementsAre("H22-1"));
}

TEST(People, WhatIntakeParkedIsReadAgainAndSaysWhatIsStillWrong) {
    Office office;
    const std::string broken = dossier_xml("H22-5");
    std::string bad = broken;
    bad.replace(bad.find("01/03/2019 08:30:00"), 19, "31/02/2019 08:30:00");
    office.drop("a.xml", bad);
    office.read();
    const auto found = chosen(office, {});
    ASSERT_EQ(found.total, 1u);
    ASSERT_EQ(found.kinds.at(0).cause, Cause::Intake);
    const auto retried = retry(*office.ledger, office.mappings->vocabulary(), *office.sealer, found,
                               act_of("retry"), office.clock);
    ASSERT_TRUE(retried) << retried.error().message;
    EXPECT_EQ(retried->ready, 0u);
    EXPECT_EQ(retried->reread.looked_at, 1u);
    EXPECT_EQ(retried->reread.still, 1u);
    ASSERT_THAT(retried->reread.first_still, SizeIs(1));
    EXPECT_THAT(retried->reread.first_still[0].reason, HasSubstr("received"));
    // That somebody wanted it is kept, though no item changed.
    const auto acts = office.ledger->acts(10);
    ASSERT_TRUE(acts);
    ASSERT_THAT(*acts, SizeIs(1));
    EXPECT_EQ(acts->front().what, "read again");
}

TEST(People, ADismissedItemIsSentOnlyInANewerVersion) {
    Office office;
    park_some(office);
    const auto dismissed = dismiss(*office.ledger, chosen(office, of_codes({"H22-1", "H22-2"})),
                                   act_of("dismiss"), office.clock.now());
    ASSERT_TRUE(dismissed) << dismissed.error().message;
    EXPECT_EQ(*dismissed, 2u);
    EXPECT_EQ(office.ledger->tally("dossier")->dismissed, 2u);
    EXPECT_EQ(chosen(office, of_codes({"H22-1"})).total, 0u);
    office.portal.answer = nullptr;
    office.portal.seen.clear();
    office.push();
    EXPECT_THAT(office.portal.seen, IsEmpty());
    office.drop("b.xml", dossier_xml("H22-1", 2, "processing", "corrected"));
    office.read();
    office.push();
    EXPECT_THAT(office.portal.codes(Operation::PushDossier), ElementsAre("H22-1"));
}

TEST(People, NobodyActsOnMoreThanWasAgreedTo) {
    Office office;
    park_some(office);
    auto agreed = chosen(office, {});
    agreed.total -= 1;  // as if one more had been parked since
    const auto now = office.clock.now();
    const auto dismissed = dismiss(*office.ledger, agreed, act_of("dismiss"), now);
    ASSERT_FALSE(dismissed);
    EXPECT_EQ(dismissed.error().kind, ErrorKind::Retry);
    EXPECT_THAT(dismissed.error().message, HasSubstr("nothing was done"));
    EXPECT_EQ(chosen(office, {}).total, 3u);
    EXPECT_THAT(*office.ledger->acts(10), IsEmpty());
}

TEST(People, WhatWasParkedInDoubtIsCountedApart) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1"));
    office.read();
    office.portal.repeatable = false;
    office.portal.answer = [](Operation operation, const portal::Item&, bool) {
        return operation == Operation::PushProgress
                   ? Outcome{Verdict::InDoubt, "", "the connection ended", {}}
                   : Outcome{Verdict::Accepted, "0", "", {}};
    };
    for (int i = 0; i < 3; ++i) {
        office.push();
        office.clock.sleep(std::chrono::hours{2});
    }
    const auto found = chosen(office, {});
    EXPECT_EQ(found.total, 1u);
    EXPECT_EQ(found.in_doubt, 1u);
    EXPECT_EQ(details(office, "H22-1").at(0).row.portal_code, ledger::doubt_code);
}

// -- resync -------------------------------------------------------------------------------------

ledger::Run run_of(std::string summary, int seconds) {
    ledger::Run run;
    run.started = day(2019, 7, 1);
    if (seconds >= 0) run.ended = run.started + std::chrono::seconds{seconds};
    run.summary = std::move(summary);
    return run;
}

TEST(People, TheRateIsThatOfRunsThatEndedAndDelivered) {
    const std::vector runs{run_of(R"({"read":5,"delivered":900,"calls":1})", 10), run_of("", -1),
                           run_of(R"({"delivered":0})", 500), run_of(R"({"delivered":100})", 40),
                           run_of("config", 3)};
    ASSERT_TRUE(delivery_rate(runs));
    EXPECT_DOUBLE_EQ(*delivery_rate(runs), 20.0);
    EXPECT_FALSE(delivery_rate({}));
    EXPECT_FALSE(delivery_rate(std::span(runs).subspan(1, 2)));
}

TEST(People, ARunTellsItsRateInItsSummary) {
    Office office;
    office.rules.workers = 0;
    office.drop("a.xml", dossier_xml("H22-1") + dossier_xml("H22-2"));
    office.portal.answer = [&office](Operation, const portal::Item&, bool) {
        office.clock.sleep(std::chrono::seconds{1});
        return Outcome{Verdict::Accepted, "0", "", {}};
    };
    const PortalCalls calls = office.portal.calls();
    const auto open_source = [&office](const std::string& position) {
        return province::open_drop_folder(drop_folder_settings(office.folder.path() / "drop", "H22",
                                                               office.mappings->vocabulary()),
                                          position, office.clock);
    };
    const Parts parts{*office.ledger, *office.sealer, *office.mappings, calls,
                      open_source,    office.clock,   office.progress,  office.stop};
    RunOrder order;
    order.job = Job::PushDossiers;
    order.who.owner = "owner";
    RunRules rules;
    rules.delivery = office.rules;
    rules.delivery.lease = Millis{120'000};
    const auto report = run(parts, order, rules);
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->delivery.delivered, 4u);  // two dossiers, and the progress of each
    const auto rate = delivery_rate(*office.ledger->last_runs(3));
    ASSERT_TRUE(rate);
    // Two documents and four steps, a second each.
    EXPECT_NEAR(*rate, 4.0 / 6.0, 0.01);
}

TEST(People, AResyncHasARateOnceItHasMovedTwice) {
    ledger::Resync resync;
    resync.total = 1'000;
    EXPECT_FALSE(resync_rate(resync));
    resync.began = resync.changed = day(2019, 7, 1);
    resync.handed = 100;
    EXPECT_FALSE(resync_rate(resync));
    resync.changed = *resync.began + std::chrono::seconds{50};
    resync.handed = 180;
    resync.skipped = 20;
    EXPECT_DOUBLE_EQ(resync_rate(resync).value_or(0), 4.0);
    EXPECT_EQ(left_of(resync), 800u);
    resync.state = ledger::ResyncState::Stopped;
    EXPECT_EQ(left_of(resync), 0u);
    EXPECT_EQ(duration_words(100, 20), "less than two minutes");
    EXPECT_EQ(duration_words(12'000, 20), "about 10 minutes");
    EXPECT_EQ(duration_words(1'000'000, 100), "about 3 hours");
    EXPECT_EQ(duration_words(10'000'000, 10), "about 12 days");
}

TEST(People, APreviewTellsWhatAResyncSendsAndASecondOneDoesNotDoubleIt) {
    Office office;
    park_some(office);
    Selection selection;
    selection.agency = "000.00.01.H22";
    const auto slice = slice_of(selection);
    ASSERT_TRUE(slice);
    const auto preview = office.ledger->preview_resync(*slice);
    ASSERT_TRUE(preview) << preview.error().message;
    EXPECT_EQ(preview->matching, 3u);  // the agency of the unreadable one is not known
    EXPECT_EQ(preview->parked, 2u);
    EXPECT_EQ(would_send(*preview), 1u);
    EXPECT_THAT(preview->first_codes, ElementsAre("H22-4"));
    ASSERT_TRUE(office.ledger->start_resync(*slice, act_of("resync start"), office.clock.now()));
    EXPECT_EQ(would_send(*office.ledger->preview_resync(*slice)), 0u);
}

}  // namespace
}  // namespace dvcsync::sync
