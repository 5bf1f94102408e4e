// Vietnamese text of the time before Unicode: recognised and converted. Pure functions,
// thread-safe.
//
// Such text reaches us as UTF-8 whose letters are those of a Western code page: "NguyÔn V¨n" was
// typed in TCVN3, "Nguyeãn Vaên" in VNI, and only a special font shows it right. Tables: TCVN
// 5712:1993 (VN3, as TCVN3 or ABC fonts use it), VNI-Windows, Microsoft's code page 1258.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dvcsync {

enum class CodePage { Tcvn3, Vni, Windows1258 };

// As the vocabulary writes it: "tcvn3", "vni", "windows-1258".
std::string_view word_of(CodePage page);
std::optional<CodePage> code_page_of(std::string_view word);
// For messages: "TCVN3 (ABC)".
std::string_view name_of(CodePage page);

// Quick: false if the text is surely not in a legacy code page; most Vietnamese text in Unicode is
// told apart here.
bool may_be_legacy(std::string_view text);
// The code page that the text is in, or nullopt. Judged by words: at least two (or one with a sign
// that no word has) must become Vietnamese syllables that they were not. Precondition: UTF-8.
std::optional<CodePage> legacy_code_page(std::string_view text);
// The same for bytes that are not UTF-8; the first limits::legacy_probe count.
std::optional<CodePage> legacy_code_page_of_bytes(std::string_view bytes);
// For messages, what to add behind "not UTF-8": "; it looks like VNI", or nothing.
std::string legacy_hint(std::string_view bytes);
// The text in Unicode, NFC. A text that holds Vietnamese letters of Unicode already comes back as
// it is. Precondition: UTF-8.
std::string from_code_page(std::string_view text, CodePage page);

}  // namespace dvcsync
