// What auditors wait for, over a trail in a real ledger: bench_evidence [ENTRIES], 500,000 if not
// given. Seals, verifies, proves one code and exports, in a folder of its own that it removes.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "connector/audit/entry.h"
#include "connector/audit/evidence.h"
#include "connector/base/files.h"
#include "connector/sync/prove.h"
#include "connector/sync/seal.h"
#include "connector/sync/verify_logs.h"

namespace {

namespace fs = std::filesystem;
using namespace dvcsync;

constexpr int per_code = 6;

template <class T>
T need(Result<T> result) {
    if (result) return *std::move(result);
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(1);
}
void need(const Status& status) {
    if (status) return;
    fmt::print(stderr, "{}\n", status.error().message);
    std::exit(1);
}

struct Took {
    double seconds = 0;
    double processor = 0;  // seconds: what is left of it on a machine that does other things
};

template <class Work>
Took timed(Work&& work) {
    const auto began = std::chrono::steady_clock::now();
    const auto used = std::clock();
    work();
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(),
            static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC};
}

void tell(std::string_view what, std::int64_t entries, const Took& took) {
    fmt::print(
        "{:<8} {:>8} entries {:>6.2f} s {:>8.0f} entries/s; processor {:>5.2f} s, {:>8.0f} "
        "entries/s\n",
        what, entries, took.seconds, static_cast<double>(entries) / took.seconds, took.processor,
        static_cast<double>(entries) / took.processor);
}

// As long as those of deliveries are.
std::string entry(std::int64_t index, UtcTime at, const std::string& code) {
    audit::Event event;
    event.event = "delivery";
    event.run = 7;
    event.actor = "dvcsync";
    event.code = code;
    event.kind = "dossier";
    event.agency = "000.00.12.H22";
    event.procedure = "1.001612.000.00.00.H22";
    event.operation = "push-dossier";
    event.outcome = "delivered";
    event.portal_code = "0";
    event.document = sha256(code);
    event.record = sha256(event.agency);
    event.event_time = event.queued = event.acknowledged = at;
    return audit::entry_of(event, index, at);
}

void append(ledger::Ledger& ledger, std::int64_t count) {
    constexpr std::int64_t at_once = 10'000;
    for (std::int64_t begin = 0; begin < count; begin += at_once) {
        need(ledger.together([&]() -> Status {
            const UtcTime now = system_clock().now();
            const auto log = need(ledger.trail().current(now)).log;
            for (auto i = begin; i < std::min(begin + at_once, count); ++i) {
                const auto code = fmt::format("000.00.12.H22-260101-{:06}", i / per_code);
                DVC_TRY(ledger.trail().append(log, i, now, code, entry(i, now, code)));
            }
            return {};
        }));
    }
}

void run(std::int64_t count, const fs::path& folder) {
    need(Sealer::create_key(folder / "ledger.key"));
    need(sync::create_audit_key(folder / "audit.key"));
    auto ledger = need(ledger::open_sqlite(folder / "ledger.db", "bench"));
    auto& trail = ledger->trail();
    sync::SealSettings settings;
    settings.folder = folder / "audit";
    sync::Notary notary(need(sync::load_audit_key(folder / "audit.key", "bench.example.vn")),
                        settings, system_clock());
    tell("append", count, timed([&] { append(*ledger, count); }));
    tell("sign", count, timed([&] { need(notary.seal(*ledger)); }));
    bool good = false;
    tell("verify", count, timed([&] {
             sync::VerifyOrder order;
             order.folder = settings.folder;
             const auto found =
                 need(sync::verify_logs(*ledger, notary.key(), order, system_clock().now()));
             good = found.good() &&
                    found.logs.front().verdict.sealed == static_cast<std::uint64_t>(count);
         }));
    std::string proof;
    tell("prove", count, timed([&] {
             proof = need(sync::prove(trail, notary.key(), "000.00.12.H22-260101-000042")).text;
         }));
    const auto checked =
        timed([&] { need(audit::verify_evidence(proof, notary.key(), std::nullopt)); });
    sync::ExportOrder order;
    order.file = folder / "export.tar";
    tell("export", count, timed([&] { need(sync::export_period(trail, notary.key(), order)); }));
    fmt::print(
        "verified {}; a proof of {} entries is {} bytes, checked in {:.1f} ms; the export "
        "is {:.0f} MB\n",
        good ? "good" : "BAD", per_code, proof.size(), checked.seconds * 1'000,
        static_cast<double>(fs::file_size(order.file)) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t count = argc > 1 ? std::atoll(argv[1]) : 500'000;
    std::string folder = (fs::temp_directory_path() / "dvcsync-bench.XXXXXX").string();
    if (count < 1'000 || ::mkdtemp(folder.data()) == nullptr) return 2;
    run(count, folder);
    fs::remove_all(folder);
    return 0;
}
