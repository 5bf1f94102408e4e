// The way back: a national submission (JSON) becomes a provincial record (XML).
//
// A *reading* (mappings/portal/<profile>/<name>.xml, root element <reading>) says where each
// canonical name lies in one kind of national JSON; the vocabulary's record "submission" says where
// it goes in the province's XML. Compiled by MappingSet::load; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/time.h"
#include "connector/mapping/mapping.h"

namespace dvcsync::mapping {

struct ReadingData;

// A file that belongs to a submission: by address, or its bytes.
struct NationalFile {
    std::string id;
    std::string name;    // as the citizen called it; personal data
    std::string url;     // either
    std::string base64;  // or; decoded by whoever stages it
    std::string hash;    // SHA-256, hexadecimal; "": not told
};

// What the connector must know of a submission.
struct National {
    std::string code;  // "": the document has none, and the reading does not ask for one
    std::string kind;  // filing, supplement, withdrawal, payment, notice
    std::string procedure;
    std::string agency;
    std::optional<LocalTime> filed;
    std::vector<NationalFile> files;  // in the order of the reading's rules, always the same
};

// What became of National::files[i].
struct StagedFile {
    std::string name;  // safe name in the inbox, "files/01-don.pdf"; "": it could not be had
    std::uint64_t size = 0;
    Digest sha256{};
    std::string type;
    bool checked = false;  // against a hash of the portal
    std::string note;
};

struct Handing {
    std::string code;  // as kept by the ledger (National::code may be empty)
    int revision = 1;
    LocalTime arrived{};
    std::string province;           // its code, for the root element
    std::vector<StagedFile> files;  // as many as National::files
};

class Reading {
  public:
    const std::string& name() const;
    // Refusal: not JSON (strict, see limits::max_json…), or what the reading requires is missing or
    // wrong. What is not required may be wrong here: write() names it. Never quotes personal text.
    tl::expected<National, Refusal> read(std::string_view json) const;
    // The whole file for the province: root element and one record. Unknown members of the
    // document are no fault; a wrong date and a value that has no word in the vocabulary are.
    // Precondition: as many handing.files as read() named.
    tl::expected<std::string, Refusal> write(std::string_view json, const Handing& handing) const;
    // Names the content, the same on every road: without the envelope, without what the reading
    // sets apart or lets pass in the links of files, whatever the order of members, white space and
    // escapes. nullopt: not strict JSON, or without content.
    std::optional<Digest> digest(std::string_view json) const;

  private:
    friend class MappingSet;
    friend class Inside;
    std::shared_ptr<const ReadingData> data_;
};

}  // namespace dvcsync::mapping
