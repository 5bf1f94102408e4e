// One function a command; each returns the exit code.
#pragma once

#include <atomic>
#include <string_view>

#include "connector/cli/options.h"

namespace dvcsync::cli {

int run_init(const Options& options);
int run_check(const Options& options);
int run_sync(const Options& options, const std::atomic<bool>& stop);
int run_serve(const Options& options, const std::atomic<bool>& stop);
int run_status(const Options& options);
int run_report(const Options& options);
int run_report_delivery(const Options& options);
int run_parked_list(const Options& options);
int run_parked_show(const Options& options);
int run_parked_retry(const Options& options);
int run_parked_dismiss(const Options& options);
int run_resync_start(const Options& options);
int run_resync_status(const Options& options);
int run_resync_change(const Options& options);  // pause, resume, stop
int run_submissions_list(const Options& options);
int run_submissions_show(const Options& options);
int run_submissions_retry(const Options& options);
int run_submissions_release(const Options& options);
int run_submissions_dismiss(const Options& options);
int run_submissions_unlink(const Options& options);
int run_submissions_relink(const Options& options);
int run_acts(const Options& options);
int run_catalogue(const Options& options);
int run_catalogue_drift(const Options& options, const std::atomic<bool>& stop);
int run_audit_list(const Options& options);
int run_audit_verify(const Options& options);
int run_audit_prove(const Options& options);
int run_audit_export(const Options& options);
int run_audit_checkpoint(const Options& options);
int run_audit_key(const Options& options);  // key, new-key
int run_audit_new_log(const Options& options);
int run_audit_erase_bodies(const Options& options);
int run_mapping_lint(const Options& options);
int run_mapping_explain(const Options& options);
int run_mapping_test(const Options& options);
int run_mapping_preview(const Options& options);
int run_mapping_suggest(const Options& options);
int run_reconcile(const Options& options, const std::atomic<bool>& stop);

// The configuration's connector, for commands that send nothing.
Result<sync::Connector> open_connector(const Options& options);

// Prints an error the way every command does (text or JSON) and returns its exit code.
int complain(const Options& options, const Error& error);
// The same for a run that has logged: `what` ends with it. Told once where both go to standard
// error.
int end_with(const Options& options, std::string_view what, const Error& error);
// The same for a command line that makes no sense; returns exit_usage.
int usage_fault(const Options& options, std::string_view message);
// The same where the command was understood and nothing could be done; returns exit_attention.
int nothing_done(const Options& options, std::string_view message);
// Another run writes: says which (if it has said who it is), and how long that can last, on
// standard error or as JSON, and in the log. Returns exit_busy.
int busy(const Options& options, const ledger::Lease& other);

}  // namespace dvcsync::cli
