// Text as the portal judges it: length in code points after NFC, emptiness, simple shapes.
// Pure functions, thread-safe.
#pragma once

#include <rapidjson/document.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dvcsandbox {

using Json = rapidjson::Value;

inline std::string_view view(const Json& string) {
    return {string.GetString(), string.GetStringLength()};
}

// The member's text; "" when it is absent or not a string.
std::string_view text_of(const Json& object, std::string_view name);
// The member if it is a list; otherwise null.
const Json* list_of(const Json& object, std::string_view name);

// More than `limit` code points after NFC. Text that is not UTF-8 counts as too long.
bool longer_than(std::string_view text, std::size_t limit);
bool blank(std::string_view text);   // nothing but white space
bool digits(std::string_view text);  // at least one, ASCII only
// Half of a surrogate pair: JSON can write one with \u escapes, UTF-8 cannot hold it.
bool lone_surrogate(std::string_view text);

// d.dddddd
bool national_procedure(std::string_view text);
// 000.00.00.H22 (QCVN 102:2016) or H22.1.2 (QĐ 20/2020/QĐ-TTg)
bool agency_code(std::string_view text);
// agency-YYMMDD-serial or agency-YYYYMMDD-serial (TT 01/2018/TT-VPCP, Điều 19)
bool dossier_code(std::string_view text);
// The agency of a dossier: its code up to the first '-'.
std::string_view agency_of(std::string_view dossier);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string percent_decode(std::string_view text);
std::optional<std::string> read_file(const std::string& path);

}  // namespace dvcsandbox
