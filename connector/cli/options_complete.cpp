// What a command line means, once its words are read.
#include <fmt/format.h>

#include "connector/cli/options_audit.h"
#include "connector/cli/options_mapping.h"
#include "connector/cli/options_people.h"
#include "connector/cli/options_report.h"
#include "connector/cli/options_submissions.h"

namespace dvcsync::cli {
namespace {

Status fault(std::string_view message) {
    return fail(ErrorKind::Config, std::string(message));
}

Result<ledger::Act> act_of(const Options& options, std::string_view what) {
    DVC_TRY_ASSIGN(reason, sync::act_reason(options.reason));
    ledger::Act act;
    act.actor = sync::login_name();
    act.what = what;
    act.reason = std::move(reason);
    return act;
}

Status complete_confirm(Options& options, bool confirm) {
    if (!confirm) {
        return options.reason.empty() ? Status{} : fault("sync: --reason goes with --confirm only");
    }
    if (options.job != sync::Job::PushCatalogue && options.job != sync::Job::All) {
        return fault("sync: --confirm is about the catalogue: use it with push-catalogue");
    }
    DVC_TRY_ASSIGN(act, act_of(options, "confirm"));
    act.selection = fmt::format("sync {}", sync::to_string(options.job));
    options.confirm = std::move(act);
    return {};
}

Status complete_parked(Options& options) {
    DVC_TRY_ASSIGN(filters, sync::parked_filters(options.selection));
    options.filters = std::move(filters);
    return {};
}

Status complete_acting(Options& options, std::string_view what) {
    DVC_TRY(complete_parked(options));
    return complete_choice(options, what);
}

Status complete_slice(Options& options) {
    DVC_TRY_ASSIGN(slice, sync::slice_of(options.selection));
    options.slice = std::move(slice);
    return {};
}

Status complete_start(Options& options) {
    DVC_TRY(complete_slice(options));
    sync::Selection bare;
    bare.kind = options.selection.kind;
    const bool chosen = options.selection != bare;
    if (!chosen && !options.everything) {
        return fault(
            "resync start: choose by --dossier, --procedure, --agency, --from or --to; "
            "to send every record of the kind again, say --everything");
    }
    if (chosen && options.everything) {
        return fault("resync start: --everything goes without other conditions");
    }
    if (options.dry_run) return {};
    DVC_TRY(keep_act(options, "resync start"));
    options.act.selection = sync::words_of(options.selection);
    return {};
}

Status complete_change(Options& options, std::string_view what) {
    DVC_TRY(keep_act(options, what));
    options.act.selection = fmt::format("resync {}", options.resync);
    return {};
}

Status complete_reconcile(Options& options) {
    DVC_TRY(complete_slice(options));
    if (!options.reconcile.mend) {
        return options.reason.empty() ? Status{}
                                      : fault("reconcile: --reason goes with --mend only");
    }
    DVC_TRY(keep_act(options, "resync start"));
    options.act.selection = fmt::format("reconcile: {}", sync::words_of(options.selection));
    return {};
}

}  // namespace

Status keep_act(Options& options, std::string_view what) {
    DVC_TRY_ASSIGN(act, act_of(options, what));
    options.act = std::move(act);
    return {};
}

Status complete_choice(Options& options, std::string_view what) {
    if (options.selection.codes.empty() && !options.all_matching) {
        return fault(
            "name the codes, or say --all-matching for everything that the filters choose");
    }
    if (!options.selection.codes.empty() && options.all_matching) {
        return fault("--all-matching goes with filters, not with codes");
    }
    DVC_TRY(keep_act(options, what));
    sync::Selection filters = options.selection;
    filters.codes.clear();
    if (options.all_matching || filters != sync::Selection{}) {
        options.act.selection = sync::words_of(filters);
    }
    return {};
}

Status complete(Options& options, bool confirm) {
    switch (options.command) {
        case Command::Sync:
            return complete_confirm(options, confirm);
        case Command::Status:
            if (options.parked) return complete_parked(options);
            break;
        case Command::ReportDelivery:
            return complete_delivery(options);
        case Command::ParkedList:
        case Command::ParkedShow:
            return complete_parked(options);
        case Command::ParkedRetry:
            return complete_acting(options, "retry");
        case Command::ParkedDismiss:
            return complete_acting(options, "dismiss");
        case Command::ResyncStart:
            return complete_start(options);
        case Command::ResyncPause:
            return complete_change(options, "resync pause");
        case Command::ResyncResume:
            return complete_change(options, "resync resume");
        case Command::ResyncStop:
            return complete_change(options, "resync stop");
        case Command::Reconcile:
            return complete_reconcile(options);
        case Command::SubmissionsList:
        case Command::SubmissionsShow:
        case Command::SubmissionsRetry:
        case Command::SubmissionsRelease:
        case Command::SubmissionsDismiss:
        case Command::SubmissionsUnlink:
        case Command::SubmissionsRelink:
            return complete_submissions(options);
        case Command::AuditList:
        case Command::AuditExport:
        case Command::AuditProve:
        case Command::AuditEraseBodies:
        case Command::AuditNewLog:
            return complete_audit(options);
        case Command::MappingExplain:
        case Command::MappingSuggest:
            return complete_mapping(options);
        default:
            break;
    }
    return {};
}

}  // namespace dvcsync::cli
