// A strict look at JSON that a stranger wrote, without building a tree of it: is it sound, and what
// stands at a few places. RapidJSON stays inside json_skim.cpp. Pure, thread-safe; time and memory
// grow with the text only, never with its nesting.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync::portal {

// What stands at one place.
struct Skimmed {
    enum class Kind { Text, Number, Object, Array, Other };  // Other: true, false, null
    Kind kind = Kind::Other;
    std::string text;             // Text, Number: decoded; only its first bytes (see skim)
    bool cut = false;             // `text` is not all of it
    std::string_view raw;         // Object, Array: the bytes of the JSON text
    std::size_t elements = 0;     // Array: how many
    std::string_view first = {};  // Array: the first element's bytes if that is an object
};

// By path: "data.code" is the member `code` of the object that is the root's member `data`. Only
// the places that the text has.
using Skim = std::map<std::string, Skimmed, std::less<>>;

// Texts are kept up to `keep` bytes. Error: what is wrong with the text, to follow "the answer …":
// no JSON, no object, nested deeper than limits::max_json_depth, an object with one member twice.
tl::expected<Skim, std::string> skim(std::string_view json, std::span<const std::string> paths,
                                     std::size_t keep);

// Whether this can name a dossier: printable, not empty, at most limits::max_code bytes.
bool is_code(std::string_view text);

}  // namespace dvcsync::portal
