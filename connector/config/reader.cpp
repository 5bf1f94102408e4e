#include "connector/config/reader.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/config/checks.h"

namespace dvcsync::config {
namespace {

namespace fs = std::filesystem;

std::string_view type_name(toml::node_type type) {
    switch (type) {
        case toml::node_type::string:
            return "text";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a number with a point";
        case toml::node_type::boolean:
            return "true or false";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::table:
            return "a section";
        default:
            return "a date or time";
    }
}

bool contains(std::span<const std::string_view> words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

struct Reader::Impl {
    toml::table root;
    std::string name;  // of the file, as the user wrote it
    std::size_t last_line = 1;
    fs::path folder;
    std::span<const Shape> shapes;
    std::vector<std::pair<std::size_t, std::string>> faults;

    const toml::table* section(std::string_view section_name) const {
        return root.at_path(section_name).as_table();
    }
    const toml::node* node(std::string_view section_name, std::string_view key) const {
        const toml::table* table = section(section_name);
        return table == nullptr ? nullptr : table->get(key);
    }
    void note(std::size_t line, std::string text) { faults.emplace_back(line, std::move(text)); }

    std::string unknown_key(const Shape& shape, std::string_view key) const;
    void check_section(const Shape& shape);
    void check_names();
};

std::string Reader::Impl::unknown_key(const Shape& shape, std::string_view key) const {
    if (key == "password")
        return fmt::format(
            "[{}] password must not stand in this file: write it into a file of mode 0600 and name "
            "that with password_file, or name an environment variable with password_env",
            shape.name);
    for (const Shape& other : shapes)
        if (contains(other.keys, key))
            return fmt::format("[{}] has no key {}: it belongs to [{}]", shape.name, key,
                               other.name);
    if (const std::string_view near = nearest(key, shape.keys); !near.empty())
        return fmt::format("[{}] has no key {}: did you mean {}?", shape.name, key, near);
    return fmt::format("[{}] has no key {}: remove it; its keys are {}", shape.name, key,
                       fmt::join(shape.keys, ", "));
}

void Reader::Impl::check_section(const Shape& shape) {
    const toml::table* table = section(shape.name);
    if (table == nullptr) {
        if (const toml::node* other = root.at_path(shape.name).node())
            note(other->source().begin.line,
                 fmt::format("{} must be a section: write [{}] on a line by itself", shape.name,
                             shape.name));
        else if (shape.required)
            note(last_line, fmt::format("the section [{}] is missing: add it, with the keys {}",
                                        shape.name, fmt::join(shape.keys, ", ")));
        return;
    }
    if (shape.keys.empty()) return;
    for (const auto& [key, child] : *table) {
        const std::string whole = fmt::format("{}.{}", shape.name, key.str());
        const bool known = contains(shape.keys, key.str()) ||
                           std::any_of(shapes.begin(), shapes.end(),
                                       [&](const Shape& other) { return other.name == whole; });
        if (!known) note(key.source().begin.line, unknown_key(shape, key.str()));
    }
}

void Reader::Impl::check_names() {
    std::vector<std::string_view> names;
    for (const Shape& shape : shapes)
        names.push_back(shape.name);
    for (const auto& [key, child] : root) {
        if (contains(names, key.str())) continue;
        const std::string_view near = nearest(key.str(), names);
        const std::string advice =
            near.empty() ? fmt::format("remove it; the sections are {}", fmt::join(names, ", "))
                         : fmt::format("did you mean [{}]?", near);
        note(key.source().begin.line,
             fmt::format("unknown {} {}: {}",
                         child.is_table() ? "section" : "key outside of a section", key.str(),
                         advice));
    }
    for (const Shape& shape : shapes)
        check_section(shape);
}

Result<Reader> Reader::open(const fs::path& file, std::span<const Shape> shapes) {
    auto bytes = read_file(file, limits::max_config_file);
    if (!bytes)
        return fail(ErrorKind::Config,
                    fmt::format("{}; write a configuration with `dvcsync init`, or name yours with "
                                "--config FILE",
                                bytes.error().message));
    try {
        auto impl = std::make_unique<Impl>();
        impl->root = toml::parse(*bytes);
        impl->name = file.string();
        impl->last_line = 1 + std::size_t(std::count(bytes->begin(), bytes->end(), '\n'));
        impl->folder = fs::absolute(file).lexically_normal().parent_path();
        impl->shapes = shapes;
        impl->check_names();
        return Reader(std::move(impl));
    } catch (const toml::parse_error& error) {
        return fail(ErrorKind::Config, fmt::format("{}:{}: not valid TOML: {}", file.string(),
                                                   error.source().begin.line, error.description()));
    } catch (const std::exception& error) {
        return fail(ErrorKind::Config, fmt::format("{}: {}", file.string(), error.what()));
    }
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader::~Reader() = default;

bool Reader::has(std::string_view section) const {
    return impl_->section(section) != nullptr;
}

bool Reader::has(std::string_view section, std::string_view key) const {
    return impl_->node(section, key) != nullptr;
}

std::size_t Reader::line(std::string_view section, std::string_view key) const {
    const toml::node* at = impl_->node(section, key);
    if (at == nullptr) at = impl_->section(section);
    return at == nullptr ? 0 : at->source().begin.line;
}

void Reader::fault(std::string_view section, std::string_view key, std::string_view text) {
    if (const std::size_t at = line(section, key); at != 0)
        impl_->note(at, fmt::format("[{}] {} {}", section, key, text));
}

std::string Reader::text(std::string_view section, std::string_view key, bool required) {
    const toml::node* node = impl_->node(section, key);
    if (node == nullptr) {
        if (required) fault(section, key, "is missing: add it to this section");
        return "";
    }
    const auto found = node->value_exact<std::string>();
    if (!found) {
        fault(section, key,
              fmt::format("must be text in quotes, but is {}", type_name(node->type())));
        return "";
    }
    const bool controls = std::any_of(found->begin(), found->end(),
                                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (found->empty()) fault(section, key, "is empty: give it a value or remove the line");
    if (controls) fault(section, key, "holds a line break or control character: remove it");
    return *found;
}

std::int64_t Reader::number(std::string_view section, std::string_view key, std::int64_t least,
                            std::int64_t most, std::int64_t otherwise) {
    const toml::node* node = impl_->node(section, key);
    if (node == nullptr) return otherwise;
    const auto found = node->value_exact<std::int64_t>();
    if (!found)
        fault(section, key,
              fmt::format("must be a whole number {}–{} without quotes, but is {}", least, most,
                          type_name(node->type())));
    else if (*found < least || *found > most)
        fault(section, key, fmt::format("is {}: use {}–{}", *found, least, most));
    else
        return *found;
    return otherwise;
}

bool Reader::flag(std::string_view section, std::string_view key) {
    const toml::node* node = impl_->node(section, key);
    if (node == nullptr) return false;
    const auto found = node->value_exact<bool>();
    if (!found)
        fault(section, key,
              fmt::format("must be true or false without quotes, but is {}",
                          type_name(node->type())));
    return found.value_or(false);
}

std::string Reader::word(std::string_view section, std::string_view key,
                         std::span<const std::string_view> words, std::string otherwise) {
    std::string found = text(section, key, false);
    if (found.empty()) return otherwise;
    if (contains(words, found)) return found;
    fault(section, key, fmt::format("is \"{}\": use one of {}", found, fmt::join(words, ", ")));
    return otherwise;
}

fs::path Reader::path(std::string_view section, std::string_view key, bool required) {
    const std::string found = text(section, key, required);
    return found.empty() ? fs::path() : (impl_->folder / found).lexically_normal();
}

std::map<std::string, std::string> Reader::all(std::string_view section) {
    std::map<std::string, std::string> found;
    if (const toml::table* table = impl_->section(section))
        for (const auto& [key, child] : *table)
            found.emplace(key.str(), text(section, key.str()));
    return found;
}

std::string Reader::faults() const {
    auto sorted = impl_->faults;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string all;
    for (const auto& [line, text] : sorted)
        all += fmt::format("{}{}:{}: {}", all.empty() ? "" : "\n", impl_->name, line, text);
    return all;
}

}  // namespace dvcsync::config
