// What the portal calls by itself (contract §7): which callback a path names, which reading
// understands a body, and the words of the answers. All of it comes from the profile's <callbacks>.
// Pure: no sockets, no files; whoever listens bounds the body's size and the time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dvcsync::portal {

struct Callback;
struct ProfileData;

// Whether a file that is laid out for the portal may be named so: letters, digits, '-', at most
// limits::max_download_id.
bool is_download_id(std::string_view id);

// Immutable, cheap to copy, thread-safe. From Profile::callbacks().
class Callbacks {
  public:
    enum class Kind {
        Reading,   // brings a submission
        Question,  // asks what has become of a dossier
        File,      // fetches a file that was laid out for the portal
    };

    // What is to be said to the portal.
    enum class Said {
        Accepted,
        Duplicate,       // the same has come before
        Refused,         // {reason} says why
        UnknownService,  // a callback that is known, with a service that is not
        Unparsable,      // the body is not what can be read at all
        NotFound,        // no such callback, no such file
        TooLarge,
        Unavailable,  // not now: come again
        Unanswered,   // a question about a dossier that is not known
    };
    static constexpr std::size_t said_count = 9;

    struct Reply {
        int status = 200;
        std::string content_type;  // "": no body
        std::string body;
        int retry_after = 0;  // seconds, for the header Retry-After; 0: without it
    };

    // What a body says of itself. The texts are safe to log and to keep: bounded, printable.
    struct Body {
        enum class What { Known, UnknownService, Unparsable };
        What what = What::Unparsable;
        // Known: name of the reading; of a question: of the mapping that makes the answer.
        std::string reading;
        std::string service;  // at most limits::max_service_name characters; "": it names none
        std::string code;     // the dossier that it names, at most limits::max_code bytes; "": none
        std::string reason;   // Unparsable: "is not JSON", for people
    };

    class Match {
      public:
        Kind kind() const;
        const std::string& name() const;  // of the callback, as in the profile
        // File: its id, 1 to limits::max_download_id of A-Z a-z 0-9 and -.
        const std::string& id() const { return id_; }
        // Strict JSON, one object, no deeper than limits::max_json_depth, no member twice; anything
        // else is Unparsable. Time and memory grow with the body only. Precondition: not a File.
        Body reading_for(std::string_view body) const;

      private:
        friend class Callbacks;
        Match(std::shared_ptr<const ProfileData> data, const Callback& callback, std::string id)
            : data_(std::move(data)), callback_(&callback), id_(std::move(id)) {}
        std::shared_ptr<const ProfileData> data_;
        const Callback* callback_;
        std::string id_;
    };

    // `path`: decoded, without the query. Exact: case counts, no path stands for another. nullopt:
    // NotFound.
    std::optional<Match> match(std::string_view path) const;
    // `code` and `reason` are cut and escaped; they need not be clean.
    Reply answer(Said said, std::string_view code = {}, std::string_view reason = {}) const;
    // Mapping files that bodies need, and those that answer questions; each once.
    std::vector<std::string> readings() const;
    std::vector<std::string> question_answers() const;

  private:
    friend class Profile;
    // Precondition: data->callbacks.
    explicit Callbacks(std::shared_ptr<const ProfileData> data) : data_(std::move(data)) {}
    std::shared_ptr<const ProfileData> data_;
};

}  // namespace dvcsync::portal
