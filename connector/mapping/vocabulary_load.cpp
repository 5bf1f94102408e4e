// Reads a vocabulary file into VocabularyData; mappings/README.md describes the format.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connector/base/text.h"
#include "connector/mapping/summary.h"
#include "connector/mapping/vocabulary.h"

namespace dvcsync::mapping {
namespace {

bool is_canonical_name(std::string_view name) {
    return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
                                std::string_view::npos;
}

class Loader {
  public:
    explicit Loader(DataFile& file) : file_(file) {}

    std::shared_ptr<const VocabularyData> run() {
        const auto root = file_.root();
        if (std::string_view(root.name()) != "vocabulary") {
            file_.fault(
                root, fmt::format("the root element must be <vocabulary>, not <{}>", root.name()));
            return nullptr;
        }
        file_.allow(root, {"name"}, {"date-form", "words", "yes-no", "text", "export", "record"});
        data_->name = file_.required(root, "name");
        add_text(root);
        for (const auto& node : root.children("date-form"))
            add_date_form(node);
        for (const auto& node : root.children("words"))
            add_words(node);
        add_yes_no(root);
        add_export(root);
        for (const auto& node : root.children("record"))
            add_record(node);
        if (data_->all.empty()) file_.fault(root, "the vocabulary has no <record>");
        return data_;
    }

  private:
    bool is_new_type(pugi::xml_node node, const std::string& name) {
        if (name.empty()) return false;
        if (name == "text" || name == "yes-no" || data_->dates.contains(name) ||
            data_->words.contains(name)) {
            file_.fault(node, fmt::format("the type '{}' is already there", name));
            return false;
        }
        types_.push_back(name);
        return true;
    }

    void add_date_form(pugi::xml_node node) {
        file_.allow(node, {"name", "form"});
        const std::string name = file_.required(node, "name");
        const auto forms = split(file_.required(node, "form"), '|');
        DateForm date{fmt::format("{}", fmt::join(forms, " or ")), {}, false};
        for (const auto& form : forms) {
            if (form == "unix-ms") {
                date.unix_ms = true;
                continue;
            }
            auto compiled = TimeFormat::compile(form);
            if (compiled)
                date.forms.push_back(*std::move(compiled));
            else
                file_.fault(node, compiled.error().message);
        }
        if (is_new_type(node, name)) data_->dates.emplace(name, std::move(date));
    }

    void add_pair(pugi::xml_node node, WordTable& table, std::string_view local,
                  std::string_view second, WordTable::Word word) {
        if (!table.pairs.emplace(WordTable::pair_key(local, second), std::move(word)).second)
            file_.fault(node, fmt::format("the word '{}' with '{}' comes twice", local, second));
    }

    void add_word(pugi::xml_node node, WordTable& table, std::string_view local,
                  std::string canonical, bool send) {
        table.locals.try_emplace(canonical, local);
        if (!table.words.emplace(comparable(local), WordTable::Word{std::move(canonical), send})
                 .second)
            file_.fault(node, fmt::format("the word '{}' comes twice", local));
    }

    void add_words(pugi::xml_node node) {
        file_.allow(node, {"name", "like"}, {"word"});
        const std::string name = file_.required(node, "name");
        WordTable table;
        table.name = name;
        table.shown = fmt::format("words '{}' of {}", name, file_.shown());
        table.file = file_.shown();
        table.line = file_.line(node);
        for (const auto& word : node.children("word")) {
            file_.allow(word, {"from", "with", "to", "send"});
            const std::string from = file_.required(word, "from");
            const std::string to = file_.required(word, "to");
            const bool send = !word.attribute("send") || file_.is_yes(word, "send");
            if (from.empty() || to.empty()) continue;
            if (!word.attribute("with"))
                add_word(word, table, from, to, send);
            else if (const auto second = file_.required(word, "with"); !second.empty())
                add_pair(word, table, from, second, {to, send});
        }
        if (const auto like = node.attribute("like")) {
            table.is_spare = true;
            const auto other = data_->words.find(std::string_view(like.value()));
            if (other != data_->words.end())
                table.also = other->second.canonical();
            else
                file_.fault(node, fmt::format("like: no words '{}' stand before these{}",
                                              like.value(), suggestion(like.value(), types_)));
        }
        if (table.words.empty() && table.pairs.empty())
            file_.fault(node, fmt::format("words '{}' is empty", name));
        if (is_new_type(node, name)) data_->words.emplace(name, std::move(table));
    }

    void add_yes_no(pugi::xml_node root) {
        const auto node = root.child("yes-no");
        data_->yes_no.name = "yes-no";
        data_->yes_no.shown = fmt::format("<yes-no> words of {}", file_.shown());
        if (!node) return;
        if (node.next_sibling("yes-no")) file_.fault(node, "<yes-no> comes twice");
        file_.allow(node, {"yes", "no"});
        for (const char* const canonical : {"yes", "no"})
            for (const auto& local : split(file_.required(node, canonical), '|'))
                add_word(node, data_->yes_no, local, canonical, true);
    }

    void add_text(pugi::xml_node root) {
        const auto node = root.child("text");
        if (!node) return;
        if (node.next_sibling("text")) file_.fault(node, "<text> comes twice");
        file_.allow(node, {"encoding"});
        const std::string encoding = file_.required(node, "encoding");
        data_->code_page = code_page_of(encoding);
        if (!data_->code_page && !encoding.empty())
            file_.fault(node,
                        fmt::format("unknown encoding '{}': tcvn3, vni or windows-1258", encoding));
    }

    void add_export(pugi::xml_node root) {
        const auto node = root.child("export");
        if (!node) return;
        if (node.next_sibling("export")) file_.fault(node, "<export> comes twice");
        file_.allow(node, {"element", "province", "time", "type", "complete"});
        ExportSpec& spec = data_->exports;
        spec.names = {node.attribute("time").value(), node.attribute("complete").value(),
                      node.attribute("element").value(), node.attribute("province").value()};
        const auto& names = spec.names;
        if ((names.time + names.complete + names.element + names.province).empty())
            file_.fault(node,
                        "<export> says nothing: it needs the attribute 'element', 'province', "
                        "'time' or 'complete'");
        if (spec.names.time.empty()) return;
        const std::string type = file_.required(node, "type");
        if (const auto date = data_->dates.find(type); date != data_->dates.end())
            spec.form = &date->second;
        else if (!type.empty())
            file_.fault(node,
                        fmt::format("unknown date form '{}'{}", type, suggestion(type, types_)));
    }

    void add_record(pugi::xml_node node) {
        file_.allow(node, {"kind", "element", "code", "computed", "written"},
                    {"value", "list", "summary", "root"});
        KindData kind;
        kind.kind.name = file_.required(node, "kind");
        kind.kind.element = file_.required(node, "element");
        kind.computed = file_.is_yes(node, "computed");
        if (data_->find(kind.kind.name))
            file_.fault(node, fmt::format("record '{}' comes twice", kind.kind.name));
        for (const auto& other : data_->all)
            if (other.kind.element == kind.kind.element)
                file_.fault(node, fmt::format("<{}> already holds the record '{}'",
                                              kind.kind.element, other.kind.name));
        load_scope(node, kind.scope, "");
        add_root(node, kind);
        const Scopes scopes(kind.scope);
        const std::string code = file_.required(node, "code");
        if (const auto ref = scopes.value(code)) {
            kind.code = *ref;
            kind.kind.code_element = ref->spec->shown;
            if (kind.kind.code_element.find_first_of("/@.") != std::string::npos)
                file_.fault(node, fmt::format("the code '{}' must be a child element of <{}>", code,
                                              kind.kind.element));
        } else if (!code.empty()) {
            file_.fault(node, ref.error());
        }
        const auto summary = node.child("summary");
        if (summary.next_sibling("summary")) file_.fault(summary, "<summary> comes twice");
        // Moving the scope keeps its vectors' storage, so references into it stay valid.
        kind.summary = std::make_unique<const SummaryRules>(load_summary(file_, summary, scopes));
        if (!kind.computed && !kind.written) data_->kinds.push_back(kind.kind);
        data_->all.push_back(std::move(kind));
    }

    void add_root(pugi::xml_node node, KindData& kind) {
        const auto root = node.child("root");
        if (root.next_sibling("root")) file_.fault(root, "<root> comes twice");
        if (!file_.is_yes(node, "written")) {
            if (root) file_.fault(root, "<root> needs a record with written='yes'");
            return;
        }
        if (!root) return file_.fault(node, "a written record needs the element <root> around it");
        if (kind.computed) file_.fault(node, "a record is either computed or written");
        RootSpec& spec = kind.written.emplace();
        file_.allow(root, {"element"}, {"attribute"});
        spec.element = file_.required(root, "element");
        check_element_name(root, spec.element);
        check_element_name(node, kind.kind.element);
        for (const auto& child : root.children("attribute")) {
            file_.allow(child, {"name", "value", "from"});
            const std::string_view from = child.attribute("from").value();
            spec.attributes.push_back({file_.required(child, "name"),
                                       child.attribute("value").value(), from == "province"});
            check_element_name(child, spec.attributes.back().name);
            if (bool(child.attribute("value")) == (from == "province") ||
                (!from.empty() && from != "province"))
                file_.fault(child, "<attribute> needs either 'value' or from='province'");
        }
        check_writable(node, kind.scope);
    }

    // Everything of a written record is an element or attribute that can be made.
    void check_writable(pugi::xml_node node, const Scope& scope) {
        if (!scope.xpaths.empty()) file_.fault(node, "a written record has paths, no xpath");
        for (const auto& value : scope.values)
            if (value.second || (value.date && value.date->unix_ms))
                file_.fault(node, fmt::format("value '{}' of a written record: 'with' and the date "
                                              "form unix-ms can only be read",
                                              value.name));
        for (const auto& path : scope.paths) {
            if (!path.numbered.empty())
                file_.fault(node, fmt::format("the list '{}#' of a written record: numbered "
                                              "columns can only be read",
                                              path.numbered.front().first));
            for (const auto& [name, at] : path.children)
                check_element_name(node, name);
            for (const auto& [name, at] : path.attributes)
                check_element_name(node, name);
        }
        for (const auto& list : scope.lists)
            check_writable(node, list.members);
    }

    void check_element_name(pugi::xml_node node, std::string_view name) {
        const auto is_letter = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        };
        const auto belongs = [&](char c) {
            return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
        };
        if (name.empty()) return;  // reported where it is missing
        if (!is_letter(name.front()) || !std::all_of(name.begin(), name.end(), belongs))
            file_.fault(node, fmt::format("'{}' cannot be written as the name of an element or "
                                          "attribute",
                                          name));
    }

    // Fills the scope from the <value> and <list> children of `node`.
    void load_scope(pugi::xml_node node, Scope& scope, const std::string& prefix) {
        scope.paths.emplace_back();
        std::set<std::string> names;
        for (const auto& child : node.children()) {
            const std::string_view element = child.name();
            if (element != "value" && element != "list") continue;
            const std::string name = file_.required(child, "name");
            if (!name.empty() && !is_canonical_name(name))
                file_.fault(child,
                            fmt::format("'{}': a canonical name is made of a-z, 0-9 and -", name));
            if (!name.empty() && !names.insert(name).second)
                file_.fault(child, fmt::format("the canonical name '{}' comes twice", name));
            if (element == "value")
                add_value(child, scope, name, prefix);
            else
                add_list(child, scope, name, prefix);
        }
    }

    void add_value(pugi::xml_node node, Scope& scope, const std::string& name,
                   const std::string& prefix) {
        file_.allow(node, {"name", "path", "xpath", "type", "with"});
        ValueSpec spec;
        spec.name = name;
        set_type(node, spec);
        spec.shown = place(node, scope, prefix, int(scope.values.size()), PathNode::none);
        scope.values.push_back(std::move(spec));
        if (node.attribute("with")) add_second(node, scope, prefix);
    }

    // The second value of a pair has a slot of its own, but no canonical name.
    void add_second(pugi::xml_node node, Scope& scope, const std::string& prefix) {
        const std::string path = file_.required(node, "with");
        if (path.empty()) return;
        ValueSpec& first = scope.values.back();
        if (first.type != Type::Word)
            file_.fault(node, fmt::format("value '{}': 'with' needs a type of words", first.name));
        const auto slot = std::uint32_t(scope.values.size());
        first.second = slot;
        enter(node, scope, path, int(slot), PathNode::none);
        ValueSpec second;
        second.shown = prefix + path;
        scope.values.push_back(std::move(second));
    }

    void set_type(pugi::xml_node node, ValueSpec& spec) {
        const std::string type = node.attribute("type").as_string("text");
        if (type == "yes-no") {
            spec.type = Type::YesNo;
            spec.words = &data_->yes_no;
            if (data_->yes_no.words.empty())
                file_.fault(node, "type 'yes-no' needs a <yes-no> element in this file");
        } else if (const auto date = data_->dates.find(type); date != data_->dates.end()) {
            spec.type = Type::Date;
            spec.date = &date->second;
        } else if (const auto words = data_->words.find(type); words != data_->words.end()) {
            spec.type = Type::Word;
            spec.words = &words->second;
        } else if (type != "text") {
            file_.fault(node, fmt::format("value '{}': unknown type '{}'{}", spec.name, type,
                                          suggestion(type, types_)));
        }
    }

    void add_list(pugi::xml_node node, Scope& scope, const std::string& name,
                  const std::string& prefix) {
        file_.allow(node, {"name", "path", "xpath"}, {"value", "list"});
        ListSpec list;
        list.name = name;
        list.shown = place(node, scope, prefix, PathNode::none, int(scope.lists.size()));
        list.members.is_columns = list.shown.ends_with('#') && !node.attribute("xpath");
        load_scope(node, list.members, list.members.is_columns ? list.shown : list.shown + "/");
        scope.lists.push_back(std::move(list));
    }

    // Enters a value or list into the scope's tree of paths, or into its XPath rules. Returns where
    // it lies, for messages.
    std::string place(pugi::xml_node node, Scope& scope, const std::string& prefix, int value,
                      int list) {
        if (scope.is_columns && node.attribute("xpath"))
            file_.fault(node, "numbered columns are found by 'path', not by xpath");
        if (!node.attribute("xpath")) {
            const std::string path = file_.required(node, "path");
            if (!path.empty()) enter(node, scope, path, value, list);
            if (path != "." || prefix.empty()) return prefix + path;
            return scope.is_columns ? prefix : prefix.substr(0, prefix.size() - 1);
        }
        if (node.attribute("path")) file_.fault(node, "say either path or xpath, not both");
        const std::string xpath = file_.required(node, "xpath");
        try {
            pugi::xpath_query query(xpath.c_str());
            if (list != PathNode::none && query.return_type() != pugi::xpath_type_node_set)
                file_.fault(node, fmt::format("xpath '{}' does not select elements", xpath));
            scope.xpaths.push_back({value, list, std::move(query)});
        } catch (const pugi::xpath_exception& e) {
            file_.fault(node, fmt::format("xpath '{}': {}", xpath, e.what()));
        }
        return prefix + xpath;
    }

    void enter(pugi::xml_node node, Scope& scope, const std::string& path, int value, int list) {
        const auto bad = [&](std::string_view why) {
            file_.fault(node, fmt::format("path '{}': {}", path, why));
        };
        if (path == "." && list != PathNode::none) return bad("a list needs its members' path");
        const bool numbered = list != PathNode::none && path.ends_with('#');
        if (scope.is_columns) {
            if (path.find_first_of("/@") != path.npos)
                return bad("inside numbered columns it is the end of a column's name");
            if (path.front() >= '0' && path.front() <= '9')
                return bad("begins with a digit, which would be read as part of the number");
            if (list != PathNode::none && !numbered)
                return bad("a list inside numbered columns is numbered too: end it with '#'");
        }
        int at = 0;
        auto parts = path == "." ? std::vector<std::string>() : split(path, '/');
        std::string attribute, prefix;
        if (numbered) {
            prefix = parts.back().substr(0, parts.back().size() - 1);
            parts.pop_back();
            if (prefix.empty()) return bad("a name must stand before '#'");
        }
        if (!parts.empty() && parts.back().starts_with('@') && list == PathNode::none) {
            attribute = parts.back().substr(1);
            parts.pop_back();
        }
        for (const auto& part : parts) {
            if (part == "." || part == ".." || part.find_first_of("*[]()|:@# ") != part.npos)
                return bad("only element names and a final @attribute; use xpath for more");
            if (!scope.is_columns && scope.paths[at].value != PathNode::none)
                return bad("leads into a value");
            at = child(scope, at, part);
            if (scope.paths[at].list != PathNode::none)
                return bad("leads into a list; put it inside that <list>");
        }
        PathNode& here = scope.paths[at];
        if (numbered) {
            if (prefix.find_first_of("*[]()|:@# ") != prefix.npos)
                return bad("'#' stands once, at the end, after the name of the columns");
            for (const auto& [known, index] : here.numbered)
                if (known == prefix) return bad("is already taken");
            if (!scope.is_columns && here.value != PathNode::none) return bad("leads into a value");
            here.numbered.emplace_back(prefix, list);
        } else if (!attribute.empty()) {
            here.attributes.emplace_back(attribute, value);
        } else if (here.value != PathNode::none) {
            bad("is already taken");
        } else if (!scope.is_columns && (!here.children.empty() || !here.numbered.empty())) {
            bad("has paths below it");
        } else {
            here.value = value;
            here.list = list;
        }
    }

    static int child(Scope& scope, int at, const std::string& name) {
        std::size_t first = 0;
        if (const int known = scope.paths[at].child(name, first); known != PathNode::none)
            return known;
        const int added = int(scope.paths.size());
        scope.paths.emplace_back();
        auto& children = scope.paths[at].children;
        const std::pair entry(name, added);
        children.push_back(entry);
        return added;
    }

    DataFile& file_;
    std::shared_ptr<VocabularyData> data_ = std::make_shared<VocabularyData>();
    std::vector<std::string> types_{"text", "yes-no"};
};

}  // namespace

std::shared_ptr<const VocabularyData> load_vocabulary(DataFile& file) {
    return Loader(file).run();
}

}  // namespace dvcsync::mapping
