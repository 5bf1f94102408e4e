// dvc-figures: prints the figures of a year from several JSON files side by side and says whether
// they agree. demo.sh and the end-to-end tests end with it. Exit status: 0 all agree, 1 something
// differs or is missing, 2 usage.
//
//   dvc-figures --column published=a.json --column portal=b.json#/year
//               [--without portal=c.json#/part]
//               [--row received]
//               [--zero violations=b.json#/violations] [--same
//               calls=before.json#/calls,b.json#/calls]
//
// A reference is FILE[#/json/pointer]. A column names an object with the figures of `rows`;
// --without an object with the figures of what a column cannot know: "94,444 + 510", and the sum is
// compared; --row, once or oftener, the only rows to be shown (by their JSON key); --zero a value
// that must be 0; --same two values that must be equal.
#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <algorithm>
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
constexpr std::size_t wide_column = 18;  // for a sum

struct Row {
    const char* key;
    const char* label;
    bool everywhere = true;  // false: who does not know the figure shows "-"
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
    Row{"agencies", "agencies that received dossiers"},
    Row{"central_agencies", "  at the provincial centre", false},
    Row{"districts", "  districts", false},
    Row{"communes", "  communes", false},
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

// What a value comes to: a number itself, a list its length, an object the sum of its members.
std::optional<std::uint64_t> amount(const Value* value) {
    if (value == nullptr) return std::nullopt;
    if (value->IsUint64()) return value->GetUint64();
    if (value->IsArray()) return value->Size();
    if (!value->IsObject()) return std::nullopt;
    std::uint64_t sum = 0;
    for (const auto& member : value->GetObject()) {
        const auto part = amount(&member.value);
        if (!part) return std::nullopt;
        sum += *part;
    }
    return sum;
}

std::string text_of(std::optional<std::uint64_t> number) {
    return number ? grouped(*number) : "missing";
}

// One figure of one side. Who does not count agencies in all counts them by level.
std::optional<std::uint64_t> figure(const Value* side, std::string_view key) {
    if (side == nullptr || !side->IsObject()) return std::nullopt;
    const auto at = side->FindMember(Value(rapidjson::StringRef(key.data(), key.size())));
    if (at != side->MemberEnd())
        return at->value.IsUint64() ? std::optional(at->value.GetUint64()) : std::nullopt;
    if (key != "agencies") return std::nullopt;
    const auto central = figure(side, "central_agencies");
    const auto districts = figure(side, "districts");
    const auto communes = figure(side, "communes");
    if (!central || !districts || !communes) return std::nullopt;
    return *central + *districts + *communes;
}

struct Named {
    std::string name;
    std::string reference;
    std::string without{};  // a column's: reference to what it cannot know
};

std::size_t width_of(const Named& column) {
    return column.without.empty() ? column_width : wide_column;
}

Named named(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Usage(text + ": write NAME=FILE[#/pointer]");
    return {text.substr(0, equals), text.substr(equals + 1)};
}

class Table {
  public:
    explicit Table(Files& files) : files_(files) {}

    // `wanted`: keys of the rows to be shown; none: all of them.
    void figures(const std::vector<Named>& columns, const std::vector<std::string>& wanted) {
        std::string head = fmt::format("{:<{}}", "figure", label_width);
        for (const Named& column : columns)
            head += fmt::format("{:>{}}", column.name, width_of(column));
        fmt::print("{}\n{:-<{}}\n", head, "", head.size() + 3);
        for (const Row& row : rows)
            if (wanted.empty() || std::find(wanted.begin(), wanted.end(), row.key) != wanted.end())
                print_row(row, columns);
    }

    void zero(const Named& check) {
        const auto value = amount(files_.find(check.reference));
        print(check.name, text_of(value), value == std::uint64_t{0});
    }

    void same(const Named& check) {
        const std::size_t comma = check.reference.find(',');
        if (comma == std::string::npos)
            throw Usage(check.name + ": write NAME=REFERENCE,REFERENCE");
        const Value* before = files_.find(check.reference.substr(0, comma));
        const Value* after = files_.find(check.reference.substr(comma + 1));
        // Objects are compared member by member; a number with the sum of one.
        const bool sums = before != nullptr && after != nullptr &&
                          before->IsObject() != after->IsObject() && amount(before);
        print(check.name, fmt::format("{} → {}", text_of(amount(before)), text_of(amount(after))),
              sums ? amount(before) == amount(after)
                   : before != nullptr && after != nullptr && *before == *after);
    }

    bool summary() const {
        fmt::print("\n{} of {} rows agree\n", agreed_, printed_);
        return agreed_ == printed_;
    }

  private:
    void print_row(const Row& row, const std::vector<Named>& columns) {
        std::string line;
        std::optional<std::uint64_t> first;
        bool agree = true;
        for (const Named& column : columns) {
            auto value = figure(files_.find(column.reference), row.key);
            const bool unknown = !value && !row.everywhere;
            std::string text = unknown ? "-" : text_of(value);
            if (value && !column.without.empty()) {
                const auto part = figure(files_.find(column.without), row.key);
                if (part != std::uint64_t{0}) text += " + " + text_of(part);
                value = part ? std::optional(*value + *part) : std::nullopt;
            }
            line += fmt::format("{:>{}}", text, width_of(column));
            if (unknown) continue;
            if (!first) first = value;
            agree = agree && value && value == first;
        }
        if (row.everywhere || first) print(row.label, line, agree && first);
    }

    void print(std::string_view label, const std::string& text, bool agree) {
        fmt::print("{:<{}}{}  {}\n", label, label_width, text, agree ? "✓" : "✗");
        ++printed_;
        if (agree) ++agreed_;
    }
    Files& files_;
    std::size_t printed_ = 0;
    std::size_t agreed_ = 0;
};

void without(std::vector<Named>& columns, const Named& part) {
    for (Named& column : columns) {
        if (column.name != part.name) continue;
        column.without = part.reference;
        return;
    }
    throw Usage(part.name + ": no --column of that name stands before");
}

const std::string& row_key(const std::string& key) {
    const bool known =
        std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return key == row.key; });
    if (!known) throw Usage(key + ": there is no such row");
    return key;
}

bool run(const std::vector<std::string>& words) {
    std::vector<Named> columns;
    std::vector<std::pair<std::string, Named>> checks;
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        if (i + 1 == words.size()) throw Usage(words[i] + " needs a value");
        if (words[i] == "--column")
            columns.push_back(named(words[i + 1]));
        else if (words[i] == "--without")
            without(columns, named(words[i + 1]));
        else if (words[i] == "--row")
            wanted.push_back(row_key(words[i + 1]));
        else if (words[i] == "--zero" || words[i] == "--same")
            checks.emplace_back(words[i], named(words[i + 1]));
        else
            throw Usage(words[i] + ": use --column, --without, --row, --zero or --same");
    }
    if (columns.size() < 2) throw Usage("at least two --column are needed to compare");
    Files files;
    Table table(files);
    table.figures(columns, wanted);
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
