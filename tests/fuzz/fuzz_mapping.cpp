// Any bytes as a record: parsing, summary and every plan must end without a crash, and what a plan
// makes must be UTF-8. Runs over the shipped mappings.
//
// The first byte chooses the kind of the record, the rest is its XML.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "connector/base/text.h"
#include "connector/mapping/mapping.h"

namespace {

using namespace dvcsync;

const mapping::MappingSet& shipped() {
    static const auto set =
        mapping::MappingSet::load(DVC_SOURCE_DIR "/mappings", "reference", "mapi-2024");
    if (!set) {
        std::cerr << set.error().message << '\n';
        std::abort();
    }
    return *set;
}

void check(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::string_view kinds[] = {"procedure", "statistics", "answer", "receipt",
                                          "dossier"};
    const std::string_view xml(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto record = shipped().vocabulary().parse(kinds[data[0] % 5], xml);
    if (!record) {
        check(is_utf8(record.error().message) && !record.error().message.empty());
        return 0;
    }
    const auto summary = shipped().vocabulary().summary(*record);
    check(summary ? is_utf8(summary->code) : !summary.error().faults.empty());
    for (const Operation operation : all_operations) {
        const auto documents = shipped().plan(operation)->run(*record);
        if (!documents) {
            check(!documents.error().text().empty() && is_utf8(documents.error().text()));
            continue;
        }
        for (const auto& document : *documents)
            check(is_utf8(document.json) && document.json.starts_with('{'));
    }
    return 0;
}
