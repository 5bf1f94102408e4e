// Reads a reading file into ReadingData; mappings/README.md describes the format.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connector/base/text.h"
#include "connector/mapping/reading_data.h"

namespace dvcsync::mapping {
namespace {

class Loader {
  public:
    Loader(DataFile& file, ReadingData& reading) : file_(file), reading_(reading) {}

    void load() {
        const auto root = file_.root();
        reading_.content = paths(root, "content");
        if (reading_.content.empty()) reading_.content.push_back({});
        reading_.apart = split(root.attribute("apart").value(), ' ');
        find_known(root);
        reading_.kind = kind_word(root, "kind");
        for (const auto& node : root.children("kind")) {
            file_.allow(node, {"word", "when"});
            file_.required(node, "when");
            reading_.kinds.push_back({kind_word(node, "word"), paths(node, "when")});
        }
        reading_.rules = load_rules(root, reading_.record->scope, true);
        if (reading_.rules.empty()) file_.fault(root, "the reading reads nothing");
    }

  private:
    void find_known(pugi::xml_node root) {
        const Scopes scopes(reading_.record->scope);
        KnownSlots& known = reading_.known;
        known.code = reading_.record->code.slot;
        const auto given = [&](const char* name, std::uint32_t& slot) {
            if (const auto ref = scopes.value(name))
                slot = ref->slot;
            else
                file_.fault(root, fmt::format("the record '{}' needs the value '{}'",
                                              reading_.record->kind.name, name));
        };
        given("revision", known.revision);
        given("kind", known.kind);
        given("arrived", known.arrived);
        const auto wanted = [&](const char* name) -> std::optional<std::uint32_t> {
            const auto ref = scopes.value(name);
            return ref ? std::optional(ref->slot) : std::nullopt;
        };
        known.procedure = wanted("procedure");
        known.agency = wanted("agency");
        known.filed = wanted("filed");
        if (file_.faults().empty() &&
            reading_.record->scope.values[known.arrived].type != Type::Date)
            file_.fault(root, "the value 'arrived' must be a date");
    }

    std::string kind_word(pugi::xml_node node, const char* attribute) {
        std::string word = file_.required(node, attribute);
        const auto& spec = reading_.record->scope.values[reading_.known.kind];
        if (!word.empty() && spec.words && !spec.words->locals.contains(word))
            file_.fault(node, fmt::format("'{}' is not a canonical word of '{}'{}", word, spec.name,
                                          suggestion(word, spec.words->canonical())));
        return word;
    }

    // Paths separated by blanks: "Code", "Address/Town", "/envelope" from the whole document, "."
    // the object itself.
    JsonPaths paths(pugi::xml_node node, const char* attribute) {
        JsonPaths found;
        for (const auto& shown : split(node.attribute(attribute).value(), ' ')) {
            JsonPath path{shown.starts_with('/'), {}, shown};
            if (shown != ".") path.names = split(shown, '/');
            const bool odd = shown.ends_with('/') || shown.find("//") != shown.npos;
            if (odd || (path.names.empty() && shown != "."))
                file_.fault(node, fmt::format("{} '{}': names joined by '/'", attribute, shown));
            found.push_back(std::move(path));
        }
        if (found.empty() && *node.attribute(attribute).value() != '\0')
            file_.fault(node, fmt::format("{} names no member", attribute));
        return found;
    }

    std::vector<ReadRule> load_rules(pugi::xml_node parent, const Scope& scope, bool outermost) {
        std::vector<ReadRule> rules;
        std::set<std::string> taken;
        if (outermost) taken = {"revision", "kind", "arrived"};
        for (const auto& node : parent.children()) {
            const std::string_view element = node.name();
            ReadRule rule;
            rule.to = node.attribute("to").value();
            rule.line = file_.line(node);
            if (element == "value")
                load_value(node, scope, rule);
            else if (element == "list")
                load_list(node, scope, rule);
            else if (element == "files")
                load_files(node, scope, rule);
            else if (element == "rest" && outermost)
                load_rest(node, scope, rule);
            else
                continue;  // allow() has reported what does not belong here
            // Files of several members may end in one list.
            if (rule.kind != ReadRule::Kind::Files && !taken.insert(rule.to).second)
                fault(node, rule, "is already written");
            rules.push_back(std::move(rule));
        }
        return rules;
    }

    bool find_value(pugi::xml_node node, const Scope& scope, ReadRule& rule) {
        if (file_.required(node, "to").empty()) return false;
        const auto ref = Scopes(scope).value(rule.to);
        if (!ref) {
            fault(node, rule, ref.error());
            return false;
        }
        rule.slot = ref->slot;
        rule.value = ref->spec;
        return true;
    }

    bool find_list(pugi::xml_node node, const Scope& scope, ReadRule& rule) {
        if (file_.required(node, "to").empty()) return false;
        const auto ref = Scopes(scope).list(rule.to);
        if (!ref) {
            fault(node, rule, ref.error());
            return false;
        }
        rule.slot = ref->slot;
        rule.list = ref->spec;
        return true;
    }

    void load_value(pugi::xml_node node, const Scope& scope, ReadRule& rule) {
        file_.allow(node, {"to", "from", "as", "codes", "required"}, {"code"});
        file_.required(node, "from");
        rule.from = paths(node, "from");
        rule.required = file_.is_yes(node, "required");
        set_form(node, rule);
        set_codes(node, rule);
        if (find_value(node, scope, rule)) check_types(node, rule);
    }

    void set_form(pugi::xml_node node, ReadRule& rule) {
        const std::string_view name = node.attribute("as").as_string("text");
        if (name == "text") return;
        rule.trim = name == "code";
        rule.whole = name == "json";
        if (rule.trim || rule.whole) return;
        std::vector<std::string> candidates{"text", "code", "json"};
        for (const auto& [date_name, date] : reading_.definitions.dates) {
            candidates.push_back(date_name);
            if (date_name == name) rule.date = date.get();
        }
        if (rule.date == nullptr)
            fault(node, rule, fmt::format("unknown as '{}'{}", name, suggestion(name, candidates)));
    }

    void set_codes(pugi::xml_node node, ReadRule& rule) {
        for (const auto& code : node.children("code")) {
            file_.allow(code, {"from", "to"});
            const std::string from = file_.required(code, "from");
            if (!rule.words.emplace(comparable(from), file_.required(code, "to")).second)
                file_.fault(code, fmt::format("code '{}' comes twice", from));
        }
        if (!node.attribute("codes")) return;
        const std::string_view name = node.attribute("codes").value();
        std::vector<std::string> candidates;
        for (const auto& table : reading_.definitions.codes) {
            candidates.push_back(table->name());
            if (table->name() == name) rule.codes = table.get();
        }
        if (rule.codes == nullptr)
            fault(node, rule,
                  fmt::format("unknown codes '{}'{}", name, suggestion(name, candidates)));
        else if (!rule.codes->no_way_back().empty())
            fault(node, rule, fmt::format("codes '{}': {}", name, rule.codes->no_way_back()));
    }

    // What a value is in the vocabulary decides how it must be read.
    void check_types(pugi::xml_node node, const ReadRule& rule) {
        const ValueSpec& spec = *rule.value;
        const bool coded = rule.codes != nullptr || !rule.words.empty();
        if (spec.type == Type::Date && (rule.date == nullptr || coded))
            fault(node, rule, "is a date: say with 'as' in which form it comes, and no codes");
        if (spec.type != Type::Date && rule.date != nullptr) fault(node, rule, "is not a date");
        if (spec.words != nullptr && !coded)
            fault(node, rule, "is a word: it needs 'codes' or <code> elements");
        if (rule.whole && (spec.type != Type::Text || coded))
            fault(node, rule, "as json must be a text, without codes");
        for (const auto& [national, canonical] : rule.words)
            if (spec.words != nullptr && !spec.words->locals.contains(canonical))
                fault(node, rule,
                      fmt::format("'{}' is not a canonical word of '{}'{}", canonical, spec.name,
                                  suggestion(canonical, spec.words->canonical())));
    }

    void load_list(pugi::xml_node node, const Scope& scope, ReadRule& rule) {
        file_.allow(node, {"to", "from"}, {"value", "list", "files"});
        rule.kind = ReadRule::Kind::List;
        file_.required(node, "from");
        rule.from = paths(node, "from");
        if (!find_list(node, scope, rule)) return;
        rule.children = load_rules(node, rule.list->members, false);
        if (rule.children.empty()) fault(node, rule, "the list reads nothing");
    }

    void load_files(pugi::xml_node node, const Scope& scope, ReadRule& rule) {
        file_.allow(node,
                    {"to", "from", "id", "name", "title", "url", "base64", "hash", "passing"});
        rule.kind = ReadRule::Kind::Files;
        rule.from = paths(node, "from");
        rule.id = paths(node, "id");
        rule.name = paths(node, "name");
        rule.url = paths(node, "url");
        rule.base64 = paths(node, "base64");
        rule.hash = paths(node, "hash");
        rule.title = node.attribute("title").value();
        rule.passing = split(node.attribute("passing").value(), ' ');
        for (const std::string& name : rule.passing)
            if (rule.url.empty() || name.find_first_of("?&=#") != name.npos ||
                name.find('*') < name.size() - 1 || name == "*")
                fault(node, rule,
                      fmt::format("passing '{}': names of parameters of a link ('url'), of which "
                                  "each may end in '*'",
                                  name));
        if (rule.url.empty() && rule.base64.empty())
            fault(node, rule, "needs the attribute 'url' or 'base64'");
        if (!find_list(node, scope, rule)) return;
        const Scopes members(rule.list->members);
        const auto place = [&](const char* name, Type type) -> std::optional<std::uint32_t> {
            const auto ref = members.value(name);
            if (!ref) return std::nullopt;
            if (ref->spec->type != type)
                fault(node, rule, fmt::format("'{}' has another type than is written", name));
            if (type == Type::YesNo) rule.places.yes_no = ref->spec->words;
            return ref->slot;
        };
        rule.places = {place("id", Type::Text),
                       place("title", Type::Text),
                       place("name", Type::Text),
                       place("size", Type::Text),
                       place("sha256", Type::Text),
                       place("type", Type::Text),
                       std::nullopt,
                       place("note", Type::Text)};
        rule.places.checked = place("checked", Type::YesNo);
        if (!rule.places.name) fault(node, rule, "its members need the value 'name'");
    }

    void load_rest(pugi::xml_node node, const Scope& scope, ReadRule& rule) {
        file_.allow(node, {"to"});
        rule.kind = ReadRule::Kind::Rest;
        if (find_value(node, scope, rule) && rule.value->type != Type::Text)
            fault(node, rule, "must be a text");
    }

    void fault(pugi::xml_node node, const ReadRule& rule, std::string_view reason) {
        file_.fault(node, fmt::format("{} '{}': {}", node.name(), rule.to, reason));
    }

    DataFile& file_;
    ReadingData& reading_;
};

}  // namespace

std::shared_ptr<const ReadingData> load_reading(DataFile& file,
                                                std::shared_ptr<const VocabularyData> vocabulary,
                                                Definitions shared, const MappingContext& context) {
    const auto root = file.root();
    file.allow(root, {"name", "record", "kind", "content", "apart"},
               {"date-form", "codes", "kind", "value", "list", "files", "rest"});
    auto reading = std::make_shared<ReadingData>();
    reading->file = file.shown();
    reading->name = file.required(root, "name");
    reading->definitions = std::move(shared);
    load_definitions(file, root, context, reading->definitions);
    reading->record = load_kind(file, *vocabulary);
    if (reading->record == nullptr) return nullptr;
    if (!reading->record->written) {
        file.fault(root, fmt::format("the record '{}' of the vocabulary is not written by the "
                                     "connector: it needs written='yes'",
                                     reading->record->kind.name));
        return nullptr;
    }
    reading->vocabulary = std::move(vocabulary);
    Loader(file, *reading).load();
    return reading;
}

}  // namespace dvcsync::mapping
