// Reads a mapping file into PlanData; mappings/README.md describes the format.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "connector/mapping/plan.h"

namespace dvcsync::mapping {
namespace {

struct FormName {
    std::string_view name;
    Form form;
};
constexpr std::array<FormName, 5> form_names{{{"text", Form::Text},
                                              {"code", Form::Code},
                                              {"amount", Form::Amount},
                                              {"number", Form::Number},
                                              {"bool", Form::Bool}}};

template <class Entries, class Name>
std::vector<std::string> collect(const Entries& entries, Name name) {
    std::vector<std::string> names;
    names.reserve(entries.size());
    for (const auto& entry : entries)
        names.emplace_back(name(entry));
    return names;
}

const char* label_of(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::Field:
            return "field";
        case Node::Kind::Flag:
            return "flag";
        case Node::Kind::Object:
            return "object";
        case Node::Kind::List:
            return "list";
        case Node::Kind::Item:
            return "item";
    }
    return "";
}

class Loader {
  public:
    Loader(DataFile& file, PlanData& plan) : file_(file), plan_(plan) {}

    void load(const KindData& kind) {
        const auto root = file_.root();
        Scopes scopes(kind.scope);
        if (root.attribute("each")) {
            plan_.each_name = root.attribute("each").value();
            const auto each = scopes.list(plan_.each_name);
            if (!each) return file_.fault(root, "each: " + each.error());
            plan_.each = *each;
            scopes = scopes.inside(*each->spec);
            plan_.where = load_condition(file_, root, "where", scopes);
        } else if (root.attribute("where")) {
            file_.fault(root, "<mapping>: 'where' needs 'each'");
        }
        load_key(root, kind, scopes);
        plan_.nodes = load_children(root, scopes, false);
        if (plan_.nodes.empty()) file_.fault(root, "the mapping makes no field");
    }

  private:
    void load_key(pugi::xml_node root, const KindData& kind, const Scopes& scopes) {
        const auto names = split(root.attribute("key").value(), ' ');
        for (const auto& name : names)
            if (const auto ref = scopes.value(name))
                plan_.key.push_back(*ref);
            else
                file_.fault(root, "key: " + ref.error());
        if (!names.empty()) return;
        if (plan_.each)
            file_.fault(root, "a mapping with 'each' needs the attribute 'key'");
        else
            plan_.key.push_back(kind.code);
    }

    struct NodeLoader {
        std::string_view element;
        Node (Loader::*load)(pugi::xml_node, const Scopes&);
    };
    static const std::array<NodeLoader, 5> loaders;

    std::vector<Node> load_children(pugi::xml_node parent, const Scopes& scopes, bool items) {
        std::vector<Node> nodes;
        std::set<std::string> names;
        for (const auto& child : parent.children()) {
            const std::string_view element = child.name();
            // allow() has already reported elements that do not belong here.
            const auto* const loader =
                std::find_if(loaders.begin(), loaders.end(), [&](const NodeLoader& known) {
                    return known.element == element && (element == "item") == items;
                });
            if (loader == loaders.end()) continue;
            Node node = (this->*loader->load)(child, scopes);
            if (!node.to.empty() && !names.insert(node.to).second)
                fault(child, node, "comes twice");
            check_same_file(child, node, nodes);
            nodes.push_back(std::move(node));
        }
        return nodes;
    }

    // Id and hash side by side are those of one file.
    void check_same_file(pugi::xml_node element, const Node& node,
                         const std::vector<Node>& before) {
        if (node.uploaded == AsUploaded::No || !node.from) return;
        for (const auto& other : before)
            if (other.uploaded != AsUploaded::No && other.uploaded != node.uploaded && other.from &&
                other.from->spec != node.from->spec)
                return fault(element, node,
                             fmt::format("is of the file at '{}', but '{}' beside it is of that "
                                         "at '{}': id and hash must be of one file",
                                         node.from->spec->name, other.to, other.from->spec->name));
    }

    Node start(pugi::xml_node element, Node::Kind kind, const Scopes& scopes) {
        Node node;
        node.kind = kind;
        node.line = file_.line(element);
        if (kind != Node::Kind::Item) node.to = file_.required(element, "to");
        if (kind != Node::Kind::Flag) node.when = load_condition(file_, element, "when", scopes);
        return node;
    }

    Node load_field(pugi::xml_node element, const Scopes& scopes) {
        file_.allow(element, {"to", "from", "value", "as", "codes", "on", "within", "default",
                              "max", "required", "required-when", "when", "upload"});
        Node node = start(element, Node::Kind::Field, scopes);
        node.constant = element.attribute("value").value();
        node.max = file_.number(element, "max");
        node.required = file_.is_yes(element, "required");
        node.required_when = load_condition(file_, element, "required-when", scopes);
        if (element.attribute("default")) node.fallback = element.attribute("default").value();
        set_form(element, node);
        set_codes(element, node, scopes);
        const bool has_from = element.attribute("from");
        if (has_from == bool(element.attribute("value"))) {
            fault(element, node, "needs either 'from' or 'value'");
        } else if (has_from && element.attribute("from").value() == given_code_name) {
            node.is_given = plan_.takes_given = true;
            if (node.codes || node.date || (node.form != Form::Text && node.form != Form::Code))
                fault(element, node, "the code that the portal gave goes out as it is");
        } else if (has_from) {
            if (const auto ref = scopes.value(element.attribute("from").value())) {
                node.from = *ref;
                check_types(element, node);
                set_upload(element, node);
            } else {
                fault(element, node, ref.error());
            }
        } else if (node.codes || node.date || node.form == Form::Bool) {
            fault(element, node, "a constant is written as it is: no 'codes', no date, no bool");
        }
        return node;
    }

    void set_upload(pugi::xml_node element, Node& node) {
        if (!element.attribute("upload")) return;
        const std::string_view what = element.attribute("upload").value();
        node.uploaded = what == "hash" ? AsUploaded::Hash : AsUploaded::Id;
        plan_.takes_files = true;
        plan_.takes_hashes = plan_.takes_hashes || what == "hash";
        if (what != "id" && what != "hash")
            fault(element, node, fmt::format("upload='{}': say 'id' or 'hash'", what));
        if (node.codes || node.date || node.fallback ||
            (node.form != Form::Text && node.form != Form::Code))
            fault(element, node, "what the portal took a file as goes out as it is");
        if (plan_.each || !plan_.operation)
            fault(element, node,
                  "upload='…' is for the one document of an operation, without 'each'");
    }

    void set_form(pugi::xml_node element, Node& node) {
        if (!element.attribute("as")) return;
        const std::string_view name = element.attribute("as").value();
        for (const auto& known : form_names)
            if (known.name == name) {
                node.form = known.form;
                return;
            }
        for (const auto& [date_name, date] : plan_.definitions.dates)
            if (date_name == name) {
                node.form = Form::Date;
                node.date = date.get();
                return;
            }
        auto candidates = collect(form_names, [](const auto& entry) { return entry.name; });
        for (const auto& [date_name, date] : plan_.definitions.dates)
            candidates.push_back(date_name);
        fault(element, node, fmt::format("unknown as '{}'{}", name, suggestion(name, candidates)));
    }

    void set_codes(pugi::xml_node element, Node& node, const Scopes& scopes) {
        if (element.attribute("on")) {
            const auto ref = scopes.value(element.attribute("on").value());
            if (!element.attribute("codes"))
                fault(element, node, "'on' needs 'codes'");
            else if (!ref)
                fault(element, node, "on: " + ref.error());
            else if (ref->spec->type != Type::Date)
                fault(element, node, fmt::format("on: '{}' is not a date", ref->spec->name));
            else
                node.on = *ref;
        }
        set_within(element, node, scopes);
        if (!element.attribute("codes")) return;
        const std::string_view name = element.attribute("codes").value();
        for (const auto& table : plan_.definitions.codes)
            if (table->name() == name) node.codes = table.get();
        if (!node.codes)
            fault(element, node,
                  fmt::format("unknown codes '{}'{}", name,
                              suggestion(name, collect(plan_.definitions.codes, [](auto& table) {
                                             return table->name();
                                         }))));
        else if (node.within && !node.codes->has_within())
            fault(element, node,
                  fmt::format("'within' needs codes that name a column with within, but '{}' does "
                              "not",
                              name));
    }

    void set_within(pugi::xml_node element, Node& node, const Scopes& scopes) {
        if (!element.attribute("within")) return;
        const auto ref = scopes.value(element.attribute("within").value());
        if (!element.attribute("codes"))
            fault(element, node, "'within' needs 'codes'");
        else if (!ref)
            fault(element, node, "within: " + ref.error());
        else if (ref->spec->type == Type::Date || ref->spec->type == Type::YesNo)
            fault(element, node, fmt::format("within: '{}' is not a text", ref->spec->name));
        else
            node.within = *ref;
    }

    // What a value is in the vocabulary decides how it may be written: anything else would send
    // our own words or a foreign date form to the portal.
    void check_types(pugi::xml_node element, const Node& node) {
        const ValueSpec& spec = *node.from->spec;
        const auto wrong = [&](std::string_view why) {
            fault(element, node, fmt::format("'{}' {}", spec.name, why));
        };
        if (spec.type == Type::Date && (!node.date || node.codes))
            wrong("is a date: say with 'as' in which form it goes out, and no 'codes'");
        if (spec.type != Type::Date && node.date) wrong("is not a date");
        if (spec.type == Type::Word && !node.codes) wrong("is a word: it needs 'codes'");
        if (spec.type == Type::YesNo && !node.codes && node.form != Form::Bool)
            wrong("is yes/no: say as='bool', give 'codes', or use <flag>");
        if (node.form == Form::Bool && spec.type != Type::YesNo) wrong("is not yes/no");
        if (node.form == Form::Bool && (node.codes || node.fallback || node.max || node.when))
            wrong("as bool takes no codes, default, max or when");
        if (node.form == Form::Number && !node.fallback && (!node.required || node.when))
            wrong(
                "as number needs required='yes' without 'when', or a default: "
                "there is no empty number");
    }

    Node load_flag(pugi::xml_node element, const Scopes& scopes) {
        file_.allow(element, {"to", "when", "any", "where"});
        Node node = start(element, Node::Kind::Flag, scopes);
        node.flag = load_test(file_, element, scopes);
        return node;
    }

    Node load_object(pugi::xml_node element, const Scopes& scopes) {
        file_.allow(element, {"to", "when"}, {"field", "flag", "object", "list"});
        Node node = start(element, Node::Kind::Object, scopes);
        node.children = load_children(element, scopes, false);
        return node;
    }

    Node load_item(pugi::xml_node element, const Scopes& scopes) {
        file_.allow(element, {"when"}, {"field", "flag", "object", "list"});
        Node node = start(element, Node::Kind::Item, scopes);
        node.children = load_children(element, scopes, false);
        return node;
    }

    Node load_list(pugi::xml_node element, const Scopes& scopes) {
        if (!element.attribute("from")) {
            file_.allow(element, {"to", "when"}, {"item"});
            Node node = start(element, Node::Kind::List, scopes);
            node.children = load_children(element, scopes, true);
            return node;
        }
        file_.allow(element, {"to", "from", "when", "where", "required"},
                    {"field", "flag", "object", "list"});
        Node node = start(element, Node::Kind::List, scopes);
        node.required = file_.is_yes(element, "required");
        const auto list = scopes.list(element.attribute("from").value());
        if (!list) {
            fault(element, node, list.error());
            return node;
        }
        node.list = *list;
        const Scopes inner = scopes.inside(*list->spec);
        node.where = load_condition(file_, element, "where", inner);
        node.children = load_children(element, inner, false);
        return node;
    }

    void fault(pugi::xml_node element, const Node& node, std::string_view reason) {
        file_.fault(element, fmt::format("{} '{}': {}", label_of(node.kind), node.to, reason));
    }

    DataFile& file_;
    PlanData& plan_;
};

const std::array<Loader::NodeLoader, 5> Loader::loaders{{{"field", &Loader::load_field},
                                                         {"flag", &Loader::load_flag},
                                                         {"object", &Loader::load_object},
                                                         {"list", &Loader::load_list},
                                                         {"item", &Loader::load_item}}};

}  // namespace

void load_definitions(DataFile& file, pugi::xml_node parent, const MappingContext& context,
                      Definitions& definitions) {
    for (const auto& node : parent.children("date-form")) {
        file.allow(node, {"name", "form"});
        const std::string name = file.required(node, "name");
        auto format = TimeFormat::compile(file.required(node, "form"));
        if (!format) {
            file.fault(node, format.error().message);
            continue;
        }
        for (const auto& [known, date] : definitions.dates)
            if (known == name) file.fault(node, fmt::format("date-form '{}' comes twice", name));
        for (const auto& known : form_names)
            if (known.name == name) file.fault(node, fmt::format("'{}' is a built-in form", name));
        definitions.date_places.push_back(
            {fmt::format("date-form '{}'", name), file.shown(), file.line(node)});
        definitions.dates.emplace_back(name,
                                       std::make_shared<const TimeFormat>(*std::move(format)));
    }
    for (const auto& node : parent.children("codes")) {
        auto table = load_codes(file, node, context.codes_dir, context.read);
        if (!table) continue;
        for (const auto& known : definitions.codes)
            if (known->name() == table->name())
                file.fault(node, fmt::format("codes '{}' comes twice", table->name()));
        definitions.codes.push_back(std::move(table));
    }
}

const KindData* load_kind(DataFile& file, const VocabularyData& vocabulary) {
    const std::string record = file.required(file.root(), "record");
    const KindData* const kind = vocabulary.find(record);
    if (!kind && !record.empty())
        file.fault(file.root(),
                   fmt::format("the vocabulary '{}' has no record '{}'{}", vocabulary.name, record,
                               suggestion(record, collect(vocabulary.all, [](auto& data) {
                                              return data.kind.name;
                                          }))));
    return kind;
}

std::shared_ptr<const PlanData> load_plan(DataFile& file,
                                          std::shared_ptr<const VocabularyData> vocabulary,
                                          Definitions shared, const MappingContext& context) {
    const auto root = file.root();
    file.allow(root, {"record", "operation", "answers", "each", "where", "key", "known"},
               {"date-form", "codes", "field", "flag", "object", "list"});
    auto plan = std::make_shared<PlanData>();
    plan->file = file.shown();
    plan->line = file.line(root);
    plan->definitions = std::move(shared);
    load_definitions(file, root, context, plan->definitions);
    plan->answers = root.attribute("answers").value();
    const std::string operation_name =
        plan->answers.empty() ? file.required(root, "operation") : std::string();
    if (!plan->answers.empty() && root.attribute("operation"))
        file.fault(root, "a mapping has either 'operation' or 'answers'");
    const auto operation = operation_from(operation_name);
    if (!operation && !operation_name.empty())
        file.fault(root, fmt::format("unknown operation '{}'{}", operation_name,
                                     suggestion(operation_name,
                                                collect(all_operations, [](Operation known) {
                                                    return to_string(known);
                                                }))));
    plan->known = file.is_yes(root, "known");
    if (plan->known && (!operation || root.attribute("each")))
        file.fault(root, "known='yes' is for the one document of an operation, without 'each'");
    const KindData* const kind = load_kind(file, *vocabulary);
    if (!kind) return nullptr;
    plan->vocabulary = std::move(vocabulary);
    plan->kind = kind;
    plan->operation = operation;
    Loader(file, *plan).load(*kind);
    return operation || !plan->answers.empty() ? plan : nullptr;
}

}  // namespace dvcsync::mapping
