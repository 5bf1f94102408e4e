// Bodies kept as evidence: shown one exchange at a time, erased, and the log tells both.
#include "connector/sync/bodies.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::sync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class BodiesTest : public testing::Test {
  protected:
    void SetUp() override {
        const auto key = folder_.path() / "ledger.key";
        ASSERT_TRUE(Sealer::create_key(key));
        sealer_.emplace(*Sealer::load(key));
        auto opened = ledger::open_sqlite(folder_.path() / "ledger.db", "key");
        ASSERT_TRUE(opened) << opened.error().message;
        ledger_ = *std::move(opened);
        recorder_ = std::make_unique<Recorder>(
            *ledger_, system_clock(),
            [this](std::string_view plain, std::string_view context) {
                return sealer_->seal(plain, context);
            },
            "lan");
        act_.actor = "lan";
        act_.reason = "audit of 2026";
        exchange("one");
        exchange("two");
    }
    // An exchange whose bodies are kept, and a delivery of dossier `code` that names it.
    void exchange(const std::string& code) {
        portal::Exchange exchange;
        exchange.id = portal::next_exchange_id();
        exchange.operation = "push-dossier";
        exchange.sent_body = "sent " + code;
        exchange.received_body = "received " + code;
        exchange.sent = sha256(exchange.sent_body);
        exchange.received = sha256(exchange.received_body);
        exchange.with_bodies = true;
        exchange.ended = system_clock().now();
        recorder_->exchanges().put(std::move(exchange));
        ASSERT_TRUE(recorder_->note_exchanges());
        audit::Event delivery;
        delivery.event = "delivery";
        delivery.code = code;
        delivery.exchange = size() - 1;
        append(delivery);
    }
    void append(const audit::Event& event) {
        const auto at = system_clock().now();
        const std::int64_t next = size();
        ASSERT_TRUE(trail().append(log(), next, at, event.code, audit::entry_of(event, next, at)));
    }
    ledger::Trail& trail() { return ledger_->trail(); }
    std::int64_t log() { return trail().current(system_clock().now())->log; }
    std::int64_t size() { return trail().end(log())->size; }
    // The exchange that the delivery of a code names.
    std::int64_t exchange_of(std::string_view code) {
        std::int64_t found = -1;
        ledger::TrailFilter filter;
        filter.code = code;
        EXPECT_TRUE(trail().walk(filter, [&found](const ledger::TrailRow& row) -> Result<bool> {
            found = row.sequence - 1;
            return false;
        }));
        return found;
    }
    std::vector<std::string> entries_with(std::string_view words) {
        std::vector<std::string> found;
        EXPECT_TRUE(trail().walk({}, [&](const ledger::TrailRow& row) -> Result<bool> {
            if (row.entry.find(words) != std::string::npos) found.push_back(row.entry);
            return true;
        }));
        return found;
    }
    Result<KeptBodies> show(std::string_view code, std::int64_t exchange) {
        return show_bodies(*ledger_, *sealer_, *recorder_, "", exchange, act_, code);
    }

    test::TemporaryFolder folder_;
    std::optional<Sealer> sealer_;
    std::unique_ptr<ledger::Ledger> ledger_;
    std::unique_ptr<Recorder> recorder_;
    ledger::Act act_;
};

TEST_F(BodiesTest, OneExchangeIsShownAndTheLogTellsIt) {
    const auto bodies = show("one", exchange_of("one"));
    ASSERT_TRUE(bodies) << bodies.error().message;
    EXPECT_EQ(bodies->sent, "sent one");
    EXPECT_EQ(bodies->received, "received one");
    EXPECT_THAT(entries_with("evidence.shown"), ElementsAre(HasSubstr("audit of 2026")));
}

TEST_F(BodiesTest, AnExchangeOfAnotherDossierIsNotShown) {
    const auto bodies = show("one", exchange_of("two"));
    ASSERT_FALSE(bodies);
    EXPECT_EQ(bodies.error().kind, ErrorKind::Refused);
    EXPECT_THAT(entries_with("evidence.shown"), ElementsAre());
}

TEST_F(BodiesTest, ABodyThatItsEntryDoesNotNameIsCorrupt) {
    audit::Event exchange;
    exchange.event = "exchange";
    exchange.sent = sha256("something else");
    const std::int64_t place = size();
    append(exchange);
    audit::Event delivery;
    delivery.event = "delivery";
    delivery.code = "three";
    delivery.exchange = place;
    append(delivery);
    ASSERT_TRUE(trail().keep_body(log(), place, true,
                                  sealer_->seal("changed", body_context(log(), place, true)),
                                  system_clock().now()));
    const auto bodies = show("three", place);
    ASSERT_FALSE(bodies);
    EXPECT_EQ(bodies.error().kind, ErrorKind::Corrupt);
}

TEST_F(BodiesTest, ABodyThatIsAnotherExchangesIsToldWithItsPlace) {
    const std::int64_t place = exchange_of("one");
    ASSERT_TRUE(trail().erase_bodies(log(), place));
    ASSERT_TRUE(trail().keep_body(log(), place, true,
                                  sealer_->seal("sent two", body_context(log(), place + 2, true)),
                                  system_clock().now()));
    const auto bodies = show("one", place);
    ASSERT_FALSE(bodies);
    EXPECT_EQ(bodies.error().kind, ErrorKind::Corrupt);
    EXPECT_THAT(bodies.error().message, HasSubstr(fmt::format("exchange {} of log 20", place)));
    EXPECT_THAT(entries_with("evidence.shown"), ElementsAre());
}

TEST_F(BodiesTest, WhatIsErasedIsGoneAndTheLogSaysSo) {
    BodyErasure what;
    what.exchange = exchange_of("one");
    EXPECT_EQ(*erase_bodies(*ledger_, *recorder_, what, act_), 2U);
    EXPECT_FALSE(show("one", *what.exchange));
    EXPECT_TRUE(show("two", exchange_of("two")));
    EXPECT_THAT(entries_with("evidence.erased"), ElementsAre(HasSubstr("\"count\":2")));
    EXPECT_EQ(*erase_bodies(*ledger_, *recorder_, what, act_), 0U);
    EXPECT_THAT(entries_with("evidence.erased"), testing::SizeIs(1));  // nothing was done
    what.log = "1999";
    EXPECT_EQ(erase_bodies(*ledger_, *recorder_, what, act_).error().kind, ErrorKind::Refused);
}

TEST_F(BodiesTest, RetentionErasesWhatIsOlderOnly) {
    const UtcTime now = system_clock().now();
    using std::chrono::days;
    EXPECT_EQ(*erase_expired(*ledger_, *recorder_, 0, now + days{1'000}), 0U);
    EXPECT_EQ(*erase_expired(*ledger_, *recorder_, 90, now + days{89}), 0U);
    EXPECT_EQ(*erase_expired(*ledger_, *recorder_, 90, now + days{91}), 4U);
    EXPECT_THAT(entries_with("evidence.erased"), ElementsAre(HasSubstr("kept for 90 days")));
}

}  // namespace
}  // namespace dvcsync::sync
