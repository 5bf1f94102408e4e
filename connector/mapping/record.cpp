#include "connector/mapping/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connector/base/legacy_text.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/markup.h"
#include "connector/mapping/quoting.h"

namespace dvcsync::mapping {
namespace {

// Fills the tables of a record from its XML. Faults are collected: the person who mends the
// record sees them together.
class Extraction {
  public:
    explicit Extraction(RecordData& record) : record_(record) {}

    std::vector<std::string> run() {
        const auto root = add_frame(record_.kind->scope);
        fill(record_.document.document_element(), record_.kind->scope, root);
        return std::move(faults_);
    }

  private:
    std::uint32_t add_frame(const Scope& scope) {
        Frame frame;
        frame.values = std::uint32_t(record_.values.size());
        frame.lists = std::uint32_t(record_.lists.size());
        record_.values.resize(record_.values.size() + scope.values.size());
        record_.lists.resize(record_.lists.size() + scope.lists.size());
        record_.frames.push_back(frame);
        return std::uint32_t(record_.frames.size() - 1);
    }

    void fill(pugi::xml_node element, const Scope& scope, std::uint32_t frame) {
        walk(element, scope, 0, frame);
        for (const auto& rule : scope.xpaths) {
            if (rule.list == PathNode::none) {
                record_.joined.push_back(rule.query.evaluate_string(element));
                set(scope, rule.value, frame, record_.joined.back());
                continue;
            }
            for (const auto& found : rule.query.evaluate_node_set(element))
                if (found.node()) member(found.node(), scope.lists[rule.list], rule.list, frame);
        }
    }

    void walk(pugi::xml_node element, const Scope& scope, int at, std::uint32_t frame) {
        const PathNode& here = scope.paths[at];
        for (const auto& [name, value] : here.attributes)
            if (const auto attribute = element.attribute(name.c_str()))
                set(scope, value, frame, attribute.value());
        if (here.value != PathNode::none) {
            set(scope, here.value, frame, text_of(element, scope.values[here.value]));
            return;
        }
        if (here.children.empty() && here.numbered.empty()) return;
        std::vector<std::vector<Column>> columns(here.numbered.size());
        std::size_t expected = 0;
        for (auto child = element.first_child(); child; child = child.next_sibling()) {
            if (child.type() != pugi::node_element) continue;
            const int next = here.child(child.name(), expected);
            if (next == PathNode::none) {
                sort_in(here, child.name(), child, columns);
                continue;
            }
            if (const int list = scope.paths[next].list; list != PathNode::none)
                member(child, scope.lists[list], list, frame);
            else
                walk(child, scope, next, frame);
        }
        add_numbered(here, scope, columns, frame);
    }

    // An element such as <File2Name>: which member of its list it belongs to, and what of it.
    struct Column {
        std::uint32_t number;
        std::string_view rest;  // "Name"
        pugi::xml_node element;
    };

    void sort_in(const PathNode& here, std::string_view name, pugi::xml_node element,
                 std::vector<std::vector<Column>>& columns) {
        for (std::size_t i = 0; i < here.numbered.size(); ++i) {
            const std::string_view prefix = here.numbered[i].first;
            if (!name.starts_with(prefix)) continue;
            const std::string_view tail = name.substr(prefix.size());
            std::uint32_t number = 0;
            const auto read = std::from_chars(tail.data(), tail.data() + tail.size(), number);
            if (read.ec == std::errc::invalid_argument) continue;
            if (read.ec != std::errc() || number == 0 || number > limits::max_list)
                faults_.push_back(fmt::format("<{}>: the number of a column is from 1 to {}",
                                              shown_value(name), limits::max_list));
            else
                columns[i].push_back(
                    {number, tail.substr(std::size_t(read.ptr - tail.data())), element});
            return;
        }
    }

    // The members of the lists that stand in numbered columns, in the order of their numbers.
    void add_numbered(const PathNode& here, const Scope& scope,
                      std::vector<std::vector<Column>>& columns, std::uint32_t owner) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const int list = here.numbered[i].second;
            const ListSpec& spec = scope.lists[list];
            std::stable_sort(columns[i].begin(), columns[i].end(),
                             [](const Column& a, const Column& b) { return a.number < b.number; });
            std::uint32_t filled = 0;
            for (auto at = columns[i].cbegin(); at != columns[i].cend();) {
                const std::uint32_t number = at->number;
                const auto next = std::find_if(at, columns[i].cend(), [&](const Column& column) {
                    return column.number != number;
                });
                const auto frame = add_frame(spec.members);
                record_.frames[frame].position = number;
                fill_columns(at, next, spec.members, frame);
                at = next;
                if (!keep(frame, spec, record_.frames[owner].lists + std::uint32_t(list))) continue;
                // A hole is a column that the export lacks: what stood there cannot be known.
                if (number != filled + 1)
                    faults_.push_back(fmt::format(
                        "<{0}> number {1} is filled, but number {2} is empty or missing: export "
                        "the columns without a gap",
                        spec.shown, number, filled + 1));
                filled = number;
            }
        }
    }

    template <class At>
    void fill_columns(At at, At end, const Scope& scope, std::uint32_t frame) {
        const PathNode& here = scope.paths.front();
        std::vector<std::vector<Column>> columns(here.numbered.size());
        std::size_t expected = 0;
        for (; at != end; ++at) {
            int value = here.value;
            if (!at->rest.empty()) {
                const int next = here.child(at->rest, expected);
                if (next == PathNode::none) {
                    sort_in(here, at->rest, at->element, columns);
                    continue;
                }
                value = scope.paths[next].value;
            }
            if (value != PathNode::none)
                set(scope, value, frame, text_of(at->element, scope.values[value]));
        }
        add_numbered(here, scope, columns, frame);
    }

    void set(const Scope& scope, int value, std::uint32_t frame, std::string_view text) {
        auto& slot = record_.values[record_.frames[frame].values + std::uint32_t(value)];
        // Which of two would be meant cannot be known.
        if (slot.data())
            faults_.push_back(fmt::format("<{}> occurs twice", scope.values[value].shown));
        // What the connector wrote itself is Unicode, whatever a citizen has typed into it.
        const bool is_ours = record_.kind->computed || record_.kind->written;
        const bool looks_old = !is_ours && (record_.vocabulary->code_page || may_be_legacy(text));
        slot = looks_old ? in_unicode(scope.values[value], text) : text;
    }

    // What goes out must be read by everybody: letters that only a font of old shows right are
    // converted where the vocabulary says from what, and refused elsewhere.
    std::string_view in_unicode(const ValueSpec& spec, std::string_view text) {
        if (const auto page = record_.vocabulary->code_page)
            return record_.joined.emplace_back(from_code_page(text, *page));
        if (is_legacy_) return text;  // one element named is enough
        const auto page = legacy_code_page(text);
        if (!page) return text;
        is_legacy_ = true;
        faults_.push_back(
            fmt::format("<{}> is not in Unicode, but in the code page {}: set the export to "
                        "Unicode, or write <text encoding=\"{}\"/> into the vocabulary",
                        spec.shown, name_of(*page), word_of(*page)));
        return text;
    }

    std::string_view text_of(pugi::xml_node element, const ValueSpec& spec) {
        const auto first = element.first_child();
        if (!first) return "";
        if (!first.next_sibling() && first.type() != pugi::node_element) return first.value();
        std::string all;
        for (const auto& piece : element.children()) {
            if (piece.type() == pugi::node_element) {
                faults_.push_back(fmt::format(
                    "<{}> holds other elements, but text is expected there", spec.shown));
                return "";
            }
            all += piece.value();
        }
        return record_.joined.emplace_back(std::move(all));
    }

    void member(pugi::xml_node element, const ListSpec& spec, int list, std::uint32_t owner) {
        const std::size_t slot = record_.frames[owner].lists + std::uint32_t(list);
        const std::uint32_t position = ++record_.lists[slot].written;
        if (position > limits::max_list) {
            if (position == limits::max_list + 1)
                faults_.push_back(fmt::format("more than {} <{}>", limits::max_list, spec.shown));
            return;
        }
        const auto frame = add_frame(spec.members);
        record_.frames[frame].position = position;
        fill(element, spec.members, frame);
        keep(frame, spec, slot);
    }

    // Enters the newest member into its list; false if it says nothing.
    bool keep(std::uint32_t frame, const ListSpec& spec, std::size_t slot) {
        if (is_empty(record_.frames[frame], spec.members)) {
            // An empty element says nothing; nothing was nested in it either, so it is the last.
            record_.values.resize(record_.frames[frame].values);
            record_.lists.resize(record_.frames[frame].lists);
            record_.frames.pop_back();
            return false;
        }
        Members& members = record_.lists[slot];
        if (members.last == no_frame)
            members.first = frame;
        else
            record_.frames[members.last].next = frame;
        members.last = frame;
        ++members.count;
        return true;
    }

    bool is_empty(const Frame& frame, const Scope& scope) const {
        for (std::size_t i = 0; i < scope.values.size(); ++i)
            if (!trimmed(record_.values[frame.values + i]).empty()) return false;
        for (std::size_t i = 0; i < scope.lists.size(); ++i)
            if (record_.lists[frame.lists + i].count != 0) return false;
        return true;
    }

    RecordData& record_;
    std::vector<std::string> faults_;
    bool is_legacy_ = false;
};

// A value that is not quoted is found by the name of its element.
std::string in_place(const Ref& ref, std::string shown) {
    return shown.starts_with('(') ? fmt::format("<{}> {}", ref.spec->shown, shown) : shown;
}

tl::unexpected<Error> refuse(std::string message) {
    return fail(ErrorKind::Refused, std::move(message));
}

}  // namespace

Record::Record(std::unique_ptr<RecordData> data) : data_(std::move(data)) {}
Record::Record(Record&&) noexcept = default;
Record& Record::operator=(Record&&) noexcept = default;
Record::~Record() = default;

const std::string& Record::kind() const {
    return data_->kind->kind.name;
}

void Record::give(std::string code) {
    data_->given = std::move(code);
}

void Record::give(std::string_view link, Uploaded file) {
    data_->uploaded.insert_or_assign(std::string(link), std::move(file));
}

void Record::give_samples() {
    data_->given = sample_given_code;
    data_->sampled = true;
}

Result<Record> Vocabulary::parse(std::string_view kind, std::string_view xml) const try {
    const KindData* const data = data_->find(kind);
    if (!data)
        return refuse(fmt::format("the vocabulary '{}' has no record '{}'", data_->name, kind));
    if (xml.size() > limits::max_record)
        return refuse(fmt::format("the record is larger than {} bytes", limits::max_record));
    if (const auto fault = check_markup(xml))
        return refuse(
            fmt::format("line {} of the record: {}", line_of(xml, fault->offset), fault->reason));
    auto record = std::make_unique<RecordData>();
    record->vocabulary = data_;
    record->kind = data;
    record->xml = xml;
    const auto parsed = record->document.load_buffer_inplace(
        record->xml.data(), record->xml.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed)
        return refuse(fmt::format("line {} of the record: not well-formed XML: {}",
                                  line_of(xml, std::size_t(parsed.offset)), parsed.description()));
    const auto root = record->document.document_element();
    if (root.name() != data->kind.element || root.next_sibling())
        return refuse(fmt::format("one <{}> element is expected", data->kind.element));
    if (!depth_allowed(record->document))
        return refuse(
            fmt::format("more than {} elements inside each other", limits::max_xml_depth));
    const auto faults = Extraction(*record).run();
    if (!faults.empty())
        return refuse(excerpt(fmt::format("{}", fmt::join(faults, "; ")), limits::max_message));
    return Record(std::move(record));
} catch (const std::exception& e) {
    return fail(ErrorKind::Bug, fmt::format("a record cannot be read: {}", e.what()));
}

Parsed<std::optional<LocalTime>> read_date(const Cursor& cursor, const Ref& ref) {
    const auto text = trimmed(cursor.raw(ref));
    if (text.empty()) return std::optional<LocalTime>();
    if (const auto at = ref.spec->date->parse(text)) return at;
    return tl::make_unexpected(fmt::format("{} is not a date of the form {}",
                                           in_place(ref, shown_date(text)), ref.spec->date->shown));
}

namespace {

std::string_view second_of(const Cursor& cursor, const Ref& ref) {
    if (!ref.spec->second) return {};
    return trimmed(cursor.raw(Ref{ref.up, *ref.spec->second, nullptr}));
}

}  // namespace

const WordTable::Word* find_word(const Cursor& cursor, const Ref& ref) {
    return ref.spec->words->find(trimmed(cursor.raw(ref)), second_of(cursor, ref));
}

Parsed<std::string_view> read_word(const Cursor& cursor, const Ref& ref) {
    const auto text = trimmed(cursor.raw(ref));
    if (text.empty()) return ref.spec->type == Type::YesNo ? std::string_view("no") : text;
    if (!ref.spec->words) return text;
    if (const auto* const word = find_word(cursor, ref)) return word->canonical;
    const auto second = second_of(cursor, ref);
    return tl::make_unexpected(fmt::format(
        "{}{} is not among the {}: add the word there", in_place(ref, shown_value(text)),
        second.empty() ? "" : " with " + shown_value(second), ref.spec->words->shown));
}

}  // namespace dvcsync::mapping
