// The scanner of the drop folder on arbitrary bytes. The first bytes say how the rest is cut into
// pieces.
//
// It must not crash, and what comes out must not depend on the pieces, must be cut from the input,
// and must be the same when splitting goes on from any mark.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/province/splitter.h"

namespace {

using namespace dvcsync::province;

void require(bool condition) {
    if (!condition) std::abort();
}

struct Outcome {
    std::vector<RawRecord> records;
    std::vector<Mark> marks;
    std::string end;
};

Outcome split(std::string_view text, std::string_view pieces, const Mark& from = {}) {
    Splitter splitter({{"dossier", "d", "c"}, {"procedure", "p", "c"}}, "r", from);
    Outcome outcome;
    std::size_t at = from.offset, piece = 0;
    for (;;) {
        RawRecord record;
        switch (splitter.next(record)) {
            case Splitter::Step::More: {
                const std::size_t size =
                    pieces.empty() ? text.size()
                                   : std::size_t(std::uint8_t(pieces[piece++ % pieces.size()])) + 1;
                splitter.feed(text.substr(at, size));
                at += std::min(size, text.size() - at);
                if (at == text.size()) splitter.finish();
                break;
            }
            case Splitter::Step::Record:
                outcome.records.push_back(record);
                outcome.marks.push_back(splitter.mark());
                break;
            case Splitter::Step::End:
                outcome.end = "end";
                return outcome;
            case Splitter::Step::Broken:
                outcome.end = sentence(splitter.fault());
                return outcome;
        }
    }
}

bool same(const RawRecord& a, const RawRecord& b) {
    return a.kind == b.kind && a.xml == b.xml && a.code == b.code && a.line == b.line &&
           a.fault == b.fault;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string_view pieces = input.substr(0, std::min<std::size_t>(size, 4));
    const std::string_view text = input.substr(pieces.size());
    const Outcome whole = split(text, {}), parts = split(text, pieces);
    require(whole.end == parts.end && whole.marks == parts.marks);
    require(whole.records.size() == parts.records.size());

    std::uint64_t before = 0;
    for (std::size_t i = 0; i < whole.records.size(); ++i) {
        const RawRecord& record = whole.records[i];
        require(same(record, parts.records[i]));
        require(record.xml.size() <= dvcsync::limits::max_record);
        require(dvcsync::is_utf8(record.code) && dvcsync::is_utf8(record.fault));
        require(whole.marks[i].offset >= before && whole.marks[i].offset <= text.size());
        const std::string_view region = text.substr(before, whole.marks[i].offset - before);
        require(region.find(record.xml) != std::string_view::npos);
        require(!record.fault.empty() || dvcsync::is_utf8(record.xml));
        before = whole.marks[i].offset;
    }
    if (whole.marks.empty()) return 0;
    const std::size_t from = pieces.size() > 3 ? std::uint8_t(pieces[3]) % whole.marks.size() : 0;
    const Outcome rest = split(text, pieces, whole.marks[from]);
    require(rest.records.size() + from + 1 == whole.records.size());
    // A file that ends inside a record ends badly either way, but what was open there is forgotten.
    require(rest.end == whole.end ||
            (whole.marks[from].offset == text.size() && rest.end != "end" && whole.end != "end"));
    for (std::size_t i = 0; i < rest.records.size(); ++i)
        require(same(rest.records[i], whole.records[from + 1 + i]));
    return 0;
}
