#include "connector/mapping/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::mapping {
namespace {

template <class Member>
struct Fact {
    std::string_view name;
    Member Summary::*into;
};

constexpr std::array<Fact<std::string>, 9> text_facts{{{"code", &Summary::code},
                                                       {"portal-code", &Summary::portal_code},
                                                       {"local-code", &Summary::local_code},
                                                       {"agency", &Summary::agency},
                                                       {"agency-name", &Summary::agency_name},
                                                       {"procedure", &Summary::procedure},
                                                       {"status", &Summary::status},
                                                       {"decision", &Summary::decision},
                                                       {"action", &Summary::action}}};
constexpr std::array<Fact<std::optional<LocalTime>>, 4> date_facts{
    {{"received", &Summary::received},
     {"due", &Summary::due},
     {"finished", &Summary::finished},
     {"decided", &Summary::decided}}};
constexpr std::array<Fact<bool>, 4> flag_facts{{{"online", &Summary::online},
                                                {"online-result", &Summary::online_result},
                                                {"apology", &Summary::apology},
                                                {"inter-agency", &Summary::inter_agency}}};

template <class Facts>
auto find_fact(const Facts& facts, std::string_view name) -> decltype(facts.data()) {
    const auto at = std::find_if(facts.begin(), facts.end(),
                                 [&](const auto& fact) { return fact.name == name; });
    return at == facts.end() ? nullptr : &*at;
}

std::vector<std::string> fact_names() {
    std::vector<std::string> names{"event", "steps"};
    const auto add = [&](const auto& facts) {
        for (const auto& fact : facts)
            names.emplace_back(fact.name);
    };
    add(text_facts);
    add(date_facts);
    add(flag_facts);
    return names;
}

class Loader {
  public:
    Loader(DataFile& file, const Scopes& scopes) : file_(file), scopes_(scopes) {}

    void fact(pugi::xml_node node) {
        const std::string name = file_.required(node, "name");
        if (name.empty()) return;
        if (!seen_.insert(name).second)
            return file_.fault(node, fmt::format("fact '{}' comes twice", name));
        if (const auto* const text = find_fact(text_facts, name)) {
            file_.allow(node, {"name", "from", "last", "required"});
            add_text(node, text->into);
        } else if (const auto* const date = find_fact(date_facts, name)) {
            file_.allow(node, {"name", "from", "required"});
            if (const auto from = value(node, file_.required(node, "from"), true))
                rules.dates.push_back({date->into, *from, file_.is_yes(node, "required")});
        } else if (const auto* const flag = find_fact(flag_facts, name)) {
            file_.allow(node, {"name", "when", "any", "where"});
            rules.flags.push_back({flag->into, load_test(file_, node, scopes_)});
        } else if (name == "event") {
            file_.allow(node, {"name", "latest"});
            for (const auto& moment : split(file_.required(node, "latest"), ' '))
                add_moment(node, moment);
        } else if (name == "steps") {
            file_.allow(node, {"name", "count"});
            rules.steps = list(node, file_.required(node, "count"));
        } else {
            file_.fault(node,
                        fmt::format("unknown fact '{}'{}", name, suggestion(name, fact_names())));
        }
    }

    SummaryRules rules;

  private:
    std::optional<Ref> resolve(pugi::xml_node node, const Scopes& scopes, const std::string& name,
                               bool date) {
        const auto ref = scopes.value(name);
        if (!ref) {
            file_.fault(node, ref.error());
        } else if ((ref->spec->type == Type::Date) != date) {
            file_.fault(node, fmt::format("'{}' {} a date", name, date ? "is not" : "is"));
        } else {
            return *ref;
        }
        return std::nullopt;
    }

    std::optional<Ref> value(pugi::xml_node node, const std::string& name, bool date) {
        return name.empty() ? std::nullopt : resolve(node, scopes_, name, date);
    }

    std::optional<ListRef> list(pugi::xml_node node, const std::string& name) {
        if (name.empty()) return std::nullopt;
        const auto found = scopes_.list(name);
        if (found) return *found;
        file_.fault(node, found.error());
        return std::nullopt;
    }

    void add_text(pugi::xml_node node, std::string Summary::*into) {
        const bool required = file_.is_yes(node, "required");
        if (node.attribute("last")) {
            if (node.attribute("from")) file_.fault(node, "say either from or last, not both");
            if (const auto [members, text] = member(node, file_.required(node, "last"), false);
                text)
                rules.texts.push_back({into, *text, required, members});
        } else if (const auto from = value(node, file_.required(node, "from"), false)) {
            rules.texts.push_back({into, *from, required, std::nullopt});
        }
    }

    // "list/name"; without a list, a name of the record.
    std::pair<std::optional<ListRef>, std::optional<Ref>> member(pugi::xml_node node,
                                                                 const std::string& path,
                                                                 bool date) {
        const std::size_t slash = path.find('/');
        if (slash == std::string::npos) return {std::nullopt, value(node, path, date)};
        const auto members = list(node, path.substr(0, slash));
        if (!members) return {};
        return {members,
                resolve(node, scopes_.inside(*members->spec), path.substr(slash + 1), date)};
    }

    void add_moment(pugi::xml_node node, const std::string& path) {
        if (const auto [members, date] = member(node, path, true); date)
            rules.event.push_back({members, *date});
    }

    DataFile& file_;
    const Scopes& scopes_;
    std::set<std::string> seen_;
};

// Evaluates the rules; faults carry the province's own names, for that is where they are mended.
class Evaluation {
  public:
    explicit Evaluation(const RecordData& record) : cursor_(record) {}

    void text(const SummaryRules::Text& rule) {
        if (!rule.last) return text_here(rule);
        const auto count = cursor_.members(*rule.last).count;
        std::uint32_t seen = 0;
        cursor_.each(*rule.last, [&] {
            if (++seen == count) text_here(rule);
        });
        if (count == 0 && rule.required) add(rule.from, "required, but empty");
    }

    void text_here(const SummaryRules::Text& rule) {
        const auto word = read_word(cursor_, rule.from);
        if (!word) return add(rule.from, word.error());
        if (word->empty() && rule.required) return add(rule.from, "required, but empty");
        if (rule.from.spec->type == Type::Text && length(*word) > limits::max_code &&
            (rule.into == &Summary::code || rule.into == &Summary::procedure))
            return add(rule.from, fmt::format("is {} characters, at most {} are allowed",
                                              length(*word), limits::max_code));
        summary.*rule.into = *word;
        if (rule.into == &Summary::status && rule.from.spec->words && !word->empty())
            summary.send = find_word(cursor_, rule.from)->send;
    }

    void date(const SummaryRules::Date& rule) {
        const auto at = read_date(cursor_, rule.from);
        if (!at) return add(rule.from, at.error());
        if (!*at && rule.required) return add(rule.from, "required, but empty");
        summary.*rule.into = *at;
    }

    void flag(const SummaryRules::Flag& rule) {
        if (const auto held = rule.test.holds(cursor_))
            summary.*rule.into = *held;
        else
            faults.push_back({"summary", held.error()});
    }

    void moment(const SummaryRules::Moment& rule) {
        const auto look = [&] {
            const auto at = read_date(cursor_, rule.date);
            if (!at)
                add(rule.date, at.error());
            else if (*at && (!summary.event || *summary.event < **at))
                summary.event = *at;
        };
        if (rule.list)
            cursor_.each(*rule.list, look);
        else
            look();
    }

    void steps(const ListRef& list) { summary.steps = cursor_.members(list).count; }

    Summary summary;
    std::vector<Fault> faults;

  private:
    void add(const Ref& ref, std::string reason) {
        for (const auto& fault : faults)  // a date may be asked for by two rules
            if (fault.field == ref.spec->shown && fault.reason == reason) return;
        if (faults.size() < limits::max_faults)
            faults.push_back({ref.spec->shown, std::move(reason)});
    }

    Cursor cursor_;
};

}  // namespace

SummaryRules load_summary(DataFile& file, pugi::xml_node node, const Scopes& scopes) {
    Loader loader(file, scopes);
    file.allow(node, {}, {"fact"});
    for (const auto& child : node.children("fact"))
        loader.fact(child);
    return std::move(loader.rules);
}

tl::expected<Summary, Refusal> Vocabulary::summary(const Record& record) const {
    const auto& rules = *record.data_->kind->summary;
    Evaluation evaluation(*record.data_);
    for (const auto& rule : rules.texts)
        evaluation.text(rule);
    for (const auto& rule : rules.dates)
        evaluation.date(rule);
    for (const auto& rule : rules.flags)
        evaluation.flag(rule);
    for (const auto& rule : rules.event)
        evaluation.moment(rule);
    if (rules.steps) evaluation.steps(*rules.steps);
    if (!evaluation.faults.empty())
        return tl::make_unexpected(Refusal{std::move(evaluation.faults)});
    return std::move(evaluation.summary);
}

}  // namespace dvcsync::mapping
