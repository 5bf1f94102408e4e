// A process that dies by SIGKILL in the middle of its work, again and again: whatever it was told
// is stored must be there, whole, and nothing half done may be seen.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

constexpr int batch = 40;

std::string code_of(int number) {
    return "D" + std::to_string(number);
}

// Takes batches and delivers some, and tells through the pipe how many batches are stored.
[[noreturn]] void work_until_killed(const Backend& backend, const std::filesystem::path& folder,
                                    int pipe) {
    auto opened = backend.open(folder);
    if (!opened) ::_exit(2);
    Ledger& ledger = **opened;
    for (int number = std::stoi("0" + ledger.position("drop").value_or("x"));; ++number) {
        std::vector<Intake> records;
        records.reserve(batch);
        for (int i = 0; i < batch; ++i)
            records.push_back(dossier(code_of(number * batch + i)));
        if (!ledger.take(records, "drop", std::to_string(number + 1), noon)) ::_exit(3);
        const int stored = number + 1;
        if (::write(pipe, &stored, sizeof stored) != sizeof stored) ::_exit(4);
        auto items = ledger.claim(Operation::PushDossier, batch / 2, noon);
        if (!items) ::_exit(5);
        std::vector<Settlement> settlements;
        for (const Claimed& item : *items) {
            settlements.push_back(settled(item, State::Delivered));
            settlements.back().then = Operation::PushProgress;
        }
        if (!ledger.settle(settlements, noon)) ::_exit(6);
    }
}

TEST_P(LedgerTest, AKilledProcessLosesNothingThatItWasToldIsStored) {
    ledger_.reset();
    std::size_t doubts = 0;
    int stored = 0;
    for (int round = 0; round < 12; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(ends[0]);
            work_until_killed(GetParam(), folder_.path(), ends[1]);
        }
        ::close(ends[1]);
        // Wait for one batch, so that every round gets somewhere, then kill at an odd moment.
        int told = 0;
        ASSERT_EQ(::read(ends[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
        std::this_thread::sleep_for(std::chrono::microseconds{700 * round});
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
        do {
            stored = told;
        } while (::read(ends[0], &told, sizeof told) == static_cast<ssize_t>(sizeof told));
        ::close(ends[0]);

        reopen();
        ASSERT_TRUE(ledger().verify());
        const int position = std::stoi(*ledger().position("drop"));
        EXPECT_GE(position, stored) << "a stored batch is gone";
        EXPECT_LE(position, stored + 1);
        const auto tally = ledger().tally("dossier");
        EXPECT_EQ(tally->records, static_cast<std::size_t>(position * batch))
            << "position and records disagree";
        EXPECT_EQ(tally->held, 0U) << "a record without its item";
        const std::size_t sending = list(State::Sending).size();
        EXPECT_EQ(*ledger().recover(noon), sending);
        EXPECT_TRUE(list(State::Sending).empty());
        doubts += sending;
        // Every delivered dossier has its progress: both came in one transaction.
        std::size_t delivered = 0;
        std::size_t progress = 0;
        for (const ItemCount& row : counts()) {
            if (row.operation == Operation::PushProgress)
                progress += row.count;
            else if (row.state == State::Delivered)
                delivered += row.count;
        }
        EXPECT_EQ(delivered, progress);
        ledger_.reset();
    }
    RecordProperty("items_in_doubt", static_cast<int>(doubts));
}

}  // namespace
}  // namespace dvcsync::ledger
