// Runs a splitter over a text, fed in pieces of one size, and collects what comes out.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "connector/province/splitter.h"

namespace dvcsync::province::test {

inline std::vector<RecordShape> shapes() {
    return {{"dossier", "dossier", "code"}, {"procedure", "procedure", "code"}};
}

struct Outcome {
    std::vector<RawRecord> records;
    std::vector<Mark> marks;  // after each record, and at the end
    std::string end;          // "end", or why the file is broken
};

inline Outcome split(std::string_view text, std::size_t piece = 1 << 20, const Mark& from = {},
                     std::string root = "province-export") {
    Splitter splitter(shapes(), std::move(root), from);
    Outcome outcome;
    for (std::size_t at = from.offset;;) {
        RawRecord record;
        switch (splitter.next(record)) {
            case Splitter::Step::More:
                splitter.feed(text.substr(at, piece));
                at = std::min(at + piece, text.size());
                if (at == text.size()) splitter.finish();
                break;
            case Splitter::Step::Record:
                outcome.records.push_back(record);
                outcome.marks.push_back(splitter.mark());
                break;
            case Splitter::Step::End:
                outcome.marks.push_back(splitter.mark());
                outcome.end = "end";
                return outcome;
            case Splitter::Step::Broken:
                outcome.end = sentence(splitter.fault());
                return outcome;
        }
    }
}

// One line a record: kind, code, line, fault, bytes.
inline std::string summary(const Outcome& outcome) {
    std::string text;
    for (const RawRecord& record : outcome.records)
        text += record.kind + '|' + record.code + '|' + std::to_string(record.line) + '|' +
                record.fault + '|' + record.xml + '\n';
    for (const Mark& mark : outcome.marks)
        text += std::to_string(mark.offset) + ':' + std::to_string(mark.line) + ':' +
                std::to_string(mark.records) + ':' + mark.path + '\n';
    return text + outcome.end;
}

inline std::string wrapped(std::string_view inside) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<province-export version=\"1\">\n" +
           std::string(inside) + "</province-export>\n";
}

inline std::string dossier(std::string_view code, std::string_view rest = "") {
    return "<dossier><code>" + std::string(code) + "</code>" + std::string(rest) + "</dossier>\n";
}

}  // namespace dvcsync::province::test
