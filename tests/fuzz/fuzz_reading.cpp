// Any bytes as a submission: every reading of the shipped profile must end without a crash. What it
// can read has a digest, and what it writes is well-formed for the vocabulary that wrote it.
//
// The first byte chooses the reading, the rest is the JSON.
#include <cstdint>
#include <string_view>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/reading.h"
#include "tests/fuzz/shipped.h"

namespace {

using namespace dvcsync;
using fuzz::check;
using fuzz::mappings;

void check_refusal(const mapping::Refusal& refusal) {
    check(!refusal.faults.empty() && is_utf8(refusal.text()));
}

// The record is inside the root element, which is no part of it.
void check_record(std::string_view xml) {
    const auto begin = xml.find("  <submission>");
    const auto end = xml.rfind("</province-submission>");
    check(begin != xml.npos && end != xml.npos && begin < end && is_utf8(xml));
    const auto record =
        mappings().vocabulary().parse("submission", xml.substr(begin + 2, end - begin - 2));
    check(record.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::string_view names[] = {"submission", "promotion", "payment", "tax-notice",
                                          "withdrawal"};
    const auto* const reading = mappings().reading(names[data[0] % 5]);
    check(reading != nullptr);
    const std::string_view json(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto national = reading->read(json);
    if (!national) {
        check_refusal(national.error());
        return 0;
    }
    const auto digest = reading->digest(json);
    check(digest.has_value() && digest == reading->digest(json));
    check(is_utf8(national->code) && length(national->code) <= limits::max_code);
    mapping::Handing handing{national->code, 1, {}, "H22", {}};
    for (std::size_t i = 0; i < national->files.size(); ++i)
        handing.files.push_back({i % 2 == 0 ? "files/1" : "", i, {}, "text/plain", i == 0, ""});
    const auto xml = reading->write(json, handing);
    if (!xml)
        check_refusal(xml.error());
    else if (xml->size() <= limits::max_record)
        check_record(*xml);
    return 0;
}
