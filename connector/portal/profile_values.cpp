#include "connector/portal/profile_values.h"

#include <fmt/format.h>

#include "connector/base/text.h"

namespace dvcsync::portal {

namespace {

constexpr std::pair<std::string_view, Source> source_words[] = {
    {"session", Source::Session}, {"service", Source::Service},    {"updating", Source::Updating},
    {"data", Source::Data},       {"code", Source::Code},          {"username", Source::Username},
    {"from", Source::From},       {"password", Source::Password},  {"until", Source::Until},
    {"page", Source::Page},       {"page-size", Source::PageSize}, {"since", Source::Since}};

// Headers that frame the message: the transport writes them, a profile must not.
bool is_framing(std::string_view header) {
    const std::string_view framing[] = {
        "host", "content-length", "transfer-encoding", "connection", "expect", "te", "upgrade"};
    return std::find(std::begin(framing), std::end(framing), caseless(header)) != std::end(framing);
}

bool is_header_name(std::string_view name) {
    const auto good = [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_';
    };
    return !name.empty() && std::all_of(name.begin(), name.end(), good);
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!(text = trimmed(text)).empty()) {
        const auto end = std::min(text.find_first_of(" \t\r\n"), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

std::string ProfileValues::endpoint(pugi::xml_node node) {
    auto name = file.required(node, "endpoint");
    if (!name.empty() &&
        std::find(data.endpoints.begin(), data.endpoints.end(), name) == data.endpoints.end())
        file.fault(node, fmt::format("endpoint \"{}\" is not declared", name));
    used_endpoints.insert(name);
    return name;
}

// A value: value="literal" or from="source".
void ProfileValues::value(pugi::xml_node node, Sources allowed, Field& field) {
    const auto from = file.optional(node, "from");
    if (node.attribute("value")) {
        field.text = node.attribute("value").value();
        if (!from.empty()) file.fault(node, "give either value=\"…\" or from=\"…\"");
        return;
    }
    if (from.starts_with("setting:")) {
        field.source = Source::Setting;
        field.text = from.substr(8);
        used_settings.insert(field.text);
        if (std::find(data.settings.begin(), data.settings.end(), field.text) ==
            data.settings.end())
            file.fault(node, fmt::format("setting \"{}\" is not declared", field.text));
    } else if (const auto word = find_word(source_words, from); word != std::end(source_words)) {
        field.source = word->second;
    } else {
        file.fault(node, fmt::format("from=\"{}\": no such source; see connector/portal/"
                                     "README.md, or give value=\"…\"",
                                     from));
        return;
    }
    if (std::find(allowed.begin(), allowed.end(), field.source) == allowed.end())
        file.fault(node, fmt::format("from=\"{}\" has no meaning here", from));
    if (field.source == Source::Updating) uses_updating = true;
    if (field.source == Source::Session) {
        uses_session = true;
        if (!node.root().child("profile").child("login"))
            file.fault(node, "from=\"session\" needs a <login>");
    }
}

Field ProfileValues::parameter(pugi::xml_node node, Sources allowed) {
    file.only(node, {"name", "in", "value", "from", "prefix"}, {});
    Field field;
    field.name = file.required(node, "name");
    field.prefix = node.attribute("prefix").value();
    if (!field.prefix.empty() && node.attribute("value"))
        file.fault(node,
                   "prefix=\"…\" goes with from=\"…\"; write the whole text into value=\"…\"");
    const auto place = file.required(node, "in");
    field.in_query = place == "query";
    if (!field.in_query && place != "header" && !place.empty())
        file.fault(node, fmt::format("in=\"{}\": say \"header\" or \"query\"", place));
    if (!field.in_query && !field.name.empty()) {
        if (!is_header_name(field.name))
            file.fault(node, fmt::format("\"{}\" cannot be a header name", field.name));
        else if (is_framing(field.name))
            file.fault(node, fmt::format("header \"{}\" is written by the program", field.name));
    }
    value(node, allowed, field);
    return field;
}

std::vector<Field> ProfileValues::members(pugi::xml_node parent, Sources allowed) {
    std::vector<Field> fields;
    std::set<std::string> seen;
    for (const auto node : parent.children("member")) {
        file.only(node, {"name", "value", "from"}, {});
        Field field;
        field.name = file.required(node, "name");
        if (!seen.insert(field.name).second)
            file.fault(node, fmt::format("member \"{}\" stands here twice", field.name));
        value(node, allowed, field);
        fields.push_back(std::move(field));
    }
    return fields;
}

int ProfileValues::whole(pugi::xml_node node, const char* attribute, int least, int most) {
    const auto text = file.required(node, attribute);
    const auto number = number_of<int>(text);
    const bool good = number && *number >= least && *number <= most;
    if (!good && !text.empty())
        file.fault(node, fmt::format("{}=\"{}\": a whole number from {} to {}", attribute, text,
                                     least, most));
    return good ? *number : least;
}

bool ProfileValues::either(pugi::xml_node node, const char* attribute, std::string_view no,
                           std::string_view yes) {
    const auto word = file.optional(node, attribute);
    if (word != yes && word != no && !word.empty())
        file.fault(node, fmt::format("{}=\"{}\": say \"{}\" or \"{}\"", attribute, word, no, yes));
    return word == yes;
}

}  // namespace dvcsync::portal
