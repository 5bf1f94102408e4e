#include "connector/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "connector/base/limits.h"
#include "connector/base/operation.h"
#include "connector/config/checks.h"
#include "connector/config/folders.h"
#include "connector/config/reader.h"

namespace dvcsync::config {
namespace {

namespace fs = std::filesystem;

// Endpoints and settings have free names: the portal profile names those it needs, and the client
// compares when it opens.
std::span<const Shape> shapes() {
    static const std::array<Shape, 13> all{{
        {"province",
         {"code", "agency", "agency_name", "vocabulary", "drop_folder", "stale_after_seconds"}},
        {"portal",
         {"profile", "base_url", "username", "password_file", "password_env", "ca_file",
          "client_certificate", "client_key", "deadline_seconds", "in_flight", "max_attempts",
          "allow_plain_http"}},
        {"portal.endpoints", {}, false},
        {"portal.settings", {}, false},
        {"inbound",
         {"inbox", "inbox_folder", "connection", "password_file", "password_env", "staging",
          "file_hosts", "file_ca", "allow_private_addresses", "allow_plain_http", "scanner",
          "max_file_mib", "max_submission_mib"},
         false},
        {"uploads",
         {"file_hosts", "file_ca", "allow_private_addresses", "allow_plain_http", "max_file_mib"},
         false},
        {"serve", {"port", "poll_seconds", "downloads"}, false},
        {"catalogue", {"max_abolished_percent"}, false},
        {"ledger", {"file", "key_file"}},
        {"audit",
         {"origin", "checkpoint_folder", "key_file", "unsealed_limit_minutes", "timestamp_url",
          "timestamp_ca", "bodies", "keep_bodies_days"},
         false},
        {"report", {"late_after_hours"}, false},
        {"mappings", {"folder"}},
        {"log", {"level", "format", "file"}, false},
    }};
    return all;
}

std::string read_password(Reader& reader, std::string_view section, bool required) {
    const bool by_file = reader.has(section, "password_file");
    const bool by_variable = reader.has(section, "password_env");
    if (by_file && by_variable) {
        reader.fault(section, "password_env",
                     "and password_file are both given: remove one of them");
    } else if (by_file) {
        const fs::path file = reader.path(section, "password_file");
        if (file.empty()) return "";
        if (auto secret = read_secret(file))
            return *secret;
        else
            reader.fault(section, "password_file", secret.error().message);
    } else if (by_variable) {
        const std::string variable = reader.text(section, "password_env");
        if (variable.empty()) return "";
        const char* secret = std::getenv(variable.c_str());
        if (secret != nullptr && *secret != '\0') return secret;
        reader.fault(section, "password_env",
                     fmt::format("names the environment variable {}, which is not set or is empty: "
                                 "set it before the start",
                                 variable));
    } else if (required) {
        reader.fault(section, "password_file",
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
    config.password = read_password(reader, "portal", true);
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

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t begin = std::min(text.find_first_not_of(" ,"), text.size());
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(" ,"), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

fs::path authorities(Reader& reader, std::string_view section) {
    fs::path file = reader.path(section, "file_ca", false);
    if (file.empty()) return file;
    if (const std::string wrong = file_fault(file); !wrong.empty())
        reader.fault(section, "file_ca", wrong);
    return file;
}

void read_inbound(Reader& reader, Config& config) {
    constexpr std::string_view here = "inbound";
    static constexpr std::array<std::string_view, 2> inboxes{"folder", "postgres"};
    config.inbound = reader.has(here, "inbox");
    if (!config.inbound) {
        for (const char* key : {"inbox_folder", "connection", "staging", "file_hosts", "scanner"})
            if (reader.has(here, key))
                return reader.fault(here, key,
                                    "is given without inbox: write inbox = \"folder\" or "
                                    "\"postgres\"");
        return;
    }
    config.inbox = reader.word(here, "inbox", inboxes, config.inbox);
    if (config.inbox == "folder") {
        config.inbox_folder = reader.path(here, "inbox_folder");
    } else {
        config.inbox_connection = reader.text(here, "connection");
        if (config.inbox_connection.find("password") != std::string::npos)
            reader.fault(here, "connection",
                         "holds a password: put it into a file of mode 0600 and name that file "
                         "with password_file");
        config.inbox_password = read_password(reader, here, false);
    }
    config.staging = reader.path(here, "staging", false);
    config.file_hosts = words_of(reader.text(here, "file_hosts", false));
    config.file_ca = authorities(reader, here);
    config.private_addresses = reader.flag(here, "allow_private_addresses");
    config.plain_http_files = reader.flag(here, "allow_plain_http");
    config.scanner = reader.path(here, "scanner", false);
    config.max_file_mib = static_cast<int>(
        reader.number(here, "max_file_mib", 1, limits::max_file_mib, config.max_file_mib));
    config.max_submission_mib = static_cast<int>(reader.number(
        here, "max_submission_mib", 1, limits::max_submission_mib, config.max_submission_mib));
}

void read_uploads(Reader& reader, Config& config) {
    constexpr std::string_view here = "uploads";
    auto& uploads = config.uploads;
    uploads.file_hosts = words_of(reader.text(here, "file_hosts", false));
    uploads.file_ca = authorities(reader, here);
    uploads.private_addresses = reader.flag(here, "allow_private_addresses");
    uploads.plain_http = reader.flag(here, "allow_plain_http");
    uploads.max_file_mib = static_cast<int>(
        reader.number(here, "max_file_mib", 1, limits::max_upload_mib, uploads.max_file_mib));
}

void read_serve(Reader& reader, Config& config) {
    config.serve = reader.has("serve", "port");
    if (reader.has("serve") && !config.serve)
        reader.fault("serve", "port",
                     "is missing: write port = 8090 (that of the proxy before it), or remove the "
                     "section if the portal calls nothing");
    config.listen_port =
        static_cast<int>(reader.number("serve", "port", 0, 65'535, config.listen_port));
    config.poll_every = std::chrono::seconds(
        reader.number("serve", "poll_seconds", 0, 86'400, config.poll_every.count()));
    config.downloads = reader.path("serve", "downloads", false);
    if (config.serve && !config.inbound)
        reader.fault("serve", "port",
                     "is given, but there is no [inbound]: say where submissions go");
}

void read_catalogue(Reader& reader, Config& config) {
    config.max_abolished_percent = static_cast<int>(
        reader.number("catalogue", "max_abolished_percent", 0, 100, config.max_abolished_percent));
}

void read_timestamp(Reader& reader, Config& config) {
    config.timestamp_url = reader.text("audit", "timestamp_url", false);
    config.timestamp_ca = reader.path("audit", "timestamp_ca", false);
    const std::string_view url = config.timestamp_url;
    if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://"))
        reader.fault("audit", "timestamp_url", "must begin with https:// or http://");
    if (url.empty() != config.timestamp_ca.empty())
        reader.fault("audit", url.empty() ? "timestamp_url" : "timestamp_ca",
                     "is missing: a time stamp needs both the address and the authority (PEM) "
                     "that its answers are checked with");
    if (!config.timestamp_ca.empty())
        if (const std::string wrong = file_fault(config.timestamp_ca); !wrong.empty())
            reader.fault("audit", "timestamp_ca", wrong);
}

void read_bodies(Reader& reader, Config& config) {
    config.audit_bodies = words_of(reader.text("audit", "bodies", false));
    for (const std::string& name : config.audit_bodies) {
        const bool known =
            operation_from(name) ||
            std::find(exchange_names.begin(), exchange_names.end(), name) != exchange_names.end();
        if (!known)
            reader.fault("audit", "bodies",
                         fmt::format("names \"{}\", which is no exchange with records; there "
                                     "are push-procedure, push-dossier, push-progress, "
                                     "push-statistics, confirm-submission, push-status, {}",
                                     name, fmt::join(exchange_names, ", ")));
    }
    config.keep_bodies_days = static_cast<int>(reader.number(
        "audit", "keep_bodies_days", 0, limits::max_keep_days, config.keep_bodies_days));
}

void read_audit(Reader& reader, Config& config) {
    constexpr std::string_view here = "audit";
    static constexpr std::array<std::string_view, 8> keys{
        "origin",        "checkpoint_folder", "key_file", "unsealed_limit_minutes",
        "timestamp_url", "timestamp_ca",      "bodies",   "keep_bodies_days"};
    config.audit = std::any_of(keys.begin(), keys.end(),
                               [&](std::string_view key) { return reader.has(here, key); });
    if (!config.audit) return;
    config.audit_origin = reader.text(here, "origin");
    if (!config.audit_origin.empty())
        if (const std::string wrong = origin_fault(config.audit_origin); !wrong.empty())
            reader.fault(here, "origin", wrong);
    config.audit_folder = reader.path(here, "checkpoint_folder");
    config.audit_key = reader.path(here, "key_file");
    config.unsealed_limit = std::chrono::minutes(reader.number(here, "unsealed_limit_minutes", 1,
                                                               limits::max_unsealed_minutes,
                                                               config.unsealed_limit.count()));
    read_timestamp(reader, config);
    read_bodies(reader, config);
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

std::string Config::where(std::string_view section, std::string_view key) const {
    const auto line = lines.find(fmt::format("{}.{}", section, key));
    return fmt::format("{}{}: [{}] {}", file.string(),
                       line == lines.end() ? "" : fmt::format(":{}", line->second), section, key);
}

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
    read_inbound(reader, config);
    read_uploads(reader, config);
    read_serve(reader, config);
    read_catalogue(reader, config);
    config.ledger_file = reader.path("ledger", "file");
    // Beside the ledger: the same disk, the same rights.
    if (config.inbound && config.staging.empty() && !config.ledger_file.empty())
        config.staging = config.ledger_file.string() + ".staging";
    config.key_file = reader.path("ledger", "key_file");
    read_audit(reader, config);
    config.late_after_hours = static_cast<int>(reader.number(
        "report", "late_after_hours", 1, limits::max_late_hours, config.late_after_hours));
    read_mappings(reader, config);
    config.log_level = reader.word("log", "level", levels, config.log_level);
    config.log_format = reader.word("log", "format", formats, config.log_format);
    config.log_file = reader.path("log", "file", false);
    if (reader.faults().empty()) check_folders(reader, config);
    for (const Shape& shape : shapes())
        for (const std::string_view key : shape.keys)
            if (const std::size_t line = reader.line(shape.name, key); line != 0)
                config.lines.emplace(fmt::format("{}.{}", shape.name, key), line);
    if (std::string faults = reader.faults(); !faults.empty())
        return fail(ErrorKind::Config, std::move(faults));
    return config;
}

}  // namespace dvcsync::config
