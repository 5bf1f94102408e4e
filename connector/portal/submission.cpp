// What the portal tells of new submissions: a page of their list, or one of them. What is unclear
// is only a question to repeat; but one bad row must not keep back all others for ever.
#include <fmt/format.h>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/json_skim.h"
#include "connector/portal/question_parts.h"

namespace dvcsync::portal {

namespace {

using rapidjson::Value;

// nullopt: what stands there is no time. The inner one is missing where nothing stands there.
std::optional<std::optional<LocalTime>> changed_at(const NewsList& list, const Value& row) {
    const auto* value = member(row, list.changed);
    if (is_empty(value)) return std::optional<LocalTime>();
    if (auto at = list.dates.parse(scalar_of(*value).value_or(""))) return at;
    return std::nullopt;
}

Parsed<News> news_of(const NewsList& list, const Value& root) {
    const auto* rows = member(root, list.rows);
    if (rows == nullptr || !rows->IsArray())
        return wrong(fmt::format("has no list in \"{}\"", list.rows));
    if (rows->Size() > static_cast<rapidjson::SizeType>(list.page_size))
        return wrong(fmt::format("lists {} submissions, more than the {} of a page", rows->Size(),
                                 list.page_size));
    News news;
    for (const auto& row : rows->GetArray()) {
        auto code = name_of(row, list.code);
        if (!is_code(code)) {
            ++news.unnamed;
            continue;
        }
        const auto at = changed_at(list, row);
        if (!at) ++news.undated;
        news.rows.push_back({std::move(code), at.value_or(std::nullopt)});
    }
    // One such row is an accident; if all are so, the profile and the portal do not agree.
    if (news.unnamed != 0 && news.rows.empty())
        return wrong(fmt::format("lists {} submissions, none with a code in \"{}\"", news.unnamed,
                                 list.code));
    if (news.undated != 0 && news.undated == news.rows.size())
        return wrong(fmt::format("lists {} submissions, none with a time like {} in \"{}\"",
                                 news.undated, list.dates.pattern(), list.changed));
    news.more = rows->Size() == static_cast<rapidjson::SizeType>(list.page_size);
    return news;
}

// The object's bytes; "" if the portal says that there is none.
Parsed<std::string_view> object_of(const Fetch& fetch, std::string_view text,
                                   std::string_view code) {
    const std::string paths[] = {fetch.data};
    DVC_TRY_ASSIGN(found, skim(text, paths, 0));
    const auto data = found.find(fetch.data);
    if (data == found.end()) return wrong(fmt::format("has no \"{}\"", fetch.data));
    const auto& value = data->second;
    std::string_view object = value.raw;
    if (value.kind == Skimmed::Kind::Array) {
        if (value.elements == 0) return std::string_view();
        if (value.elements > 1)
            return wrong(fmt::format("holds {} submissions where one was due", value.elements));
        object = value.first;
    } else if (value.kind != Skimmed::Kind::Object) {
        object = {};
    }
    if (object.empty()) return wrong("holds no submission where one was due");
    if (fetch.code.empty()) return object;
    const std::string named[] = {fetch.code};
    DVC_TRY_ASSIGN(inside, skim(object, named, limits::max_code + 1));
    const auto name = inside.find(fetch.code);
    if (name != inside.end() && trimmed(name->second.text) != code)
        return wrong("speaks of another submission than the one asked for");
    return object;
}

}  // namespace

Told<News> read_news(const ProfileData& profile, const Reply& reply, UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{false, false});
    if (answer.top.meaning == Meaning::Accepted)
        return told(news_of(profile.submissions->list, *answer.root));
    return not_told<News>(answer, reply, now);
}

Told<std::string> read_fetch(const ProfileData& profile, const Reply& reply, std::string_view code,
                             UtcTime now) {
    using Fetched = tl::expected<std::string, Outcome>;
    const Answer answer(profile.answer, reply, Sent{false, false});
    if (answer.top.meaning != Meaning::Accepted) return not_told<std::string>(answer, reply, now);
    const auto object = object_of(profile.submissions->fetch, answer.text, code);
    if (!object) return told(Parsed<std::string>(wrong(object.error())));
    if (object->empty())
        return Fetched(tl::make_unexpected(Outcome{
            Verdict::Refused, answer.top.code, "the portal holds no submission of this code", {}}));
    return Fetched(std::string(*object));
}

}  // namespace dvcsync::portal
