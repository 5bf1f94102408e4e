#include "connector/config/config.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "connector/base/limits.h"
#include "connector/config/checks.h"
#include "connector/config/reader.h"

namespace dvcsync::config {
namespace {

namespace fs = std::filesystem;

// Endpoints and settings have free names: the portal profile names those it needs, and the client
// compares when it opens.
std::span<const Shape> shapes() {
    static const std::array<Shape, 8> all{{
        {"province",
         {"code", "agency", "agency_name", "vocabulary", "drop_folder", "stale_after_seconds"}},
        {"portal",
         {"profile", "base_url", "username", "password_file", "password_env", "ca_file",
          "client_certificate", "client_key", "deadline_seconds", "in_flight", "max_attempts",
          "allow_plain_http"}},
        {"portal.endpoints", {}, false},
        {"portal.settings", {}, false},
        {"catalogue", {"max_abolished_percent"}, false},
        {"ledger", {"file", "key_file"}},
        {"mappings", {"folder"}},
        {"log", {"level", "format", "file"}, false},
    }};
    return all;
}

std::string read_password(Reader& reader) {
    const bool by_file = reader.has("portal", "password_file");
    const bool by_variable = reader.has("portal", "password_env");
    if (by_file && by_variable) {
        reader.fault("portal", "password_env",
                     "and password_file are both given: remove one of them");
    } else if (by_file) {
        const fs::path file = reader.path("portal", "password_file");
        if (file.empty()) return "";
        if (auto secret = read_secret(file))
            return *secret;
        else
            reader.fault("portal", "password_file", secret.error().message);
    } else if (by_variable) {
        const std::string variable = reader.text("portal", "password_env");
        if (variable.empty()) return "";
        const char* secret = std::getenv(variable.c_str());
        if (secret != nullptr && *secret != '\0') return secret;
        reader.fault("portal", "password_env",
                     fmt::format("names the environment variable {}, which is not set or is empty: "
                                 "set it before the start",
                                 variable));
    } else {
        reader.fault("portal", "password_file",
                     "is missing: name a file of mode 0600 that holds the password, or name an "
                     "environment variable with password_env");
    }
    return "";
}

void read_tls(Reader& reader, Config& config) {
    const bool tls = !config.base_url.starts_with("http://");  // without it nothing needs a CA
    config.ca_file = reader.path("portal", "ca_file", tls);
    config.client_certificate = reader.path("portal", "client_certificate", false);
    config.client_key = reader.path("portal", "client_key", false);
    const bool certificate = reader.has("portal", "client_certificate");
    if (certificate != reader.has("portal", "client_key")) {
        const auto [missing, given] = certificate ? std::pair{"client_key", "client_certificate"}
                                                  : std::pair{"client_certificate", "client_key"};
        reader.fault("portal", missing,
                     fmt::format("is missing although {} is given: give both or neither", given));
    }
    const auto demand = [&](std::string_view key, const fs::path& file, auto rule) {
        if (file.empty()) return;
        if (const std::string wrong = rule(file); !wrong.empty())
            reader.fault("portal", key, wrong);
    };
    demand("ca_file", config.ca_file, file_fault);
    demand("client_certificate", config.client_certificate, file_fault);
    demand("client_key", config.client_key, secret_file_fault);
}

void read_portal(Reader& reader, Config& config) {
    config.profile = reader.text("portal", "profile");
    config.base_url = reader.text("portal", "base_url");
    config.allow_plain_http = reader.flag("portal", "allow_plain_http");
    if (!config.base_url.empty())
        if (const std::string wrong = base_url_fault(config.base_url, config.allow_plain_http);
            !wrong.empty())
            reader.fault("portal", "base_url", wrong);
    config.username = reader.text("portal", "username");
    config.password = read_password(reader);
    read_tls(reader, config);
    config.deadline = std::chrono::seconds(
        reader.number("portal", "deadline_seconds", 1, 600, config.deadline.count() / 1000));
    config.in_flight = static_cast<int>(
        reader.number("portal", "in_flight", 1, limits::max_in_flight, config.in_flight));
    config.max_attempts = static_cast<int>(
        reader.number("portal", "max_attempts", 1, limits::max_attempts, config.max_attempts));
    config.endpoints = reader.all("portal.endpoints");
    for (const auto& [name, where] : config.endpoints)
        if (!where.empty() && !where.starts_with('/'))
            reader.fault("portal.endpoints", name,
                         "must begin with '/': the host stands in base_url");
    config.settings = reader.all("portal.settings");
    // The profile's name for the code that [province] gives: nobody writes it twice.
    config.settings.emplace("agency", config.agency);
}

void read_catalogue(Reader& reader, Config& config) {
    config.max_abolished_percent = static_cast<int>(
        reader.number("catalogue", "max_abolished_percent", 0, 100, config.max_abolished_percent));
}

// Finds `file` below `folder` for the name that a key gives; else says which names there are.
void check_name(Reader& reader, std::string_view section, std::string_view key,
                const std::string& name, const fs::path& folder, const fs::path& file) {
    if (name.empty()) return;
    std::error_code error;
    if (const std::string wrong = plain_name_fault(name); !wrong.empty())
        reader.fault(section, key, wrong);
    else if (!fs::is_regular_file(folder / file, error))
        reader.fault(
            section, key,
            fmt::format("is \"{}\", but there is no {}; there are: {}", name,
                        (folder / file).string(), names_in(folder, file.has_parent_path())));
}

void read_mappings(Reader& reader, Config& config) {
    config.mappings = reader.path("mappings", "folder");
    if (config.mappings.empty()) return;
    std::error_code error;
    if (!fs::is_directory(config.mappings, error))
        return reader.fault("mappings", "folder",
                            fmt::format("names {}, which is not a folder: mend the path",
                                        config.mappings.string()));
    check_name(reader, "province", "vocabulary", config.vocabulary, config.mappings / "province",
               config.vocabulary + ".xml");
    check_name(reader, "portal", "profile", config.profile, config.mappings / "portal",
               fs::path(config.profile) / "profile.xml");
}

}  // namespace

Result<Config> load(const fs::path& file) {
    static constexpr std::array<std::string_view, 5> levels{"trace", "debug", "info", "warn",
                                                            "error"};
    static constexpr std::array<std::string_view, 3> formats{"auto", "human", "json"};
    DVC_TRY_ASSIGN(reader, Reader::open(file, shapes()));
    Config config;
    config.file = fs::absolute(file).lexically_normal();
    config.province_code = reader.text("province", "code");
    config.agency = reader.text("province", "agency");
    config.agency_name = reader.text("province", "agency_name");
    config.vocabulary = reader.text("province", "vocabulary");
    config.drop_folder = reader.path("province", "drop_folder");
    config.stale_after = std::chrono::seconds(
        reader.number("province", "stale_after_seconds", 1, 86'400, config.stale_after.count()));
    read_portal(reader, config);
    read_catalogue(reader, config);
    config.ledger_file = reader.path("ledger", "file");
    config.key_file = reader.path("ledger", "key_file");
    read_mappings(reader, config);
    config.log_level = reader.word("log", "level", levels, config.log_level);
    config.log_format = reader.word("log", "format", formats, config.log_format);
    config.log_file = reader.path("log", "file", false);
    if (std::string faults = reader.faults(); !faults.empty())
        return fail(ErrorKind::Config, std::move(faults));
    return config;
}

}  // namespace dvcsync::config
