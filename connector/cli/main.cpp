#include <fmt/format.h>
#include <malloc.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <system_error>

#include "connector/base/limits.h"
#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/options.h"

namespace {

std::atomic<bool> stop_requested{false};

// A second signal ends the process at once: what was in a call is then in doubt and asked for next
// time.
void on_signal(int signal) {
    if (stop_requested.exchange(true)) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
}

int run(int argc, char** argv) {
    using namespace dvcsync;
    cli::Options options;
    if (const int code = cli::parse(argc, argv, options); code >= 0) return code;
    switch (options.command) {
        case cli::Command::Init:
            return cli::run_init(options);
        case cli::Command::Check:
            return cli::run_check(options);
        case cli::Command::Sync:
            return cli::run_sync(options, stop_requested);
        case cli::Command::Serve:
            return cli::run_serve(options, stop_requested);
        case cli::Command::Status:
            return cli::run_status(options);
        case cli::Command::Report:
            return cli::run_report(options);
        case cli::Command::ReportDelivery:
            return cli::run_report_delivery(options);
        case cli::Command::ParkedList:
            return cli::run_parked_list(options);
        case cli::Command::ParkedShow:
            return cli::run_parked_show(options);
        case cli::Command::ParkedRetry:
            return cli::run_parked_retry(options);
        case cli::Command::ParkedDismiss:
            return cli::run_parked_dismiss(options);
        case cli::Command::ResyncStart:
            return cli::run_resync_start(options);
        case cli::Command::ResyncStatus:
            return cli::run_resync_status(options);
        case cli::Command::ResyncPause:
        case cli::Command::ResyncResume:
        case cli::Command::ResyncStop:
            return cli::run_resync_change(options);
        case cli::Command::SubmissionsList:
            return cli::run_submissions_list(options);
        case cli::Command::SubmissionsShow:
            return cli::run_submissions_show(options);
        case cli::Command::SubmissionsRetry:
            return cli::run_submissions_retry(options);
        case cli::Command::SubmissionsRelease:
            return cli::run_submissions_release(options);
        case cli::Command::SubmissionsDismiss:
            return cli::run_submissions_dismiss(options);
        case cli::Command::SubmissionsUnlink:
            return cli::run_submissions_unlink(options);
        case cli::Command::SubmissionsRelink:
            return cli::run_submissions_relink(options);
        case cli::Command::Acts:
            return cli::run_acts(options);
        case cli::Command::Catalogue:
            return cli::run_catalogue(options);
        case cli::Command::CatalogueDrift:
            return cli::run_catalogue_drift(options, stop_requested);
        case cli::Command::Reconcile:
            return cli::run_reconcile(options, stop_requested);
        case cli::Command::AuditList:
            return cli::run_audit_list(options);
        case cli::Command::AuditVerify:
            return cli::run_audit_verify(options);
        case cli::Command::AuditProve:
            return cli::run_audit_prove(options);
        case cli::Command::AuditExport:
            return cli::run_audit_export(options);
        case cli::Command::AuditCheckpoint:
            return cli::run_audit_checkpoint(options);
        case cli::Command::AuditKey:
        case cli::Command::AuditNewKey:
            return cli::run_audit_key(options);
        case cli::Command::AuditNewLog:
            return cli::run_audit_new_log(options);
        case cli::Command::AuditEraseBodies:
            return cli::run_audit_erase_bodies(options);
        case cli::Command::MappingLint:
            return cli::run_mapping_lint(options);
        case cli::Command::MappingExplain:
            return cli::run_mapping_explain(options);
        case cli::Command::MappingTest:
            return cli::run_mapping_test(options);
        case cli::Command::MappingPreview:
            return cli::run_mapping_preview(options);
        case cli::Command::MappingSuggest:
            return cli::run_mapping_suggest(options);
        case cli::Command::None:
            break;
    }
    return cli::exit_usage;
}

// No module lets an exception out; what arrives here is a fault of the program itself.
int internal_fault(const std::exception& error) {
    fmt::print(stderr, "dvcsync: internal fault: {}\n", error.what());
    return dvcsync::cli::exit_bug;
}

}  // namespace

int main(int argc, char** argv) {
    // Else the C library learns from the first large body to keep what is freed.
    ::mallopt(M_MMAP_THRESHOLD, dvcsync::limits::returned_at_once);
    dvcsync::portal::initialize();
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const std::system_error& error) {
        // Whoever reads what we print has had enough (| head): no fault, but not all was told.
        if (error.code() == std::errc::broken_pipe) return dvcsync::cli::exit_attention;
        return internal_fault(error);
    } catch (const std::exception& error) {
        return internal_fault(error);
    }
}
