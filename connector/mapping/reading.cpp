#include "connector/mapping/reading.h"

#include <fmt/format.h>

#include <sstream>

#include "connector/base/text.h"
#include "connector/mapping/reading_data.h"

namespace dvcsync::mapping {
namespace {

// Without the characters that XML cannot carry.
std::string carried(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool is_control = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
        const auto three = text.substr(i, 3);
        if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF")
            i += 2;
        else if (!is_control)
            out += text[i];
    }
    return out;
}

// Elements come in the order in which the vocabulary names them.
void add(pugi::xml_node element, const Scope& scope, const PathNode& here, const Written& record) {
    for (const auto& [name, value] : here.attributes)
        element.append_attribute(name.c_str()).set_value(carried(record.values[value]).c_str());
    if (here.value != PathNode::none) {
        element.text().set(carried(record.values[here.value]).c_str());
        return;
    }
    for (const auto& [name, at] : here.children) {
        const PathNode& child = scope.paths[at];
        if (child.list == PathNode::none) {
            add(element.append_child(name.c_str()), scope, child, record);
            continue;
        }
        const Scope& members = scope.lists[child.list].members;
        for (const auto& member : record.lists[child.list])
            add(element.append_child(name.c_str()), members, members.paths.front(), member);
    }
}

tl::unexpected<Refusal> refuse(std::string reason) {
    return tl::make_unexpected(Refusal{{{"document", std::move(reason)}}});
}

}  // namespace

std::string to_xml(const KindData& kind, const Written& record, std::string_view province) {
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    auto root = document.append_child(kind.written->element.c_str());
    for (const auto& attribute : kind.written->attributes)
        root.append_attribute(attribute.name.c_str())
            .set_value(carried(attribute.is_province ? province : attribute.value).c_str());
    add(root.append_child(kind.kind.element.c_str()), kind.scope, kind.scope.paths.front(), record);
    std::ostringstream stream;
    document.save(stream, "  ", pugi::format_indent, pugi::encoding_utf8);
    // A carriage return that stands as it is becomes a line feed for every reader of XML.
    std::string xml;
    for (const char c : stream.str())
        c == '\r' ? void(xml += "&#13;") : xml.push_back(c);
    return xml;
}

const std::string& Reading::name() const {
    return data_->name;
}

tl::expected<National, Refusal> Reading::read(std::string_view json) const try {
    const auto document = Json::parse(json);
    if (!document) return refuse(document.error());
    auto read = run_reading(*data_, document->root(), nullptr);
    if (!read.usable) return tl::make_unexpected(Refusal{std::move(read.faults)});
    return std::move(read.national);
} catch (const std::exception& e) {
    return refuse(fmt::format("cannot be read: {}", e.what()));
}

tl::expected<std::string, Refusal> Reading::write(std::string_view json,
                                                  const Handing& handing) const try {
    const auto document = Json::parse(json);
    if (!document) return refuse(document.error());
    auto read = run_reading(*data_, document->root(), &handing);
    if (!read.faults.empty()) return tl::make_unexpected(Refusal{std::move(read.faults)});
    return to_xml(*data_->record, read.record, handing.province);
} catch (const std::exception& e) {
    return refuse(fmt::format("cannot be written: {}", e.what()));
}

std::optional<Digest> Reading::digest(std::string_view json) const {
    const auto document = Json::parse(json);
    if (!document) return std::nullopt;
    const auto* const content = content_of(*data_, document->root());
    if (content == nullptr) return std::nullopt;
    return sha256(
        data_->name + "\n" +
        canonical_form(*content, data_->apart, lasting_links(*data_, document->root(), *content)));
}

}  // namespace dvcsync::mapping
