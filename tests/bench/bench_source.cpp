// How fast records are cut out of an export, on one core, from memory and from a drop folder.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/province/markup_reader.h"
#include "connector/province/source.h"
#include "connector/province/splitter.h"
#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/province/sample_export.h"

namespace {

using namespace dvcsync;
using namespace dvcsync::province;

const std::vector<RecordShape> shapes{{"dossier", "dossier", "code"},
                                      {"procedure", "procedure", "code"}};

const std::string& sample() {
    static const std::string text = [] {
        std::string all = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<province-export>\n";
        for (int i = 0; i < 20'000; ++i)
            all += province::test::usual_dossier(i);
        return all + "</province-export>\n";
    }();
    return text;
}

void count(benchmark::State& state, std::size_t records) {
    state.SetBytesProcessed(std::int64_t(state.iterations() * sample().size()));
    state.counters["records/s"] = benchmark::Counter(double(records), benchmark::Counter::kIsRate);
}

void split_from_memory(benchmark::State& state) {
    const std::string& text = sample();
    std::size_t records = 0;
    for (auto _ : state) {
        Splitter splitter(shapes, "province-export");
        RawRecord record;
        std::size_t at = 0;
        for (Splitter::Step step{}; step != Splitter::Step::End;) {
            step = splitter.next(record);
            if (step == Splitter::Step::Broken) return state.SkipWithError("the sample is broken");
            if (step == Splitter::Step::Record) ++records;
            if (step != Splitter::Step::More) continue;
            splitter.feed(std::string_view(text).substr(at, limits::read_chunk));
            at = std::min(at + limits::read_chunk, text.size());
            if (at == text.size()) splitter.finish();
        }
    }
    count(state, records);
}
BENCHMARK(split_from_memory)->Unit(benchmark::kMillisecond);

void read_drop_folder(benchmark::State& state) {
    const dvcsync::test::TemporaryFolder folder;
    std::size_t records = 0;
    if (!create_drop_folder(folder.path())) return state.SkipWithError("no folder");
    folder.write("in/a.xml", sample());
    for (auto _ : state) {
        auto source =
            open_drop_folder({folder.path(), shapes, "province-export", {}}, "", system_clock());
        for (bool end = !source; !end;) {
            const auto batch = (*source)->next(limits::intake_batch);
            if (!batch) return state.SkipWithError(batch.error().message.c_str());
            records += batch->records.size();
            end = batch->end;
        }
    }
    count(state, records);
}
BENCHMARK(read_drop_folder)->Unit(benchmark::kMillisecond);

// The parts, to see where the time goes.
void find_tags(benchmark::State& state) {
    while (state.KeepRunning())
        for (std::size_t at = 0; at < sample().size();)
            at = find_markup(sample(), at).end;
    count(state, 0);
}
BENCHMARK(find_tags)->Unit(benchmark::kMillisecond);

void check_utf8(benchmark::State& state) {
    while (state.KeepRunning())
        benchmark::DoNotOptimize(is_utf8(sample()));
    count(state, 0);
}
BENCHMARK(check_utf8)->Unit(benchmark::kMillisecond);

void count_line_feeds(benchmark::State& state) {
    while (state.KeepRunning())
        benchmark::DoNotOptimize(count_lines(sample()));
    count(state, 0);
}
BENCHMARK(count_line_feeds)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
