// The recorder: every change has its entry, in the same transaction or not at all.
#include "connector/sync/trail.h"

#include "connector/audit/canonical.h"
#include "connector/audit/merkle.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class TrailTest : public testing::Test {
  protected:
    TrailTest() { record(); }

    void record() {
        recorder = std::make_unique<Recorder>(
            *office.ledger, office.clock,
            [this](std::string_view plain, std::string_view context) {
                return office.sealer->seal(plain, context);
            },
            "dvcsync");
    }
    // As portal::Client would: every call is an exchange.
    PortalCalls calls() {
        PortalCalls calls = office.portal.calls();
        calls.push = [this, push = calls.push](Operation operation,
                                               std::span<const portal::Item> items, bool updating) {
            portal::Exchange exchange;
            exchange.id = portal::next_exchange_id();
            exchange.operation = to_string(operation);
            exchange.endpoint = "share";
            exchange.status = 200;
            exchange.items = items.size();
            exchange.sent = sha256("body");
            exchange.received = sha256("answer");
            exchange.began = exchange.ended = office.clock.now();
            exchange.with_bodies = keep_bodies;
            exchange.sent_body = "body";
            exchange.received_body = "answer";
            auto outcomes = push(operation, items, updating);
            for (auto& one : outcomes)
                one.exchange = exchange.id;
            recorder->exchanges().put(std::move(exchange));
            return outcomes;
        };
        return calls;
    }
    void push() { office.push(calls(), {Operation::PushProgress, Operation::PushDossier}); }

    std::vector<std::string> entries(const std::string& part = "") {
        std::vector<std::string> found;
        const auto walked =
            office.ledger->trail().walk({}, [&](const ledger::TrailRow& row) -> Result<bool> {
                EXPECT_TRUE(audit::check_canonical(row.entry)) << row.entry;
                if (row.entry.find(part) != std::string::npos) found.push_back(row.entry);
                return true;
            });
        EXPECT_TRUE(walked);
        return found;
    }
    std::string only(const std::string& part) {
        const auto found = entries(part);
        EXPECT_EQ(found.size(), 1U) << part;
        return found.empty() ? "" : found.front();
    }

    Office office;
    std::unique_ptr<Recorder> recorder;
    bool keep_bodies = false;
};

TEST_F(TrailTest, ADeliveryNamesItsExchangeItsDocumentAndItsTimes) {
    office.drop("a.xml", dossier_xml("H22-1"));
    office.read();
    push();
    EXPECT_THAT(entries().front(), HasSubstr(R"("event":"log.opened")"));
    const auto exchange = audit::parse_canonical(entries(R"("event":"exchange")").front());
    ASSERT_TRUE(exchange);
    const auto delivery =
        audit::parse_canonical(only(R"("operation":"push-dossier","outcome":"delivered")"));
    ASSERT_TRUE(delivery);
    EXPECT_EQ(*delivery->find("code")->text(), "H22-1");
    EXPECT_EQ(*delivery->find("outcome")->text(), "delivered");
    EXPECT_EQ(*delivery->find("exchange")->number(), *exchange->find("sequence")->number());
    EXPECT_EQ(*delivery->find("document")->text(),
              hex(sha256(office.portal.seen.front().document)));
    for (const char* member : {"acknowledged", "agency", "event_time", "kind", "procedure",
                               "queued", "record", "operation"})
        EXPECT_NE(delivery->find(member), nullptr) << member;
    EXPECT_EQ(entries(R"("operation":"push-progress","outcome":"delivered")").size(), 1U);
    EXPECT_EQ(*exchange->find("sent")->text(), hex(sha256("body")));
}

TEST_F(TrailTest, ARefusalHoldsNoWordOfThePortal) {
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return portal::Outcome{
            portal::Verdict::Refused, "Nguyen Van A", "Nguyen Van A is wrong", {}};
    };
    push();
    const std::string entry = only(R"("event":"delivery")");
    EXPECT_THAT(entry, HasSubstr(R"("outcome":"refused")"));
    EXPECT_THAT(entry, HasSubstr(R"("portal_code":"other")"));
    EXPECT_THAT(entry, HasSubstr(R"("document":)"));
    for (const std::string& one : entries())
        EXPECT_THAT(one, Not(HasSubstr("Nguyen")));
}

TEST_F(TrailTest, WhatIsUndoneIsNotToldAndTheExchangeIsToldLater) {
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    portal::Exchange exchange;
    exchange.id = portal::next_exchange_id();
    exchange.operation = "login";
    recorder->exchanges().put(std::move(exchange));
    const std::size_t before = entries().size();
    audit::Event event;
    event.event = "evidence.shown";
    const Status undone = office.ledger->together([&]() -> Status {
        DVC_TRY(recorder->write(event));
        return fail(ErrorKind::Retry, "the disk is full");
    });
    EXPECT_FALSE(undone);
    EXPECT_EQ(entries().size(), before);
    ASSERT_TRUE(recorder->note(event));
    EXPECT_EQ(entries(R"("operation":"login")").size(), 1U);
    EXPECT_EQ(entries(R"("event":"evidence.shown")").size(), 1U);
    EXPECT_TRUE(office.ledger->verify());
}

TEST_F(TrailTest, ARecordThatCannotBeReadAndAnActOfAPersonAreTold) {
    office.drop("a.xml", "<dossier><code>H22-1</code></dossier>");
    office.read();
    EXPECT_THAT(only(R"("event":"record.refused")"), HasSubstr(R"("code":"H22-1")"));
    ledger::Filter filter;
    filter.code = "H22-1";
    ledger::Act act;
    act.actor = "lan";
    act.what = "dismiss";
    act.reason = "withdrawn";
    act.selection = "H22-1 --text \"Nguyen Van A\"";
    EXPECT_EQ(*office.ledger->dismiss_parked(filter, act, office.clock.now()), 1U);
    const std::string entry = only(R"("event":"person.dismiss")");
    EXPECT_THAT(entry, HasSubstr(R"("actor":"lan")"));
    EXPECT_THAT(entry, HasSubstr(R"("code":"H22-1")"));
    EXPECT_THAT(entry, HasSubstr(R"("reason":"withdrawn")"));
    EXPECT_THAT(entry, HasSubstr(R"("selection":"H22-1 --text …")"));
}

TEST_F(TrailTest, AnItemThatACrashLeftBehindIsToldAsInDoubt) {
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    ASSERT_EQ(office.ledger->claim(Operation::PushDossier, 1, office.clock.now())->size(), 1U);
    ASSERT_TRUE(office.ledger->recover(office.clock.now()));
    EXPECT_THAT(only(R"("event":"delivery")"), HasSubstr(R"("outcome":"in doubt")"));
}

TEST_F(TrailTest, RunsAreToldAndAChangeOnlyOnce) {
    const auto run = office.ledger->begin_run("all", office.clock.now());
    ASSERT_TRUE(run);
    for (const char* set : {"one", "one", "two", "two", "one"})
        ASSERT_TRUE(recorder->note_change("settings.changed", sha256(set)));
    ASSERT_TRUE(office.ledger->end_run(*run, "ok", "", office.clock.now()));
    EXPECT_EQ(entries(R"("event":"settings.changed")").size(), 3U);
    EXPECT_THAT(only(R"("event":"run.began")"), HasSubstr(R"("run":1)"));
    EXPECT_THAT(only(R"("event":"run.ended")"), HasSubstr(R"("outcome":"ok")"));
}

TEST_F(TrailTest, AClockThatWentBackIsToldOnceARunAndTimeStandsStill) {
    ASSERT_TRUE(office.ledger->begin_run("all", office.clock.now()));
    office.clock.sleep(-Millis{3'600'000});
    audit::Event event;
    event.event = "evidence.shown";
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(recorder->note(event));
    EXPECT_EQ(entries(R"("event":"clock.back")").size(), 1U);
    ASSERT_TRUE(office.ledger->begin_run("all", office.clock.now()));
    EXPECT_EQ(entries(R"("event":"clock.back")").size(), 2U);
    EXPECT_TRUE(office.ledger->verify());
}

TEST_F(TrailTest, TheFirstRunOfANewYearOpensALogThatNamesTheRootOfTheOldOne) {
    ASSERT_TRUE(office.ledger->begin_run("all", office.clock.now()));
    office.clock.sleep(std::chrono::duration_cast<Millis>(hours{24 * 200}));
    audit::Event event;
    event.event = "evidence.shown";
    ASSERT_TRUE(recorder->note(event));  // a person, before the first run
    ASSERT_EQ(office.ledger->trail().logs()->size(), 1U);
    ASSERT_TRUE(office.ledger->begin_run("all", office.clock.now()));
    const auto logs = *office.ledger->trail().logs();
    ASSERT_EQ(logs.size(), 2U);
    EXPECT_EQ(logs[1].name, "2020");
    EXPECT_TRUE(logs[0].closed);
    ledger::TrailFilter old;
    old.log = logs[0].log;
    std::vector<audit::Hash> leaves;
    std::string last;
    ASSERT_TRUE(office.ledger->trail().walk(old, [&](const ledger::TrailRow& row) -> Result<bool> {
        leaves.push_back(audit::leaf_hash(row.entry));
        last = row.entry;
        return true;
    }));
    EXPECT_THAT(last, HasSubstr(R"("event":"log.closed")"));
    const auto opened = entries(R"("event":"log.opened")");
    ASSERT_EQ(opened.size(), 2U);
    EXPECT_THAT(opened[1],
                HasSubstr(fmt::format(R"("sequence":0,"set":"{}")", hex(audit::root(leaves)))));
}

TEST_F(TrailTest, BodiesThatAreAskedForAreKeptSealedUnderTheirExchange) {
    keep_bodies = true;
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    push();
    const auto exchange = audit::parse_canonical(only(R"("event":"exchange")"));
    const auto sequence = *exchange->find("sequence")->number();
    auto& trail = office.ledger->trail();
    const auto log = trail.logs()->front().log;
    for (const bool sent : {true, false}) {
        const auto sealed = *trail.body(log, sequence, sent);
        ASSERT_TRUE(sealed);
        EXPECT_EQ(*office.sealer->open(*sealed, body_context(log, sequence, sent)),
                  sent ? "body" : "answer");
        EXPECT_FALSE(office.sealer->open(*sealed, body_context(log, sequence + 1, sent)));
    }
}

}  // namespace
}  // namespace dvcsync::sync
