#include "connector/ledger/conditions.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "connector/base/text.h"

namespace dvcsync::ledger {
namespace {

template <class Number>
std::int64_t as_integer(Number number) {
    return static_cast<std::int64_t>(number);
}
std::int64_t as_integer(UtcTime at) {
    return at.time_since_epoch().count();
}

void add_text(Conditions& conditions, std::string_view words, const std::string& text) {
    if (!text.empty()) conditions.add(words, {text});
}

template <class Number>
void add_number(Conditions& conditions, std::string_view words, std::optional<Number> number) {
    if (number) conditions.add(words, {as_integer(*number)});
}

// Provinces write a code with and without suffixes (".01", ".000.00.00.H22", province rule 7): a
// code that is asked for without one means every form of it. Three ?s, the code each time.
std::string of_procedure(std::string_view table) {
    return fmt::format("({0}.procedure = ? OR substr({0}.procedure, 1, length(?) + 1) = ? || '.')",
                       table);
}

// What filters and slices have in common. by_code: the code is known too, so that the index over
// kind and code finds the record; for the kind alone it would read nearly everything, and not in
// order (the + keeps it out).
template <class Choice>
void add_record(Conditions& conditions, const Choice& choice, bool by_code) {
    add_text(conditions, by_code ? "r.kind = ?" : "+r.kind = ?", choice.kind);
    add_text(conditions, "r.agency = ?", choice.agency);
    if (!choice.procedure.empty())
        conditions.add(
            fmt::format("({} OR (r.kind = 'procedure' AND r.code = ?))", of_procedure("r")),
            {choice.procedure, choice.procedure, choice.procedure, choice.procedure});
    add_number(conditions, "r.received >= ?", choice.received_from);
    add_number(conditions, "r.received < ?", choice.received_until);
}

}  // namespace

void Conditions::add(std::string_view words, std::vector<Value> with) {
    sql += " AND ";
    sql += words;
    for (Value& value : with)
        values.push_back(std::move(value));
}

Conditions conditions_of(const Filter& filter) {
    Conditions conditions;
    add_number(conditions, "o.item = ?", filter.item);
    add_text(conditions, "r.code = ?", filter.code);
    add_record(conditions, filter, !filter.code.empty());
    add_number(conditions, "o.operation = ?", filter.operation);
    add_number(conditions, "o.state = ?", filter.state);
    add_number(conditions, "o.cause = ?", filter.cause);
    add_text(conditions, "o.portal_code = ?", filter.portal_code);
    // The dearest comes last, so that few rows get there.
    if (!filter.text.empty())
        conditions.add("instr(caseless(o.reason), ?) > 0",
                       {is_utf8(filter.text) ? caseless(filter.text) : filter.text});
    return conditions;
}

Conditions conditions_of(const Slice& slice) {
    Conditions conditions;
    add_record(conditions, slice, !slice.codes.empty());
    return conditions;
}

Conditions conditions_of(const SubmissionFilter& filter) {
    Conditions conditions;
    add_text(conditions, "s.code = ?", filter.code);
    add_text(conditions, "s.kind = ?", filter.kind);
    add_text(conditions, "s.agency = ?", filter.agency);
    if (!filter.procedure.empty())
        conditions.add(of_procedure("s"), {filter.procedure, filter.procedure, filter.procedure});
    add_number(conditions, "s.stage = ?", filter.stage);
    add_number(conditions, "s.arrived >= ?", filter.from);
    add_number(conditions, "s.arrived < ?", filter.until);
    return conditions;
}

}  // namespace dvcsync::ledger
