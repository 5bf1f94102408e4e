// A compiled mapping file. Built by load_plan, immutable afterwards. Internal to the module.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/mapping/codes.h"
#include "connector/mapping/condition.h"

namespace dvcsync::mapping {

// How a value becomes JSON.
enum class Form {
    Text,    // as the province wrote it, without control characters
    Code,    // text with its ends trimmed
    Amount,  // whole number ≥ 0, as a string
    Number,  // whole number, as a JSON number
    Bool,    // yes/no, as a JSON boolean
    Date,    // Field::date, as a string
};

// What a file's link stands for in a field: the link itself, or what the portal took the file as.
enum class AsUploaded { No, Id, Hash };

// A whole number in plain form: no sign (but '-' where allowed), no separators, no leading zeros.
std::optional<std::int64_t> whole_number(std::string_view text, bool negative_allowed);

// One member of the national document, or one entry of a list with fixed entries.
struct Node {
    enum class Kind { Field, Flag, Object, List, Item };

    Kind kind = Kind::Field;
    std::size_t line = 0;  // of its element in the mapping file
    std::string to;
    std::optional<Condition> when;

    // Field
    std::optional<Ref> from;  // otherwise `constant`
    bool is_given = false;    // the code that the portal gave, see Record::give()
    AsUploaded uploaded = AsUploaded::No;
    std::string constant;
    Form form = Form::Text;
    const TimeFormat* date = nullptr;
    const CodeTable* codes = nullptr;
    std::optional<Ref> on;      // the date whose code table rows count
    std::optional<Ref> within;  // what tells its rows of one code apart
    std::optional<std::string> fallback;
    std::size_t max = 0;    // code points; 0 = no limit
    bool required = false;  // List: at least one member
    std::optional<Condition> required_when;

    Test flag;  // Flag

    std::optional<ListRef> list;     // List; without it, the children are Items
    std::optional<Condition> where;  // which of its members

    std::vector<Node> children;
};

// Definitions that mapping files refer to by name; those of <shared> files count for a whole
// profile.
struct Definitions {
    struct Place {
        std::string what;  // "codes 'status'", "date-form 'day'"
        std::string file;
        std::size_t line = 0;
    };

    std::vector<std::shared_ptr<const CodeTable>> codes;
    std::vector<std::pair<std::string, std::shared_ptr<const TimeFormat>>> dates;
    std::vector<Place> date_places;  // of `dates`, in their order
};

struct PlanData {
    std::string file;      // the mapping file, as shown in messages
    std::size_t line = 0;  // of its root element
    std::shared_ptr<const VocabularyData> vocabulary;
    Definitions definitions;  // keeps what the nodes point at
    const KindData* kind = nullptr;
    std::optional<Operation> operation;
    bool known = false;         // the document for what the portal knows
    bool takes_given = false;   // some field needs the code that the portal gave
    bool takes_files = false;   // some field names a file as the portal took it
    bool takes_hashes = false;  // some of them by its hash
    std::string answers;        // otherwise: the name of the question that it answers
    std::string each_name;
    std::optional<ListRef> each;
    std::optional<Condition> where;
    std::vector<Ref> key;  // joined by '-'
    std::vector<Node> nodes;
};

struct MappingContext {
    std::filesystem::path codes_dir;
    std::set<std::filesystem::path>& read;  // code tables that were read
};

// Reads the <date-form> and <codes> children of `parent`.
void load_definitions(DataFile& file, pugi::xml_node parent, const MappingContext& context,
                      Definitions& definitions);

// The record that the root element's attribute names; nullptr if there is none.
const KindData* load_kind(DataFile& file, const VocabularyData& vocabulary);

// Reads a file whose root is <mapping>. Its faults are in file.faults(); nullptr if it cannot even
// be said for which record it is.
std::shared_ptr<const PlanData> load_plan(DataFile& file,
                                          std::shared_ptr<const VocabularyData> vocabulary,
                                          Definitions shared, const MappingContext& context);

}  // namespace dvcsync::mapping
