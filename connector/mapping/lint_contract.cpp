// A mapping against what the portal's contract says of its document.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "connector/mapping/lint_rules.h"

namespace dvcsync::mapping {
namespace {

using Kind = ContractMember::Kind;

class Comparison {
  public:
    Comparison(const PlanData& plan, const ContractDocument& document, std::string_view profile,
               Findings& findings)
        : plan_(plan), document_(document), profile_(profile), findings_(findings) {}

    void members(const std::vector<Node>& nodes, const std::vector<ContractMember>& contract,
                 std::size_t line, const std::string& around) {
        std::vector<std::string> names;
        for (const auto& member : contract)
            if (member.is_known_by(profile_)) names.push_back(member.name);
        for (const auto& node : nodes) {
            const auto known = std::find(names.begin(), names.end(), node.to);
            if (known == names.end())
                fault(node.line, fmt::format("'{}{}' is not known to {}{}", around, node.to,
                                             source(), suggestion(node.to, names)));
        }
        for (const auto& member : contract) {
            if (!member.is_known_by(profile_)) continue;
            const auto node = std::find_if(nodes.begin(), nodes.end(),
                                           [&](const Node& one) { return one.to == member.name; });
            if (node != nodes.end())
                compare(*node, member, around);
            else if (member.required)
                fault(line, fmt::format("'{}{}' is missing, which {} requires", around, member.name,
                                        source(member)));
            else
                findings_.warning(plan_.file, line,
                                  fmt::format("'{}{}' is missing, which {} knows", around,
                                              member.name, source(member)));
        }
    }

  private:
    void compare(const Node& node, const ContractMember& member, const std::string& around) {
        const std::string name = around + node.to;
        const bool is_scalar = node.kind == Node::Kind::Field || node.kind == Node::Kind::Flag;
        const bool is_fitting = member.kind == Kind::List     ? node.kind == Node::Kind::List
                                : member.kind == Kind::Object ? node.kind == Node::Kind::Object
                                                              : is_scalar;
        if (!is_fitting)
            return fault(node.line, fmt::format("'{}' is a {} in {}", name, word(member.kind),
                                                source(member)));
        if (is_scalar) return scalar(node, member, name);
        // A list of fixed items: each of them is a member of its own.
        if (node.kind == Node::Kind::List && !node.list) {
            for (const auto& item : node.children)
                members(item.children, member.children, item.line, name + ".");
            return;
        }
        members(node.children, member.children, node.line, name + ".");
    }

    void scalar(const Node& node, const ContractMember& member, const std::string& name) {
        const bool is_constant = node.kind == Node::Kind::Field && !node.from && !node.is_given;
        const bool is_number = node.form == Form::Number;
        const bool is_bool = node.form == Form::Bool;
        if (is_number != (member.kind == Kind::Number) || is_bool != (member.kind == Kind::Bool))
            fault(node.line,
                  fmt::format("'{}' is a {} in {}", name, word(member.kind), source(member)));
        else if (!is_constant && (member.kind == Kind::Date) != (node.form == Form::Date))
            fault(node.line, fmt::format("'{}' is {} date in {}", name,
                                         member.kind == Kind::Date ? "a" : "no", source(member)));
        else if (node.date && !member.form.empty() && node.date->pattern() != member.form)
            fault(node.line, fmt::format("'{}' goes out as {}, but {} says {}", name,
                                         node.date->pattern(), source(member), member.form));
        if (member.required && node.kind == Node::Kind::Field && !node.required &&
            !node.required_when && !node.fallback && !is_constant)
            fault(node.line, fmt::format("'{}' may be empty, but {} requires it: say "
                                         "required='yes', or required-when",
                                         name, source(member)));
        if (!member.values.empty()) values(node, member, name);
        if (member.max == 0 || is_constant || node.codes || node.date) return;
        if (node.max == 0 || node.max > member.max)
            fault(node.line,
                  fmt::format("'{}' allows {}, but {} at most {} characters", name,
                              node.max == 0 ? "any length" : fmt::format("{} characters", node.max),
                              source(member), member.max));
    }

    // What the mapping's tables and constants can give must be among the values.
    void values(const Node& node, const ContractMember& member, const std::string& name) {
        const auto known = [&](const std::string& value) {
            return value.empty() || std::find(member.values.begin(), member.values.end(), value) !=
                                        member.values.end();
        };
        const auto wrong = [&](const std::string& value) {
            return fmt::format("'{}' becomes '{}', but {} knows only {}", name, value,
                               source(member), fmt::join(member.values, ", "));
        };
        for (const auto& value : {node.constant, node.fallback.value_or("")})
            if (!known(value)) fault(node.line, wrong(value));
        if (!node.codes) return;
        for (const auto& [code, rows] : node.codes->rows())
            for (const auto& row : rows)
                if (!known(row.to))
                    findings_.fault(node.codes->rows_file(), row.line,
                                    fmt::format("codes '{}': '{}': {}", node.codes->name(), code,
                                                wrong(row.to)));
    }

    static std::string_view word(Kind kind) {
        switch (kind) {
            case Kind::Text:
                return "text";
            case Kind::Number:
                return "number";
            case Kind::Bool:
                return "boolean";
            case Kind::Date:
                return "date";
            case Kind::List:
                return "list";
            case Kind::Object:
                return "object";
        }
        return "";
    }

    std::string source() const { return fmt::format("the contract ({})", document_.section); }
    std::string source(const ContractMember& member) const {
        return fmt::format("the contract ({}, [{}])", document_.section, member.mark);
    }
    void fault(std::size_t line, std::string text) {
        findings_.fault(plan_.file, line, std::move(text));
    }

    const PlanData& plan_;
    const ContractDocument& document_;
    std::string_view profile_;
    Findings& findings_;
};

}  // namespace

void lint_contract(const PlanData& plan, std::string_view profile,
                   const std::vector<Contract>& contracts, Findings& findings) {
    for (const auto& contract : contracts) {
        if (std::find(contract.profiles.begin(), contract.profiles.end(), profile) ==
            contract.profiles.end())
            continue;
        const auto* const document = contract.find(plan);
        if (document)
            Comparison(plan, *document, profile, findings)
                .members(plan.nodes, document->members, plan.line, "");
        else
            findings.warning(plan.file, plan.line,
                             fmt::format("{} knows nothing of this document", contract.file));
    }
}

}  // namespace dvcsync::mapping
