// The evidence by which a province is graded stays as long as its ledger.
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;

TEST_P(LedgerTest, WhatWasSentAndWhenIsStillKnownAfterTenYears) {
    take({dossier("D")});
    const auto run = ledger().begin_run("all", noon);
    ASSERT_TRUE(run);
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.code = "0";
    settle(accepted, noon + hours{1});
    ASSERT_TRUE(ledger().end_run(*run, "ok", "{}", noon + hours{1}));
    ASSERT_TRUE(ledger().note(act("confirm"), noon + hours{2}));

    constexpr hours ten_years{10 * 365 * 24};
    reopen();
    ASSERT_TRUE(ledger().recover(noon + ten_years));
    take({dossier("E")}, noon + ten_years);
    settle(settled(claim_one(Operation::PushDossier, noon + ten_years), State::Delivered),
           noon + ten_years);

    Filter filter;
    filter.code = "D";
    const auto found = ledger().details(filter, 10);
    ASSERT_TRUE(found && found->size() == 1U);
    EXPECT_EQ(found->front().received, noon) << "when the province received it";
    EXPECT_EQ(found->front().row.queued_at, noon);
    EXPECT_EQ(found->front().delivered_at, noon + hours{1});
    EXPECT_EQ(ledger().last_runs(10)->size(), 1U);
    EXPECT_EQ(ledger().acts(10)->size(), 1U);
}

}  // namespace
}  // namespace dvcsync::ledger
