// A compiled vocabulary: where each canonical name lies in one product's XML, and of which type it
// is.
//
// Built by load_vocabulary, immutable afterwards, shared between threads. Internal to the module.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "connector/base/legacy_text.h"
#include "connector/base/time.h"
#include "connector/mapping/data_file.h"
#include "connector/mapping/mapping.h"

namespace dvcsync::mapping {

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>()(text);
    }
};
template <class T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

enum class Type { Text, Date, Word, YesNo };

// The words of one product for one canonical list; keys are comparable() text.
struct WordTable {
    struct Word {
        std::string canonical;
        bool send = true;
    };
    std::string name;
    std::string shown;  // "words 'status' of mappings/province/x.xml", for messages
    std::string file;   // that defines it
    std::size_t line = 0;
    bool is_spare = false;  // like another: one may choose it instead of that one
    StringMap<Word> words;
    StringMap<Word> pairs;          // of two values together, see pair_key
    std::vector<std::string> also;  // canonical words that this product has no word for
    StringMap<std::string> locals;  // canonical word → the first of the product's words for it

    // `second` is the other value beside it, empty if there is none; a row that names no second
    // word holds for any.
    const Word* find(std::string_view local, std::string_view second = {}) const;
    static std::string pair_key(std::string_view local, std::string_view second);
    std::vector<std::string> canonical() const;
};

// One or more text forms of the same kind of date, tried in order.
struct DateForm {
    std::string shown;  // "dd/MM/yyyy HH:mm:ss or dd/MM/yyyy"
    std::vector<TimeFormat> forms;
    bool unix_ms = false;  // milliseconds since 1970 as well; only read, never written

    std::optional<LocalTime> parse(std::string_view text) const;
};

struct ValueSpec {
    std::string name;   // canonical
    std::string shown;  // where it lies, from the record's element: "components/component/name"
    Type type = Type::Text;
    const DateForm* date = nullptr;
    const WordTable* words = nullptr;
    std::optional<std::uint32_t> second;  // slot of the value that is looked up with it
};

// One element of the paths of a scope, as a tree: children are found by name in one pass over the
// record, whatever their order and number.
struct PathNode {
    static constexpr int none = -1;
    std::vector<std::pair<std::string, int>> children;    // as declared; index into Scope::paths
    std::vector<std::pair<std::string, int>> attributes;  // index into Scope::values
    std::vector<std::pair<std::string, int>> numbered;    // "File" of "File#" → index of its list
    int value = none;
    int list = none;

    // The search begins at `next`, which then stands behind what was found: a record's elements
    // usually come in the order of the vocabulary, and each is then found at the first look.
    int child(std::string_view name, std::size_t& next) const;
};

struct ListSpec;

// A record, or one member of a list: its values, its lists, and the tree of their paths.
struct Scope {
    struct XPath {
        int value = PathNode::none;
        int list = PathNode::none;
        pugi::xpath_query query;
    };
    std::vector<ValueSpec> values;
    std::vector<ListSpec> lists;
    std::vector<PathNode> paths;  // [0] is the scope's own element
    std::vector<XPath> xpaths;
    bool is_columns = false;  // a member of numbered columns: paths are ends of their names
};

struct ListSpec {
    std::string name;
    std::string shown;
    Scope members;
};

// The place of a value or list, as seen from the innermost of a stack of scopes.
struct Ref {
    std::uint32_t up = 0;  // how many lists outwards
    std::uint32_t slot = 0;
    const ValueSpec* spec = nullptr;
};
struct ListRef {
    std::uint32_t up = 0;
    std::uint32_t slot = 0;
    const ListSpec* spec = nullptr;
};

struct SummaryRules;

// The element around a record that the connector writes.
struct RootSpec {
    struct Attribute {
        std::string name;
        std::string value;
        bool is_province = false;  // the code of the province instead of `value`
    };
    std::string element;
    std::vector<Attribute> attributes;
};

struct KindData {
    Vocabulary::Kind kind;
    bool computed = false;  // made by the connector itself, never exported by the province
    std::optional<RootSpec> written;  // by the connector, for the province
    Ref code;
    Scope scope;
    std::unique_ptr<const SummaryRules> summary;

    KindData();
    KindData(KindData&&) noexcept;
    ~KindData();
};

// What an export's root element says, see Vocabulary::Export.
struct ExportSpec {
    Vocabulary::Export names;
    const DateForm* form = nullptr;  // of names.time
};

struct VocabularyData {
    std::string name;
    ExportSpec exports;
    StringMap<DateForm> dates;
    StringMap<WordTable> words;
    std::optional<CodePage> code_page;    // texts are converted from it; not: Unicode is demanded
    WordTable yes_no;                     // canonical words "yes" and "no"
    std::vector<Vocabulary::Kind> kinds;  // those that the province exports
    std::vector<KindData> all;

    const KindData* find(std::string_view kind) const;
};

// Resolves canonical names against a stack of scopes; the innermost is last. "../name" looks one
// list further out. The error is a text with a suggestion.
class Scopes {
  public:
    explicit Scopes(const Scope& root) : stack_{&root} {}
    tl::expected<Ref, std::string> value(std::string_view name) const;
    tl::expected<ListRef, std::string> list(std::string_view name) const;
    bool has_list(std::string_view name) const { return bool(list(name)); }
    Scopes inside(const ListSpec& list) const;

  private:
    std::vector<const Scope*> stack_;
};

// nullptr if the file has a fault (all of them are in file.faults()).
std::shared_ptr<const VocabularyData> load_vocabulary(DataFile& file);

}  // namespace dvcsync::mapping
