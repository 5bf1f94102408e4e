#include "tests/sandbox/new_list.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <random>

namespace dvcsandbox {
namespace {

constexpr std::size_t kMostShift = 3;  // rows that a boundary is off

}  // namespace

NewListQuestion new_list_question(const Json& body, Faults& faults) {
    NewListQuestion question;
    const auto since = parse_stamp(text_of(body, "tu"));
    if (!since)
        faults.add("tu", "date",
                   "không phải ngày giờ có thật dạng yyyyMMddHHmmss (not a real date)");
    question.since = since.value_or(0);
    question.page = page_of(body, faults);
    return question;
}

std::string new_list(const SubmissionStore& store, const NewListQuestion& question,
                     Injector& faults, std::uint64_t number) {
    auto rows = store.listed(question.since);
    Page page = question.page;
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(number + 1));
    if (page.number > 1 && faults.strikes(CitizenFault::ListRepeat, number)) --page.number;
    auto first = std::min(page.first(), rows.size());
    if (first > 0 && faults.strikes(CitizenFault::ListShift, number)) {
        const auto shift = 1 + random() % kMostShift;
        first = number % 2 == 0 ? first - std::min<std::size_t>(shift, first)
                                : std::min<std::size_t>(first + shift, rows.size());
    }
    // The rows after it move up, as if it had not been there yet.
    if (first < rows.size() && faults.strikes(CitizenFault::ListSkip, number)) {
        const auto width = std::min(page.rows, rows.size() - first);
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(first + random() % width));
    }
    const auto last = std::min(first + page.rows, rows.size());
    if (faults.strikes(CitizenFault::ListReorder, number))
        std::shuffle(rows.begin() + static_cast<std::ptrdiff_t>(first),
                     rows.begin() + static_cast<std::ptrdiff_t>(last), random);
    // Links that are made anew for each listing make each row look changed.
    if (faults.strikes(CitizenFault::FileToken, number))
        for (auto i = first; i < last; ++i)
            rows[i].first = std::max(rows[i].first, stamp_now());
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    writer.StartArray();
    for (auto i = first; i < last; ++i) {
        writer.StartObject();
        writer.Key("MaHoSo");
        writer.String(rows[i].second.c_str());
        writer.Key("NgayCapNhat");
        writer.String(std::to_string(rows[i].first).c_str());
        writer.EndObject();
    }
    writer.EndArray();
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace dvcsandbox
