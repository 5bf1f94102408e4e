// How fast the ledger is, on a year of made-up dossiers: intake in batches, the look for unchanged
// records, claim and settle in batches, reports. Prints one line a measurement.
//
//   bench_ledger [folder [records]]     default: a new folder below the temporary one, 100,000
//
// The folder's disk is what is measured: synchronous=FULL waits for it at every commit.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "connector/base/limits.h"
#include "connector/ledger/ledger.h"

namespace {

using namespace dvcsync;
using namespace dvcsync::ledger;
using Clock = std::chrono::steady_clock;

template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    std::fprintf(stderr, "bench_ledger: %s\n", result.error().message.c_str());
    std::exit(1);
}

void must(const Status& status) {
    if (status) return;
    std::fprintf(stderr, "bench_ledger: %s\n", status.error().message.c_str());
    std::exit(1);
}

constexpr std::size_t payload_size = 2'048;
const UtcTime start{Millis{1'546'300'800'000}};  // 2019-01-01

// Bytes that do not repeat, as sealed payloads are.
std::string payload(std::size_t seed) {
    std::string bytes(payload_size, '\0');
    std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (char& byte : bytes) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        byte = static_cast<char>(state >> 56);
    }
    return bytes;
}

// Dossiers come in by day, and within a day by agency, as an export writes them.
Intake dossier(std::size_t number, int version) {
    const std::size_t day = number / 260;
    const std::size_t agency = number % 260 / 5;
    Intake intake;
    intake.facts.kind = "dossier";
    intake.facts.agency = fmt::format("000.00.{:02}.H22", agency);
    intake.facts.agency_name = fmt::format("Agency number {} of the province", agency);
    intake.facts.code = fmt::format("{}-19{:02}{:02}-{:04}", intake.facts.agency, day / 28 % 12 + 1,
                                    day % 28 + 1, number);
    intake.facts.procedure = "1.005129.000.00.00.H22";
    intake.facts.status = "returned";
    intake.facts.received = start + std::chrono::hours{24 * static_cast<int>(day)};
    intake.facts.due = *intake.facts.received + std::chrono::hours{24 * 7};
    intake.facts.finished = *intake.facts.received + std::chrono::hours{24 * 5};
    intake.facts.event = intake.facts.finished;
    intake.digest = sha256(intake.facts.code + std::to_string(version));
    intake.sealed = payload(number);
    intake.origin = "dossiers-2019-03-01.xml:4711";
    intake.queue = {Operation::PushDossier};
    return intake;
}

// Sums up wall and processor time over the measured parts.
struct Watch {
    double wall = 0;
    double processor = 0;

    template <class Work>
    void time(Work&& work) {
        const auto from = Clock::now();
        const std::clock_t busy_from = std::clock();
        work();
        wall += std::chrono::duration<double>(Clock::now() - from).count();
        processor += static_cast<double>(std::clock() - busy_from) / CLOCKS_PER_SEC;
    }
};

// What the disk takes for the smallest durable write: the floor under every commit.
void measure_disk(const std::filesystem::path& folder) {
    const std::string file = (folder / "disk").string();
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const std::string page(16'384, 'x');
    Watch watch;
    constexpr int count = 100;
    watch.time([&] {
        for (int i = 0; i < count; ++i)
            if (::pwrite(descriptor, page.data(), page.size(), 0) < 0 ||
                ::fdatasync(descriptor) != 0)
                std::perror("bench_ledger");
    });
    ::close(descriptor);
    ::unlink(file.c_str());
    fmt::print("{:<44}{:>12.2f} ms\n", "disk: one durable write of 16 KB",
               watch.wall / count * 1e3);
}

class Bench {
  public:
    Bench(const std::filesystem::path& file, std::size_t records)
        : file_(file), records_(records), ledger_(must(open_sqlite(file, "bench"))) {}

    void run() {
        take("take, new records, 500 a transaction", 1);
        look("unchanged check, one by one");
        deliver("claim + settle dossiers, 256 a batch", Operation::PushDossier);
        deliver("claim + settle progress, 256 a batch", Operation::PushProgress);
        take("take, changed records, 500 a transaction", 2);
        report();
        deliver("claim + settle changed dossiers", Operation::PushDossier);
        resync();
        fmt::print("{:<44}{:>12.1f} MB\n", "file", megabytes());
    }

  private:
    static void line(std::string_view what, std::size_t count, const Watch& watch) {
        fmt::print("{:<44}{:>12.0f} /s   {:>8} in {:.3f} s, of which {:.3f} s processor\n", what,
                   static_cast<double>(count) / watch.wall, count, watch.wall, watch.processor);
    }
    double megabytes() const {
        return static_cast<double>(std::filesystem::file_size(file_)) / 1e6;
    }

    void take(std::string_view what, int version) {
        Watch watch;
        for (std::size_t at = 0; at < records_;) {
            std::vector<Intake> batch;  // made outside the measured time
            for (; batch.size() < limits::intake_batch && at < records_; ++at)
                batch.push_back(dossier(at, version));
            watch.time([&] { must(ledger_->take(batch, "drop", std::to_string(at), start)); });
        }
        line(what, records_, watch);
    }

    void look(std::string_view what) {
        std::vector<Digest> digests;
        for (std::size_t i = 0; i < records_; ++i)
            digests.push_back(dossier(i, 1).digest);
        std::size_t found = 0;
        Watch watch;
        watch.time([&] {
            for (const Digest& digest : digests)
                found += must(ledger_->is_current(digest)) ? 1 : 0;
        });
        line(what, found, watch);
    }

    void deliver(std::string_view what, Operation operation) {
        std::size_t count = 0;
        Watch watch;
        for (;;) {
            std::vector<Claimed> items;
            watch.time(
                [&] { items = must(ledger_->claim(operation, limits::claim_batch, start)); });
            if (items.empty()) break;
            std::vector<Settlement> settlements;
            for (const Claimed& item : items) {
                Settlement settlement;
                settlement.item = item.item;
                settlement.version = item.version;
                settlement.state = State::Delivered;
                settlement.known = true;
                if (operation == Operation::PushDossier) {
                    settlement.document = item.document;
                    settlement.then = Operation::PushProgress;
                } else {
                    settlement.steps_done = 5;
                    settlement.steps_digest = Digest{};
                }
                settlements.push_back(settlement);
            }
            watch.time([&] { must(ledger_->settle(settlements, start)); });
            count += items.size();
        }
        line(what, count, watch);
    }

    static void timed(std::string_view what, auto&& work) {
        Watch watch;
        watch.time(work);
        fmt::print("{:<44}{:>12.1f} ms\n", what, watch.wall * 1e3);
    }

    // Half of the year by its codes, the rest as what is left; then everything goes out once more.
    void resync() {
        Slice half;
        for (std::size_t i = 0; i < records_; i += 2)
            half.codes.push_back(dossier(i, 1).facts.code);
        timed("resync of every second dossier, by code",
              [&] { must(ledger_->start_resync(half, {}, start)); });
        timed("preview of a resync of all", [&] { must(ledger_->preview_resync({})); });
        timed("resync of all the others", [&] { must(ledger_->start_resync({}, {}, start)); });
        Watch watch;
        Fed fed;
        std::size_t handed = 0;
        do {
            watch.time([&] { fed = must(ledger_->feed_resync(limits::intake_batch, start)); });
            handed += fed.handed;
        } while (fed.left > 0);
        line("resync handed over, 500 a transaction", handed, watch);
        deliver("claim + settle again, 256 a batch", Operation::PushDossier);
    }

    void report() {
        Filter filter;
        filter.text = "NOTHING HOLDS THIS";
        timed("figures of one month", [this] { must(ledger_->month(2019, 6)); });
        timed("figures of the year", [this] { must(ledger_->year(2019)); });
        timed("counts of the outbox", [this] { must(ledger_->counts()); });
        timed("search in the reasons", [&] { must(ledger_->count(filter)); });
        timed("tally of dossiers", [this] { must(ledger_->tally("dossier")); });
    }

    std::filesystem::path file_;
    std::size_t records_;
    std::unique_ptr<Ledger> ledger_;
};

}  // namespace

int main(int argc, char** argv) {
    std::string folder = argc > 1 ? argv[1] : "";
    const bool own = folder.empty();
    if (own) {
        folder = (std::filesystem::temp_directory_path() / "bench-ledger-XXXXXX").string();
        if (::mkdtemp(folder.data()) == nullptr) return 1;
    }
    const std::size_t records = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000;
    measure_disk(folder);
    Bench(std::filesystem::path(folder) / "bench.db", records).run();
    if (own) std::filesystem::remove_all(folder);
    return 0;
}
