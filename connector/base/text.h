// Vietnamese text: validity, normalisation for comparing, counting. Pure functions, thread-safe.
//
// Rule (province.md 8): compare on NFC with folded blanks; send what the province wrote.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dvcsync {

bool is_utf8(std::string_view text);
// The first byte that is not valid UTF-8, or npos.
std::size_t invalid_utf8_at(std::string_view text);
// NFC form. Precondition: valid UTF-8. ASCII is returned as it is, quickly.
std::string nfc(std::string_view text);
// For comparing: NFC, every run of white space (U+00A0 too) becomes one blank, ends trimmed. What
// has no width (U+200B to U+200D, U+2060, U+FEFF) is passed over: it comes along when text is
// copied.
std::string comparable(std::string_view text);
// comparable() and lower case, for "contains the words" tests.
std::string caseless(std::string_view text);
// Code points of the NFC form: the unit in which the contract's lengths are counted.
std::size_t length(std::string_view text);
// Trims ASCII white space at both ends without copying.
std::string_view trimmed(std::string_view text);
// Drops what JSON receivers choke on: control characters (C0 but tab, LF, CR; DEL; C1) and the code
// points that Unicode reserves as no characters (U+FDD0 to U+FDEF, U+FFFE, U+FFFF of each plane).
std::string without_controls(std::string_view text);
// For messages: at most `max` code points, control characters replaced, "…" where cut.
std::string excerpt(std::string_view text, std::size_t max = 40);

}  // namespace dvcsync
