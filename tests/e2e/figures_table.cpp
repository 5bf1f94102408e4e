// dvc-figures: prints the figures of a year from several JSON files side by side and says whether
// they agree. demo.sh and the end-to-end tests end with it. Exit status: 0 all agree, 1 something
// differs or is missing, 2 usage.
//
//   dvc-figures --column published=a.json --column portal=b.json#/year
//               [--zero violations=b.json#/violations] [--same
//               calls=before.json#/calls,b.json#/calls]
//
// A reference is FILE[#/json/pointer]. A column names an object with the figures of `rows`; --zero
// a value that must be 0; --same two values that must be equal.
#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/base/files.h"

namespace {

using rapidjson::Document;
using rapidjson::Value;

constexpr std::size_t max_json = 64u << 20;
constexpr std::size_t label_width = 42;
constexpr std::size_t column_width = 12;

struct Row {
    const char* key;
    const char* label;
};

constexpr std::array rows{
    Row{"received", "dossiers received"},
    Row{"due", "due in the period"},
    Row{"early", "  of them finished early"},
    Row{"on_time", "  of them finished on time"},
    Row{"late", "  of them late"},
    Row{"late_with_apology", "  late, with apology and new appointment"},
    Row{"online_to_result", "online from reception to result"},
    Row{"decisions", "publication decisions"},
    Row{"procedures_new", "  procedures new"},
    Row{"procedures_amended", "  procedures amended"},
    Row{"procedures_replaced", "  procedures replaced"},
    Row{"procedures_abolished", "  procedures abolished"},
    Row{"published", "procedures published at the end"},
    Row{"inter_agency", "  of them inter-agency"},
    Row{"agencies", "agencies at the provincial centre"},
};

struct Usage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Files are read once, however many references name them.
class Files {
  public:
    // The value that FILE[#/pointer] names; nullptr if the file has none there.
    const Value* find(const std::string& reference) {
        const std::size_t mark = reference.find('#');
        const std::string path = reference.substr(0, mark);
        const Document& document = load(path);
        if (mark == std::string::npos) return &document;
        const rapidjson::Pointer pointer(reference.c_str() + mark + 1);
        if (!pointer.IsValid()) throw Usage(reference + ": not a JSON pointer");
        return pointer.Get(document);
    }

  private:
    const Document& load(const std::string& path) {
        Document& document = documents_[path];
        if (!document.IsNull()) return document;
        const auto bytes = dvcsync::read_file(path, max_json);
        if (!bytes) throw Usage(bytes.error().message);
        document.Parse(bytes->c_str());
        if (document.HasParseError() || document.IsNull())
            throw Usage(path + ": not a JSON document");
        return document;
    }
    std::map<std::string, Document> documents_;
};

// 94954 → "94,954".
std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, 1, ',');
    return text;
}

std::string text_of(const Value* value) {
    if (value == nullptr) return "missing";
    if (value->IsUint64()) return grouped(value->GetUint64());
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value->Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

struct Named {
    std::string name;
    std::string reference;
};

Named named(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Usage(text + ": write NAME=FILE[#/pointer]");
    return {text.substr(0, equals), text.substr(equals + 1)};
}

class Table {
  public:
    explicit Table(Files& files) : files_(files) {}

    void figures(const std::vector<Named>& columns) {
        std::string head = fmt::format("{:<{}}", "figure", label_width);
        for (const Named& column : columns)
            head += fmt::format("{:>{}}", column.name, column_width);
        fmt::print("{}\n{:-<{}}\n", head, "", head.size() + 3);
        for (const Row& row : rows) {
            std::string line;
            std::optional<std::uint64_t> first;
            bool agree = true;
            for (const Named& column : columns) {
                const Value* object = files_.find(column.reference);
                const Value* value = nullptr;
                if (object != nullptr && object->IsObject())
                    if (const auto at = object->FindMember(row.key); at != object->MemberEnd())
                        value = &at->value;
                line += fmt::format("{:>{}}", text_of(value), column_width);
                if (value == nullptr || !value->IsUint64()) {
                    agree = false;
                } else {
                    if (!first) first = value->GetUint64();
                    agree = agree && *first == value->GetUint64();
                }
            }
            print(row.label, line, agree);
        }
    }

    void zero(const Named& check) {
        const Value* value = files_.find(check.reference);
        print(check.name, text_of(value),
              value != nullptr && value->IsUint64() && value->GetUint64() == 0);
    }

    void same(const Named& check) {
        const std::size_t comma = check.reference.find(',');
        if (comma == std::string::npos)
            throw Usage(check.name + ": write NAME=REFERENCE,REFERENCE");
        const Value* before = files_.find(check.reference.substr(0, comma));
        const Value* after = files_.find(check.reference.substr(comma + 1));
        print(check.name, fmt::format("{} → {}", text_of(before), text_of(after)),
              before != nullptr && after != nullptr && *before == *after);
    }

    bool summary() const {
        fmt::print("\n{} of {} rows agree\n", agreed_, printed_);
        return agreed_ == printed_;
    }

  private:
    void print(std::string_view label, const std::string& text, bool agree) {
        fmt::print("{:<{}}{}  {}\n", label, label_width, text, agree ? "✓" : "✗");
        ++printed_;
        if (agree) ++agreed_;
    }
    Files& files_;
    std::size_t printed_ = 0;
    std::size_t agreed_ = 0;
};

bool run(const std::vector<std::string>& words) {
    std::vector<Named> columns;
    std::vector<std::pair<std::string, Named>> checks;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (i + 1 == words.size()) throw Usage(words[i] + " needs a value");
        if (words[i] == "--column")
            columns.push_back(named(words[i + 1]));
        else if (words[i] == "--zero" || words[i] == "--same")
            checks.emplace_back(words[i], named(words[i + 1]));
        else
            throw Usage(words[i] + ": use --column, --zero or --same");
    }
    if (columns.size() < 2) throw Usage("at least two --column are needed to compare");
    Files files;
    Table table(files);
    table.figures(columns);
    for (const auto& [kind, check] : checks)
        kind == "--zero" ? table.zero(check) : table.same(check);
    return table.summary();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc}) ? 0 : 1;
    } catch (const Usage& fault) {
        fmt::print(stderr, "dvc-figures: {}\n", fault.what());
        return 2;
    } catch (const std::exception& fault) {
        fmt::print(stderr, "dvc-figures: {}\n", fault.what());
        return 1;
    }
}
