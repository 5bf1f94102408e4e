#include "connector/portal/profile_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/text.h"

namespace dvcsync::portal {

namespace {

bool among(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

pugi::xml_node ProfileFile::parse(std::string name, std::string text, std::string_view root) {
    name_ = std::move(name);
    text_ = std::move(text);
    // pugixml takes bytes as they come, so what is not UTF-8 must be caught before it.
    if (const auto bad = invalid_utf8_at(text_); bad != std::string::npos) {
        fault_at(static_cast<std::ptrdiff_t>(bad),
                 "this is not valid UTF-8; save the file as UTF-8");
        return {};
    }
    const auto parsed =
        document_.load_buffer(text_.data(), text_.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) {
        fault_at(parsed.offset, fmt::format("not well-formed XML: {}", parsed.description()));
        return {};
    }
    const auto element = document_.document_element();
    if (element.name() != root) {
        fault(element, fmt::format("the root element is <{}>, not <{}>", element.name(), root));
        return {};
    }
    return element;
}

void ProfileFile::fault_at(std::ptrdiff_t offset, const std::string& what) {
    const auto end = text_.begin() + std::clamp<std::ptrdiff_t>(offset, 0, std::ssize(text_));
    const auto line = 1 + std::count(text_.begin(), end, '\n');
    faults_.push_back(fmt::format("{}:{}: {}", name_, line, what));
}

void ProfileFile::fault(pugi::xml_node at, const std::string& what) {
    fault_at(at.offset_debug(), what);
}

void ProfileFile::only(pugi::xml_node at, std::initializer_list<std::string_view> attributes,
                       std::initializer_list<std::string_view> children) {
    for (const auto attribute : at.attributes()) {
        if (!among(attribute.name(), attributes))
            fault(at, fmt::format("<{}> has no attribute \"{}\"", at.name(), attribute.name()));
        else if (at.attribute(attribute.name()) != attribute)
            fault(at, fmt::format("attribute \"{}\" is given twice", attribute.name()));
    }
    for (const auto child : at.children()) {
        if (child.type() != pugi::node_element)
            fault(child, fmt::format("<{}> holds no text", at.name()));
        else if (!among(child.name(), children))
            fault(child, fmt::format("<{}> may not stand inside <{}>", child.name(), at.name()));
    }
}

std::string ProfileFile::required(pugi::xml_node at, const char* attribute) {
    auto value = optional(at, attribute);
    if (value.empty()) fault(at, fmt::format("<{}> needs {}=\"…\"", at.name(), attribute));
    return value;
}

std::string ProfileFile::optional(pugi::xml_node at, const char* attribute) {
    return std::string(trimmed(at.attribute(attribute).value()));
}

bool ProfileFile::yes_no(pugi::xml_node at, const char* attribute) {
    const auto value = optional(at, attribute);
    if (!at.attribute(attribute) || value == "no") return false;
    if (value != "yes")
        fault(at, fmt::format("{}=\"{}\": say \"yes\" or \"no\"", attribute, value));
    return value == "yes";
}

pugi::xml_node ProfileFile::one(pugi::xml_node at, const char* child) {
    const auto first = at.child(child);
    if (const auto second = first.next_sibling(child))
        fault(second, fmt::format("<{}> stands here twice", child));
    return first;
}

std::string ProfileFile::faults() const {
    return fmt::format("{}", fmt::join(faults_, "\n"));
}

}  // namespace dvcsync::portal
