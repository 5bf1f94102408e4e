// audit verify, prove, export, checkpoint, key, new-key, new-log.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "connector/audit/bytes.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/cli/commands.h"
#include "connector/cli/commands_audit_bodies.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/sync/prove.h"
#include "connector/sync/seal.h"
#include "connector/sync/verify_logs.h"

namespace dvcsync::cli {
namespace {

Error not_signed(const config::Config& config) {
    return {ErrorKind::Config,
            fmt::format("{}: the audit trail is not signed: write a section [audit] (dvcsync init "
                        "shows one)",
                        config.file.string())};
}

// A connector whose trail is signed.
struct Signing {
    sync::Connector connector;
    sync::Notary notary;

    static Result<Signing> open(const Options& options) {
        DVC_TRY_ASSIGN(connector, open_connector(options));
        const auto& config = connector.config;
        if (!config.audit) return tl::make_unexpected(not_signed(config));
        DVC_TRY_ASSIGN(notary, sync::Notary::open(config, system_clock()));
        return Signing{std::move(connector), std::move(notary)};
    }
    ledger::Trail& trail() const { return connector.ledger->trail(); }
};

// What is proven must be signed; where that cannot be done now, what is signed already counts.
void seal_first(Signing& signing) {
    const auto sealed = signing.notary.seal(*signing.connector.ledger);
    if (!sealed) fmt::print(stderr, "dvcsync: {}\n", sealed.error().message);
}

int say(const Options& options, const Json& json, const std::string& text) {
    if (options.json)
        fmt::print("{}\n", json.text());
    else
        fmt::print("{}", text);
    return exit_ok;
}

void add_list(Json& json, std::string_view name, const std::vector<std::string>& lines) {
    json.open_list(name);
    for (const auto& line : lines)
        json.item(line);
    json.close_list();
}

void add_verdict(Json& json, const sync::LogVerdict& log) {
    const auto& verdict = log.verdict;
    json.open();
    json.add("log", log.origin);
    json.add("good", verdict.good());
    json.add("entries", verdict.entries);
    json.add("signed", verdict.sealed);
    json.add("checkpoints", verdict.checkpoints);
    json.add("root", audit::base64(audit::view(verdict.root)));
    if (verdict.first_bad) {
        json.add("first_bad", *verdict.first_bad);
        json.add("exact", verdict.exact);
    }
    add_list(json, "faults", verdict.faults);
    add_list(json, "undone", log.undone);
    add_list(json, "notes", log.notes);
    json.close();
}

void print_lines(const std::vector<std::string>& lines) {
    for (const auto& line : lines)
        fmt::print("{}", wrapped(line, 7, text_width()));
}

void print_verdict(const sync::LogVerdict& log) {
    const auto& verdict = log.verdict;
    fmt::print("{:<6} {}: {}, {} of them signed, {}\n",
               !verdict.good()      ? "RED"
               : log.undone.empty() ? "green"
                                    : "yellow",
               log.origin, count_text(verdict.entries) + " entries", count_text(verdict.sealed),
               counted(verdict.checkpoints, "checkpoint"));
    if (verdict.first_bad)
        fmt::print("       first bad entry: {}{}\n", *verdict.first_bad,
                   verdict.exact ? "" : ", or one of those after it");
    print_lines(verdict.faults);
    print_lines(log.undone);
    print_lines(log.notes);
}

// The public key alone: whoever verifies need not be able to sign.
Result<sync::TrailVerdict> verify(const Options& options, const sync::Connector& connector) {
    const auto& config = connector.config;
    if (!config.audit) return tl::make_unexpected(not_signed(config));
    const auto& line = options.audit.key;
    DVC_TRY_ASSIGN(key, line.empty() ? sync::load_verifier(config.audit_key, config.audit_origin)
                                     : audit::VerifierKey::parse(line));
    sync::VerifyOrder order;
    order.folder = config.audit_folder;
    order.kept = options.audit.kept;
    order.unsealed_limit = config.unsealed_limit;
    if (!config.timestamp_ca.empty()) {
        DVC_TRY_ASSIGN(authorities, read_file(config.timestamp_ca, limits::max_pem_file));
        order.time_authorities = std::move(authorities);
    }
    return sync::verify_logs(*connector.ledger, key, order, system_clock().now());
}

// Writes nothing unless everything can be shown; and the trail tells of it first.
Status show(const Signing& signing, const Options& options, const sync::DossierProof& proof) {
    std::optional<sync::KeptBodies> bodies;
    if (options.audit.exchange) {
        DVC_TRY_ASSIGN(opened, open_bodies(signing.connector, options));
        bodies = std::move(opened);
    }
    audit::Event shown;
    shown.event = "evidence.shown";
    shown.code = options.selection.codes.front();
    shown.count = static_cast<std::int64_t>(proof.entries);
    DVC_TRY(signing.connector.recorder->note(shown));
    if (bodies) DVC_TRY(write_bodies(*bodies, options));
    const auto& out = options.audit.out;
    return out.empty() ? Status{} : write_atomically(out, proof.text, 0640);
}

}  // namespace

int run_audit_verify(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto found = verify(options, *connector);
    if (!found) return complain(options, found.error());
    Json json;
    json.open();
    json.open_list("logs");
    for (const auto& log : found->logs) {
        add_verdict(json, log);
        if (!options.json) print_verdict(log);
    }
    json.close_list();
    add_list(json, "faults", found->faults);
    json.add("good", found->good());
    json.close();
    if (!options.json)
        for (const auto& fault : found->faults)
            fmt::print("RED    {}", wrapped(fault, 7, text_width()).substr(7));
    say(options, json,
        !found->good()  ? "The trail is NOT what was signed, or what was kept of it is not whole. "
                          "Keep ledger, checkpoint folder and backups as they are, and tell the "
                          "auditors.\n"
        : found->done() ? "The trail is what was signed.\n"
                        : "What is signed of the trail is what was signed; see above for the "
                          "rest.\n");
    if (!found->good()) return exit_tampered;
    return found->done() ? exit_ok : exit_attention;
}

int run_audit_prove(const Options& options) {
    auto signing = Signing::open(options);
    if (!signing) return complain(options, signing.error());
    const std::string& code = options.selection.codes.front();
    seal_first(*signing);
    const auto proof = sync::prove(signing->trail(), signing->notary.key(), code);
    const Status done =
        proof ? show(*signing, options, *proof) : tl::make_unexpected(proof.error());
    if (!done) {
        if (done.error().kind == ErrorKind::Refused)
            return nothing_done(options, done.error().message);
        return complain(options, done.error());
    }
    const auto& out = options.audit.out;
    if (out.empty() && !options.json) {
        fmt::print("{}", proof->text);
        return exit_ok;
    }
    Json json;
    json.open();
    json.add("entries", std::uint64_t{proof->entries});
    json.add("unsigned", std::uint64_t{proof->unsealed});
    json.add("bytes", std::uint64_t{proof->text.size()});
    if (out.empty()) json.add("proof", proof->text);
    json.close();
    return say(options, json,
               fmt::format("{}: {} and {} bytes prove what happened to {}\n"
                           "Check it with: dvcsync-verify --key '{}' {}\n",
                           out.string(), count_text(proof->entries) + " entries",
                           proof->text.size(), code, signing->notary.key().text(), out.string()));
}

int run_audit_export(const Options& options) {
    auto signing = Signing::open(options);
    if (!signing) return complain(options, signing.error());
    seal_first(*signing);
    const sync::ExportOrder order{options.audit.days.from, options.audit.days.until,
                                  options.audit.out, signing->connector.config.audit_folder};
    const auto done = sync::export_period(signing->trail(), signing->notary.key(), order);
    if (!done) {
        if (done.error().kind == ErrorKind::Refused)
            return nothing_done(options, done.error().message);
        return complain(options, done.error());
    }
    audit::Event exported;
    exported.event = "evidence.exported";
    exported.selection = sync::words_of(options.selection);
    exported.count = static_cast<std::int64_t>(done->entries);
    if (auto noted = signing->connector.recorder->note(exported); !noted)
        return complain(options, noted.error());
    Json json;
    json.open();
    json.add("file", order.file.string());
    json.add("logs", std::uint64_t{done->logs});
    json.add("entries", done->entries);
    json.add("entries_in_tiles", done->tiled);
    json.close();
    return say(options, json,
               fmt::format("{}: {} of the period, {} in the tiles of {}\n"
                           "Check it with: tar -xf {} and dvcsync-verify --key '{}' FOLDER\n",
                           order.file.string(), count_text(done->entries) + " entries",
                           count_text(done->tiled), counted(done->logs, "log"), order.file.string(),
                           signing->notary.key().text()));
}

int run_audit_checkpoint(const Options& options) {
    auto signing = Signing::open(options);
    if (!signing) return complain(options, signing.error());
    auto& ledger = *signing->connector.ledger;
    const auto sealed = signing->notary.seal(ledger, true);
    if (!sealed) return complain(options, sealed.error());
    const auto logs = signing->trail().logs();
    if (!logs) return complain(options, logs.error());
    if (logs->empty()) return nothing_done(options, "the audit trail has no entry yet");
    const auto seal = signing->trail().last_seal(logs->back().log);
    if (!seal) return complain(options, seal.error());
    const std::string note = *seal ? (*seal)->note : "";
    Json json;
    json.open();
    json.add("log", sealed->origin);
    json.add("entries", static_cast<std::uint64_t>(sealed->size));
    json.add("new", static_cast<std::uint64_t>(sealed->added));
    json.add("stamped", sealed->stamped);
    json.add("stamp_trouble", sealed->stamp_trouble);
    json.add("checkpoint", note);
    json.close();
    if (!sealed->stamp_trouble.empty()) {
        fmt::print(stderr, "dvcsync: no time stamp: {}\n", sealed->stamp_trouble);
        spdlog::warn("audit checkpoint: no time stamp: {}", sealed->stamp_trouble);
    }
    say(options, json, note);
    return sealed->stamp_trouble.empty() ? exit_ok : exit_attention;
}

int run_audit_key(const Options& options) {
    auto config = config::load(options.config);
    if (!config) return complain(options, config.error());
    if (!config->audit)
        return complain(options, {ErrorKind::Config,
                                  fmt::format("{}: has no section [audit], which names the key "
                                              "file (dvcsync init shows one)",
                                              config->file.string())});
    if (options.command == Command::AuditNewKey)
        if (auto made = sync::create_audit_key(config->audit_key); !made)
            return complain(options, made.error());
    const auto signer = sync::load_audit_key(config->audit_key, config->audit_origin);
    if (!signer) return complain(options, signer.error());
    Json json;
    json.open();
    json.add("key", signer->verifier().text());
    json.close();
    return say(options, json, signer->verifier().text() + "\n");
}

int run_audit_new_log(const Options& options) {
    auto signing = Signing::open(options);
    if (!signing) return complain(options, signing.error());
    auto& ledger = *signing->connector.ledger;
    auto& recorder = *signing->connector.recorder;
    if (signing->notary.seal(ledger))
        return nothing_done(options, "the log can be signed, and is signed: no other is needed");
    const auto name = sync::begin_log(ledger, recorder, options.act, system_clock(),
                                      signing->connector.config.audit_folder);
    if (!name) return complain(options, name.error());
    if (auto sealed = signing->notary.seal(ledger); !sealed)
        return complain(options, sealed.error());
    Json json;
    json.open();
    json.add("log", *name);
    json.close();
    return say(options, json,
               fmt::format("Log {} is begun and signed. The one before it stays as it is, and "
                           "dvcsync audit verify goes on telling what is wrong with it.\n",
                           *name));
}

}  // namespace dvcsync::cli
