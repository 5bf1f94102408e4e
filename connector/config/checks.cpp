#include "connector/config/checks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>
#include <system_error>
#include <vector>

#include "connector/base/files.h"
#include "connector/base/limits.h"

namespace dvcsync::config {
namespace {

namespace fs = std::filesystem;

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, change});
        }
    }
    return row.back();
}

bool is_host(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '[' || c == ']' || c == ':';
    });
}

bool is_port(std::string_view port) {
    if (port.empty() || port.size() > 5) return false;
    int value = 0;
    for (const char c : port) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    return value >= 1 && value <= 65535;
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    if (word.size() > 64) return best;  // no slip of the fingers
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string base_url_fault(std::string_view url, bool allow_plain_http) {
    constexpr std::string_view advice = "write https://host or https://host:port";
    std::string_view rest = url;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        if (!allow_plain_http)
            return "is plain HTTP: use https://, or set allow_plain_http = true if this address is "
                   "an "
                   "adapter inside a closed government network";
        rest.remove_prefix(7);
    } else {
        return fmt::format("does not begin with https://: {}", advice);
    }
    if (rest.find('@') != rest.npos)
        return "holds a user name or password: remove it; they belong in username and "
               "password_file";
    if (rest.find_first_of("/?#") != rest.npos)
        return fmt::format("has something after the host: {}; paths belong in [portal.endpoints]",
                           advice);
    // The colon of a port is the last one, unless it is inside an IPv6 address.
    const std::size_t colon = rest.rfind(':');
    if (colon != rest.npos && rest.find(']', colon) == rest.npos) {
        if (!is_port(rest.substr(colon + 1)))
            return fmt::format("has a port that is not 1–65535: {}", advice);
        rest = rest.substr(0, colon);
    }
    return is_host(rest) ? "" : fmt::format("has no proper host name: {}", advice);
}

std::string plain_name_fault(std::string_view name) {
    const bool plain =
        !name.starts_with('.') && std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
        });
    return plain ? ""
                 : "is not a plain name: letters, digits, '.', '-' and '_' only, without a folder";
}

std::string origin_fault(std::string_view origin) {
    const bool plain =
        origin.size() <= limits::max_code && !origin.starts_with('/') && !origin.ends_with('/') &&
        std::all_of(origin.begin(), origin.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '/';
        });
    return plain ? ""
                 : fmt::format(
                       "is not a name of a log: write at most {} letters, digits, '.', "
                       "'-', '_' and '/', say dvcsync.hagiang.gov.vn",
                       limits::max_code);
}

std::string file_fault(const fs::path& file) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (error == std::errc::permission_denied)
        return fmt::format("names {}, which this user may not reach: {}", file.string(),
                           rights_advice(file));
    if (!fs::exists(status))
        return fmt::format("names {}, which does not exist: put the file there or mend the path",
                           file.string());
    if (!fs::is_regular_file(status))
        return fmt::format("names {}, which is not a file: mend the path", file.string());
    if (::access(file.c_str(), R_OK) != 0)
        return fmt::format("names {}, which this user may not read: {}", file.string(),
                           rights_advice(file));
    if (fs::file_size(file, error) == 0 && !error)
        return fmt::format("names {}, which is empty: put its contents back", file.string());
    return "";
}

std::string secret_file_fault(const fs::path& file) {
    if (std::string fault = file_fault(file); !fault.empty()) return fault;
    std::error_code error;
    constexpr auto foreign = fs::perms::group_all | fs::perms::others_all;
    if ((fs::status(file, error).permissions() & foreign) != fs::perms::none)
        return fmt::format("names {}, which others may read or write: run chmod 600 {}",
                           file.string(), file.string());
    return "";
}

Result<std::string> read_secret(const fs::path& file) {
    if (std::string fault = secret_file_fault(file); !fault.empty())
        return fail(ErrorKind::Config, std::move(fault));
    const auto bytes = read_file(file, limits::max_secret_file);
    const std::string_view content = bytes ? *bytes : std::string_view();
    std::string_view line = content.substr(0, content.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool controls = std::any_of(line.begin(), line.end(),
                                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (line.empty() || controls)
        return fail(ErrorKind::Config,
                    fmt::format("names {}, whose first line is not a password: write it there as "
                                "one line of text",
                                file.string()));
    return std::string(line);
}

bool lies_within(const fs::path& inner, const fs::path& outer) {
    const auto real = [](const fs::path& path) {
        std::error_code error;
        fs::path found = fs::weakly_canonical(path, error);
        if (error) found = path.lexically_normal();
        return found.has_filename() ? found : found.parent_path();  // "folder/" is "folder"
    };
    const fs::path above = real(outer), below = real(inner);
    return std::mismatch(above.begin(), above.end(), below.begin(), below.end()).first ==
           above.end();
}

std::string names_in(const fs::path& folder, bool folders) {
    std::error_code error;
    std::set<std::string> names;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const fs::path& path = it->path();
        if (folders && it->is_directory()) names.insert(path.filename().string());
        if (!folders && path.extension() == ".xml") names.insert(path.stem().string());
    }
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace dvcsync::config
