// Rules that cannot hold, words without codes, codes that nobody asks for.
#include "connector/mapping/lint_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/csv.h"
#include "connector/base/text.h"

namespace dvcsync::mapping {
namespace {

// Conditions around a node, from the outside in, and how many lists lie between each and the node.
struct Around {
    const Condition* condition;
    std::uint32_t lists = 0;
};

std::vector<std::string> sent_words(const WordTable& table) {
    std::vector<std::string> words = table.canonical();
    std::erase_if(words, [&](const std::string& word) {
        return std::all_of(table.words.begin(), table.words.end(), [&](const auto& local) {
            return local.second.canonical != word || !local.second.send;
        });
    });
    return words;
}

class Walk {
  public:
    Walk(const PlanData& plan, Findings& findings) : plan_(plan), findings_(findings) {}

    void run() {
        std::vector<Around> around;
        check(plan_.where, plan_.line, "where");
        if (plan_.where) around.push_back({&*plan_.where, 0});
        nodes(plan_.nodes, around);
    }

  private:
    void check(const std::optional<Condition>& condition, std::size_t line, const char* attribute) {
        if (!condition) return;
        const std::string why = condition->contradiction();
        if (!why.empty())
            findings_.fault(
                plan_.file, line,
                fmt::format("{}='{}' never holds: it {}", attribute, condition->text(), why));
    }

    void nodes(const std::vector<Node>& all, const std::vector<Around>& around) {
        for (const auto& node : all) {
            check(node.when, node.line, "when");
            check(node.required_when, node.line, "required-when");
            check(node.where, node.line, "where");
            check(node.flag.when, node.line, "when");
            check(node.flag.where, node.line, "where");
            std::vector<Around> inside = around;
            if (node.when) inside.push_back({&*node.when, 0});
            if (node.kind == Node::Kind::Field) field(node, inside);
            if (node.list)
                for (auto& one : inside)
                    ++one.lists;
            if (node.where) inside.push_back({&*node.where, 0});
            nodes(node.children, inside);
        }
    }

    void field(const Node& node, const std::vector<Around>& around) {
        const auto warn = [&](std::string text) {
            findings_.warning(plan_.file, node.line, fmt::format("field '{}': {}", node.to, text));
        };
        if (node.fallback && (node.required || node.required_when))
            warn("'required' says nothing beside 'default': an empty value is never a fault");
        if (node.required && node.required_when)
            warn("'required-when' says nothing beside required='yes'");
        if (!node.codes || !node.from) return;
        const CodeTable& table = *node.codes;
        const bool has_days =
            std::any_of(table.rows().begin(), table.rows().end(), [](const auto& rows) {
                return std::any_of(rows.second.begin(), rows.second.end(),
                                   [](const auto& row) { return row.valid_from || row.valid_to; });
            });
        if (has_days && !node.on)
            warn(
                fmt::format("rows of codes '{}' have days of effect, but no 'on' names the date "
                            "that chooses among them",
                            table.name()));
        if (node.from->spec->words && !table.keeps_unknown()) words(node, table, around);
        if (node.form == Form::Number || node.form == Form::Amount) numbers(node, table);
    }

    // What goes out as a number must be one in the table already.
    void numbers(const Node& node, const CodeTable& table) {
        for (const auto& [code, rows] : table.rows())
            for (const auto& row : rows)
                if (!row.to.empty() && !whole_number(row.to, node.form == Form::Number))
                    findings_.fault(
                        table.rows_file(), row.line,
                        fmt::format("codes '{}': '{}' becomes '{}', which is not a whole number, "
                                    "but field '{}' ({}:{}) goes out as one",
                                    table.name(), code, row.to, node.to, plan_.file, node.line));
    }

    void words(const Node& node, const CodeTable& table, const std::vector<Around>& around) {
        const WordTable& local = *node.from->spec->words;
        std::vector<std::string> left = sent_words(local);
        for (const auto& [condition, lists] : around) {
            if (node.from->up < lists) continue;
            Ref seen = *node.from;
            seen.up -= lists;
            left = condition->allowed(seen, std::move(left));
        }
        std::vector<std::string> known;
        for (const auto& [code, rows] : table.rows())
            known.push_back(code);
        for (const auto& word : left)
            if (!table.rows().contains(comparable(word)))
                findings_.fault(
                    table.rows_file(), table.line(),
                    fmt::format("codes '{}' has no row for '{}' of {}, which field '{}' ({}:{}) "
                                "can hold: add a row, or correct the word{}",
                                table.name(), word, local.shown, node.to, plan_.file, node.line,
                                suggestion(word, known)));
    }

    const PlanData& plan_;
    Findings& findings_;
};

// What stands in the rows of inline tables, against the words that can come.
struct Uses {
    std::set<std::string> words;
    bool is_open = false;  // a text goes in: any code may come
};
using TableUses = std::map<const CodeTable*, Uses>;

void note(const ValueSpec* spec, const CodeTable* table, TableUses& uses) {
    if (!table) return;
    Uses& here = uses[table];
    if (!spec || !spec->words) {
        here.is_open = true;
        return;
    }
    for (const auto& word : spec->words->canonical())
        here.words.insert(comparable(word));
}

void note(const std::vector<Node>& nodes, TableUses& uses, std::set<const TimeFormat*>& dates) {
    for (const auto& node : nodes) {
        note(node.from ? node.from->spec : nullptr, node.codes, uses);
        dates.insert(node.date);
        note(node.children, uses, dates);
    }
}

void note(const std::vector<ReadRule>& rules, TableUses& uses, std::set<const TimeFormat*>& dates) {
    for (const auto& rule : rules) {
        note(rule.value, rule.codes, uses);
        dates.insert(rule.date);
        note(rule.children, uses, dates);
    }
}

bool covers_end(std::string_view earlier, std::string_view later) {
    if (earlier.size() > later.size()) return false;
    const std::string_view end = later.substr(later.size() - earlier.size());
    for (std::size_t i = 0; i < end.size(); ++i) {
        const bool is_digit = end[i] == '#' || (end[i] >= '0' && end[i] <= '9');
        if (earlier[i] == '#' ? !is_digit : earlier[i] != end[i]) return false;
    }
    return true;
}

void strips(const CodeTable& table, Findings& findings) {
    const auto& all = table.strips();
    for (std::size_t later = 1; later < all.size(); ++later)
        for (std::size_t earlier = 0; earlier < later; ++earlier)
            if (covers_end(all[earlier].pattern, all[later].pattern)) {
                findings.fault(
                    table.file(), all[later].line,
                    fmt::format("codes '{}': '{}' is never found: the pattern '{}' of line {} "
                                "cuts the end of every such code first",
                                table.name(), all[later].pattern, all[earlier].pattern,
                                all[earlier].line));
                break;
            }
}

void words_of(const Scope& scope, std::set<const WordTable*>& used) {
    for (const auto& value : scope.values)
        used.insert(value.words);
    for (const auto& list : scope.lists)
        words_of(list.members, used);
}

struct Span {
    std::optional<Date> from, to;
    std::size_t line;
    std::vector<std::string> cells;
};

bool overlap(const Span& a, const Span& b) {
    return !(a.to && b.from && *a.to < *b.from) && !(b.to && a.from && *b.to < *a.from);
}

}  // namespace

void lint_plans(const SetParts& parts, Findings& findings) {
    for (const auto& plan : parts.plans)
        Walk(*plan, findings).run();
}

void lint_definitions(const SetParts& parts, Findings& findings) {
    TableUses uses;
    std::set<const TimeFormat*> dates;
    // What the profile has from another one may be meant for that one.
    const auto is_own = [&](const std::filesystem::path& file) {
        return file.parent_path() == parts.folder;
    };
    std::set<const CodeTable*> tables;
    std::vector<const Definitions*> all{&parts.shared};
    for (const auto& plan : parts.plans) {
        note(plan->nodes, uses, dates);
        all.push_back(&plan->definitions);
    }
    for (const auto& reading : parts.readings) {
        note(reading->rules, uses, dates);
        all.push_back(&reading->definitions);
    }
    for (const auto* definitions : all) {
        for (const auto& table : definitions->codes)
            tables.insert(table.get());
        for (std::size_t i = 0; i < definitions->dates.size(); ++i)
            if (const auto& place = definitions->date_places[i];
                is_own(place.file) && !dates.contains(definitions->dates[i].second.get()))
                findings.warning(place.file, place.line, place.what + " is used by no rule");
    }
    for (const auto* table : tables) {
        strips(*table, findings);
        const auto used = uses.find(table);
        if (used == uses.end()) {
            if (is_own(table->file()))
                findings.warning(table->file(), table->line(),
                                 fmt::format("codes '{}' is used by no rule", table->name()));
            continue;
        }
        if (!table->is_inline() || used->second.is_open) continue;
        for (const auto& [word, rows] : table->rows())
            for (const auto& row : rows)
                findings.row(*table, word, row.line, used->second.words.contains(word));
    }
    std::set<const WordTable*> used;
    for (const auto& kind : parts.vocabulary->all)
        words_of(kind.scope, used);
    for (const auto& [name, table] : parts.vocabulary->words)
        if (!table.is_spare && !used.contains(&table))
            findings.warning(table.file, table.line,
                             fmt::format("words '{}' are the type of no value", name));
}

void lint_table(const std::filesystem::path& file, bool is_loaded, Findings& findings) {
    const auto csv = read_csv(file);
    if (!csv) return findings.line(csv.error().message);
    const auto at = [&](std::string_view name) {
        return std::size_t(std::find(csv->header.begin(), csv->header.end(), name) -
                           csv->header.begin());
    };
    const std::size_t from = at("valid_from"), to = at("valid_to");
    if (from == csv->header.size() || to == csv->header.size()) return;
    const std::string shown = file.string();
    std::map<std::string, std::vector<Span>> codes;
    for (const auto& row : csv->rows) {
        Span span{{}, {}, row.line, row.cells};
        for (auto [column, day] : {std::pair(from, &span.from), std::pair(to, &span.to)}) {
            const auto text = trimmed(row.cells[column]);
            if (text.empty()) continue;
            *day = parse_iso_date(text);
            // What the loader of a table says is not said twice.
            if (!*day && !is_loaded)
                findings.fault(shown, row.line,
                               fmt::format("'{}' is not a date of the form yyyy-MM-dd", text));
        }
        if (!is_loaded && span.from && span.to && *span.to < *span.from)
            findings.fault(shown, row.line, "valid_to lies before valid_from");
        span.cells[from].clear();
        span.cells[to].clear();
        auto& others = codes[comparable(row.cells.front())];
        for (const auto& other : others) {
            if (!overlap(span, other)) continue;
            const bool same = other.cells == span.cells;
            if (!same && is_loaded) continue;  // a fault of the loader, where it matters
            findings.warning(
                shown, row.line,
                fmt::format("code '{}' {} in line {}, on the same days", row.cells.front(),
                            same ? "stands already" : "stands with other values", other.line));
            break;
        }
        others.push_back(std::move(span));
    }
}

}  // namespace dvcsync::mapping
