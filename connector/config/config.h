// dvcsync.toml → typed settings. Every wrong key, type, value or path is reported with file and
// line, all at once. toml++ stays inside config.cpp. Secrets are not in the file: it names files or
// environment variables that hold them (password_file / password_env).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::config {

struct Config {
    std::filesystem::path file;  // absolute; relative paths inside are relative to its folder
    std::map<std::string, std::size_t> lines;  // of every key, as "section.key", where it stands

    // "dvcsync.toml:12: [serve] port", to begin a message about what a key means outside of the
    // file; without a line where the key does not stand there.
    std::string where(std::string_view section, std::string_view key) const;

    // [province]
    std::string province_code;  // "H22"
    std::string agency;         // code of the province's account on the portal: 000.00.00.H22
    std::string agency_name;
    std::string vocabulary;  // name of a file in mappings/province
    std::filesystem::path drop_folder;
    std::chrono::seconds stale_after{900};

    // [portal]
    std::string profile;  // name of a folder in mappings/portal
    std::string base_url;
    std::map<std::string, std::string> endpoints;  // [portal.endpoints]
    std::map<std::string, std::string> settings;   // [portal.settings], and agency
    std::string username;
    std::string password;  // already read from its file or variable
    std::filesystem::path ca_file;
    std::filesystem::path client_certificate;
    std::filesystem::path client_key;
    std::chrono::milliseconds deadline{30'000};
    int in_flight = 8;
    int max_attempts = 12;  // retries of one item before it is parked
    bool allow_plain_http =
        false;  // contract §1: adapters inside government networks speak plain HTTP

    // [inbound]: submissions from the portal; absent: none are taken
    bool inbound = false;
    std::string inbox = "folder";  // folder, postgres
    std::filesystem::path inbox_folder;
    std::string inbox_connection;  // libpq connection string, without password
    std::string inbox_password;    // already read from its file or variable
    std::filesystem::path staging;
    std::vector<std::string> file_hosts;  // besides those of the profile
    std::filesystem::path file_ca;        // for files; empty: the system's authorities
    bool private_addresses = false;       // files may come from addresses inside our networks
    bool plain_http_files = false;
    std::filesystem::path scanner;  // clamd's socket; empty: nothing is scanned
    int max_file_mib = 100;
    int max_submission_mib = 500;

    // [uploads]: the province's files, for a portal that wants to have them
    struct Uploads {
        std::vector<std::string> file_hosts;  // none: none is fetched
        std::filesystem::path file_ca;        // empty: the system's authorities
        bool private_addresses = false;
        bool plain_http = false;
        int max_file_mib = 20;
    } uploads;

    // [serve]: callbacks; absent: none are taken
    bool serve = false;
    std::string listen_host = "127.0.0.1";  // loopback only: nginx stands before it
    int listen_port = 8090;
    std::chrono::seconds poll_every{60};  // 0: a scheduler runs the pulls
    std::filesystem::path downloads;      // files that the portal may fetch, by id; empty: none

    // [catalogue]
    int max_abolished_percent = 10;  // of what the portal shows; more needs a person's yes

    // [ledger]
    std::filesystem::path ledger_file;
    std::filesystem::path key_file;

    // [audit]: the trail is signed; absent: it is kept, and nothing is signed
    bool audit = false;
    std::string audit_origin;                 // name of our key; a log is "<origin>/<year>"
    std::filesystem::path audit_folder;       // checkpoints and tiles, outside the ledger
    std::filesystem::path audit_key;          // Ed25519, PEM, mode 0600
    std::chrono::minutes unsealed_limit{60};  // entries unsigned for longer: nothing is pushed
    std::string timestamp_url;                // RFC 3161; empty: no time stamps
    std::filesystem::path timestamp_ca;  // authorities of the time stamps and their https server
    // Whose bodies are kept, encrypted: names of operations, and of exchange_names.
    std::vector<std::string> audit_bodies;
    int keep_bodies_days = 0;  // 0: until somebody erases them

    // [report]
    int late_after_hours = 24;  // acknowledged later than that after the local event: late

    // [mappings]
    std::filesystem::path mappings;

    // [log]
    std::string log_level = "info";   // trace debug info warn error
    std::string log_format = "auto";  // auto (human on a terminal, json otherwise), human, json
    std::filesystem::path log_file;   // empty: standard error
};

// What [audit] bodies may name besides the operations: exchanges that carry records. Never the
// login, which carries a password, nor uploads, which are whole files.
inline constexpr std::array<std::string_view, 6> exchange_names{"ask",   "list",      "news",
                                                                "fetch", "next-code", "callback"};

// Config error whose message has one line per fault: "dvcsync.toml:12: [portal] …".
Result<Config> load(const std::filesystem::path& file);

// The commented file that `dvcsync init` writes, with the given folder's paths.
std::string sample();

}  // namespace dvcsync::config
