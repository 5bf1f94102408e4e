#include "connector/cli/options_audit.h"

#include <CLI/CLI.hpp>

#include "connector/cli/options_people.h"

namespace dvcsync::cli {
namespace {

void add_days(CLI::App& command, Options& options) {
    command.add_option("--from", options.selection.from,
                       "recorded on this day or later: 31/03/2019 or 2019-03-31");
    command.add_option("--to", options.selection.to, "recorded on this day or earlier");
}

void add_filters(CLI::App& list, Options& options) {
    auto& chosen = options.selection;
    list.add_option("--dossier", chosen.codes, "code of a record or submission")
        ->type_name("CODE")
        ->expected(1);
    list.add_option("--procedure", chosen.procedure, "code of the procedure");
    list.add_option("--agency", chosen.agency, "code of the agency");
    list.add_option("--person", options.audit.person, "login name of whoever acted");
    list.add_option("--event", options.audit.event,
                    "name of an event, say delivery; person: every act of a person");
    list.add_option("--outcome", options.audit.outcome, "say delivered, refused, parked");
    add_days(list, options);
    add_limit(list, options, "entries shown, the newest ones");
}

Status fault(std::string_view message) {
    return fail(ErrorKind::Config, std::string(message));
}

Status complete_erase(Options& options) {
    auto& audit = options.audit;
    if (audit.before_day.empty() == !audit.exchange)
        return fault("audit erase-bodies: say either --before DAY or --exchange NUMBER");
    if (!audit.exchange && !audit.log.empty())
        return fault("audit erase-bodies: --log goes with --exchange only");
    if (!audit.before_day.empty()) {
        sync::Selection day;
        day.from = audit.before_day;
        auto days = sync::days_of(day);
        if (!days)
            return fault("audit erase-bodies: --before: a day is written 31/03/2019 or 2019-03-31");
        audit.before = days->from;
    }
    return keep_act(options, "erase bodies");
}

Status complete_prove(Options& options) {
    const auto& audit = options.audit;
    if (!audit.exchange)
        return options.reason.empty() && audit.log.empty()
                   ? Status{}
                   : fault("audit prove: --reason and --log go with --with-body only");
    if (audit.out.empty()) return fault("audit prove: --with-body needs --out FILE");
    return keep_act(options, "view");
}

}  // namespace

void add_audit(CLI::App& app, Options& options) {
    auto* audit = app.add_subcommand("audit", "the signed trail: look, verify, prove, export");
    audit->require_subcommand(1);

    add_filters(*add_command(*audit, options, Command::AuditList, "list",
                             "what happened, in the order in which it did"),
                options);

    auto* verify = add_command(*audit, options, Command::AuditVerify, "verify",
                               "hash every entry again and compare with every checkpoint");
    verify
        ->add_option("--checkpoint", options.audit.kept,
                     "a checkpoint that somebody else has kept: the log must still agree with it")
        ->type_name("FILE");
    verify
        ->add_option("--key", options.audit.key,
                     "the public key that was published; absent: that of the key file")
        ->type_name("KEY");

    auto* prove = add_command(*audit, options, Command::AuditProve, "prove",
                              "a small file that proves what happened to one dossier");
    prove->add_option("--dossier", options.selection.codes, "code of a record or submission")
        ->required()
        ->type_name("CODE")
        ->expected(1);
    prove->add_option("--out", options.audit.out, "write into this file; absent: standard output")
        ->type_name("FILE");

    prove
        ->add_option("--with-body", options.audit.exchange,
                     "also what was sent and received in this exchange of it, where it is kept: "
                     "FILE.sent and FILE.received; personal data, so it needs --reason")
        ->check(CLI::NonNegativeNumber)
        ->type_name("EXCHANGE");
    prove->add_option("--log", options.audit.log, "the exchange's log; the newest if not given");
    add_reason(*prove, options);

    auto* erase = add_command(*audit, options, Command::AuditEraseBodies, "erase-bodies",
                              "erase kept bodies; their digests stay, and the log verifies");
    erase->add_option("--before", options.audit.before_day,
                      "those kept before this day: 31/03/2019 or 2019-03-31");
    erase->add_option("--exchange", options.audit.exchange, "both bodies of one exchange")
        ->check(CLI::NonNegativeNumber)
        ->type_name("EXCHANGE");
    erase->add_option("--log", options.audit.log, "the exchange's log; the newest if not given");
    add_reason(*erase, options);

    auto* bundle = add_command(*audit, options, Command::AuditExport, "export",
                               "an archive that an auditor checks without us (tar)");
    add_days(*bundle, options);
    bundle->add_option("--out", options.audit.out, "write into this file")
        ->required()
        ->type_name("FILE");

    add_command(*audit, options, Command::AuditCheckpoint, "checkpoint",
                "sign what is new, with a time stamp where one is configured; print it");
    add_command(*audit, options, Command::AuditKey, "key",
                "print the public key, to be given to auditors");
    add_command(*audit, options, Command::AuditNewKey, "new-key",
                "make the key that signs; never replaces one");
    auto* fresh = add_command(*audit, options, Command::AuditNewLog, "new-log",
                              "end the log that can no longer be signed (a restored ledger, a "
                              "lost folder), and begin another");
    add_reason(*fresh, options);
}

Status complete_audit(Options& options) {
    if (options.command == Command::AuditEraseBodies) return complete_erase(options);
    if (options.command == Command::AuditProve) return complete_prove(options);
    if (options.command == Command::AuditNewLog) return keep_act(options, "new log");
    DVC_TRY_ASSIGN(days, sync::days_of(options.selection));
    options.audit.days = days;
    return {};
}

}  // namespace dvcsync::cli
