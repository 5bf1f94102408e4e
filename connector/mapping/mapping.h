// The mapping engine: a provincial record (XML) becomes national documents (JSON).
//
// Two kinds of files, both data under mappings/: a *vocabulary* says where each canonical name lies
// in one one-stop product's XML, its date forms and its words; a *mapping* says for one operation
// of one portal profile which national field is made from which canonical name, and by which rule.
// Everything is compiled once by MappingSet::load; running a plan touches no file, takes no lock
// and is thread-safe. pugixml and RapidJSON stay inside this module.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/base/operation.h"
#include "connector/base/time.h"

namespace dvcsync::mapping {

struct VocabularyData;
struct RecordData;
struct PlanData;
struct SetData;
class Inside;   // set_data.h
class Reading;  // reading.h

// One thing wrong with a record, for the person who must mend it. Names fields, codes and dates;
// never the text of a personal field.
struct Fault {
    std::string field;   // national field with its list position: "Papers[2].Name"; in a summary,
                         // the province's element
    std::string reason;  // "required, but <applicant/name> is empty"
};

// All the faults of a record at once; the record is not sent.
struct Refusal {
    std::vector<Fault> faults;
    // "Code: …; Received: …", at most limits::max_message characters.
    std::string text() const;
};

// A finished national document: the bytes are built once, hashed, and sent as they are.
struct Document {
    // The record's code, or what the mapping's `key` names: with `each`, that member's id.
    std::string key;
    // One JSON object, UTF-8, no white space, members in the order of the file.
    std::string json;
    // push-status: names everything that the province says in this member, sent or not, whatever
    // the mapping makes of it. Otherwise zero.
    Digest said{};
};

// What the ledger and the reports need to know of a record without opening its payload.
struct Summary {
    std::string code;
    std::string portal_code;  // of a dossier that was born on the portal: its code there
    std::string local_code;   // answers: the province's own code for it; empty: none yet
    std::string agency;
    std::string agency_name;
    std::string procedure;
    std::string status;  // canonical word
    std::optional<LocalTime> received;
    std::optional<LocalTime> due;  // by regulation (moved by supplements, not by apologies)
    std::optional<LocalTime> finished;
    std::optional<LocalTime> event;  // the latest thing that happened in it
    bool send = true;                // false: its status word means "do not send"
    bool online = false;
    bool online_result = false;  // online from reception to result
    bool apology = false;
    bool inter_agency = false;
    std::string decision;              // procedures: number of the decision that published it
    std::string action;                // procedures: new, amended, replaced, abolished
    std::optional<LocalTime> decided;  // procedures: date of that decision
    std::size_t steps = 0;
};

inline constexpr std::string_view given_code_name = "given-code";

// What the portal took a file of the record as.
struct Uploaded {
    std::string id;
    std::string hash;
};
// A file that a document names by what the portal took it as.
struct FileLink {
    std::string field;  // of the document that names it first: "Papers[2].Id"
    std::string link;   // as the province wrote it, trimmed
};

// These stand in for what only the portal gives, see Record::give_samples().
inline constexpr std::string_view sample_given_code = "CASE-GIVEN";
inline constexpr std::string_view sample_file_id = "CASE-FILE";
inline constexpr std::string_view sample_file_hash = "CASE-HASH";

// A parsed record. Owns its XML. Movable; one thread at a time.
class Record {
  public:
    Record(Record&&) noexcept;
    Record& operator=(Record&&) noexcept;
    ~Record();
    const std::string& kind() const;
    // The code that the portal gave this dossier: what a mapping calls given_code_name. The
    // province's record does not hold it. "": none yet.
    void give(std::string code);
    // The same of a file that the portal took, by its FileLink::link.
    void give(std::string_view link, Uploaded file);
    // Stand-ins for both, whatever the file: for documents that are made only to be looked at.
    void give_samples();

  private:
    friend class Vocabulary;
    friend class Plan;
    friend class Inside;
    explicit Record(std::unique_ptr<RecordData> data);
    std::unique_ptr<RecordData> data_;
};

// One one-stop product's XML. Cheap to copy (shared, immutable).
class Vocabulary {
  public:
    // The record kinds that the province exports, and the XML element that holds one record of
    // each.
    struct Kind {
        std::string name;  // "dossier", "procedure"
        std::string element;
        std::string
            code_element;  // child element that holds the code: lets a broken record be named
    };
    const std::vector<Kind>& kinds() const;

    // The root element of an export and its attributes that tell of the whole file; empty: any
    // element; the product writes no such attribute.
    struct Export {
        std::string time;        // when the export was made
        std::string complete;    // the element of the kind that the file holds without exception
        std::string element{};   // the root element's name
        std::string province{};  // the code of the province whose records these are
    };
    const Export& export_attributes() const;
    // Reads the value of Export::time. The error says what is wrong with it.
    tl::expected<LocalTime, std::string> export_time(std::string_view text) const;

    // Refused: not well-formed (says where), too deep, or an unknown kind.
    Result<Record> parse(std::string_view kind, std::string_view xml) const;
    // Faults when what the ledger must know is missing or wrong (code, dates, status word).
    tl::expected<Summary, Refusal> summary(const Record& record) const;

  private:
    friend class MappingSet;
    std::shared_ptr<const VocabularyData> data_;
};

// One compiled mapping file bound to a vocabulary and its code tables.
class Plan {
  public:
    // The documents of a record: one, or one for each member of the mapping's `each` list, in
    // order. Required missing, too long, wrong date, unmapped code: every fault is listed, nothing
    // is made.
    tl::expected<std::vector<Document>, Refusal> run(const Record& record) const;
    // Some field of it is made from given_code_name.
    bool takes_given_code() const;
    // The files that the record's document names by what the portal took them as, each link once.
    // Without upload='…' in the mapping there is none, at no cost. Refusal: as run() without them.
    tl::expected<std::vector<FileLink>, Refusal> files(const Record& record) const;
    bool takes_files() const;
    bool takes_hashes() const;  // of files, as the portal tells them
    // What a text of that canonical name goes out as on a day: by the first field of the document
    // itself (not of a list in it) that sends the name. The error says why it has no code; without
    // such a field it is the text.
    tl::expected<std::string, std::string> sent_as(std::string_view name, std::string_view text,
                                                   std::optional<Date> on) const;

  private:
    friend class MappingSet;
    friend class Inside;
    std::shared_ptr<const PlanData> data_;
};

// Everything that is needed to translate between one vocabulary and one portal profile.
class MappingSet {
  public:
    // Reads <dir>/province/<vocabulary>.xml, <dir>/portal/<profile>/*.xml (all but profile.xml) and
    // the tables that they name in <dir>/codes. Config error: every fault of every file, one a
    // line, each with file, line and field.
    static Result<MappingSet> load(const std::filesystem::path& dir, std::string_view vocabulary,
                                   std::string_view profile);

    const Vocabulary& vocabulary() const;
    // nullptr if the profile has no mapping for the operation. `known`: the one that is for what
    // the portal knows already.
    const Plan* plan(Operation operation, bool known = false) const;
    // What answers a question of the portal ("search/call"); nullptr if the profile has no mapping
    // with this name for this kind of record. With `each`, the last document is the answer.
    const Plan* answer(std::string_view name, std::string_view kind = "dossier") const;
    // How a kind of submission is read; nullptr if the profile has none of this name.
    const Reading* reading(std::string_view name) const;
    // Every file that was read and the profile.xml beside them, in the order of their names: a line
    // each, the SHA-256 of its bytes, a blank, and its path below `dir`.
    const std::string& manifest() const;
    // Of the manifest: names this set in ledger and audit.
    const Digest& digest() const;
    // Files read, for `check`.
    const std::vector<std::filesystem::path>& files() const;

  private:
    std::shared_ptr<const SetData> data_;
};

}  // namespace dvcsync::mapping
