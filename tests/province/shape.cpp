#include "tests/province/shape.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <pugixml.hpp>
#include <unordered_map>
#include <utility>

#include "connector/base/time.h"
#include "tests/province/xml_writer.h"

namespace dvcsync::year {

struct ShapeNames {
    struct Value {
        std::string form;  // text, yes-no, a date form or a table of words
        std::string name;
    };
    std::string root, province, time, yes, no;
    std::unordered_map<std::string, std::string> records;
    std::unordered_map<std::string, Value> values;       // by path in the reference record
    std::unordered_map<std::string, std::string> lists;  // "files/file", or "File#": columns
    std::unordered_map<std::string, std::string> words;  // "table/word"
    std::unordered_map<std::string, std::string> dates;  // reference form → "unix-ms" or a pattern
};

namespace {

Result<std::string> date_as(const std::string& form, const std::string& pattern,
                            std::string_view text) {
    DVC_TRY_ASSIGN(read,
                   TimeFormat::compile(form == "date" ? "dd/MM/yyyy" : "dd/MM/yyyy HH:mm:ss"));
    const auto at = read.parse(text);
    if (!at) return std::string(text);
    if (pattern == "unix-ms") return std::to_string(from_vietnam(*at).time_since_epoch().count());
    DVC_TRY_ASSIGN(written, TimeFormat::compile(pattern));
    return written.format(*at);
}

class Reshaping {
  public:
    Reshaping(const ShapeNames& names, std::string& out) : names_(names), xml_(out) {}

    void record(pugi::xml_node reference) {
        const std::string kind = reference.name();
        const std::string& name = names_.records.at(kind);
        xml_.open(name);
        content(reference, kind, "");
        xml_.close(name);
    }

  private:
    // `columns` is what the names of numbered columns begin with here.
    void content(pugi::xml_node reference, const std::string& path, const std::string& columns) {
        for (const auto& child : reference.children()) {
            if (child.type() != pugi::node_element) continue;
            const std::string at = path + "/" + child.name();
            if (const auto value = names_.values.find(at); value != names_.values.end()) {
                write(child, value->second, columns + value->second.name);
                continue;
            }
            const pugi::xml_node first = child.first_child();
            const auto members = names_.lists.find(at + "/" + first.name());
            if (members == names_.lists.end())
                content(child, at, columns);
            else
                list(child, members->first, members->second, columns);
        }
    }

    void list(pugi::xml_node container, const std::string& path, const std::string& name,
              const std::string& columns) {
        if (name.ends_with('#')) {
            int number = 0;
            for (const auto& member : container.children())
                item(member, path,
                     fmt::format("{}{}{}", columns, name.substr(0, name.size() - 1), ++number));
            return;
        }
        const auto cut = name.find('/');
        const std::string around = name.substr(0, cut);
        const std::string each = name.substr(cut + 1);
        xml_.open(around);
        for (const auto& member : container.children()) {
            if (const auto value = names_.values.find(path); value != names_.values.end()) {
                write(member, value->second, each);
                continue;
            }
            xml_.open(each);
            content(member, path, "");
            xml_.close(each);
        }
        xml_.close(around);
    }

    void item(pugi::xml_node member, const std::string& path, const std::string& columns) {
        if (const auto value = names_.values.find(path); value != names_.values.end())
            write(member, value->second, columns);
        else
            content(member, path, columns);
    }

    // A name "a+b" stands for two elements, and a word "x+y" for what is in them.
    void write(pugi::xml_node reference, const ShapeNames::Value& value, const std::string& name) {
        const auto piece = reference.first_child();
        const std::string_view text = piece.value();
        if (value.form == "text") {
            if (piece.type() == pugi::node_cdata)
                xml_.cdata(name, text);
            else
                xml_.text(name, text, false);
            return;
        }
        const std::string said = translated(value.form, std::string(text));
        const auto second = name.find('+');
        if (second == std::string::npos) return xml_.text(name, said, false);
        const auto cut = said.find('+');
        xml_.text(name.substr(0, second), said.substr(0, cut), false);
        if (cut != std::string::npos)
            xml_.text(name.substr(second + 1), said.substr(cut + 1), false);
    }

    std::string translated(const std::string& form, const std::string& text) const {
        if (text.empty()) return text;
        if (form == "yes-no") return text == "yes" ? names_.yes : names_.no;
        if (const auto date = names_.dates.find(form); date != names_.dates.end())
            return date_as(form, date->second, text).value_or(text);
        const auto word = names_.words.find(form + "/" + text);
        return word == names_.words.end() ? text : word->second;
    }

    const ShapeNames& names_;
    XmlWriter xml_;
};

bool enter(ShapeNames& names, const std::array<std::string, 4>& row) {
    const auto& [what, reference, form, name] = row;
    if (what == "value")
        return names.values.emplace(reference, ShapeNames::Value{form, name}).second;
    if (what == "list") return names.lists.emplace(reference, name).second;
    if (what == "word") return names.words.emplace(form + "/" + reference, name).second;
    if (what == "date") return names.dates.emplace(reference, name).second;
    if (what == "record") return names.records.emplace(reference, name).second;
    const std::array<std::pair<std::string_view, std::string*>, 5> singles{
        {{"root", &names.root},
         {"province", &names.province},
         {"time", &names.time},
         {"yes", &names.yes},
         {"no", &names.no}}};
    for (const auto& [known, into] : singles)
        if (what == known && into->empty()) {
            *into = name;
            return !name.empty();
        }
    return false;
}

}  // namespace

Result<Shape> Shape::load(const std::filesystem::path& folder, std::string_view name) {
    Shape shape;
    if (name == "reference") return shape;
    const auto file = folder / (std::string(name) + ".csv");
    std::ifstream in(file);
    if (!in) return fail(ErrorKind::Config, "cannot read " + file.string());
    auto names = std::make_shared<ShapeNames>();
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.starts_with('#') || line == "what,reference,form,name") continue;
        std::array<std::string, 4> row;
        std::size_t start = 0;
        for (auto& cell : row) {
            const auto comma = line.find(',', start);
            cell = line.substr(start, comma - start);
            start = comma == std::string::npos ? line.size() : comma + 1;
        }
        if (!enter(*names, row))
            return fail(ErrorKind::Config, fmt::format("{}:{}: unknown or repeated row '{}'",
                                                       file.string(), number, line));
    }
    for (const char* const kind : {"dossier", "procedure", "answer"})
        if (!names->records.contains(kind))
            return fail(ErrorKind::Config,
                        fmt::format("{}: no row for the record '{}'", file.string(), kind));
    shape.names_ = std::move(names);
    return shape;
}

std::string Shape::head(Moment exported) const {
    std::string at;
    append_moment(at, exported);
    constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    if (is_reference())
        return fmt::format("{}<province-export version=\"1\" province=\"H22\" exported=\"{}\">\n",
                           declaration, at);
    const ShapeNames& names = *names_;
    if (const auto form = names.dates.find("date-time"); form != names.dates.end())
        at = date_as("date-time", form->second, at).value_or(at);
    return fmt::format("{}<{} {}=\"H22\" {}=\"{}\">\n", declaration, names.root, names.province,
                       names.time, at);
}

std::string Shape::tail() const {
    return fmt::format("</{}>\n", is_reference() ? "province-export" : names_->root);
}

void Shape::apply(std::string& text, std::size_t start) const {
    if (is_reference()) return;
    pugi::xml_document document;
    document.load_buffer(text.data() + start, text.size() - start,
                         pugi::parse_default | pugi::parse_fragment, pugi::encoding_utf8);
    text.resize(start);
    for (const auto& record : document.children())
        Reshaping(*names_, text).record(record);
}

}  // namespace dvcsync::year
