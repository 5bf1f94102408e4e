// What profile.xml says, compiled. Internal to the portal module; README.md documents the file.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"
#include "connector/base/limits.h"
#include "connector/base/operation.h"
#include "connector/base/time.h"
#include "connector/portal/callbacks.h"
#include "connector/portal/portal.h"

namespace dvcsync::portal {

// Where the value of a body member, header or query parameter comes from.
enum class Source {
    Literal,
    Session,
    Setting,
    Service,
    Updating,
    Data,
    Username,
    Password,
    Code,
    From,   // a list of dossiers
    Since,  // a list of submissions
    Until,
    Page,  // of both lists
    PageSize
};

struct Field {
    std::string name;
    Source source = Source::Literal;
    std::string text;       // the literal, or the name of the setting
    bool in_query = false;  // parameters only: query instead of header
    std::string prefix;     // parameters only: before a value that is not a literal
};

// What an answer, a line of it or an HTTP status stands for, before it becomes a Verdict.
enum class Meaning {
    Accepted,
    Exists,
    Missing,
    SessionExpired,
    Retry,
    Refused,
    InDoubt,
    Misconfigured
};

struct Rule {
    Meaning meaning{};
    std::vector<std::string> codes;  // normal form (see normal_code); empty: any code
    std::string contains;            // comparable lower case; empty: any message
};

struct LineRules {
    std::string member;  // array of lines in the answer
    std::string code;
    std::string message;  // may be empty
};

struct AnswerRules {
    std::string wrapped;  // not empty: the answer is JSON text inside this member
    std::string code;
    std::string message;      // may be empty
    std::vector<Rule> rules;  // the first that fits decides
    std::optional<LineRules> lines;
    std::map<int, Meaning> status;  // HTTP statuses that differ from the defaults
    std::set<int> readable;         // that fail, and may carry an answer of the contract
};

struct Login {
    std::string endpoint;
    std::string session;  // member of the answer
    std::vector<Field> members;
    bool form = false;    // the body is an HTML form, not JSON
    bool token = false;   // the answer has no code: HTTP 200 and the member are success
    std::string expires;  // member of the answer: seconds that the session lives; may be empty
};

struct Push {
    std::string service;
    std::string endpoint;
    std::string key;  // member of a line that names its item
    int batch = 1;
    bool updating = false;
    bool repeatable = true;      // in doubt and not to be asked for: the same again does no harm
    bool single = false;         // data is one object, not an array
    bool paired = false;         // there is a form for what is new and one for what is known
    std::vector<Field> members;  // of the envelope, with the operation's own
};

// A member of a row of an answer, and what the same fact is called in the document that we send.
struct Compare {
    std::string member;
    std::string with;
};

// A call that changes nothing at the portal.
struct Question {
    std::string endpoint;
    std::string service;
    bool get = false;  // GET without a body
    std::vector<Field> members;
    std::vector<Field> parameters;
    std::string code;  // member of a row that names its dossier; <ask>: may be empty
    std::vector<Compare> compares;
    std::size_t max_answer = limits::max_answer;
};

struct Ask : Question {
    std::string known;  // member; not empty in the answer: the portal knows the dossier
};

// One call gives one code for a dossier that is new; `path` leads to it in the answer.
struct NextCode : Question {
    std::vector<std::string> path;
};

// A file goes by a call of its own (multipart/form-data) before the dossier that names it.
struct Upload : Question {
    std::string part;               // name of the form's part that holds the file
    std::vector<std::string> id;    // members of the answer, from the outside in
    std::vector<std::string> hash;  // empty: it tells none
    bool sha256 = false;            // that is the SHA-256 of the file in hexadecimal digits
};

struct List : Question {
    std::string rows;  // member: array of dossiers
    int page_size = 1;
    TimeFormat dates;
    bool until_included = false;  // the day that is sent as the end belongs to the period
};

// New submissions since a point of time, page by page.
struct NewsList : Question {
    std::string rows;     // member: array
    std::string changed;  // member of a row: when it changed last; may be empty
    int page_size = 1;
    TimeFormat dates;
    std::chrono::hours overlap{};
};

// One submission; `code` is the member of its object that names it, or empty.
struct Fetch : Question {
    std::string data;     // member: the object, or an array of exactly one
    std::string reading;  // mapping file that understands it
};

struct Submissions {
    NewsList list;
    Fetch fetch;
    std::vector<std::string> hosts;  // "name" or "*.suffix", lower case
};

// The portal's catalogue, all of it in one answer.
struct CatalogueList : Question {
    std::string rows;  // member: array
    bool whole_country = false;
};
// One procedure; `code` is the member of its object that names it, or empty.
struct CatalogueFetch : Question {
    struct Fact {
        std::string name;
        std::vector<std::string> path;  // members from the outside in; every element of an array
    };
    std::string data;  // member: the object, or an array
    std::vector<Fact> facts;
};
struct CatalogueQuestions {
    CatalogueList list;
    CatalogueFetch fetch;
};

struct CallbackReading {
    std::string service;  // "": whatever the service
    std::string name;
};

struct Callback {
    std::string name;  // the path behind the prefix
    Callbacks::Kind kind{};
    std::string service;             // member path of the body
    std::vector<std::string> codes;  // member paths; the first that the body has counts
    std::vector<CallbackReading> readings;
    std::string answer;  // Question: mapping file that makes the answer
};

// What one kind of answer looks like: words, or the object of code and message.
struct AnswerForm {
    int status = 200;
    bool json = false;
    std::string text;  // plain; of an object: the message, with {code} and {reason}
    std::string code;
    bool number = false;  // the code is a JSON number
    int retry_after = 0;  // seconds; 0: not said
};

struct CallbackRules {
    std::vector<std::string> prefixes;  // each begins and ends with /
    std::vector<Callback> callbacks;
    std::string content_type;
    std::string code;  // members of an answer
    std::string message;
    std::array<AnswerForm, Callbacks::said_count> forms;  // by Callbacks::Said
};

struct ProfileData {
    std::string name;
    std::vector<std::string> settings;
    std::vector<std::string> endpoints;
    std::map<std::string, Profile::Pace, std::less<>> paces;  // of the endpoints that have a limit
    std::vector<Field> parameters;                            // of every call
    std::optional<Login> login;
    bool bare = false;           // the body of a push is its data, without an envelope
    std::vector<Field> members;  // of every push
    std::string word_new;
    std::string word_known;
    std::array<std::optional<Push>, all_operations.size()> pushes;
    std::array<std::optional<Push>, all_operations.size()> known_pushes;  // where there are two
    std::optional<NextCode> next_code;
    std::optional<Upload> upload;
    std::optional<Ask> ask;
    std::optional<List> list;
    std::optional<Submissions> submissions;
    std::optional<CatalogueQuestions> catalogue;
    std::optional<CallbackRules> callbacks;
    AnswerRules answer;

    // The form for what the portal knows (`updating`), or the one and only.
    const std::optional<Push>& push(Operation operation, bool updating = false) const {
        const auto at = static_cast<std::size_t>(operation);
        return updating && known_pushes[at] ? known_pushes[at] : pushes[at];
    }
};

// Config error: every fault of the file, one a line, with file and line.
Result<std::shared_ptr<const ProfileData>> read_profile(const std::filesystem::path& file);

// "00", " 0 " → "0", "-03" → "-3"; anything that is not a whole number stays as it is, trimmed.
std::string normal_code(std::string_view text);

}  // namespace dvcsync::portal
