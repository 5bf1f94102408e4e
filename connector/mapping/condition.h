// Conditions of mapping and vocabulary files: "channel=online and status=finished|returned".
//
// Terms joined by " and ". A term is `name` (holds something; for yes/no: yes; for a list: has a
// member), `not name`, `name=word|word` or `name!=word|word`. Words are canonical. Compiled while
// loading, immutable afterwards. Internal to the module.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/mapping/record.h"
#include "connector/mapping/vocabulary.h"

namespace dvcsync::mapping {

class Condition {
  public:
    // The error says what is wrong with the text.
    static tl::expected<Condition, std::string> compile(std::string_view text,
                                                        const Scopes& scopes);
    // Error: a word of the record is not in its word table.
    Parsed<bool> holds(const Cursor& cursor) const;
    const std::string& text() const { return text_; }
    // The words that `value` may have where this holds: `words` without those that its terms rule
    // out.
    std::vector<std::string> allowed(const Ref& value, std::vector<std::string> words) const;
    // Why it can never hold, whatever the record; empty: it can.
    std::string contradiction() const;

  private:
    struct Term {
        std::optional<Ref> value;
        std::optional<ListRef> list;  // if not a value
        bool negated = false;
        std::vector<std::string> words;  // empty: holds something
    };
    static tl::expected<Term, std::string> compile_term(std::string_view text,
                                                        const Scopes& scopes);
    static Parsed<bool> holds(const Term& term, const Cursor& cursor);
    static const std::string& name_of(const Term& term);

    std::string text_;
    std::vector<Term> terms_;
};

// A condition on a record and, optionally, that at least one member of a list satisfies another.
struct Test {
    std::optional<Condition> when;
    std::optional<ListRef> any;
    std::optional<Condition> where;

    Parsed<bool> holds(Cursor& cursor) const;
};

// Reads an optional condition from an attribute; a wrong one is a fault of the file.
std::optional<Condition> load_condition(DataFile& file, pugi::xml_node node, const char* attribute,
                                        const Scopes& scopes);
// Reads the attributes when, any and where; one of the first two must be there.
Test load_test(DataFile& file, pugi::xml_node node, const Scopes& scopes);

}  // namespace dvcsync::mapping
