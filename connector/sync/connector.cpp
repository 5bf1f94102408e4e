#include "connector/sync/connector.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/sync/bodies.h"
#include "connector/sync/gather.h"
#include "connector/sync/people.h"
#include "connector/sync/province_files.h"
#include "connector/sync/seal.h"

namespace dvcsync::sync {

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

portal::ClientSettings client_settings(const config::Config& config, Recorder& recorder) {
    auto settings = client_settings(config);
    settings.observer = [&recorder](portal::Exchange&& exchange) {
        recorder.exchanges().put(std::move(exchange));
    };
    settings.keeps_bodies = [&config](std::string_view operation) {
        return std::find(config.audit_bodies.begin(), config.audit_bodies.end(), operation) !=
               config.audit_bodies.end();
    };
    return settings;
}

province::DropFolderSettings folder_settings(const config::Config& config,
                                             const mapping::Vocabulary& vocabulary) {
    auto settings = drop_folder_settings(config.drop_folder, config.province_code, vocabulary);
    settings.stale_after = config.stale_after;
    return settings;
}

Result<std::unique_ptr<province::Inbox>> open_inbox(const config::Config& config) {
    return config.inbox == "postgres"
               ? province::open_postgres_inbox(config.inbox_connection, config.inbox_password)
               : province::open_drop_inbox(config.inbox_folder);
}

Result<Gathering> gathering_for(const config::Config& config, const portal::Profile& profile,
                                const std::atomic<bool>& stop) {
    constexpr std::uint64_t mib = 1u << 20;
    if (::mkdir(config.staging.c_str(), 0700) != 0 && errno != EEXIST)
        return tl::make_unexpected(file_error("make", config.staging, errno));
    GatherSettings settings;
    settings.staging = config.staging;
    settings.fetch.hosts = profile.file_hosts();
    settings.fetch.hosts.insert(settings.fetch.hosts.end(), config.file_hosts.begin(),
                                config.file_hosts.end());
    settings.fetch.private_addresses = config.private_addresses;
    settings.fetch.plain_http = config.plain_http_files;
    settings.fetch.ca_file = config.file_ca;
    settings.max_file = static_cast<std::uint64_t>(config.max_file_mib) * mib;
    settings.fetch.deadline = files::time_for(settings.max_file);
    settings.max_submission = static_cast<std::uint64_t>(config.max_submission_mib) * mib;
    settings.scanner = config.scanner;
    const auto of_key = [&](std::string_view key, Status checked) {
        return checked.map_error([&](Error wrong) {
            wrong.message = config.where("inbound", key) + ": " + wrong.message;
            return wrong;
        });
    };
    DVC_TRY(of_key("file_hosts", files::check_hosts(settings.fetch)));
    DVC_TRY(of_key("file_ca", files::check_authorities(settings.fetch.ca_file)));
    return gathering_of(std::move(settings), stop);
}

namespace {

// nullopt: this job takes no submissions, or none are configured.
Result<std::optional<Inbound>> open_inbound(const config::Config& config, const RunOrder& order,
                                            portal::Client& client, const std::atomic<bool>& stop) {
    const Job job = order.job;
    if (job == Job::PullSubmissions && !config.inbound) {
        return fail(ErrorKind::Config,
                    "no submissions are taken: write a section [inbound] that says where they go "
                    "(dvcsync init shows one)");
    }
    if (!config.inbound || (job != Job::PullSubmissions && job != Job::All)) return std::nullopt;
    Inbound inbound;
    inbound.calls = pull_calls_of(client);
    if (!order.list) inbound.calls.news = nullptr;
    DVC_TRY_ASSIGN(gathering, gathering_for(config, client.profile(), stop));
    inbound.gathering = std::move(gathering);
    DVC_TRY_ASSIGN(inbox, open_inbox(config));
    inbound.inbox = std::move(inbox);
    return std::optional(std::move(inbound));
}

}  // namespace

Result<Connector> Connector::open(config::Config config) {
    DVC_TRY_ASSIGN(sealer, Sealer::load(config.key_file));
    DVC_TRY_ASSIGN(ledger, ledger::open_sqlite(config.ledger_file, sealer.key_id()));
    // A sealer of its own, for a connector moves about.
    DVC_TRY_ASSIGN(bodies, Sealer::load(config.key_file));
    auto recorder = std::make_unique<Recorder>(
        *ledger, system_clock(),
        [sealer = std::make_shared<Sealer>(std::move(bodies))](std::string_view plain,
                                                               std::string_view context) {
            return sealer->seal(plain, context);
        },
        login_name());
    return Connector{std::move(config), std::move(sealer), std::move(ledger), std::move(recorder),
                     nullptr};
}

Result<std::optional<RunLock>> RunLock::take(const std::filesystem::path& ledger_file) {
    const std::string file = ledger_file.string() + ".lock";
    const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        const int code = errno;
        Error error = file_error("open", file, code);
        // As for the ledger that it stands beside: no setting is wrong.
        if (code == EACCES || code == EPERM) error.kind = ErrorKind::Retry;
        return tl::make_unexpected(std::move(error));
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd);
        return std::nullopt;
    }
    return std::optional<RunLock>(RunLock(fd));
}

RunLock::RunLock(RunLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RunLock::~RunLock() {
    if (fd_ >= 0) ::close(fd_);
}

ledger::Lease this_process() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
    std::random_device random;
    ledger::Lease lease;
    lease.host = host.data();
    lease.process = ::getpid();
    lease.owner = fmt::format("{}-{}-{:08x}{:08x}", lease.host, lease.process, random(), random());
    return lease;
}

Result<RunReport> run_job(Connector& connector, RunOrder order, Clock& clock, Progress& progress,
                          const std::atomic<bool>& stop) {
    const auto& config = connector.config;
    DVC_TRY_ASSIGN(lock, RunLock::take(config.ledger_file));
    if (!lock) {
        RunReport busy;
        DVC_TRY_ASSIGN(lease, connector.ledger->lease());
        busy.busy = lease.value_or(ledger::Lease{});  // it has not written its lease yet
        return busy;
    }
    order.who = this_process();
    order.owner_is_gone = true;  // the lock proves it
    std::optional<RuleSet> own;
    if (connector.rules == nullptr) {
        DVC_TRY_ASSIGN(loaded, RuleSet::load(config));
        own = std::move(loaded);
    }
    const RuleSet& rules_in_force = own ? *own : *connector.rules;
    const auto& mappings = rules_in_force.mappings;
    const auto& profile = rules_in_force.profile;
    DVC_TRY_ASSIGN(settings, read_file(config.file, limits::max_config_file));
    DVC_TRY(connector.recorder->note_change("settings.changed", sha256(settings)));
    DVC_TRY(connector.recorder->note_change("mappings.changed", mappings.digest()));
    connector.recorder->translated_by(mappings.digest());
    DVC_TRY_ASSIGN(
        client, portal::Client::open(profile, client_settings(config, *connector.recorder), clock));
    PortalCalls calls = calls_of(*client);
    if (calls.upload) {
        DVC_TRY_ASSIGN(files, province_files(config, stop));
        calls.fetch_file = std::move(files);
    }
    const auto& vocabulary = mappings.vocabulary();
    const auto open_source = [&config, &vocabulary, &clock](const std::string& position) {
        return province::open_drop_folder(folder_settings(config, vocabulary), position, clock);
    };
    DVC_TRY_ASSIGN(inbound, open_inbound(config, order, *client, stop));
    std::optional<Notary> notary;
    if (config.audit) {
        DVC_TRY_ASSIGN(opened, Notary::open(config, clock));
        notary.emplace(std::move(opened));
    }
    const Parts parts{*connector.ledger,
                      connector.sealer,
                      mappings,
                      calls,
                      open_source,
                      clock,
                      progress,
                      stop,
                      inbound ? &*inbound : nullptr,
                      notary ? &*notary : nullptr};
    RunRules rules;
    rules.pull.province = config.province_code;
    rules.pull.seed = std::random_device{}();
    rules.delivery.workers = config.in_flight;
    rules.delivery.call.max_attempts = config.max_attempts;
    rules.delivery.seed = std::random_device{}();
    // A worker may be in a call for so long, and the run must be heard of meanwhile.
    rules.delivery.lease = std::max<Millis>(rules.delivery.lease, 4 * config.deadline);
    rules.pull.lease = rules.delivery.lease;
    rules.max_abolished_percent = config.max_abolished_percent;
    auto report = run(parts, order, rules);
    // Last, so that a run that could not be does not erase either.
    if (report && !report->busy)
        DVC_TRY(erase_expired(*connector.ledger, *connector.recorder, config.keep_bodies_days,
                              clock.now()));
    return report;
}

}  // namespace dvcsync::sync
