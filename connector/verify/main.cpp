// dvcsync-verify: checks an export or the proof of a dossier with the public key alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "connector/audit/bytes.h"
#include "connector/audit/checkpoint.h"
#include "connector/audit/evidence.h"
#include "connector/audit/export_check.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace {

using namespace dvcsync;
namespace fs = std::filesystem;

constexpr int exit_good = 0;
constexpr int exit_bad = 1;    // what was given does not verify
constexpr int exit_usage = 2;  // the command line, a file that cannot be read, a key that is none
constexpr int exit_uncompared = 3;  // good, but a kept checkpoint could not be compared

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

Result<std::vector<audit::KeptCheckpoint>> kept_of(const Options& options) {
    std::vector<audit::KeptCheckpoint> kept;
    for (const auto& file : options.kept) {
        DVC_TRY_ASSIGN(note, read_file(file, limits::max_note));
        kept.push_back({std::move(note), file.string()});
    }
    return kept;
}

// A proof shows one size of a log: whether another one agrees with it needs the log's tiles.
int compare_with_kept(const audit::Proven& proven, const audit::VerifierKey& key,
                      const std::vector<audit::KeptCheckpoint>& kept,
                      std::vector<std::string>& told) {
    int worst = exit_good;
    for (const auto& one : kept) {
        const auto checkpoint = audit::parse_checkpoint(one.note);
        const auto log = std::find_if(proven.logs.begin(), proven.logs.end(), [&](const auto& log) {
            return checkpoint && log.origin == checkpoint->origin;
        });
        if (log == proven.logs.end()) {
            told.push_back(
                fmt::format("not compared: {} is of no log that the proof speaks of", one.where));
            worst = std::max(worst, exit_uncompared);
        } else if (auto good = audit::verify_checkpoint(one.note, {&key, 1}, log->origin); !good) {
            told.push_back(fmt::format("{}: {}", one.where, good.error().message));
            return exit_bad;
        } else if (good->size != log->size) {
            told.push_back(fmt::format(
                "not compared: {} vouches for {} entries of {}, the proof's checkpoint for {}: "
                "only an export shows whether both are of one log",
                one.where, good->size, log->origin, log->size));
            worst = std::max(worst, exit_uncompared);
        } else if (good->root != log->root) {
            told.push_back(fmt::format(
                "two checkpoints of {} entries were signed over different logs: {} and the proof's",
                log->size, one.where));
            return exit_bad;
        } else {
            told.push_back(fmt::format("log {} agrees with {}", log->origin, one.where));
        }
    }
    return worst;
}

int verify_proof_file(const Options& options, const audit::VerifierKey& key) {
    const auto text = read_file(options.what, limits::max_proof_file);
    if (!text) return complain(text.error());
    const auto authorities = authorities_of(options);
    if (!authorities) return complain(authorities.error());
    const auto kept = kept_of(options);
    if (!kept) return complain(kept.error());
    const auto proven = audit::verify_evidence(*text, key, *authorities);
    if (!proven) {
        fmt::print("BAD: nothing is proven\n");
        return complain(proven.error());
    }
    std::vector<std::string> told;
    const int status = compare_with_kept(*proven, key, *kept, told);
    if (status == exit_bad) {
        fmt::print("BAD: {}\n", told.back());
        return status;
    }
    fmt::print("GOOD: {} entries about {} are in the signed log\n", proven->entries.size(),
               excerpt(proven->code, limits::max_code));
    for (const auto& log : proven->logs) {
        fmt::print("log {}, checkpoint of {} entries\n", log.origin, log.size);
        if (log.stamp)
            fmt::print("  existed at {} (time stamp {})\n", vietnam_text(log.stamp->time),
                       log.stamp->serial);
        if (log.unread_stamp)
            fmt::print("  has a time stamp; who gave it was not checked: add --timestamp-ca\n");
    }
    for (const auto& entry : proven->entries)
        fmt::print("{}  {}\n", entry.index, entry.entry);
    for (const auto& line : told)
        fmt::print("{}\n", line);
    return status;
}

// GOOD stands before a log only if nothing at all is wrong.
void print_log(const audit::ExportedLog& log, bool all_good) {
    const auto& verdict = log.verdict;
    const auto name = log.origin.empty() ? log.folder.string() : log.origin;
    if (verdict.good()) {
        fmt::print("{}log {}: {} entries, {} checkpoints, root {}\n", all_good ? "GOOD: " : "",
                   name, verdict.sealed, verdict.checkpoints,
                   audit::base64(audit::view(verdict.root)));
        for (const auto& note : log.notes)
            fmt::print("  {}\n", note);
        return;
    }
    fmt::print("BAD: log {}: {} entries, of which {} agree with a checkpoint\n", name,
               verdict.entries, verdict.sealed);
    if (verdict.first_bad)
        fmt::print("  first bad entry: {}{}\n", *verdict.first_bad,
                   verdict.exact ? "" : ", or one of those after it");
    for (const auto& fault : verdict.faults)
        fmt::print("  {}\n", fault);
}

int verify_folder(const Options& options, const audit::VerifierKey& key) {
    const auto authorities = authorities_of(options);
    if (!authorities) return complain(authorities.error());
    const auto kept = kept_of(options);
    if (!kept) return complain(kept.error());
    const auto verdict = audit::verify_export(options.what, key, *authorities, *kept);
    if (!verdict) return complain(verdict.error());
    const bool good = verdict->good();
    for (const auto& log : verdict->logs)
        print_log(log, good);
    for (const auto& line : verdict->follows)
        fmt::print("{}\n", line);
    for (const auto& line : verdict->gaps)
        fmt::print("NOT HERE: {}\n", line);
    for (const auto& log : verdict->logs)
        for (const auto& line : log.uncompared)
            fmt::print("NOT COMPARED: {}\n", line);
    for (const auto& fault : verdict->faults)
        fmt::print("BAD: {}\n", fault);
    if (!good) return exit_bad;
    return verdict->all_compared() ? exit_good : exit_uncompared;
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
        "usage, or a file cannot be read;\n3 good, but a kept checkpoint could not be compared."};
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
