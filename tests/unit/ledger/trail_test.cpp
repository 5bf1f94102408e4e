// The trail: entries without a gap, logs that close, seals, bodies that can be erased.
#include "connector/ledger/trail.h"

#include <fstream>
#include <iterator>
#include <thread>

#include "connector/base/limits.h"
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class TrailTest : public LedgerTest {
  protected:
    Trail& trail() { return ledger().trail(); }
    std::int64_t log(UtcTime now = noon) {
        const auto log = trail().current(now);
        EXPECT_TRUE(log) << log.error().message;
        return log ? log->log : 0;
    }
    // Entries "0", "1", … of the current log, a second apart.
    void fill(std::int64_t count, const std::string& code = "") {
        for (std::int64_t i = 0; i < count; ++i)
            ASSERT_TRUE(trail().append(log(), i, noon + seconds{i}, code, "e" + std::to_string(i)));
    }
    std::vector<std::string> entries(const TrailFilter& filter = {}) {
        std::vector<std::string> found;
        const auto done = trail().walk(filter, [&](const TrailRow& row) -> Result<bool> {
            found.push_back(row.entry);
            return true;
        });
        EXPECT_TRUE(done) << done.error().message;
        return found;
    }
    ErrorKind kind_of(const Status& status) {
        EXPECT_FALSE(status);
        return status ? ErrorKind::Retry : status.error().kind;
    }
};
INSTANTIATE_TEST_SUITE_P(Every, TrailTest, testing::ValuesIn(backends()));

TEST_P(TrailTest, EntriesComeBackAsTheyWereAppended) {
    const std::string bytes("a\0\xff \n", 5);
    ASSERT_TRUE(trail().append(log(), 0, noon, "D1", bytes));
    ASSERT_TRUE(trail().append(log(), 1, noon, "", "second"));
    reopen();
    std::vector<TrailRow> rows;
    ASSERT_TRUE(trail().walk({}, [&](const TrailRow& row) -> Result<bool> {
        rows.push_back(row);
        return true;
    }));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].entry, bytes);
    EXPECT_EQ(rows[0].log, log());
    EXPECT_EQ(rows[0].sequence, 0);
    EXPECT_EQ(rows[0].at, noon);
    EXPECT_EQ(rows[0].code, "D1");
    EXPECT_EQ(rows[1].sequence, 1);
    EXPECT_EQ(rows[1].code, "");
    EXPECT_EQ(trail().end(log())->size, 2);
    EXPECT_EQ(trail().end(log())->last_at, noon);
}

TEST_P(TrailTest, OnlyTheNextSequenceIsTaken) {
    EXPECT_EQ(trail().end(log())->size, 0);
    EXPECT_EQ(trail().end(log())->last_at, std::nullopt);
    EXPECT_EQ(kind_of(trail().append(log(), 1, noon, "", "e")), ErrorKind::Bug) << "a gap";
    fill(2);
    EXPECT_EQ(kind_of(trail().append(log(), 0, noon + hours{1}, "", "e")), ErrorKind::Bug);
    EXPECT_EQ(kind_of(trail().append(log(), 1, noon + hours{1}, "", "e")), ErrorKind::Bug);
    EXPECT_EQ(kind_of(trail().append(log(), 3, noon + hours{1}, "", "e")), ErrorKind::Bug);
    EXPECT_EQ(kind_of(trail().append(log(), -1, noon + hours{1}, "", "e")), ErrorKind::Bug);
    EXPECT_EQ(kind_of(trail().append(log() + 1, 0, noon, "", "e")), ErrorKind::Bug) << "no log";
    EXPECT_THAT(entries(), ElementsAre("e0", "e1"));
}

TEST_P(TrailTest, TimeNeverGoesBackAndEntriesHaveALimit) {
    fill(2);
    EXPECT_EQ(kind_of(trail().append(log(), 2, noon + Millis{999}, "", "e")), ErrorKind::Bug);
    ASSERT_TRUE(trail().append(log(), 2, noon + seconds{1}, "", "the same instant"));
    EXPECT_EQ(kind_of(trail().append(log(), 3, noon + hours{1}, "", "")), ErrorKind::Bug);
    const std::string most(limits::max_entry, 'x');
    EXPECT_EQ(kind_of(trail().append(log(), 3, noon + hours{1}, "", most + "x")), ErrorKind::Bug);
    EXPECT_TRUE(trail().append(log(), 3, noon + hours{1}, "", most));
}

TEST_P(TrailTest, AnEntryIsUndoneTogetherWithWhatItTells) {
    fill(1);
    const Status status = ledger().together([&]() -> Status {
        DVC_TRY(trail().append(log(), 1, noon + hours{1}, "D", "e1"));
        DVC_TRY(
            ledger().take(std::vector<Intake>{dossier("D")}, "drop", "p", noon).map([](auto) {}));
        return fail(ErrorKind::Retry, "the disk is full");
    });
    EXPECT_FALSE(status);
    EXPECT_THAT(entries(), ElementsAre("e0"));
    EXPECT_EQ(*ledger().records("dossier"), 0U);
    ASSERT_TRUE(trail().append(log(), 1, noon + hours{1}, "D", "e1"));
}

TEST_P(TrailTest, TwoProcessesNeverTakeTheSameSequence) {
    constexpr int each = 50;
    auto work = [this] {
        auto mine = GetParam().open(folder_.path());
        ASSERT_TRUE(mine) << mine.error().message;
        for (int i = 0; i < each; ++i) {
            const auto done = (*mine)->together([&]() -> Status {
                DVC_TRY_ASSIGN(log, (*mine)->trail().current(noon));
                DVC_TRY_ASSIGN(end, (*mine)->trail().end(log.log));
                return (*mine)->trail().append(log.log, end.size, noon, "", "e");
            });
            ASSERT_TRUE(done) << done.error().message;
        }
    };
    std::thread other(work);
    work();
    other.join();
    EXPECT_EQ(trail().logs()->size(), 1U);
    EXPECT_EQ(trail().end(log())->size, 2 * each);
    EXPECT_EQ(entries().size(), 2U * each);
    EXPECT_TRUE(ledger().verify());
}

TEST_P(TrailTest, ALogIsNamedAfterItsVietnamYearAndLastsUntilItIsClosed) {
    const UtcTime eve = vietnam(2026, 12, 31, 23, 59);
    const auto old = trail().current(eve);
    ASSERT_TRUE(old);
    EXPECT_EQ(old->name, "2026");
    EXPECT_EQ(old->opened, eve);
    EXPECT_FALSE(old->closed);
    EXPECT_EQ(trail().current(eve + hours{1})->log, old->log) << "who rotates closes it";
    ASSERT_TRUE(trail().append(old->log, 0, eve, "", "e"));
    ASSERT_TRUE(trail().close(old->log, eve + hours{1}));
    EXPECT_EQ(kind_of(trail().append(old->log, 1, eve + hours{1}, "", "e")), ErrorKind::Bug);
    EXPECT_EQ(kind_of(trail().close(old->log, eve + hours{1})), ErrorKind::Bug);
    const auto young = trail().current(eve + hours{1});
    EXPECT_EQ(young->name, "2027");
    EXPECT_GT(young->log, old->log);
    ASSERT_TRUE(trail().close(young->log, eve + hours{2}));
    EXPECT_EQ(trail().current(eve + hours{2})->name, "2027-2");
    ASSERT_TRUE(trail().close(log(), eve + hours{2}));
    EXPECT_EQ(trail().current(eve)->name, "2026-2") << "the clock went back";
    const auto all = trail().logs();
    ASSERT_EQ(all->size(), 4U);
    EXPECT_EQ(all->front().closed, eve + hours{1});
}

TEST_P(TrailTest, AWalkFindsByCodeSequenceAndTime) {
    fill(10);
    for (std::int64_t i = 10; i < 20; ++i)
        ASSERT_TRUE(trail().append(log(), i, noon + seconds{10}, i % 2 == 0 ? "even" : "odd",
                                   "e" + std::to_string(i)));
    EXPECT_EQ(entries().size(), 20U);
    TrailFilter filter;
    filter.code = "odd";
    EXPECT_THAT(entries(filter), ElementsAre("e11", "e13", "e15", "e17", "e19"));
    filter.from = 13;
    filter.until = 17;
    EXPECT_THAT(entries(filter), ElementsAre("e13", "e15"));
    filter = {};
    filter.at_from = noon + seconds{8};
    filter.at_until = noon + seconds{10};
    EXPECT_THAT(entries(filter), ElementsAre("e8", "e9"));
    filter.at_from = noon + Millis{8'001};
    EXPECT_THAT(entries(filter), ElementsAre("e9"));
    filter.at_until = noon + hours{1};
    EXPECT_EQ(entries(filter).size(), 11U);
    filter.at_from = noon + hours{1};
    EXPECT_THAT(entries(filter), IsEmpty());
    filter = {};
    filter.at_until = noon;
    EXPECT_THAT(entries(filter), IsEmpty());
    filter = {};
    filter.log = log() + 1;
    EXPECT_THAT(entries(filter), IsEmpty());
}

TEST_P(TrailTest, AWalkGoesThroughAllLogsAndEndsWhenItIsTold) {
    fill(3);
    ASSERT_TRUE(trail().close(log(), noon + hours{1}));
    ASSERT_TRUE(trail().append(log(), 0, noon, "", "next"));
    EXPECT_THAT(entries(), ElementsAre("e0", "e1", "e2", "next"));
    std::size_t seen = 0;
    ASSERT_TRUE(trail().walk({}, [&](const TrailRow&) -> Result<bool> { return ++seen < 2; }));
    EXPECT_EQ(seen, 2U);
    const auto failed = trail().walk(
        {}, [&](const TrailRow&) -> Result<bool> { return fail(ErrorKind::Corrupt, "no"); });
    EXPECT_EQ(kind_of(failed), ErrorKind::Corrupt);
}

TEST_P(TrailTest, ASealIsKeptOnceAndGetsItsTimestampLater) {
    SealRow seal{log(), 3, "note 3", std::string("f\0g", 3), "", noon};
    EXPECT_EQ(*trail().last_seal(log()), std::nullopt);
    ASSERT_TRUE(trail().seal(seal));
    EXPECT_EQ(kind_of(trail().seal({log(), 3, "fork", "f", "t", noon})), ErrorKind::Bug);
    seal.timestamp = "token";
    ASSERT_TRUE(trail().seal(seal));
    EXPECT_EQ(kind_of(trail().seal(seal)), ErrorKind::Bug) << "it has one";
    ASSERT_TRUE(trail().seal({log(), 10, "note 10", "f", "", noon + hours{1}}));
    reopen();
    const auto last = *trail().last_seal(log());
    ASSERT_TRUE(last);
    EXPECT_EQ(last->size, 10);
    EXPECT_EQ(last->at, noon + hours{1});
    std::vector<SealRow> seals;
    ASSERT_TRUE(trail().walk_seals(log(), [&](const SealRow& row) -> Result<bool> {
        seals.push_back(row);
        return true;
    }));
    ASSERT_EQ(seals.size(), 2U);
    EXPECT_EQ(seals[0].note, "note 3");
    EXPECT_EQ(seals[0].frontier, seal.frontier);
    EXPECT_EQ(seals[0].timestamp, "token");
    EXPECT_EQ(*trail().last_seal(log() + 1), std::nullopt);
}

TEST_P(TrailTest, BodiesAreKeptAndErased) {
    ASSERT_TRUE(trail().keep_body(log(), 0, true, "sent 0", noon));
    ASSERT_TRUE(trail().keep_body(log(), 0, false, "received 0", noon));
    ASSERT_TRUE(trail().keep_body(log(), 1, true, "sent 1", noon + hours{1}));
    ASSERT_TRUE(trail().keep_body(log(), 2, true, "sent 2", noon + hours{2}));
    EXPECT_FALSE(trail().keep_body(log(), 0, true, "again", noon));
    EXPECT_EQ(*trail().body(log(), 0, true), "sent 0");
    EXPECT_EQ(*trail().body(log(), 0, false), "received 0");
    EXPECT_EQ(*trail().body(log(), 1, false), std::nullopt);
    EXPECT_EQ(*trail().erase_bodies(noon + hours{1}), 2U);
    EXPECT_EQ(*trail().body(log(), 0, true), std::nullopt);
    EXPECT_EQ(*trail().erase_bodies(log(), 2), 1U);
    EXPECT_EQ(*trail().erase_bodies(log(), 2), 0U);
    EXPECT_EQ(*trail().body(log(), 1, true), "sent 1");
}

TEST_P(TrailTest, AnErasedBodyLeavesNoBytesBehind) {
    const std::string body = "BODY-" + std::string(3'000, 'q') + "-YDOB";
    for (std::int64_t i = 0; i < 20; ++i)
        ASSERT_TRUE(trail().keep_body(log(), i, true, body, noon + seconds{i}));
    EXPECT_EQ(*trail().erase_bodies(noon + seconds{10}), 10U);
    EXPECT_EQ(*trail().erase_bodies(noon + hours{1}), 10U);
    ledger_.reset();  // folds the journal into the file
    std::size_t left = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
        std::ifstream in(file.path(), std::ios::binary);
        const std::string all{std::istreambuf_iterator<char>(in), {}};
        left += all.find("qqqq") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(left, 0U);
}

}  // namespace
}  // namespace dvcsync::ledger
