// The national portal behind one interface.
//
// A Profile (mappings/portal/<name>/profile.xml) says how one generation of the contract speaks:
// endpoints, headers, login, envelopes, batch sizes, and how to recognise each outcome. Client
// carries it out. Only transport.cpp knows cpprestsdk; no exception and no foreign type leaves this
// module.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/base/operation.h"
#include "connector/base/time.h"

namespace dvcsync::portal {

class Callbacks;  // callbacks.h
struct ProfileData;

// One generation of the national contract. Immutable, cheap to copy, thread-safe.
class Profile {
  public:
    // Config error: every fault of the file, one a line, with file and line.
    static Result<Profile> load(const std::filesystem::path& file);

    const std::string& name() const;
    bool has(Operation operation) const;
    // Items a call, at least 1; `updating`: of what the portal knows.
    int batch(Operation operation, bool updating = false) const;
    // What the portal knows goes to another service, as another document.
    bool has_known_form(Operation operation) const;
    // A dossier goes by a code that the portal gives, see Client::next_code().
    bool gives_codes() const;
    // A document names files by what Client::upload() gave for them.
    bool takes_files() const;
    bool tells_hashes() const;                       // with them
    bool knows_updating(Operation operation) const;  // the call says new or update
    // An item in doubt that cannot be asked for may go again; false: a person decides.
    bool repeatable(Operation operation) const;
    bool can_ask() const;   // there is a service that tells whether a dossier is known
    bool can_list() const;  // there is a service that lists the dossiers of a period
    bool can_pull() const;  // there are services that list and give new submissions
    // Endpoints by name, so that each can be paced by itself. "" if there is no such service.
    const std::string& endpoint(Operation operation) const;
    const std::string& ask_endpoint() const;
    const std::string& list_endpoint() const;
    const std::string& news_endpoint() const;
    const std::string& fetch_endpoint() const;
    // Of two walks through the list of new submissions; 0 if there is none.
    std::chrono::hours overlap() const;
    // Name of the reading that understands what fetch() gives; "" if there is none.
    const std::string& fetch_reading() const;
    // Hosts that files may be fetched from, in lower case: "name" is that host, "*.suffix" every
    // host below it.
    const std::vector<std::string>& file_hosts() const;
    // There are services that list the portal's catalogue and tell of one procedure.
    bool can_show_catalogue() const;
    const std::string& catalogue_endpoint() const;
    const std::string& procedure_endpoint() const;
    // The portal's list holds procedures of the whole country, not of this province only.
    bool lists_whole_country() const;
    // What is compared of a procedure in a document of ours, by the names that the profile gives
    // (Client::procedure tells the same of the portal's). Empty: the document is no JSON object.
    std::map<std::string, std::string> procedure_facts(std::string_view document) const;
    // What the portal calls by itself; nullopt: the profile has no <callbacks>.
    std::optional<Callbacks> callbacks() const;
    // How fast an endpoint may be called.
    struct Pace {
        double per_second = 0;  // 0: no limit
        int burst = 1;          // calls that may come at once after a pause
    };
    Pace pace(std::string_view endpoint) const;
    // Settings that the profile needs from dvcsync.toml [portal.settings] (dstcode, agency code …).
    const std::vector<std::string>& settings() const;
    // Names of the endpoints that [portal.endpoints] must give a path for.
    const std::vector<std::string>& endpoints() const;

  private:
    friend class Client;
    std::shared_ptr<const ProfileData> data_;
};

// One exchange with the portal as it took place, for evidence. A login counts as one.
struct Exchange {
    std::uint64_t id = 0;   // ascending, never twice in a process, never 0
    std::string operation;  // "push-dossier", …; "login", "ask", "list", "news", "fetch",
                            // "next-code", "upload"; the portal called us: "callback"
    std::string endpoint;   // its name in the profile; of a callback: the callback's
    int status = 0;         // HTTP; 0: there was no answer
    std::string failure;    // then: "unreachable", "tls", "request", "deadline", "connection"
    std::size_t items = 0;  // of a push
    // SHA-256 of the body exactly as we sent it; of a GET, which has none, of its path and query.
    // nullopt: the portal called us (how we answered follows from what became of its call).
    std::optional<Digest> sent;
    // Of the body exactly as it came; nullopt: there was no answer.
    std::optional<Digest> received;
    UtcTime began{};
    UtcTime ended{};
    bool with_bodies = false;  // they are to be kept
    std::string sent_body{};   // then
    std::string received_body{};
};
// For Exchange::id, where it is not Client that makes one. Thread-safe.
std::uint64_t next_exchange_id();

struct ClientSettings {
    std::string base_url;                          // https://host[:port]
    std::map<std::string, std::string> endpoints;  // name → path
    std::map<std::string, std::string> settings;   // values that the profile names
    std::string username;
    std::string password;
    std::filesystem::path ca_file;               // PEM; only these authorities are trusted
    std::filesystem::path client_certificate;    // PEM chain; empty: no mutual TLS
    std::filesystem::path client_key;            // PEM
    std::chrono::milliseconds deadline{30'000};  // one call, all of it
    int in_flight = 8;
    // Is told of every exchange on the thread that made it, also of one that failed, before the
    // call returns. Called by several threads at once. Empty: nobody is told.
    std::function<void(Exchange&&)> observer;
    // Whether the bodies of an operation (as in Exchange) are to be kept; never asked for "login",
    // whose body is a password. Empty: none.
    std::function<bool(std::string_view operation)> keeps_bodies;
};

// Says what became of one item. Success is only a parsed positive answer for that item.
enum class Verdict {
    Accepted,  // the portal says yes to this item
    Refused,   // the portal says no to this item: a person or a newer version must act
    Exists,    // sent as new, but the portal knows it: send as update
    Missing,   // sent as update, but the portal does not know it: send as new
    Alone,     // refused or unclear only as part of a batch, and surely not kept: send it by itself
    Retry,     // surely not kept (refused connection, 429, 503 …): send again later
    InDoubt,   // may have been kept: ask before sending again
    Misconfigured,  // this call cannot work until a person mends settings (TLS, redirect, 404,
                    // login)
};

std::string_view to_string(Verdict verdict);

struct Outcome {
    Verdict verdict = Verdict::InDoubt;
    std::string code;     // the portal's code or "HTTP 503" or "tls", for lists and filters
    std::string message;  // the portal's words or ours; at most limits::max_message characters
    std::optional<std::chrono::milliseconds> retry_after;  // when the portal asked for it
    // The failure is the endpoint's, not this item's (unreachable, 429, 503 …): it says nothing
    // against the item, so no attempt is counted, and the endpoint is left in peace for a while.
    bool endpoint = false;
    // `message` holds the portal's own words. They may repeat what a record says of a person, so
    // they are for whoever looks at the record, and never for a log.
    bool quoted = false;
    std::uint64_t exchange = 0;  // the last one that was made for it; 0: nothing was sent
};

// What the portal says of one dossier when it is asked.
struct Holding {
    bool known = false;
    // Members of its answer that the profile compares, by the name that the same fact has in the
    // document we send. Only those that the answer has.
    std::map<std::string, std::string> members;
    std::uint64_t exchange = 0;  // that told it
};

// One page of the dossiers that the portal holds for a period.
struct Listed {
    std::string code;
    std::map<std::string, std::string> members;
};
struct Page {
    std::vector<Listed> rows;
    bool more = false;
};

// One page of the submissions that are new or changed.
struct NewsRow {
    std::string code;
    std::optional<LocalTime> at;  // changed last; nullopt: the list does not tell
};
struct News {
    std::vector<NewsRow> rows;
    bool more = false;
    // Rows without a usable code: they are not in `rows`, for they cannot be asked for.
    std::size_t unnamed = 0;
    // Rows whose time cannot be read: they are in `rows`, without it.
    std::size_t undated = 0;
};

struct Item {
    std::string_view code;      // record code, to match the portal's lines and for messages
    std::string_view document;  // JSON object
};

// A submission as the portal gives it.
struct Fetched {
    std::string json;            // the object, byte by byte as it stands in the answer
    std::uint64_t exchange = 0;  // that brought it
};

// A code that the portal gives for a dossier to come.
struct GivenCode {
    std::string code;            // printable ASCII without blanks, at most limits::max_code
    std::uint64_t exchange = 0;  // that brought it
};

// A file of the province. Borrowed for the call.
struct FileToSend {
    std::string_view content;  // at most limits::max_upload_mib
    std::string_view name;     // with an extension; plain ASCII without quotes
    std::string_view type;     // MIME
};
// What the portal calls it from now on: printable ASCII, at most limits::max_file_reference.
struct UploadedFile {
    std::string id;
    std::string hash;            // "": the profile takes none
    std::uint64_t exchange = 0;  // that brought it
};

// Thread-safe: `in_flight` callers may push at once, each blocks until its call has ended. The
// session is shared; it is renewed when a call says that it has expired. A call to which that
// happens again is a Retry: no setting is wrong, for the login went well.
class Client {
  public:
    static Result<std::unique_ptr<Client>> open(Profile profile, ClientSettings settings,
                                                Clock& clock);
    ~Client();

    const Profile& profile() const;
    // Logs in if there is no session yet. Refused: user or password; Retry: not reachable now;
    // Config: TLS.
    Status login();
    // One call; at most profile.batch(operation, updating) items; one outcome per item, in the same
    // order. Never throws. Logs in by itself when needed.
    std::vector<Outcome> push(Operation operation, std::span<const Item> items, bool updating);
    // A new code, never given before. An answer that was lost wastes one, so no error is InDoubt;
    // Retry with code "answer" if the answer holds none that is usable.
    tl::expected<GivenCode, Outcome> next_code();
    // Gives the portal a file. One whose answer was lost lies there unused, so no error is InDoubt;
    // Retry with code "answer" if the answer names no file, with code "hash" if it is not the hash
    // of these bytes and the profile says how to tell. The deadline grows with the size.
    tl::expected<UploadedFile, Outcome> upload(const FileToSend& file);
    // Asks what the portal holds of a dossier. Error: never InDoubt, for asking changes nothing.
    tl::expected<Holding, Outcome> look(std::string_view code);
    // Page `page` (from 1) of the dossiers received in [from, until), Vietnam days. The same
    // errors; Refused: the portal does not offer the list.
    tl::expected<Page, Outcome> list(std::chrono::local_days from, std::chrono::local_days until,
                                     int page);
    // Page `page` (from 1) of the submissions that are new or changed since then. The same errors;
    // Retry with code "answer" if it is the page before it once more, Misconfigured with code
    // "pages" beyond limits::news_pages: such a list has no end. The pages of one walk are asked
    // for one after the other.
    tl::expected<News, Outcome> news(LocalTime since, int page);
    // The submission's JSON object, byte by byte as it stands in the answer (at most
    // limits::max_submission_answer, nested no deeper than limits::max_json_depth, no member
    // twice). The same errors; Refused: the portal does not know it.
    tl::expected<Fetched, Outcome> fetch(std::string_view code);
    // Codes of all procedures that the portal lists, each once. The same errors; Refused: the
    // portal does not offer the list.
    tl::expected<std::vector<std::string>, Outcome> catalogue();
    // Whether the portal shows a procedure, and what it tells of it, see procedure_facts(). A fact
    // that its answer does not have is absent. The same errors.
    tl::expected<Holding, Outcome> procedure(std::string_view code);
    // Calls made and bytes sent since open.
    struct Traffic {
        std::uint64_t calls = 0;
        std::uint64_t bytes = 0;
        std::uint64_t logins = 0;
    };
    Traffic traffic() const;

  private:
    struct Impl;
    explicit Client(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Must be the first thing in main: sizes cpprestsdk's thread pool (4; its default of 40 is five
// times slower) and keeps the system's certificate bundle out of every connection. Not thread-safe.
void initialize();

// What a certificate file says, for `check`.
struct CertificateFacts {
    std::string subject;
    UtcTime not_after;
};
Result<CertificateFacts> read_certificate(const std::filesystem::path& file);

}  // namespace dvcsync::portal
