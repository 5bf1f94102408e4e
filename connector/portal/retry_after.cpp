#include "connector/portal/retry_after.h"

#include <time.h>

#include <algorithm>
#include <string>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::portal {

namespace {

std::optional<UtcTime> parse_http_date(const std::string& text) {
    // IMF-fixdate, RFC 850 and asctime. The program never changes its locale, so %a and %b are
    // English.
    for (const char* form :
         {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
        std::tm parts{};
        const char* end = strptime(text.c_str(), form, &parts);
        if (end != nullptr && *end == '\0') return UtcTime(std::chrono::seconds(timegm(&parts)));
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, UtcTime now) {
    value = trimmed(value);
    if (value.empty()) return std::nullopt;
    std::chrono::milliseconds wait{};
    if (value.find_first_not_of("0123456789") == std::string_view::npos) {
        // More digits than any cap: no need to know how many seconds that is.
        wait = value.size() > 9 ? limits::max_retry_after
                                : std::chrono::seconds(std::stol(std::string(value)));
    } else if (const auto date = parse_http_date(std::string(value))) {
        wait = *date - now;
    } else {
        return std::nullopt;
    }
    return std::clamp(wait, std::chrono::milliseconds(0), limits::max_retry_after);
}

}  // namespace dvcsync::portal
