#include "connector/base/legacy_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "connector/base/limits.h"
#include "connector/base/syllable.h"
#include "connector/base/text.h"

namespace dvcsync {
namespace {

using Letters = std::u32string;
using LettersView = std::u32string_view;

constexpr std::array pages = {CodePage::Tcvn3, CodePage::Vni, CodePage::Windows1258};

// TCVN 5712:1993, VN3: 0xA1 to 0xFE; '.' where VN3 has no letter.
constexpr LettersView tcvn3_letters =
    U"ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹý"
    U"ỵ";
static_assert(tcvn3_letters.size() == 0xFF - 0xA1);

// VNI writes a vowel and then a sign: the marks that the sign stands for, in lower case.
struct VniSign {
    char32_t sign;
    LettersView marks;
    LettersView after;  // the vowels that take it
};
constexpr LettersView circumflexed = U"aeo";
constexpr LettersView toned = U"aeouyôö";  // ô and ö: ơ and ư
constexpr VniSign vni_signs[] = {
    {U'ù', U"\u0301", toned},
    {U'ø', U"\u0300", toned},
    {U'û', U"\u0309", toned},
    {U'õ', U"\u0303", toned},
    {U'ï', U"\u0323", toned},
    {U'â', U"\u0302", circumflexed},
    {U'á', U"\u0302\u0301", circumflexed},
    {U'à', U"\u0302\u0300", circumflexed},
    {U'å', U"\u0302\u0309", circumflexed},
    {U'ã', U"\u0302\u0303", circumflexed},
    {U'ä', U"\u0302\u0323", circumflexed},
    {U'ê', U"\u0306", U"a"},
    {U'é', U"\u0306\u0301", U"a"},
    {U'è', U"\u0306\u0300", U"a"},
    {U'ú', U"\u0306\u0309", U"a"},
    {U'ü', U"\u0306\u0303", U"a"},
    {U'ë', U"\u0306\u0323", U"a"},
};
struct Pair {
    char32_t from;
    char32_t to;
};
constexpr Pair vni_letters[] = {{U'ñ', U'đ'}, {U'ô', U'ơ'}, {U'ö', U'ư'},
                                {U'í', U'í'}, {U'ì', U'ì'}, {U'æ', U'ỉ'},
                                {U'ó', U'ĩ'}, {U'ò', U'ị'}, {U'î', U'ỵ'}};

// Where Windows-1258 differs from Latin-1 in what Vietnamese needs.
constexpr Pair windows1258_letters[] = {
    {U'Ã', U'Ă'},      {U'ã', U'ă'},      {U'Õ', U'Ơ'},     {U'õ', U'ơ'},      {U'Ý', U'Ư'},
    {U'ý', U'ư'},      {U'Ð', U'Đ'},      {U'ð', U'đ'},     {U'Ì', U'\u0300'}, {U'Ò', U'\u0309'},
    {U'Þ', U'\u0303'}, {U'ì', U'\u0301'}, {U'ò', U'\u0323'}};

char32_t lower(char32_t c) {
    return char32_t(utf8proc_tolower(utf8proc_int32_t(c)));
}

// A byte that is no UTF-8 stands for itself.
Letters decoded(std::string_view text) {
    Letters letters;
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    for (auto left = utf8proc_ssize_t(text.size()); left > 0;) {
        utf8proc_int32_t c = 0;
        auto step = utf8proc_iterate(at, left, &c);
        if (step <= 0) {
            c = *at;
            step = 1;
        }
        letters += char32_t(c);
        at += step;
        left -= step;
    }
    return letters;
}

std::string encoded(LettersView letters) {
    std::string text;
    for (const char32_t c : letters) {
        utf8proc_uint8_t bytes[4];
        const auto size = utf8proc_encode_char(utf8proc_int32_t(c), bytes);
        text.append(reinterpret_cast<const char*>(bytes), std::size_t(size));
    }
    return text;
}

bool is_high(char32_t c) {
    return c > 0xA0 && c <= 0xFF;
}

template <std::size_t Size>
char32_t pair_of(const Pair (&pairs)[Size], char32_t c) {
    for (const auto& pair : pairs)
        if (pair.from == c) return pair.to;
    return 0;
}

// Each returns false if a sign has no meaning in the code page; the sign is kept then.
bool put_tcvn3(LettersView text, std::size_t& at, Letters& out) {
    const char32_t c = text[at++];
    const char32_t letter = is_high(c) && c != 0xFF ? tcvn3_letters[c - 0xA1] : c;
    out += letter == U'.' && c != U'.' ? c : letter;
    return letter != U'.' || c == U'.';
}

bool put_vni(LettersView text, std::size_t& at, Letters& out) {
    const char32_t c = text[at++];
    if (at < text.size() && is_high(text[at])) {
        const char32_t vowel = lower(c);
        for (const auto& sign : vni_signs) {
            if (sign.sign != lower(text[at]) || sign.after.find(vowel) == LettersView::npos)
                continue;
            ++at;
            const char32_t own = is_high(vowel) ? pair_of(vni_letters, vowel) : vowel;
            out += c == vowel ? own : char32_t(utf8proc_toupper(utf8proc_int32_t(own)));
            out += sign.marks;
            return true;
        }
    }
    if (!is_high(c)) {
        out += c;
        return true;
    }
    const char32_t own = pair_of(vni_letters, lower(c));
    out += own == 0 ? c : c == lower(c) ? own : char32_t(utf8proc_toupper(utf8proc_int32_t(own)));
    return own != 0;
}

bool put_windows1258(LettersView text, std::size_t& at, Letters& out) {
    const char32_t c = text[at++];
    const char32_t own = is_high(c) ? pair_of(windows1258_letters, c) : 0;
    out += own == 0 ? c : own;
    // The signs below À mean nothing within a word; ñ, ö and their like are no Vietnamese letters.
    constexpr LettersView same = U"ÀÁÂÈÉÊÍÓÔÙÚàáâèéêíóôùú";
    return own != 0 || !is_high(c) || same.find(c) != LettersView::npos;
}

// `whole`: every sign had a meaning.
std::string converted(LettersView text, CodePage page, bool& whole) {
    Letters out;
    whole = true;
    for (std::size_t at = 0; at < text.size();) {
        const bool known = page == CodePage::Tcvn3 ? put_tcvn3(text, at, out)
                           : page == CodePage::Vni ? put_vni(text, at, out)
                                                   : put_windows1258(text, at, out);
        whole = whole && known;
    }
    return nfc(encoded(out));
}

bool is_word_letter(char32_t c) {
    return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || is_high(c) || c > 0xFF;
}

// Words that hold a sign of 0xA1 to 0xFF and are no Vietnamese as they stand.
std::vector<LettersView> odd_words(LettersView text) {
    std::vector<LettersView> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t from = at;
        bool high = false;
        for (; at < text.size() && is_word_letter(text[at]); ++at)
            high = high || is_high(text[at]);
        const auto word = text.substr(from, at - from);
        if (high && !is_syllable(encoded(word), Spelling::Plain)) words.push_back(word);
        if (at == from) ++at;
    }
    return words;
}

bool has_sign(LettersView word) {
    return std::any_of(word.begin(), word.end(),
                       [](char32_t c) { return (c > 0xA0 && c < 0xC0) || c == 0xD7 || c == 0xF7; });
}

std::optional<CodePage> judge(LettersView text) {
    const auto words = odd_words(text);
    std::optional<CodePage> found;
    std::size_t most = 0;
    for (const auto page : pages) {
        std::size_t hits = 0;
        bool sure = false;
        for (const auto word : words) {
            bool whole = false;
            const auto unicode = converted(word, page, whole);
            if (!whole || !is_syllable(unicode, Spelling::Strict)) continue;
            ++hits;
            sure = sure || (has_sign(word) && word.size() > 1);
        }
        if ((hits < 2 && !(hits == 1 && sure)) || hits * 2 < words.size() || hits <= most) continue;
        found = page;
        most = hits;
    }
    return found;
}

}  // namespace

std::string_view word_of(CodePage page) {
    return page == CodePage::Tcvn3 ? "tcvn3" : page == CodePage::Vni ? "vni" : "windows-1258";
}

std::optional<CodePage> code_page_of(std::string_view word) {
    for (const auto page : pages)
        if (word_of(page) == word) return page;
    return std::nullopt;
}

std::string_view name_of(CodePage page) {
    return page == CodePage::Tcvn3 ? "TCVN3 (ABC)" : page == CodePage::Vni ? "VNI" : "Windows-1258";
}

bool may_be_legacy(std::string_view text) {
    // In Latin-1's range Vietnamese Unicode has these letters only, and never behind a or e.
    constexpr LettersView ours = U"ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý\u00A0";
    char before = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const auto lead = static_cast<std::uint8_t>(text[i]);
        if (lead == 0xC2 || lead == 0xC3) {
            const char32_t c =
                char32_t(lead & 3) << 6 | (static_cast<std::uint8_t>(text[i + 1]) & 63);
            if (ours.find(c) == LettersView::npos) return true;
            if (c != 0xA0 && (before == 'a' || before == 'e' || before == 'A' || before == 'E'))
                return true;
        }
        before = text[i];
    }
    return false;
}

std::optional<CodePage> legacy_code_page(std::string_view text) {
    return judge(decoded(text));
}

std::optional<CodePage> legacy_code_page_of_bytes(std::string_view bytes) {
    return judge(decoded(bytes.substr(0, limits::legacy_probe)));
}

std::string legacy_hint(std::string_view bytes) {
    const auto page = legacy_code_page_of_bytes(bytes);
    return page ? "; it looks like " + std::string(name_of(*page)) : std::string();
}

std::string from_code_page(std::string_view text, CodePage page) {
    const Letters letters = decoded(text);
    const bool is_unicode = std::any_of(letters.begin(), letters.end(), [](char32_t c) {
        return (c >= 0x100 && c <= 0x1B0) || (c >= 0x300 && c < 0x370) ||
               (c >= 0x1EA0 && c < 0x1F00);
    });
    const bool is_plain = std::none_of(letters.begin(), letters.end(), is_high);
    if (is_unicode || is_plain) return std::string(text);
    bool whole = false;
    return converted(letters, page, whole);
}

}  // namespace dvcsync
