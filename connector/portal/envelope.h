// Builds the bytes of a call from the profile's template. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"

namespace dvcsync::portal {

// What the values of one call come from.
struct Values {
    const ProfileData& profile;
    const ClientSettings& settings;
    std::string_view session;      // empty: this call has none
    std::string_view service;      // empty: this call has none
    std::string_view code;         // the dossier that is asked for
    std::optional<bool> updating;  // nullopt: this call does not say new or update
    std::string_view from = {};    // these four: of a list, in the profile's forms; since as well
    std::string_view until = {};
    std::string_view page = {};
    std::string_view page_size = {};
};

// A field whose source has no value in this call is left out: nullopt.
std::optional<std::string_view> value_of(const Field& field, const Values& values);

// {"name":"value",…} of the fields in order; `data` is placed as it is where a field says so, and
// must be JSON.
std::string object_of(std::span<const Field> fields, const Values& values,
                      std::string_view data = {});

// name=value&…, percent-encoded: the body of an HTML form.
std::string form_of(std::span<const Field> fields, const Values& values);

// A form of several parts (RFC 7578): the fields, then the file. `boundary` must stand nowhere in
// it.
std::string multipart_of(std::span<const Field> fields, const Values& values, std::string_view part,
                         const FileToSend& file, std::string_view boundary);

// The body of a push: envelope or bare data, an array or one object, as the profile says. The
// documents' bytes go in unchanged. Precondition: at least one item; one if `push.single`.
std::string push_body(const Push& push, std::span<const Item> items, const Values& values);

// `path` with the query parameters of the fields, percent-encoded.
std::string target_of(std::string_view path, std::span<const Field> fields, const Values& values);

// Name and value of the header parameters.
std::vector<std::pair<std::string, std::string>> headers_of(std::span<const Field> fields,
                                                            const Values& values);

// Looks like one JSON object without white space around it: what the mapping engine makes.
bool is_object(std::string_view document);

}  // namespace dvcsync::portal
