// The command line. CLI11 stays inside options.cpp, options_*.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "connector/ledger/control.h"
#include "connector/ledger/submissions.h"
#include "connector/sync/connector.h"
#include "connector/sync/delivery_report.h"
#include "connector/sync/people.h"

namespace dvcsync::cli {

enum class Command {
    None,
    Init,
    Check,
    Sync,
    Serve,
    Status,
    Report,
    ReportDelivery,
    ParkedList,
    ParkedShow,
    ParkedRetry,
    ParkedDismiss,
    ResyncStart,
    ResyncStatus,
    ResyncPause,
    ResyncResume,
    ResyncStop,
    SubmissionsList,
    SubmissionsShow,
    SubmissionsRetry,
    SubmissionsRelease,
    SubmissionsDismiss,
    SubmissionsUnlink,
    SubmissionsRelink,
    Acts,
    Catalogue,
    CatalogueDrift,
    Reconcile,
    AuditList,
    AuditVerify,
    AuditProve,
    AuditExport,
    AuditCheckpoint,
    AuditKey,
    AuditNewKey,
    AuditNewLog,
    AuditEraseBodies,
    MappingLint,
    MappingExplain,
    MappingTest,
    MappingPreview,
    MappingSuggest,
};

// `dvcsync reconcile`; what is compared is Options::slice, `--mend` makes Options::act.
struct ReconcileOptions {
    std::size_t sample = 0;     // 0: all
    bool mend = false;          // start the resync that mends what is missing or stale
    std::filesystem::path csv;  // write every difference into this file; empty: none
};

// `dvcsync report delivery`; the days are Options::selection, and checked here.
struct DeliveryOptions {
    sync::ReportRules rules;      // kind and period
    std::string format = "text";  // text, csv, json, html
    bool late = false;            // csv: the late ones
    std::filesystem::path out;    // empty: standard output
};

// `dvcsync audit`; codes, agency, procedure and days are Options::selection.
struct AuditOptions {
    std::string event;
    std::string outcome;
    std::string person;
    sync::Days days;                          // of the selection, checked
    std::vector<std::filesystem::path> kept;  // verify: checkpoints that somebody else has kept
    std::string key;                          // verify: the public key; "": that of the settings
    std::filesystem::path out;                // prove, export
    std::optional<std::int64_t> exchange;     // prove: whose bodies are shown; erase-bodies
    std::string log;                          // its log's name; "": the newest
    std::string before_day;                   // erase-bodies, as typed,
    std::optional<UtcTime> before;            // … checked
};

// `dvcsync mapping`
struct MappingOptions {
    std::filesystem::path dir;        // --mappings; empty: what the configuration names
    std::string vocabulary;           // … and its vocabulary
    std::string profile;              // … and its profile
    std::filesystem::path record;     // explain: an export file, or one record
    std::string code;                 // explain: which of its records
    std::string operation;            // explain; empty: all of the record's
    std::size_t sample = 1'000;       // preview: records
    std::filesystem::path catalogue;  // suggest: the national list; empty: that of the mappings
    std::vector<std::string> accept;  // suggest: a local code and its national one; empty: none
};

struct Options {
    Command command = Command::None;
    std::filesystem::path config = "dvcsync.toml";
    bool json = false;
    std::filesystem::path dir = ".";      // init
    sync::Job job = sync::Job::All;       // sync
    std::optional<ledger::Act> confirm;   // sync: a person has said yes to what a guard had stopped
    std::filesystem::path ready_file;     // serve: written whole when it listens; empty: none
    bool parked = false;                  // status: list what is parked
    int limit = 20;                       // status, parked, resync status, acts: rows
    int year = 0;                         // report
    sync::Selection selection;            // parked, resync start, reconcile: as typed,
    std::vector<ledger::Filter> filters;  // … for parked: checked,
    ledger::Slice slice;                  // … for resync start and reconcile: checked
    std::string reason;                   // as typed
    ledger::Act act;                      // who, what, why, of which selection: checked
    bool all_matching = false;            // parked retry, dismiss: whatever the filters choose
    bool yes = false;                     // do not ask
    bool dry_run = false;                 // resync start
    bool everything = false;              // resync start: no condition, and that is meant
    std::int64_t resync = 0;              // resync status, pause, resume, stop; 0: all
    ReconcileOptions reconcile;
    DeliveryOptions delivery;
    AuditOptions audit;
    MappingOptions mapping;
    std::vector<ledger::SubmissionFilter> submissions;  // `selection` of submissions, checked
    bool announced = false;                             // submissions list
    bool content = false;                               // submissions show: what came, as it came
    int revision = 0;                                   // submissions show; 0: all
};

// Fills the options. Returns -1 to go on, else the exit code (help and version were printed, or the
// usage fault).
int parse(int argc, char** argv, Options& options);

}  // namespace dvcsync::cli
