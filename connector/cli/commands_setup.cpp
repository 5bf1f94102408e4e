// init and check.
#include <fmt/format.h>

#include "connector/base/files.h"
#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/sync/check.h"
#include "connector/sync/seal.h"

namespace dvcsync::cli {
namespace {

std::string_view word(sync::Light light) {
    switch (light) {
        case sync::Light::Green:
            return "green";
        case sync::Light::Yellow:
            return "yellow";
        case sync::Light::Red:
            return "red";
    }
    return "";
}

Status write_all(const std::filesystem::path& dir) {
    std::error_code failed;
    std::filesystem::create_directories(dir, failed);
    if (failed) {
        return fail(ErrorKind::Config,
                    fmt::format("{}: cannot be made: {}", dir.string(), failed.message()));
    }
    const auto file = dir / "dvcsync.toml";
    if (std::filesystem::exists(file)) {
        return fail(ErrorKind::Config,
                    fmt::format("{}: exists already; nothing was changed. Move it away, or choose "
                                "another folder with --dir",
                                file.string()));
    }
    DVC_TRY(province::create_drop_folder(dir / "drop"));
    DVC_TRY(province::create_drop_inbox(dir / "inbox"));
    const auto key = dir / "ledger.key";
    if (!std::filesystem::exists(key)) DVC_TRY(Sealer::create_key(key));
    const auto signing = dir / "audit.key";
    if (!std::filesystem::exists(signing)) DVC_TRY(sync::create_audit_key(signing));
    return write_atomically(file, config::sample(), 0640);
}

}  // namespace

int run_init(const Options& options) {
    if (auto done = write_all(options.dir); !done) return complain(options, done.error());
    const auto file = options.dir / "dvcsync.toml";
    if (options.json) {
        Json json;
        json.open();
        json.add("config", file.string());
        json.close();
        fmt::print("{}\n", json.text());
        return exit_ok;
    }
    fmt::print(
        "Written:\n"
        "  {0}/dvcsync.toml   the configuration: edit what is marked\n"
        "  {0}/drop/in        where the province's system puts its XML files\n"
        "  {0}/inbox/new      where it finds what citizens filed on the portal\n"
        "  {0}/ledger.key     opens the stored payloads: back it up apart from the ledger\n"
        "  {0}/audit.key      signs the audit trail: back it up, and let nobody else have it\n"
        "Next: edit the file, then run\n"
        "  dvcsync --config {0}/dvcsync.toml check\n",
        options.dir.string());
    return exit_ok;
}

int run_check(const Options& options) {
    const auto findings = sync::check(options.config, system_clock());
    sync::Light worst = sync::Light::Green;
    for (const auto& finding : findings)
        worst = std::max(worst, finding.light);
    if (options.json) {
        Json json;
        json.open();
        json.add("light", word(worst));
        json.open_list("findings");
        for (const auto& finding : findings) {
            json.open();
            json.add("light", word(finding.light));
            json.add("subject", finding.subject);
            json.add("text", finding.text);
            json.close();
        }
        json.close_list();
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        for (const auto& finding : findings) {
            fmt::print("{:<7} {:<14} {}\n", word(finding.light), finding.subject, finding.text);
        }
        fmt::print("{}\n", worst == sync::Light::Green    ? "Everything is in place."
                           : worst == sync::Light::Yellow ? "It works; look at what is yellow."
                                                          : "Mend what is red, then check again.");
    }
    if (worst == sync::Light::Green) return exit_ok;
    return worst == sync::Light::Yellow ? exit_attention : exit_config;
}

}  // namespace dvcsync::cli
