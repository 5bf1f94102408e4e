// Whether a word is written like a Vietnamese syllable. Pure function, thread-safe.
#pragma once

#include <string_view>

namespace dvcsync {

enum class Spelling {
    Plain,   // an initial and a rhyme that exist, any tone or none
    Strict,  // and the tone and the initial that this rhyme allows
};

// `word`: one word in UTF-8, any case, composed or not. Names of other peoples of Vietnam and
// foreign words are mostly no syllables.
bool is_syllable(std::string_view word, Spelling spelling);

}  // namespace dvcsync
