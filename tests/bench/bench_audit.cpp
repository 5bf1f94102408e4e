// What evidence costs: appending, roots, proofs, signatures, and checking a whole log again.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "connector/audit/canonical.h"
#include "connector/audit/checkpoint.h"
#include "connector/audit/proof.h"
#include "connector/audit/tiles.h"

namespace {

using namespace dvcsync;
using namespace dvcsync::audit;

constexpr std::size_t million = 1'000'000;
const std::string log_name = "dvcsync.example/log";

Json event(std::size_t index) {
    const std::string digest(64, 'a');
    return Json::Object{{"acknowledged", "2026-03-01T08:00:05.120Z"},
                        {"actor", "service"},
                        {"agency", "H24.19.08"},
                        {"at", "2026-03-01T08:00:05.125Z"},
                        {"code", fmt::format("H24.19.08-260301-{:06}", index)},
                        {"event", "delivered"},
                        {"happened", "2026-03-01T07:59:00.000Z"},
                        {"local", "2026-03-01T15:00:05.125+07:00"},
                        {"operation", "dossier"},
                        {"queued", "2026-03-01T08:00:01.000Z"},
                        {"received", digest},
                        {"run", 4711},
                        {"sent", digest},
                        {"seq", static_cast<std::int64_t>(index)}};
}

const std::vector<std::string>& entries() {
    static const auto all = [] {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < 10'000; ++i)
            texts.push_back(*canonical_json(event(i)));
        return texts;
    }();
    return all;
}

const std::vector<Hash>& leaves() {
    static const auto all = [] {
        std::vector<Hash> hashes;
        for (std::size_t i = 0; i < million; ++i)
            hashes.push_back(leaf_hash(fmt::format("{}", i)));
        return hashes;
    }();
    return all;
}

const ProofBuilder& tree() {
    static const ProofBuilder one(leaves());
    return one;
}

const Signer& signer() {
    static const auto one = Signer::from_pem(log_name, new_private_key());
    if (!one) std::exit(2);
    return *one;
}

const std::string& note() {
    static const auto one =
        sign_first_checkpoint({log_name, million, *tree().root(million), {}}, signer());
    if (!one) std::exit(2);
    return *one;
}

// The whole of one entry: canonical JSON, leaf hash, frontier, and the frontier's row.
void append_entry_of_a_delivery(benchmark::State& state) {
    Frontier frontier;
    std::size_t index = 0;
    while (state.KeepRunning()) {
        frontier.append(leaf_hash(*canonical_json(event(index++))));
        benchmark::DoNotOptimize(frontier.serialise());
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes"] = static_cast<double>(entries()[0].size());
}
BENCHMARK(append_entry_of_a_delivery);

void append_hash(benchmark::State& state) {
    Frontier frontier;
    while (state.KeepRunning())
        frontier.append(leaves()[0]);
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(append_hash);

void root_of_a_million(benchmark::State& state) {
    leaves();
    while (state.KeepRunning())
        benchmark::DoNotOptimize(root(leaves()));
}
BENCHMARK(root_of_a_million)->Unit(benchmark::kMillisecond);

void build_tree_of_a_million(benchmark::State& state) {
    leaves();
    while (state.KeepRunning())
        benchmark::DoNotOptimize(ProofBuilder(leaves()));
}
BENCHMARK(build_tree_of_a_million)->Unit(benchmark::kMillisecond);

void prove_inclusion_in_a_million(benchmark::State& state) {
    std::uint64_t index = 0;
    tree();
    while (state.KeepRunning())
        benchmark::DoNotOptimize(tree().inclusion(index = (index + 7'919) % million, million));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(prove_inclusion_in_a_million);

void prove_consistency_in_a_million(benchmark::State& state) {
    tree();
    while (state.KeepRunning())
        benchmark::DoNotOptimize(tree().consistency(765'432, million));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(prove_consistency_in_a_million);

void verify_a_proof_file(benchmark::State& state) {
    const LogProof proof{{}, 123'456, *tree().inclusion(123'456, million), note()};
    const auto text = *proof_text(proof);
    const std::vector trusted{signer().verifier()};
    while (state.KeepRunning())
        if (!verify_proof(*parse_proof(text), "123456", trusted, log_name))
            state.SkipWithError("it does not verify");
    state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(verify_a_proof_file);

void sign_checkpoint(benchmark::State& state) {
    const Checkpoint checkpoint{log_name, million, *tree().root(million), {}};
    while (state.KeepRunning())
        benchmark::DoNotOptimize(sign_first_checkpoint(checkpoint, signer()));
}
BENCHMARK(sign_checkpoint);

void check_checkpoint(benchmark::State& state) {
    const std::vector trusted{signer().verifier()};
    note();
    while (state.KeepRunning())
        if (!verify_checkpoint(note(), trusted, log_name)) state.SkipWithError("does not verify");
}
BENCHMARK(check_checkpoint);

void rehash_entries(benchmark::State& state) {
    entries();
    while (state.KeepRunning()) {
        Frontier frontier;
        for (const auto& entry : entries())
            frontier.append(leaf_hash(entry));
        benchmark::DoNotOptimize(frontier.root());
    }
    state.SetItemsProcessed(state.iterations() * std::int64_t(entries().size()));
    state.counters["bytes"] = static_cast<double>(entries()[0].size());
}
BENCHMARK(rehash_entries)->Unit(benchmark::kMillisecond);

void check_that_entries_are_canonical(benchmark::State& state) {
    entries();
    while (state.KeepRunning())
        for (const auto& entry : entries())
            if (!check_canonical(entry)) state.SkipWithError("not canonical");
    state.SetItemsProcessed(state.iterations() * std::int64_t(entries().size()));
}
BENCHMARK(check_that_entries_are_canonical)->Unit(benchmark::kMillisecond);

void read_entries(benchmark::State& state) {
    entries();
    while (state.KeepRunning())
        for (const auto& entry : entries())
            benchmark::DoNotOptimize(parse_canonical(entry));
    state.SetItemsProcessed(state.iterations() * std::int64_t(entries().size()));
}
BENCHMARK(read_entries)->Unit(benchmark::kMillisecond);

void make_tiles(benchmark::State& state) {
    leaves();
    while (state.KeepRunning()) {
        std::size_t bytes = 0;
        TileBuilder tiles([&](const Tile&, std::string_view tile) {
            bytes += tile.size();
            return Status();
        });
        for (const Hash& leaf : leaves())
            if (!tiles.append(leaf)) state.SkipWithError("no tile");
        if (!tiles.finish()) state.SkipWithError("no tile");
        benchmark::DoNotOptimize(bytes);
    }
    state.SetItemsProcessed(state.iterations() * std::int64_t(million));
}
BENCHMARK(make_tiles)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
