#include "connector/mapping/condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/text.h"

namespace dvcsync::mapping {

tl::expected<Condition, std::string> Condition::compile(std::string_view text,
                                                        const Scopes& scopes) {
    constexpr std::string_view joint = " and ";
    Condition condition;
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
