// A compiled reading file. Built by load_reading, immutable afterwards. Internal to the module.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "connector/mapping/json.h"
#include "connector/mapping/plan.h"
#include "connector/mapping/reading.h"

namespace dvcsync::mapping {

// A member of the content, or with `outside` of the whole document; several names lead inwards.
struct JsonPath {
    bool outside = false;
    std::vector<std::string> names;  // none: the object itself
    std::string shown;

    // nullptr if there is no such member.
    const JsonValue* find(const JsonValue& document, const JsonValue& here) const;
};
using JsonPaths = std::vector<JsonPath>;  // the first that holds something counts

// Where the vocabulary puts what is known of a file, in the members of the rule's list.
struct FilePlaces {
    std::optional<std::uint32_t> id, title, name, size, sha256, type, checked, note;
    const WordTable* yes_no = nullptr;
};

// Where a canonical value, list or file comes from.
struct ReadRule {
    enum class Kind { Value, List, Files, Rest };

    Kind kind = Kind::Value;
    std::size_t line = 0;  // of its element in the reading's file
    std::string to;
    std::uint32_t slot = 0;  // among the values or lists of its scope
    const ValueSpec* value = nullptr;
    const ListSpec* list = nullptr;
    JsonPaths from;  // Files: may be none, then the object itself is the file
    bool required = false;

    // Value
    bool whole = false;  // any JSON, kept as text
    bool trim = false;
    const TimeFormat* date = nullptr;
    const CodeTable* codes = nullptr;
    StringMap<std::string> words;  // national code → canonical word, before `codes`

    // Files
    JsonPaths id, name, url, base64, hash;
    std::string title;                 // for a file without a name
    std::vector<std::string> passing;  // parameters of a link that change while the file does not
    FilePlaces places;

    std::vector<ReadRule> children;  // List
};

// The values that are not read but given, and those that the connector wants to know.
struct KnownSlots {
    std::uint32_t code = 0, revision = 0, kind = 0, arrived = 0;
    std::optional<std::uint32_t> procedure, agency, filed;
};

struct ReadingData {
    struct KindRule {
        std::string kind;
        JsonPaths when;
    };

    std::string file;  // as shown in messages
    std::string name;
    std::shared_ptr<const VocabularyData> vocabulary;
    Definitions definitions;  // keeps what the rules point at
    const KindData* record = nullptr;
    KnownSlots known;
    std::string kind;
    std::vector<KindRule> kinds;  // the first that holds counts before `kind`
    JsonPaths content;            // the first that is an object
    std::vector<std::string> apart;
    std::vector<ReadRule> rules;
};

// Reads a file whose root is <reading>. Its faults are in file.faults(); nullptr if it has any that
// make it useless.
std::shared_ptr<const ReadingData> load_reading(DataFile& file,
                                                std::shared_ptr<const VocabularyData> vocabulary,
                                                Definitions shared, const MappingContext& context);

// A record on its way to the province: texts in the province's own words and forms, in the slots of
// its scope.
struct Written {
    explicit Written(const Scope& scope) : values(scope.values.size()), lists(scope.lists.size()) {}
    std::vector<std::string> values;
    std::vector<std::vector<Written>> lists;
};

// What the rules make of a document.
struct Read {
    National national;
    Written record;
    std::vector<Fault> faults;
    bool usable = true;  // false: a fault concerns what is required
};

// The object that is the submission; nullptr if there is none.
const JsonValue* content_of(const ReadingData& reading, const JsonValue& document);
// For the digest: what stands for the links of files in place of those that came, where a part of
// them passes.
using Instead = std::unordered_map<const JsonValue*, std::string>;
Instead lasting_links(const ReadingData& reading, const JsonValue& document,
                      const JsonValue& content);
// Without `handing` the record lacks what only the connector knows.
Read run_reading(const ReadingData& reading, const JsonValue& document, const Handing* handing);
// The file for the province.
std::string to_xml(const KindData& kind, const Written& record, std::string_view province);

}  // namespace dvcsync::mapping
