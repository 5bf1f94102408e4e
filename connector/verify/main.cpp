// dvcsync-verify: checks an export or the proof of a dossier with the public key alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "connector/audit/bytes.h"
#include "connector/audit/checkpoint.h"
#include "connector/audit/evidence.h"
#include "connector/audit/log_folder.h"
#include "connector/audit/verify.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace {

using namespace dvcsync;
namespace fs = std::filesystem;

constexpr int exit_good = 0;
constexpr int exit_bad = 1;    // what was given does not verify
constexpr int exit_usage = 2;  // the command line, a file that cannot be read, a key that is none

struct Options {
    std::string key;
    fs::path what;
    fs::path authorities;
    std::vector<fs::path> kept;  // checkpoints that the auditor has kept
};

int complain(const Error& error) {
    fmt::print(stderr, "dvcsync-verify: {}\n", error.message);
    return error.kind == ErrorKind::Corrupt || error.kind == ErrorKind::Refused ? exit_bad
                                                                                : exit_usage;
}

Result<std::optional<std::string>> authorities_of(const Options& options) {
    if (options.authorities.empty()) return std::nullopt;
    DVC_TRY_ASSIGN(pem, read_file(options.authorities, limits::max_pem_file));
    return std::optional(std::move(pem));
}

void print_stamp(std::string_view indent, const audit::Timestamp& stamp) {
    fmt::print("{}existed at {} (time stamp {})\n", indent, vietnam_text(stamp.time), stamp.serial);
}

int verify_proof_file(const Options& options, const audit::VerifierKey& key) {
    const auto text = read_file(options.what, limits::max_proof_file);
    if (!text) return complain(text.error());
    const auto authorities = authorities_of(options);
    if (!authorities) return complain(authorities.error());
    const auto proven = audit::verify_evidence(*text, key, *authorities);
    if (!proven) {
        fmt::print("BAD: nothing is proven\n");
        return complain(proven.error());
    }
    fmt::print("GOOD: {} entries about {} are in the signed log\n", proven->entries.size(),
               excerpt(proven->code, limits::max_code));
    for (const auto& log : proven->logs) {
        fmt::print("log {}, checkpoint of {} entries\n", log.origin, log.size);
        if (log.stamp) print_stamp("  ", *log.stamp);
        if (log.unread_stamp)
            fmt::print("  has a time stamp that was not checked: add --timestamp-ca\n");
    }
    for (const auto& entry : proven->entries)
        fmt::print("{}  {}\n", entry.index, entry.entry);
    return exit_good;
}

// A checkpoint of another log is no fault: an auditor may keep many.
audit::LogEvidence with_kept(audit::LogEvidence evidence, const std::vector<fs::path>& kept) {
    evidence.checkpoints = [inner = evidence.checkpoints, kept, origin = evidence.origin](
                               const audit::LogEvidence::TakeNote& take) -> Status {
        DVC_TRY(inner(take));
        for (const auto& file : kept) {
            DVC_TRY_ASSIGN(note, read_file(file, limits::max_note));
            const auto told = audit::parse_checkpoint(note);
            if (told && told->origin != origin) continue;
            DVC_TRY(take(note, file.string()));
        }
        return {};
    };
    return evidence;
}

Status print_stamps(const audit::LogFolder& folder, const audit::LogEvidence& evidence,
                    const std::optional<std::string>& authorities) {
    DVC_TRY_ASSIGN(stamps, folder.timestamps());
    if (stamps.empty()) return {};
    if (!authorities) {
        fmt::print("  {} time stamps were not checked: add --timestamp-ca\n", stamps.size());
        return {};
    }
    return evidence.checkpoints([&](std::string_view note, const std::string&) -> Status {
        const auto told = audit::parse_checkpoint(note);
        const auto stamp = told ? stamps.find(told->size) : stamps.end();
        if (stamp == stamps.end()) return {};
        DVC_TRY_ASSIGN(time, audit::verify_timestamp(stamp->second, sha256(note), *authorities));
        print_stamp(fmt::format("  the first {} entries ", told->size), time);
        stamps.erase(stamp);
        return {};
    });
}

int verify_log_folder(const Options& options, const audit::VerifierKey& key, const fs::path& path) {
    const audit::LogFolder folder(path);
    auto found = audit::evidence_of(folder, key);
    if (!found) return complain(found.error());
    const auto evidence = with_kept(*std::move(found), options.kept);
    const auto verdict = audit::verify_log(evidence);
    if (!verdict) return complain(verdict.error());
    if (verdict->good()) {
        fmt::print("GOOD: log {}: {} entries, {} checkpoints, root {}\n", evidence.origin,
                   verdict->sealed, verdict->checkpoints,
                   audit::base64(audit::view(verdict->root)));
        const auto authorities = authorities_of(options);
        if (!authorities) return complain(authorities.error());
        const auto stamped = print_stamps(folder, evidence, *authorities);
        return stamped ? exit_good : complain(stamped.error());
    }
    fmt::print("BAD: log {}: {} entries, of which {} are good for sure\n", evidence.origin,
               verdict->entries, verdict->sealed);
    if (verdict->first_bad)
        fmt::print("  first bad entry: {}{}\n", *verdict->first_bad,
                   verdict->exact ? "" : ", or one of those after it");
    for (const auto& fault : verdict->faults)
        fmt::print("  {}\n", fault);
    return exit_bad;
}

// A log's own folder, or an export with a folder for each log.
int verify_folder(const Options& options, const audit::VerifierKey& key) {
    if (fs::exists(options.what / "checkpoint"))
        return verify_log_folder(options, key, options.what);
    std::vector<fs::path> logs;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(options.what, failed))
        if (fs::exists(entry.path() / "checkpoint")) logs.push_back(entry.path());
    std::sort(logs.begin(), logs.end());
    if (logs.empty())
        return complain({ErrorKind::Config,
                         fmt::format("{}: no log is here: name the folder that tar has unpacked",
                                     options.what.string())});
    int worst = exit_good;
    for (const auto& log : logs)
        worst = std::max(worst, verify_log_folder(options, key, log));
    return worst;
}

int run(const Options& options) {
    const auto key = audit::VerifierKey::parse(options.key);
    if (!key) return complain(key.error());
    std::error_code failed;
    return fs::is_directory(options.what, failed) ? verify_folder(options, *key)
                                                  : verify_proof_file(options, *key);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{
        "dvcsync-verify: checks the proof of a dossier (a file), or an export (the "
        "unpacked folder),\nwith the public key alone. Exit codes: 0 good; 1 bad; 2 "
        "usage, or a file cannot be read."};
    app.add_option("--key", options.key, "the public key: name+id+Base64, one line")->required();
    app.add_option("--timestamp-ca", options.authorities,
                   "authorities of the time stamps (PEM): check them too")
        ->type_name("FILE");
    app.add_option("--checkpoint", options.kept,
                   "a checkpoint that you kept yourself: the log must still agree with it")
        ->type_name("FILE");
    app.add_option("what", options.what, "proof file, or folder")->required()->type_name("PATH");
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "dvcsync-verify: {} (see --help)\n", error.what());
        return exit_usage;
    }
    try {
        return run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "dvcsync-verify: internal fault: {}\n", error.what());
        return exit_usage;
    }
}
