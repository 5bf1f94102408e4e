// audit verify, prove, export, checkpoint, key, new-key, new-log.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "connector/audit/bytes.h"
#include "connector/base/files.h"
#include "connector/cli/commands.h"
#include "connector/cli/commands_audit_bodies.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/sync/prove.h"
#include "connector/sync/seal.h"

namespace dvcsync::cli {
namespace {

// A connector whose trail is signed.
struct Signing {
    sync::Connector connector;
    sync::Notary notary;

    static Result<Signing> open(const Options& options) {
        DVC_TRY_ASSIGN(connector, open_connector(options));
        const auto& config = connector.config;
        if (!config.audit)
            return fail(ErrorKind::Config,
                        fmt::format("{}: the audit trail is not signed: write a section [audit] "
                                    "(dvcsync init shows one)",
                                    config.file.string()));
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
    json.open_list("faults");
    for (const auto& fault : verdict.faults)
        json.item(fault);
    json.close_list();
    json.close();
}

void print_verdict(const sync::LogVerdict& log) {
    const auto& verdict = log.verdict;
    fmt::print("{}  {}: {}, {} of them signed, {}\n", verdict.good() ? "green" : "RED  ",
               log.origin, count_text(verdict.entries) + " entries", count_text(verdict.sealed),
               counted(verdict.checkpoints, "checkpoint"));
    if (verdict.first_bad)
        fmt::print("       first bad entry: {}{}\n", *verdict.first_bad,
                   verdict.exact ? "" : ", or one of those after it");
    for (const auto& fault : verdict.faults)
        fmt::print("{}", wrapped(fault, 7, text_width()));
}

}  // namespace

int run_audit_verify(const Options& options) {
    auto signing = Signing::open(options);
    if (!signing) return complain(options, signing.error());
    const auto verdicts =
        sync::verify_logs(signing->trail(), signing->notary.key(),
                          signing->connector.config.audit_folder, options.audit.kept);
    if (!verdicts) return complain(options, verdicts.error());
    bool good = true;
    Json json;
    json.open();
    json.open_list("logs");
    for (const auto& log : *verdicts) {
        good = good && log.verdict.good();
        add_verdict(json, log);
        if (!options.json) print_verdict(log);
    }
    json.close_list();
    json.add("good", good);
    json.close();
    say(options, json,
        good ? "The trail is what was signed.\n"
             : "The trail is NOT what was signed. Keep ledger, checkpoint folder and backups as "
               "they are, and tell the auditors.\n");
    return good ? exit_ok : exit_tampered;
}

int run_audit_prove(const Options& options) {
    auto signing = Signing::open(options);
    if (!signing) return complain(options, signing.error());
    const std::string& code = options.selection.codes.front();
    seal_first(*signing);
    const auto proof = sync::prove(signing->trail(), signing->notary.key(), code);
    if (!proof) {
        if (proof.error().kind == ErrorKind::Refused)
            return nothing_done(options, proof.error().message);
        return complain(options, proof.error());
    }
    const auto& out = options.audit.out;
    if (!out.empty())
        if (auto done = write_atomically(out, proof->text, 0640); !done)
            return complain(options, done.error());
    if (options.audit.exchange)
        if (auto done = write_bodies(signing->connector, options); !done) {
            if (done.error().kind == ErrorKind::Refused)
                return nothing_done(options, done.error().message);
            return complain(options, done.error());
        }
    audit::Event shown;
    shown.event = "evidence.shown";
    shown.code = code;
    shown.count = static_cast<std::int64_t>(proof->entries);
    if (auto noted = signing->connector.recorder->note(shown); !noted)
        return complain(options, noted.error());
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
    const auto name = sync::begin_log(ledger, recorder, options.act, system_clock());
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
