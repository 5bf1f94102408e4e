#include "connector/mapping/flat.h"

#include <fmt/format.h>

#include <set>

#include "connector/base/text.h"

namespace dvcsync::mapping {
namespace {

// Strict JSON is at most limits::max_json_depth deep, and so is the recursion.
void add(const JsonValue& value, const std::string& place, Flat& into) {
    if (!value.is_nested()) {
        into[place] = value.kind == JsonValue::Kind::String ? fmt::format("\"{}\"", value.text)
                                                            : std::string(value.raw);
        return;
    }
    const bool is_list = value.kind == JsonValue::Kind::Array;
    if (value.span == 1) into[place] = is_list ? "[]" : "{}";
    std::size_t position = 0;
    value.each([&](const JsonValue& member) {
        if (is_list)
            add(member, fmt::format("{}[{}]", place, ++position), into);
        else
            add(member,
                place.empty() ? std::string(member.key) : fmt::format("{}.{}", place, member.key),
                into);
    });
}

void add(pugi::xml_node element, const std::string& place, Flat& into) {
    for (const auto& attribute : element.attributes())
        into[fmt::format("{}/@{}", place, attribute.name())] = attribute.value();
    std::map<std::string, std::size_t> seen;
    for (const auto& child : element.children()) {
        if (child.type() != pugi::node_element) continue;
        const std::size_t position = ++seen[child.name()];
        add(child,
            position == 1 ? fmt::format("{}/{}", place, child.name())
                          : fmt::format("{}/{}[{}]", place, child.name(), position),
            into);
    }
    if (seen.empty()) into[place] = element.text().get();
}

std::string shown(const std::string& value) {
    return value.empty() ? "nothing" : excerpt(value, 200);
}

bool holds(const Flat& all, const std::string& place, const std::string& value) {
    const auto found = all.find(place);
    return found != all.end() && found->second == value;
}

}  // namespace

std::vector<std::string> differing_places(const Flat& one, const Flat& other) {
    std::set<std::string> places;
    for (const auto& [place, value] : one)
        if (!holds(other, place, value)) places.insert(place);
    for (const auto& [place, value] : other)
        if (!holds(one, place, value)) places.insert(place);
    return {places.begin(), places.end()};
}

Flat flat(const JsonValue& value) {
    Flat all;
    add(value, "", all);
    return all;
}

Flat flat(pugi::xml_node element) {
    Flat all;
    add(element, element.name(), all);
    return all;
}

std::vector<std::string> differences(const Flat& expected, const Flat& found) {
    std::vector<std::string> lines;
    for (const auto& [place, value] : expected) {
        const auto other = found.find(place);
        if (other == found.end())
            lines.push_back(
                fmt::format("{}: expected {}, but it is not there", place, shown(value)));
        else if (other->second != value)
            lines.push_back(fmt::format("{}: expected {}, found {}", place, shown(value),
                                        shown(other->second)));
    }
    for (const auto& [place, value] : found)
        if (!expected.contains(place))
            lines.push_back(fmt::format("{}: {} was not expected", place, shown(value)));
    return lines;
}

}  // namespace dvcsync::mapping
