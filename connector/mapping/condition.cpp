#include "connector/mapping/condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/text.h"

namespace dvcsync::mapping {

tl::expected<Condition, std::string> Condition::compile(std::string_view text,
                                                        const Scopes& scopes) {
    constexpr std::string_view joint = " and ";
    Condition condition;
    condition.text_ = text;
    for (;;) {
        const std::size_t end = text.find(joint);
        auto term = compile_term(trimmed(text.substr(0, end)), scopes);
        if (!term) return tl::make_unexpected(std::move(term).error());
        condition.terms_.push_back(*std::move(term));
        if (end == std::string_view::npos) return condition;
        text.remove_prefix(end + joint.size());
    }
}

tl::expected<Condition::Term, std::string> Condition::compile_term(std::string_view text,
                                                                   const Scopes& scopes) {
    Term term;
    if (text.starts_with("not ")) {
        term.negated = true;
        text.remove_prefix(4);
    }
    const std::size_t equals = text.find('=');
    std::string_view name = text.substr(0, equals);
    if (equals != std::string_view::npos) {
        if (name.ends_with('!')) {
            term.negated = !term.negated;
            name.remove_suffix(1);
        }
        term.words = split(text.substr(equals + 1), '|');
        if (term.words.empty())
            return tl::make_unexpected(fmt::format("'{}' names no word to compare with", text));
    }
    name = trimmed(name);
    if (term.words.empty() && scopes.has_list(name)) {
        term.list = *scopes.list(name);
        return term;
    }
    const auto value = scopes.value(name);
    if (!value) return tl::make_unexpected(value.error());
    term.value = *value;
    if (!value->spec->words) return term;
    const auto known = value->spec->words->canonical();
    for (const auto& word : term.words)
        if (!std::binary_search(known.begin(), known.end(), word))
            return tl::make_unexpected(fmt::format("'{}' is not a canonical word of '{}'{}", word,
                                                   name, suggestion(word, known)));
    return term;
}

Parsed<bool> Condition::holds(const Term& term, const Cursor& cursor) {
    if (term.list) return (cursor.members(*term.list).count != 0) != term.negated;
    const auto word = read_word(cursor, *term.value);
    if (!word) return tl::make_unexpected(word.error());
    bool found = !word->empty();
    if (!term.words.empty())
        found = std::find(term.words.begin(), term.words.end(), *word) != term.words.end();
    else if (term.value->spec->type == Type::YesNo)
        found = *word == "yes";
    return found != term.negated;
}

Parsed<bool> Condition::holds(const Cursor& cursor) const {
    for (const auto& term : terms_) {
        auto held = holds(term, cursor);
        if (!held || !*held) return held;
    }
    return true;
}

std::vector<std::string> Condition::allowed(const Ref& value,
                                            std::vector<std::string> words) const {
    for (const auto& term : terms_) {
        if (!term.value || term.value->up != value.up || term.value->slot != value.slot ||
            term.words.empty())
            continue;
        std::erase_if(words, [&](const std::string& word) {
            const bool named =
                std::find(term.words.begin(), term.words.end(), word) != term.words.end();
            return named == term.negated;
        });
    }
    return words;
}

std::string Condition::contradiction() const {
    for (const auto& term : terms_) {
        for (const auto& other : terms_) {
            const bool same_list = term.list && other.list && term.list->up == other.list->up &&
                                   term.list->slot == other.list->slot;
            const bool same =
                same_list || (term.value && other.value && term.value->up == other.value->up &&
                              term.value->slot == other.value->slot);
            if (same && term.words.empty() && other.words.empty() && term.negated != other.negated)
                return fmt::format("asks that '{}' is there and that it is not", name_of(term));
            // Words that are demanded where nothing may stand.
            if (same && term.negated && term.words.empty() && !other.words.empty() &&
                !other.negated && term.value->spec->type != Type::YesNo)
                return fmt::format("asks that '{}' is empty and that it is a word", name_of(term));
        }
        if (!term.value || term.negated || term.words.empty()) continue;
        if (allowed(*term.value, term.words).empty())
            return fmt::format("asks of '{}' what no word of it satisfies", name_of(term));
    }
    return "";
}

const std::string& Condition::name_of(const Term& term) {
    return term.list ? term.list->spec->name : term.value->spec->name;
}

Parsed<bool> Test::holds(Cursor& cursor) const {
    if (when) {
        auto held = when->holds(cursor);
        if (!held || !*held) return held;
    }
    if (!any) return true;
    if (!where) return cursor.members(*any).count != 0;
    Parsed<bool> found = false;
    cursor.each(*any, [&] {
        if (!found || *found) return;
        found = where->holds(cursor);
    });
    return found;
}

std::optional<Condition> load_condition(DataFile& file, pugi::xml_node node, const char* attribute,
                                        const Scopes& scopes) {
    if (!node.attribute(attribute)) return std::nullopt;
    auto condition = Condition::compile(node.attribute(attribute).value(), scopes);
    if (condition) return *std::move(condition);
    file.fault(node, fmt::format("<{}> {}: {}", node.name(), attribute, condition.error()));
    return std::nullopt;
}

Test load_test(DataFile& file, pugi::xml_node node, const Scopes& scopes) {
    Test test;
    test.when = load_condition(file, node, "when", scopes);
    if (!node.attribute("when") && !node.attribute("any"))
        file.fault(node, fmt::format("<{}> needs the attribute 'when' or 'any'", node.name()));
    if (!node.attribute("any")) {
        if (node.attribute("where"))
            file.fault(node, fmt::format("<{}>: 'where' needs 'any'", node.name()));
        return test;
    }
    const auto list = scopes.list(node.attribute("any").value());
    if (!list) {
        file.fault(node, fmt::format("<{}> any: {}", node.name(), list.error()));
        return test;
    }
    test.any = *list;
    test.where = load_condition(file, node, "where", scopes.inside(*list->spec));
    return test;
}

}  // namespace dvcsync::mapping
