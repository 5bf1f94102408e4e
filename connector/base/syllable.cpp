#include "connector/base/syllable.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_set>

#include "connector/base/text.h"

namespace dvcsync {
namespace {

using namespace std::string_view_literals;

// Longer ones first where one begins another.
constexpr std::array initials = {"ngh"sv, "ch"sv, "gh"sv, "gi"sv, "kh"sv, "ng"sv, "nh"sv,
                                 "ph"sv,  "qu"sv, "th"sv, "tr"sv, "b"sv,  "c"sv,  "d"sv,
                                 "đ"sv,   "g"sv,  "h"sv,  "k"sv,  "l"sv,  "m"sv,  "n"sv,
                                 "p"sv,   "r"sv,  "s"sv,  "t"sv,  "v"sv,  "x"sv,  ""sv};

const std::unordered_set<std::string_view>& rhymes() {
    static const std::unordered_set<std::string_view> all = {
        "a",    "ac",   "ach",  "ai",   "am",   "an",   "ang", "anh",  "ao",   "ap",   "at",
        "au",   "ay",   "ăc",   "ăm",   "ăn",   "ăng",  "ăp",  "ăt",   "âc",   "âm",   "ân",
        "âng",  "âp",   "ât",   "âu",   "ây",   "e",    "ec",  "em",   "en",   "eng",  "eo",
        "ep",   "et",   "ê",    "êch",  "êm",   "ên",   "ênh", "êp",   "êt",   "êu",   "i",
        "ia",   "ich",  "iêc",  "iêm",  "iên",  "iêng", "iêp", "iêt",  "iêu",  "im",   "in",
        "inh",  "ip",   "it",   "iu",   "o",    "oa",   "oac", "oach", "oai",  "oam",  "oan",
        "oang", "oanh", "oao",  "oap",  "oat",  "oay",  "oăc", "oăm",  "oăn",  "oăng", "oăt",
        "oc",   "oe",   "oen",  "oeo",  "oet",  "oi",   "om",  "on",   "ong",  "ooc",  "oong",
        "op",   "ot",   "ô",    "ôc",   "ôi",   "ôm",   "ôn",  "ông",  "ôp",   "ôt",   "ơ",
        "ơi",   "ơm",   "ơn",   "ơp",   "ơt",   "u",    "ua",  "uân",  "uâng", "uât",  "uây",
        "uc",   "uê",   "uêch", "uênh", "ui",   "um",   "un",  "ung",  "uơ",   "up",   "ut",
        "uôc",  "uôi",  "uôm",  "uôn",  "uông", "uôt",  "uy",  "uya",  "uych", "uyên", "uyêt",
        "uynh", "uyt",  "uyu",  "ư",    "ưa",   "ưc",   "ưi",  "ưng",  "ưt",   "ưu",   "ươc",
        "ươi",  "ươm",  "ươn",  "ương", "ươp",  "ươt",  "ươu", "y",    "yêm",  "yên",  "yêng",
        "yêt",  "yêu",  "ynh",  "ych",  "yt",   "ăy"};
    return all;
}

bool is_tone(utf8proc_int32_t c) {
    return c == 0x300 || c == 0x301 || c == 0x303 || c == 0x309 || c == 0x323;
}

struct Sound {
    std::string letters;    // lower case, without the tone
    int tones = 0;          // tone marks: at most one is right
    bool is_sharp = false;  // acute or dot below: what a stop at the end demands
};

Sound sound_of(std::string_view word) {
    Sound sound;
    utf8proc_uint8_t* parts = nullptr;
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(word.data()),
                                   utf8proc_ssize_t(word.size()), &parts,
                                   utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(parts, &std::free);
    std::string bare;
    for (utf8proc_ssize_t at = 0; at < size;) {
        utf8proc_int32_t c = 0;
        const auto step = utf8proc_iterate(parts + at, size - at, &c);
        if (step <= 0) break;
        if (is_tone(c)) {
            ++sound.tones;
            sound.is_sharp = c == 0x301 || c == 0x323;
        } else {
            bare.append(reinterpret_cast<const char*>(parts + at), std::size_t(step));
        }
        at += step;
    }
    sound.letters = caseless(bare);
    return sound;
}

bool begins_with_front_vowel(std::string_view rhyme) {
    return rhyme.starts_with("e") || rhyme.starts_with("ê") || rhyme.starts_with("i") ||
           rhyme.starts_with("y");
}

// c and k, g and gh, ng and ngh are one sound each, written by what follows.
bool fits(std::string_view initial, std::string_view rhyme) {
    const bool front = begins_with_front_vowel(rhyme);
    if (initial == "k" || initial == "gh" || initial == "ngh") return front;
    if (initial == "c" || initial == "ng") return !front;
    if (initial == "g") return !front || rhyme.starts_with("i");
    return true;
}

bool ends_in_stop(std::string_view rhyme) {
    return rhyme.ends_with('c') || rhyme.ends_with("ch") || rhyme.ends_with('p') ||
           rhyme.ends_with('t');
}

}  // namespace

bool is_syllable(std::string_view word, Spelling spelling) {
    const Sound sound = sound_of(word);
    if (sound.tones > 1) return false;
    const std::string_view letters = sound.letters;
    return std::any_of(initials.begin(), initials.end(), [&](std::string_view initial) {
        if (!letters.starts_with(initial)) return false;
        const auto rhyme = letters.substr(initial.size());
        if (!rhymes().contains(rhyme)) return false;
        return spelling == Spelling::Plain ||
               (fits(initial, rhyme) && (!ends_in_stop(rhyme) || sound.is_sharp));
    });
}

}  // namespace dvcsync
