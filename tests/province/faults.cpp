#include "tests/province/faults.h"

#include <fmt/format.h>

#include <array>

#include "tests/province/phrases.h"

namespace dvcsync::year {

namespace {

struct Description {
    std::string_view kind;
    std::string_view element;
    std::string_view reason;
};
constexpr std::array<Description, fault_kinds> descriptions{{
    {"unmapped-status", "status", "the status word is in no code table"},
    {"too-long", "summary", "1,001 characters where 1,000 are allowed"},
    {"missing-required", "agency-name", "a required element is empty"},
    {"malformed-xml", "other-info", "an end tag closes nothing"},
    {"wrong-date", "received", "not a day of the calendar"},
}};

// Replaces the whole element <tag>…</tag> (or <tag/>) of the record; inserts it after `after` if
// absent.
void set_element(std::string& record, std::string_view tag, std::string_view after,
                 std::string_view element) {
    for (const auto& [open, close] :
         {std::pair{fmt::format(" <{}>", tag), fmt::format("</{}>\n", tag)},
          std::pair{fmt::format(" <{}/>", tag), std::string("\n")}}) {
        const auto begin = record.find(open);
        if (begin == std::string::npos) continue;
        const auto end = record.find(close, begin) + close.size();
        record.replace(begin + 1, end - begin - 1, fmt::format("{}\n", element));
        return;
    }
    const std::string anchor = fmt::format("</{}>\n", after);
    record.insert(record.find(anchor) + anchor.size(), fmt::format("  {}\n", element));
}

}  // namespace

std::string_view word(FaultKind kind) {
    return descriptions[static_cast<std::size_t>(kind)].kind;
}

std::string spoiled(std::string record, std::string_view code, std::string_view bad_code,
                    FaultKind kind) {
    record = replaced(std::move(record), code, bad_code);
    switch (kind) {
        case FaultKind::UnmappedStatus:
            set_element(record, "status", "return-way", "<status>lost-in-the-archive</status>");
            break;
        case FaultKind::TooLong:
            set_element(record, "summary", "applicant",
                        fmt::format("<summary>{}</summary>", std::string(1'001, 'x')));
            break;
        case FaultKind::MissingRequired:
            set_element(record, "agency-name", "agency", "<agency-name/>");
            break;
        case FaultKind::MalformedXml:
            set_element(record, "other-info", "summary", "<other-info>cut</info></other-info>");
            break;
        case FaultKind::WrongDate:
            set_element(record, "received", "submitted",
                        "<received>31/02/2019 08:00:00</received>");
            break;
    }
    return record;
}

std::string faults_json(const std::vector<Fault>& faults) {
    std::string text = "[";
    for (const Fault& fault : faults) {
        const Description& what = descriptions[static_cast<std::size_t>(fault.kind)];
        text += fmt::format(
            "{}\n "
            "{{\"code\":\"{}\",\"file\":\"{}\",\"kind\":\"{}\",\"element\":\"{}\",\"reason\":\"{}"
            "\"}}",
            text.size() > 1 ? "," : "", fault.code, fault.file, what.kind, what.element,
            what.reason);
    }
    return text + "\n]\n";
}

}  // namespace dvcsync::year
