// An entry of the trail: what happened, as canonical JSON.
//
// The catalogue of events and members, with an example of each, is events.md; a test holds the two
// together. Codes and digests only: no name, number or address of a person, and never the words of
// the portal or of a record. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connector/base/crypto.h"
#include "connector/base/time.h"

namespace dvcsync::audit {

// Members that are empty, or nullopt, are left out.
struct Event {
    std::string_view event;  // of the catalogue, or "person." and an act
    std::optional<std::int64_t> run;
    std::string actor;
    std::string code;  // of a record or a submission
    std::string kind;
    std::string agency;
    std::string procedure;
    std::string_view operation;
    std::string_view outcome;
    std::string portal_code;               // anything that is not plain becomes "other"
    std::optional<std::int64_t> exchange;  // sequence of its entry in the same log
    std::optional<Digest> document;        // of the national document of an item
    std::optional<Digest> record;          // of the province record's bytes, or a submission's
    std::optional<Digest> sent;            // of an exchange's bodies
    std::optional<Digest> received;
    std::optional<std::int64_t> status;  // HTTP
    std::string endpoint;
    std::optional<std::int64_t> items;
    std::optional<UtcTime> event_time;
    std::optional<UtcTime> queued;
    std::optional<UtcTime> acknowledged;
    std::optional<UtcTime> began;
    std::optional<UtcTime> ended;
    std::string reason;     // a person's own words
    std::string selection;  // what the person chose
    std::optional<std::int64_t> count;
    std::optional<Digest> set;  // of settings or mapping files; of the log before
    std::optional<std::int64_t> revision;
};

// The published catalogue, but for the acts of persons ("person.…").
std::span<const std::string_view> event_names();
// "person.resync-start" for the act "resync start".
std::string person_event(std::string_view act);

// The bytes that are hashed: at most limits::max_entry, whatever the event holds (texts are cut).
std::string entry_of(const Event& event, std::int64_t sequence, UtcTime at);

}  // namespace dvcsync::audit
