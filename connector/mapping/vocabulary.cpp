#include "connector/mapping/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connector/base/text.h"
#include "connector/mapping/quoting.h"
#include "connector/mapping/summary.h"

namespace dvcsync::mapping {
namespace {

template <class Spec>
std::vector<std::string> names_of(const std::vector<Spec>& specs) {
    std::vector<std::string> names;
    names.reserve(specs.size());
    for (const auto& spec : specs)
        if (!spec.name.empty()) names.push_back(spec.name);
    return names;
}

struct Place {
    std::uint32_t up;
    const Scope* scope;
    std::string_view name;
};

tl::expected<Place, std::string> place_of(const std::vector<const Scope*>& stack,
                                          std::string_view name) {
    std::uint32_t up = 0;
    while (name.starts_with("../")) {
        name.remove_prefix(3);
        ++up;
    }
    if (up >= stack.size())
        return tl::make_unexpected(fmt::format("'../{}' leads out of the record", name));
    return Place{up, stack[stack.size() - 1 - up], name};
}

template <class SomeRef, class Spec>
tl::expected<SomeRef, std::string> find_spec(const Place& place, const std::vector<Spec>& specs,
                                             std::string_view what) {
    const auto at = std::find_if(specs.begin(), specs.end(),
                                 [&](const Spec& spec) { return spec.name == place.name; });
    if (at == specs.end() || place.name.empty())
        return tl::make_unexpected(fmt::format("unknown canonical {} '{}'{}", what, place.name,
                                               suggestion(place.name, names_of(specs))));
    return SomeRef{place.up, std::uint32_t(at - specs.begin()), &*at};
}

}  // namespace

KindData::KindData() = default;
KindData::KindData(KindData&&) noexcept = default;
KindData::~KindData() = default;

std::string WordTable::pair_key(std::string_view local, std::string_view second) {
    // Comparable text holds no line break, so no two pairs have one key.
    return comparable(local) + '\n' + comparable(second);
}

const WordTable::Word* WordTable::find(std::string_view local, std::string_view second) const {
    if (!second.empty() && !pairs.empty())
        if (const auto at = pairs.find(pair_key(local, second)); at != pairs.end())
            return &at->second;
    // Most words are plain ASCII and equal their comparable form; only others pay for it.
    auto at = words.find(local);
    if (at == words.end()) at = words.find(comparable(local));
    return at == words.end() ? nullptr : &at->second;
}

std::vector<std::string> WordTable::canonical() const {
    std::vector<std::string> all = also;
    for (const auto* table : {&words, &pairs})
        for (const auto& [local, word] : *table)
            all.push_back(word.canonical);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

namespace {

// From 13 June 1975, when Vietnam's clock became what it is, to the end of the year 9999.
std::optional<LocalTime> parse_unix_ms(std::string_view text) {
    constexpr std::int64_t earliest = 171'824'400'000;
    constexpr std::int64_t latest = 253'402'275'599'999;
    std::int64_t millis = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, millis);
    if (read.ec != std::errc() || read.ptr != end || millis < earliest || millis > latest)
        return std::nullopt;
    return to_vietnam(UtcTime(Millis(millis)));
}

}  // namespace

std::optional<LocalTime> DateForm::parse(std::string_view text) const {
    if (unix_ms)
        if (const auto at = parse_unix_ms(text)) return at;
    for (const auto& form : forms)
        if (const auto at = form.parse(text)) return at;
    return std::nullopt;
}

int PathNode::child(std::string_view name, std::size_t& next) const {
    for (std::size_t tried = 0; tried < children.size(); ++tried, ++next) {
        if (next >= children.size()) next = 0;
        if (children[next].first == name) return children[next++].second;
    }
    return none;
}

const KindData* VocabularyData::find(std::string_view kind) const {
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const KindData& data) { return data.kind.name == kind; });
    return at == all.end() ? nullptr : &*at;
}

tl::expected<Ref, std::string> Scopes::value(std::string_view name) const {
    const auto place = place_of(stack_, name);
    if (!place) return tl::make_unexpected(place.error());
    return find_spec<Ref>(*place, place->scope->values, "name");
}

tl::expected<ListRef, std::string> Scopes::list(std::string_view name) const {
    const auto place = place_of(stack_, name);
    if (!place) return tl::make_unexpected(place.error());
    return find_spec<ListRef>(*place, place->scope->lists, "list");
}

Scopes Scopes::inside(const ListSpec& list) const {
    Scopes inner = *this;
    inner.stack_.push_back(&list.members);
    return inner;
}

const Vocabulary::Export& Vocabulary::export_attributes() const {
    return data_->exports.names;
}

tl::expected<LocalTime, std::string> Vocabulary::export_time(std::string_view text) const {
    const DateForm* const form = data_->exports.form;
    if (form == nullptr) return tl::make_unexpected("the vocabulary names no such attribute");
    if (const auto at = form->parse(trimmed(text))) return *at;
    return tl::make_unexpected(
        fmt::format("{} is not a date of the form {}", shown_date(trimmed(text)), form->shown));
}

const std::vector<Vocabulary::Kind>& Vocabulary::kinds() const {
    return data_->kinds;
}

}  // namespace dvcsync::mapping
