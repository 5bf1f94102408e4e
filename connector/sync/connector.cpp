#include "connector/sync/connector.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <random>
#include <utility>

#include "connector/base/files.h"

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

province::DropFolderSettings folder_settings(const config::Config& config,
                                             const mapping::Vocabulary& vocabulary) {
    auto settings = drop_folder_settings(config.drop_folder, config.province_code, vocabulary);
    settings.stale_after = config.stale_after;
    return settings;
}

Result<Connector> Connector::open(config::Config config) {
    DVC_TRY_ASSIGN(sealer, Sealer::load(config.key_file));
    DVC_TRY_ASSIGN(ledger, ledger::open_sqlite(config.ledger_file, sealer.key_id()));
    return Connector{std::move(config), std::move(sealer), std::move(ledger)};
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
    DVC_TRY_ASSIGN(mappings,
                   mapping::MappingSet::load(config.mappings, config.vocabulary, config.profile));
    DVC_TRY_ASSIGN(profile, portal::Profile::load(config.mappings / "portal" / config.profile /
                                                  "profile.xml"));
    DVC_TRY_ASSIGN(client, portal::Client::open(profile, client_settings(config), clock));
    const PortalCalls calls = calls_of(*client);
    const auto open_source = [&](const std::string& position) {
        return province::open_drop_folder(folder_settings(config, mappings.vocabulary()), position,
                                          clock);
    };
    const Parts parts{
        *connector.ledger, connector.sealer, mappings, calls, open_source, clock, progress, stop};
    RunRules rules;
    rules.delivery.workers = config.in_flight;
    rules.delivery.call.max_attempts = config.max_attempts;
    rules.delivery.seed = std::random_device{}();
    // A worker may be in a call for so long, and the run must be heard of meanwhile.
    rules.delivery.lease = std::max<Millis>(rules.delivery.lease, 4 * config.deadline);
    rules.max_abolished_percent = config.max_abolished_percent;
    return run(parts, order, rules);
}

}  // namespace dvcsync::sync
