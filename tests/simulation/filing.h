// What the simulated citizens file: contents of submissions, and the national JSON that carries
// them over either road. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connector/base/time.h"

namespace dvcsync::simulation {

enum class FilingKind {
    Filing,
    Supplement,
    Withdrawal,  // these come by callback alone
    Payment,
    Notice,          // names no dossier
    UnknownService,  // what only a person can understand, from here on
    Unparsable,
};
std::string_view to_string(FilingKind kind);  // as the province's XML says it
constexpr bool strange(FilingKind kind) {
    return kind >= FilingKind::UnknownService;
}

struct Attachment {
    std::string bytes;   // no two are the same
    std::string source;  // its address, or its bytes as Base64: what the JSON says
    bool by_address = true;
    bool hashed = true;
    int misses = 0;        // how often it cannot be had; -1: it is gone for ever
    bool hostile = false;  // breaks a rule
};

// One content that was filed. It says its mark, and so does everything that is made from it.
struct Filing {
    std::string code;  // "": it names no dossier
    std::string mark;  // "#7.2#"
    FilingKind kind{};
    LocalTime at{};
    std::vector<Attachment> files;
};

// The same content, told in another way: other order, white space, numbers as text.
enum class Wording { Plain, Other };
std::string listed_json(const Filing& filing, Wording wording);  // what the portal gives
struct CallbackText {
    std::string path;
    std::string body;
};
CallbackText callback_text(const Filing& filing, Wording wording);

// The first mark in a text; "": there is none.
std::string mark_in(std::string_view text);
std::string base64_of(std::string_view bytes);

}  // namespace dvcsync::simulation
