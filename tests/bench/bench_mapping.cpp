// What one dossier of about 5 KB costs: parsing, summary, its national document and progress rows.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "connector/mapping/mapping.h"

namespace {

using namespace dvcsync;

const mapping::MappingSet& shipped() {
    static const auto set =
        mapping::MappingSet::load(DVC_SOURCE_DIR "/mappings", "reference", "mapi-2024");
    if (!set) {
        std::cerr << set.error().message << '\n';
        std::exit(2);
    }
    return *set;
}

// The sample dossier of the tests, with its last step repeated until it has 5 KB.
const std::string& dossier() {
    static const std::string text = [] {
        std::ifstream in(DVC_SOURCE_DIR "/tests/data/mapping/dossier.xml", std::ios::binary);
        std::string xml{std::istreambuf_iterator<char>(in), {}};
        const std::size_t end = xml.find("</steps>");
        const std::size_t start = xml.rfind("<step>", end);
        if (start == std::string::npos) std::exit(2);
        const std::string step = xml.substr(start, end - start);
        for (int i = 0; xml.size() < 5'000; ++i) {
            std::string next = step;
            next.replace(next.find("S3"), 2, "T" + std::to_string(i));
            xml.insert(end, next);
        }
        return xml;
    }();
    return text;
}

void count_bytes(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * std::int64_t(dossier().size()));
}

void parse(benchmark::State& state) {
    while (state.KeepRunning())
        benchmark::DoNotOptimize(shipped().vocabulary().parse("dossier", dossier()));
    count_bytes(state);
}
BENCHMARK(parse);

void summarise(benchmark::State& state) {
    const auto record = shipped().vocabulary().parse("dossier", dossier());
    while (state.KeepRunning())
        benchmark::DoNotOptimize(shipped().vocabulary().summary(*record));
}
BENCHMARK(summarise);

void run_plan(benchmark::State& state, Operation operation) {
    const auto record = shipped().vocabulary().parse("dossier", dossier());
    const auto* const plan = shipped().plan(operation);
    if (!plan->run(*record)) state.SkipWithError("the sample dossier was refused");
    while (state.KeepRunning())
        benchmark::DoNotOptimize(plan->run(*record));
}
BENCHMARK_CAPTURE(run_plan, dossier, Operation::PushDossier);
BENCHMARK_CAPTURE(run_plan, progress, Operation::PushProgress);

void whole_dossier(benchmark::State& state) {
    while (state.KeepRunning()) {
        const auto record = shipped().vocabulary().parse("dossier", dossier());
        benchmark::DoNotOptimize(shipped().vocabulary().summary(*record));
        benchmark::DoNotOptimize(shipped().plan(Operation::PushDossier)->run(*record));
        benchmark::DoNotOptimize(shipped().plan(Operation::PushProgress)->run(*record));
    }
    count_bytes(state);
}
BENCHMARK(whole_dossier);

void load_mappings(benchmark::State& state) {
    while (state.KeepRunning())
        benchmark::DoNotOptimize(
            mapping::MappingSet::load(DVC_SOURCE_DIR "/mappings", "reference", "mapi-2024"));
}
BENCHMARK(load_mappings)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
