#include "tests/sandbox/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/sandbox/stamp.h"

namespace dvcsandbox {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// H22 or G03: the level and number of a ministry or province.
bool province_part(std::string_view text) {
    return text.size() == 3 && (text[0] == 'H' || text[0] == 'G') && digits(text.substr(1));
}

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

const Json* member_of(const Json& object, std::string_view name) {
    if (!object.IsObject()) return nullptr;
    // Not FindMember: it wants a Json for the name and asserts on an empty one.
    for (const auto& member : object.GetObject())
        if (view(member.name) == name) return &member.value;
    return nullptr;
}

}  // namespace

std::string_view text_of(const Json& object, std::string_view name) {
    const Json* value = member_of(object, name);
    return value != nullptr && value->IsString() ? view(*value) : std::string_view();
}

const Json* list_of(const Json& object, std::string_view name) {
    const Json* value = member_of(object, name);
    return value != nullptr && value->IsArray() ? value : nullptr;
}

bool longer_than(std::string_view text, std::size_t limit) {
    // NFC never has more code points than its source has bytes, so most texts need no counting.
    if (text.size() <= limit) return false;
    // Room for the decomposed form; utf8proc composes in place.
    thread_local std::vector<utf8proc_int32_t> points;
    points.resize(text.size() + 16);
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    auto count =
        utf8proc_decompose(bytes, static_cast<utf8proc_ssize_t>(text.size()), points.data(),
                           static_cast<utf8proc_ssize_t>(points.size()), options);
    if (count > static_cast<utf8proc_ssize_t>(points.size())) {
        points.resize(static_cast<std::size_t>(count) + 1);
        count = utf8proc_decompose(bytes, static_cast<utf8proc_ssize_t>(text.size()), points.data(),
                                   static_cast<utf8proc_ssize_t>(points.size()), options);
    }
    if (count < 0) return true;
    count = utf8proc_normalize_utf32(points.data(), count, options);
    return count < 0 || static_cast<std::size_t>(count) > limit;
}

bool blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool lone_surrogate(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while ((at = static_cast<const char*>(
                std::memchr(at, 0xED, static_cast<std::size_t>(end - at)))) != nullptr) {
        if (++at == end) return true;
        if (static_cast<unsigned char>(*at) >= 0xA0) return true;
    }
    return false;
}

bool national_procedure(std::string_view text) {
    return text.size() == 8 && text[1] == '.' && is_digit(text[0]) && digits(text.substr(2));
}

bool agency_code(std::string_view text) {
    std::array<std::string_view, 8> parts;
    std::size_t count = 0;
    for (std::size_t at = 0; at <= text.size();) {
        if (count == parts.size()) return false;
        const auto dot = std::min(text.find('.', at), text.size());
        parts[count++] = text.substr(at, dot - at);
        at = dot + 1;
    }
    if (province_part(parts[0]))
        return std::all_of(parts.begin() + 1, parts.begin() + count, digits);
    return count == 4 && parts[0].size() == 3 && digits(parts[0]) && parts[1].size() == 2 &&
           digits(parts[1]) && parts[2].size() == 2 && digits(parts[2]) && province_part(parts[3]);
}

bool dossier_code(std::string_view text) {
    const auto first = text.find('-');
    const auto last = text.rfind('-');
    if (first == std::string_view::npos || last == first) return false;
    const auto day = text.substr(first + 1, last - first - 1);
    const bool real_day = day.size() == 6   ? parse_date("20" + std::string(day)).has_value()
                          : day.size() == 8 ? parse_date(day).has_value()
                                            : false;
    return real_day && agency_code(text.substr(0, first)) && digits(text.substr(last + 1));
}

std::string_view agency_of(std::string_view dossier) {
    return dossier.substr(0, dossier.find('-'));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (text[i] == '%' && high >= 0 && low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    std::string content{std::istreambuf_iterator<char>(in), {}};
    // A directory opens but cannot be read.
    if (in.bad()) return std::nullopt;
    return content;
}

}  // namespace dvcsandbox
