// One record by itself, judged as the drop folder judges it.
#include "connector/province/source.h"
#include "connector/province/splitter.h"

namespace dvcsync::province {

std::string fault_of(const RecordShape& shape, std::string_view xml, std::uint64_t first_line) {
    // Somewhere inside a root element, so that the lines are those of its file.
    Splitter splitter({shape}, "", Mark{1, first_line, 0, "records"});
    splitter.feed(xml);
    splitter.feed("</records>");
    splitter.finish();
    RawRecord record;
    if (splitter.next(record) != Splitter::Step::Record) return "this is not a whole record";
    if (!record.fault.empty()) return record.fault;
    RawRecord second;
    const bool alone = record.xml == xml && splitter.next(second) == Splitter::Step::End;
    return alone ? "" : "this is not one record alone";
}

}  // namespace dvcsync::province
