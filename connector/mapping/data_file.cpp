#include "connector/mapping/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/markup.h"

namespace dvcsync::mapping {
namespace {

std::vector<std::string> to_strings(std::initializer_list<std::string_view> words) {
    return {words.begin(), words.end()};
}

// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string Faults::text() const {
    return fmt::format("{}", fmt::join(lines_, "\n"));
}

DataFile::DataFile(std::filesystem::path path, Faults& faults)
    : path_(std::move(path)), faults_(faults) {
    auto bytes = read_file(path_, limits::max_mapping_file);
    if (!bytes) {
        faults_.add(bytes.error().message);
        return;
    }
    bytes_ = *std::move(bytes);
    for (std::size_t at = 0; (at = bytes_.find('\n', at)) != std::string::npos; ++at)
        line_ends_.push_back(at);
    if (const auto fault = check_markup(bytes_)) {
        const bool encoding = !is_utf8(bytes_);
        faults_.add(fmt::format("{}:{}: {}{}", shown(), line_of(bytes_, fault->offset),
                                fault->reason, encoding ? "; save the file as UTF-8" : ""));
        return;
    }
    const auto parsed = document_.load_buffer(bytes_.data(), bytes_.size(), pugi::parse_default,
                                              pugi::encoding_utf8);
    if (!parsed) {
        faults_.add(fmt::format("{}:{}: not well-formed XML: {}", shown(),
                                line_of(bytes_, std::size_t(parsed.offset)), parsed.description()));
        document_.reset();
    } else if (!depth_allowed(document_)) {
        faults_.add(fmt::format("{}:1: more than {} elements inside each other", shown(),
                                limits::max_xml_depth));
        document_.reset();
    }
}

std::size_t DataFile::line(pugi::xml_node where) const {
    const auto offset = std::size_t(std::max<std::ptrdiff_t>(where.offset_debug(), 0));
    const auto end = std::lower_bound(line_ends_.begin(), line_ends_.end(), offset);
    return std::size_t(end - line_ends_.begin()) + 1;
}

void DataFile::fault(pugi::xml_node where, std::string_view reason) {
    faults_.add(fmt::format("{}:{}: {}", shown(), line(where), reason));
}

void DataFile::allow(pugi::xml_node node, std::initializer_list<std::string_view> attributes,
                     std::initializer_list<std::string_view> children) {
    const auto known = [](std::initializer_list<std::string_view> names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const auto& attribute : node.attributes()) {
        if (!known(attributes, attribute.name()))
            fault(node, fmt::format("<{}> has no attribute '{}'{}", node.name(), attribute.name(),
                                    suggestion(attribute.name(), to_strings(attributes))));
        else if (node.attribute(attribute.name()) != attribute)
            fault(node,
                  fmt::format("<{}>: attribute '{}' comes twice", node.name(), attribute.name()));
    }
    for (const auto& child : node.children()) {
        if (child.type() != pugi::node_element)
            fault(node, fmt::format("<{}> holds text, but no text belongs here", node.name()));
        else if (!known(children, child.name()))
            fault(child, fmt::format("<{}> does not belong into <{}>{}", child.name(), node.name(),
                                     suggestion(child.name(), to_strings(children))));
    }
}

void DataFile::allow_text(pugi::xml_node node) {
    if (node.first_attribute()) fault(node, fmt::format("<{}> has no attributes", node.name()));
    for (const auto& child : node.children())
        if (child.type() == pugi::node_element)
            fault(child, fmt::format("<{}> holds text, but no elements", node.name()));
}

std::string DataFile::required(pugi::xml_node node, const char* name) {
    std::string value = node.attribute(name).value();
    if (value.empty()) fault(node, fmt::format("<{}> needs the attribute '{}'", node.name(), name));
    return value;
}

bool DataFile::is_yes(pugi::xml_node node, const char* name) {
    const std::string_view value = node.attribute(name).value();
    if (node.attribute(name) && value != "yes" && value != "no")
        fault(node, fmt::format("<{}>: {} must be 'yes' or 'no'", node.name(), name));
    return value == "yes";
}

std::size_t DataFile::number(pugi::xml_node node, const char* name) {
    if (!node.attribute(name)) return 0;
    const std::string_view value = node.attribute(name).value();
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || stop != value.data() + value.size() || number == 0)
        fault(node, fmt::format("<{}>: {} must be a positive number", node.name(), name));
    return number;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
    const std::string* best = nullptr;
    std::size_t best_distance = 1 + std::max<std::size_t>(2, word.size() / 3);
    for (const auto& candidate : candidates) {
        const std::size_t d = distance(word, candidate);
        if (d >= best_distance) continue;
        best = &candidate;
        best_distance = d;
    }
    return best ? fmt::format(" (did you mean '{}'?)", *best) : std::string();
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (const auto part = trimmed(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

}  // namespace dvcsync::mapping
