#include "connector/sync/connector.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <utility>

#include "connector/sync/statistics.h"

namespace dvcsync::sync {
namespace {

// The synthetic records of one month, ready for the ledger.
std::vector<ledger::Intake> statistics_records(const std::vector<ledger::MonthFigures>& figures,
                                               int year, int month, const Sealer& sealer) {
    std::vector<ledger::Intake> records;
    for (const auto& agency : figures) {
        ledger::Intake intake;
        const std::string xml = statistics_xml(agency, year, month);
        intake.facts.kind = "statistics";
        intake.facts.code = statistics_code(agency, year, month);
        intake.facts.agency = agency.agency;
        intake.facts.agency_name = agency.agency_name;
        intake.digest = sha256(xml);
        intake.sealed = sealer.seal(xml, seal_context("statistics", intake.facts.code));
        intake.origin = "ledger";
        intake.queue = {Operation::PushStatistics};
        records.push_back(std::move(intake));
    }
    return records;
}

// Every month from the first dossier to the last event that the province has told of.
Status take_statistics(ledger::Ledger& ledger, const Sealer& sealer, const Clock& clock) {
    DVC_TRY_ASSIGN(span, ledger.span());
    if (!span) return {};
    const auto first = date_of(to_vietnam(span->first));
    const auto last = date_of(to_vietnam(span->second));
    auto month = first.year() / first.month();
    for (; month <= last.year() / last.month(); month += std::chrono::months{1}) {
        const int y = static_cast<int>(month.year());
        const int m = static_cast<int>(static_cast<unsigned>(month.month()));
        DVC_TRY_ASSIGN(figures, ledger.month(y, m));
        const auto records = statistics_records(figures, y, m, sealer);
        DVC_TRY(ledger.take(records, "statistics", "", clock.now()).map([](auto) {}));
    }
    return {};
}

std::vector<Operation> operations_of(Job job) {
    switch (job) {
        case Job::PushCatalogue:
            return {Operation::PushProcedure};
        // Progress first: see deliver().
        case Job::PushDossiers:
            return {Operation::PushProgress, Operation::PushDossier};
        case Job::PushStatistics:
            return {Operation::PushStatistics};
        case Job::All:
            break;
    }
    return {};
}

std::string_view shown(Job job) {
    switch (job) {
        case Job::PushCatalogue:
            return "procedures sent";
        case Job::PushDossiers:
            return "dossiers and progress sent";
        case Job::PushStatistics:
            return "monthly statistics sent";
        case Job::All:
            break;
    }
    return "";
}

void add(DeliveryCounts& sum, const DeliveryCounts& more) {
    sum.delivered += more.delivered;
    sum.without_call += more.without_call;
    sum.refused += more.refused;
    sum.parked += more.parked;
    sum.waiting += more.waiting;
    sum.doubtful += more.doubtful;
    if (sum.stop.empty()) sum.stop = more.stop;
}

class JobRun {
  public:
    JobRun(Connector& connector, Clock& clock, Progress& progress, const std::atomic<bool>& stop)
        : connector_(connector), clock_(clock), progress_(progress), stop_(stop) {}

    Result<RunReport> run(Job job) {
        const auto& config = connector_.config;
        DVC_TRY_ASSIGN(mappings, mapping::MappingSet::load(config.mappings, config.vocabulary,
                                                           config.profile));
        DVC_TRY_ASSIGN(profile, portal::Profile::load(config.mappings / "portal" / config.profile /
                                                      "profile.xml"));
        DVC_TRY_ASSIGN(client, portal::Client::open(profile, client_settings(config), clock_));
        const auto began = clock_.steady();
        DVC_TRY_ASSIGN(released,
                       follow_mapping_change(*connector_.ledger, mappings.digest(), clock_.now()));
        report_.released = released;
        DVC_TRY(read(mappings));
        const PortalCalls calls = calls_of(*client);
        if (job == Job::All) {
            for (const Job part : {Job::PushCatalogue, Job::PushDossiers, Job::PushStatistics}) {
                if (stop_ || !report_.delivery.stop.empty()) break;
                DVC_TRY(push(part, calls, mappings));
            }
        } else {
            DVC_TRY(push(job, calls, mappings));
        }
        report_.traffic = client->traffic();
        report_.seconds = std::chrono::duration<double>(clock_.steady() - began).count();
        DVC_TRY_ASSIGN(rows, connector_.ledger->counts());
        for (const auto& row : rows) {
            if (row.state != ledger::State::Delivered && row.count > 0) report_.attention = true;
        }
        if (!report_.intake.rejected.empty() || !report_.delivery.stop.empty()) {
            report_.attention = true;
        }
        return report_;
    }

  private:
    Status read(const mapping::MappingSet& mappings) {
        auto& ledger = *connector_.ledger;
        DVC_TRY_ASSIGN(position, ledger.position(drop_folder_source));
        DVC_TRY_ASSIGN(source, province::open_drop_folder(
                                   folder_settings(connector_.config, mappings.vocabulary()),
                                   position, clock_));
        DVC_TRY_ASSIGN(counts, take_in(*source, ledger, mappings.vocabulary(), connector_.sealer,
                                       clock_, progress_, stop_));
        report_.intake = std::move(counts);
        return {};
    }

    Status push(Job job, const PortalCalls& calls, const mapping::MappingSet& mappings) {
        if (job == Job::PushStatistics) {
            DVC_TRY(take_statistics(*connector_.ledger, connector_.sealer, clock_));
        }
        std::vector<Operation> operations;
        for (const Operation operation : operations_of(job)) {
            if (mappings.plan(operation)) operations.push_back(operation);
        }
        DeliveryRules rules;
        rules.what = shown(job);
        rules.workers = connector_.config.in_flight;
        rules.call.max_attempts = connector_.config.max_attempts;
        rules.call.progress_follows = mappings.plan(Operation::PushProgress) != nullptr;
        rules.seed = std::random_device{}();
        DVC_TRY_ASSIGN(counts, deliver(*connector_.ledger, calls, mappings, connector_.sealer,
                                       clock_, operations, rules, progress_, stop_));
        add(report_.delivery, counts);
        return {};
    }

    Connector& connector_;
    Clock& clock_;
    Progress& progress_;
    const std::atomic<bool>& stop_;
    RunReport report_;
};

std::string summary_json(const RunReport& report) {
    return fmt::format(
        R"({{"read":{},"unchanged":{},"new":{},"changed":{},"delivered":{},"refused":{},)"
        R"("parked":{},"waiting":{},"in_doubt":{},"calls":{}}})",
        report.intake.read, report.intake.unchanged, report.intake.added, report.intake.changed,
        report.delivery.delivered, report.delivery.refused,
        report.delivery.parked + report.intake.parked, report.delivery.waiting,
        report.delivery.doubtful, report.traffic.calls);
}

}  // namespace

portal::ClientSettings client_settings(const config::Config& config) {
    portal::ClientSettings settings;
    settings.base_url = config.base_url;
    settings.endpoints = config.endpoints;
    settings.settings = config.settings;
    settings.username = config.username;
    settings.password = config.password;
    settings.ca_file = config.ca_file;
    settings.client_certificate = config.client_certificate;
    settings.client_key = config.client_key;
    settings.deadline = config.deadline;
    settings.in_flight = config.in_flight;
    return settings;
}

province::DropFolderSettings folder_settings(const config::Config& config,
                                             const mapping::Vocabulary& vocabulary) {
    province::DropFolderSettings settings;
    settings.root = config.drop_folder;
    settings.stale_after = config.stale_after;
    for (const auto& kind : vocabulary.kinds()) {
        settings.shapes.push_back({kind.name, kind.element, kind.code_element});
    }
    return settings;
}

Result<Connector> Connector::open(config::Config config) {
    DVC_TRY_ASSIGN(sealer, Sealer::load(config.key_file));
    DVC_TRY_ASSIGN(ledger, ledger::open_sqlite(config.ledger_file, sealer.key_id()));
    return Connector{std::move(config), std::move(sealer), std::move(ledger)};
}

Result<RunLock> RunLock::take(const std::filesystem::path& ledger_file) {
    const std::string file = ledger_file.string() + ".lock";
    const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(ErrorKind::Config,
                    fmt::format("{}: cannot be made: {}", file, strerror(errno)));
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd);
        return fail(
            ErrorKind::Retry,
            fmt::format("{}: another run of dvcsync is active; this one changes nothing", file));
    }
    return RunLock(fd);
}

RunLock::RunLock(RunLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RunLock::~RunLock() {
    if (fd_ >= 0) ::close(fd_);
}

std::string_view to_string(Job job) {
    switch (job) {
        case Job::PushCatalogue:
            return "push-catalogue";
        case Job::PushDossiers:
            return "push-dossiers";
        case Job::PushStatistics:
            return "push-statistics";
        case Job::All:
            return "all";
    }
    return "";
}

Result<RunReport> run_job(Connector& connector, Job job, Clock& clock, Progress& progress,
                          const std::atomic<bool>& stop) {
    DVC_TRY_ASSIGN(run, connector.ledger->begin_run(to_string(job), clock.now()));
    auto report = JobRun(connector, clock, progress, stop).run(job);
    const std::string outcome = !report ? "failed" : report->attention ? "attention" : "ok";
    const std::string summary =
        report ? summary_json(*report) : std::string(to_string(report.error().kind));
    DVC_TRY(connector.ledger->end_run(run, outcome, summary, clock.now()));
    return report;
}

}  // namespace dvcsync::sync
