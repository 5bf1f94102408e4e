#include "connector/sync/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <iterator>
#include <set>
#include <utility>

#include "connector/base/limits.h"
#include "connector/portal/callbacks.h"
#include "connector/sync/catalogue.h"
#include "connector/sync/check_inbound.h"
#include "connector/sync/connector.h"
#include "connector/sync/province_files.h"
#include "connector/sync/seal.h"

namespace dvcsync::sync {
namespace {

class Checker {
  public:
    Checker(const std::filesystem::path& file, Clock& clock) : file_(file), clock_(clock) {}

    std::vector<Finding> run() {
        auto config = config::load(file_);
        if (!config) {
            faults("configuration", config.error().message);
            return std::move(findings_);
        }
        green("configuration", fmt::format("{} is complete", config->file.string()));
        auto mappings =
            mapping::MappingSet::load(config->mappings, config->vocabulary, config->profile);
        if (mappings) {
            green("mappings",
                  fmt::format("vocabulary {} × profile {}: {} files, set {}", config->vocabulary,
                              config->profile, mappings->files().size(),
                              hex(mappings->digest()).substr(0, 12)));
            source(*config, *mappings);
            operations(*config, *mappings);
        } else {
            faults("mappings", mappings.error().message);
        }
        certificates(*config);
        log(*config);
        all(check_inbound(*config));
        ledger(*config);
        portal(*config);
        return std::move(findings_);
    }

  private:
    void add(Light light, std::string subject, std::string text) {
        findings_.push_back({light, std::move(subject), std::move(text)});
    }
    void green(std::string subject, std::string text) {
        add(Light::Green, std::move(subject), std::move(text));
    }
    void all(std::vector<Finding>&& more) {
        std::move(more.begin(), more.end(), std::back_inserter(findings_));
    }
    // One finding a line: the modules report every fault at once.
    void faults(const std::string& subject, std::string_view lines) {
        while (!lines.empty()) {
            const auto end = lines.find('\n');
            const auto line = lines.substr(0, end);
            if (!line.empty()) add(Light::Red, subject, std::string(line));
            lines = end == std::string_view::npos ? "" : lines.substr(end + 1);
        }
    }

    // What the profile does not send at all, and what it would send if there were a document.
    void operations(const config::Config& config, const mapping::MappingSet& mappings) {
        const auto profile = profile_of(config);
        if (!profile) return;  // told by portal()
        std::string lacks;
        for (const Operation operation : all_operations) {
            if (profile->has(operation) && mappings.plan(operation) == nullptr)
                add(Light::Yellow, "mappings",
                    fmt::format("profile {} has the operation {}, but no mapping file makes its "
                                "document: nothing of it is sent",
                                config.profile, to_string(operation)));
            if (const auto wrong = misfit(*profile, mappings, operation); !wrong.empty())
                add(Light::Red, "mappings", wrong);
            if (profile->has(operation) && names_files(mappings, operation)) uploads(config);
            if (profile->has(operation)) continue;
            lacks += fmt::format("{}{}", lacks.empty() ? "" : ", ", to_string(operation));
        }
        for (const auto& line : missing_files(*profile, mappings))
            add(Light::Yellow, "mappings", line);
        if (!lacks.empty())
            green("mappings",
                  fmt::format("profile {} does not send: {}. What the province tells of these is "
                              "kept",
                              config.profile, lacks));
    }

    // Where the files come from that the portal wants to have.
    void uploads(const config::Config& config) {
        const auto rules = upload_rules(config);
        if (!rules) return faults("files", rules.error().message);
        if (rules->hosts.empty())
            return add(Light::Yellow, "files",
                       fmt::format("profile {} uploads the files of dossiers, and they may be "
                                   "fetched from no host: every dossier with a file is parked. "
                                   "Name the province's file servers in [uploads] file_hosts",
                                   config.profile));
        green("files",
              fmt::format("dossiers' files are fetched from {}", fmt::join(rules->hosts, ", ")));
    }

    static Result<portal::Profile> profile_of(const config::Config& config) {
        return portal::Profile::load(config.mappings / "portal" / config.profile / "profile.xml");
    }

    void certificates(const config::Config& config) {
        if (config.base_url.starts_with("http://")) {
            add(Light::Yellow, "certificates",
                "the portal's adapter is called without TLS (allow_plain_http): only inside a "
                "government network");
            return;
        }
        certificate("the authority that we trust", config.ca_file);
        if (config.client_certificate.empty()) {
            add(Light::Yellow, "certificates",
                "no client certificate: the portal cannot tell us by one");
        } else {
            certificate("our client certificate", config.client_certificate);
        }
    }

    void certificate(std::string_view what, const std::filesystem::path& file) {
        const auto facts = portal::read_certificate(file);
        if (!facts) {
            faults("certificates", facts.error().message);
            return;
        }
        findings_.push_back(
            certificate_finding(what, file.string(), facts->not_after, clock_.now()));
    }

    void source(const config::Config& config, const mapping::MappingSet& mappings) {
        auto source =
            province::open_drop_folder(folder_settings(config, mappings.vocabulary()), "", clock_);
        if (!source) {
            faults("source", source.error().message);
            return;
        }
        for (const char* part : {"in", "done", "rejected"}) {
            const auto folder = config.drop_folder / part;
            if (::access(folder.c_str(), W_OK | X_OK) != 0) {
                add(Light::Red, "source",
                    fmt::format("{}: this user may not write here; files could not be put away",
                                folder.string()));
                return;
            }
        }
        const auto waiting = (*source)->waiting_files();
        const auto incomplete = (*source)->incomplete();
        if (!waiting || !incomplete) {
            faults("source", (!waiting ? waiting.error() : incomplete.error()).message);
            return;
        }
        green("source", fmt::format("{}: {} files are there to be read",
                                    config.drop_folder.string(), *waiting));
        constexpr std::size_t shown = 5;
        for (std::size_t i = 0; i < incomplete->size() && i < shown; ++i) {
            add(Light::Yellow, "source",
                fmt::format("{}: {}", (*incomplete)[i].file, (*incomplete)[i].reason));
        }
        if (incomplete->size() > shown) {
            add(Light::Yellow, "source",
                fmt::format("{} more files wait with them", incomplete->size() - shown));
        }
        rejected(config.drop_folder / "rejected");
    }

    void rejected(const std::filesystem::path& folder) {
        std::size_t files = 0;
        std::error_code failed;
        for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
            if (entry.path().extension() == ".xml") ++files;
        }
        if (files > 0) {
            add(Light::Yellow, "source",
                fmt::format("{}: {} rejected files; read NAME.reason.txt beside each, have it "
                            "exported again, then remove both",
                            folder.string(), files));
        }
    }

    void ledger(const config::Config& config) {
        auto connector = Connector::open(config);
        if (!connector) {
            faults("ledger", connector.error().message);
            return;
        }
        if (auto sound = connector->ledger->verify(); !sound) {
            faults("ledger", sound.error().message);
            return;
        }
        const auto version = connector->ledger->schema_version();
        const auto counts = connector->ledger->counts();
        if (!version || !counts) {
            faults("ledger", (!version ? version.error() : counts.error()).message);
            return;
        }
        green("ledger", fmt::format("{}: sound, schema {}", config.ledger_file.string(), *version));
        audit(config, *connector->ledger);
        std::size_t parked = 0;
        for (const auto& row : *counts) {
            if (row.state == ledger::State::Parked) parked += row.count;
        }
        if (parked > 0) {
            add(Light::Yellow, "ledger",
                fmt::format("{} items are parked and need a person: dvcsync parked list", parked));
        }
        all(held_findings(connector->ledger->submissions()));
        waiting_for_people(*connector->ledger, config);
    }

    void audit(const config::Config& config, ledger::Ledger& ledger) {
        if (!config.audit) {
            add(Light::Yellow, "audit",
                "the audit trail is kept, but not signed, so nobody can check that it was not "
                "changed: write a section [audit] (dvcsync init shows one)");
            return;
        }
        auto notary = Notary::open(config, clock_);
        const auto sealed = notary ? notary->seal(ledger) : tl::make_unexpected(notary.error());
        if (!sealed) return faults("audit", sealed.error().message);
        green(
            "audit",
            fmt::format("signed by {}: {} entries, checkpoints in {}. Only what is new was looked "
                        "at: dvcsync audit verify compares everything that was signed",
                        notary->key().text(), sealed->size, config.audit_folder.string()));
        if (!sealed->stamp_trouble.empty())
            add(Light::Yellow, "audit", "no time stamp: " + sealed->stamp_trouble);
    }

    // What a run has found and only a person can decide, and who runs now.
    void waiting_for_people(ledger::Ledger& ledger, const config::Config& config) {
        const auto guard =
            catalogue_verdict(ledger, config.max_abolished_percent, std::nullopt, clock_);
        const auto resyncs = ledger.resyncs(limits::resyncs_shown);
        const auto lease = ledger.lease();
        if (!guard || !resyncs || !lease) {
            faults("ledger", (!guard     ? guard.error()
                              : !resyncs ? resyncs.error()
                                         : lease.error())
                                 .message);
            return;
        }
        if (!guard->stop.empty()) add(Light::Yellow, "catalogue", guard->stop);
        for (const auto& one : *resyncs) {
            if (one.state != ledger::ResyncState::Paused) continue;
            add(Light::Yellow, "ledger",
                fmt::format("resync {} is paused: dvcsync resync resume {} or stop {}", one.id,
                            one.id, one.id));
        }
        if (*lease && (*lease)->expires > clock_.now()) {
            green("ledger", fmt::format("a run is active: {}", describe(**lease)));
        }
    }

    void log(const config::Config& config) {
        if (config.log_file.empty()) return;
        const auto& file = config.log_file;
        const auto folder = file.has_parent_path() ? file.parent_path() : ".";
        std::error_code failed;
        const bool there = std::filesystem::exists(file, failed);
        const int may =
            there ? ::access(file.c_str(), W_OK) : ::access(folder.c_str(), W_OK | X_OK);
        if (may == 0) return green("log", fmt::format("{} can be written", file.string()));
        add(Light::Red, "log",
            fmt::format("{}: this user may not write {}; mend [log] file or its permissions",
                        file.string(), there ? "it" : "into its folder"));
    }

    void portal(const config::Config& config) {
        auto profile = profile_of(config);
        if (!profile) {
            faults("portal", profile.error().message);
            return;
        }
        // The login leaves its entry in the trail; that a ledger cannot be opened is told
        // elsewhere.
        auto connector = Connector::open(config);
        auto client = portal::Client::open(
            *profile,
            connector ? client_settings(config, *connector->recorder) : client_settings(config),
            clock_);
        if (!client) {
            faults("portal", client.error().message);
            return;
        }
        const auto in = (*client)->login();
        if (connector) {
            if (auto told = connector->recorder->note_exchanges(); !told)
                faults("ledger", told.error().message);
        }
        if (!in) {
            faults("portal", in.error().message);
            return;
        }
        if ((*client)->traffic().logins == 0)
            return green("portal", fmt::format("{}: profile {} has no login, so nothing was asked",
                                               config.base_url, profile->name()));
        green("portal", fmt::format("{}: logged in as {} (profile {})", config.base_url,
                                    config.username, profile->name()));
    }

    const std::filesystem::path& file_;
    Clock& clock_;
    std::vector<Finding> findings_;
};

}  // namespace

Finding certificate_finding(std::string_view what, const std::string& file, UtcTime not_after,
                            UtcTime now) {
    const auto days = std::chrono::floor<std::chrono::days>(not_after - now).count();
    if (not_after <= now) {
        return {Light::Red, "certificates",
                fmt::format("{} ended on {}: {} (certs/README.md tells how to renew it)", what,
                            vietnam_text(not_after), file)};
    }
    return {
        days < certificate_warning_days ? Light::Yellow : Light::Green, "certificates",
        fmt::format("{}: {} days left (until {}): {}", what, days, vietnam_text(not_after), file)};
}

std::vector<std::string> missing_files(const portal::Profile& profile,
                                       const mapping::MappingSet& mappings) {
    std::set<std::string> readings;
    if (!profile.fetch_reading().empty()) readings.insert(profile.fetch_reading());
    std::vector<std::string> lines;
    if (const auto callbacks = profile.callbacks()) {
        for (auto& name : callbacks->readings())
            readings.insert(std::move(name));
        for (const auto& name : callbacks->question_answers())
            if (mappings.answer(name) == nullptr)
                lines.push_back(
                    fmt::format("profile {} names the answer '{}', but no mapping file "
                                "says answers=\"{}\": the question stays unanswered",
                                profile.name(), name, name));
    }
    for (const auto& name : readings)
        if (mappings.reading(name) == nullptr)
            lines.push_back(
                fmt::format("profile {} names the reading '{}', but there is no "
                            "reading-{}.xml: whatever comes by it is held for a person",
                            profile.name(), name, name));
    return lines;
}

bool names_files(const mapping::MappingSet& mappings, Operation operation) {
    for (const bool known : {false, true})
        if (const auto* const plan = mappings.plan(operation, known);
            plan != nullptr && plan->takes_files())
            return true;
    return false;
}

std::string misfit(const portal::Profile& profile, const mapping::MappingSet& mappings,
                   Operation operation) {
    const auto* const plan = mappings.plan(operation);
    const auto* const second = mappings.plan(operation, true);
    const auto name = to_string(operation);
    if (profile.has_known_form(operation) && plan != nullptr && second == nullptr)
        return fmt::format(
            "profile {} sends what the portal knows of {} as another document, but "
            "no mapping with known=\"yes\" makes it: nothing of it is sent",
            profile.name(), name);
    if (second != nullptr && !profile.has_known_form(operation))
        return fmt::format(
            "a mapping says known=\"yes\" for {}, but profile {} has no such form of "
            "the operation: it is never used",
            name, profile.name());
    const bool needs_code = (plan != nullptr && plan->takes_given_code()) ||
                            (second != nullptr && second->takes_given_code());
    if (profile.has(operation) && needs_code && !profile.gives_codes())
        return fmt::format(
            "the mapping of {} needs {}, but profile {} has no <next-code>: every "
            "record would be refused",
            name, mapping::given_code_name, profile.name());
    if (profile.has(operation) && names_files(mappings, operation) && !profile.takes_files())
        return fmt::format(
            "the mapping of {} names files by upload=\"…\", but profile {} has no <upload>: every "
            "record with a file would be refused",
            name, profile.name());
    const auto takes_hashes = [](const mapping::Plan* one) {
        return one != nullptr && one->takes_hashes();
    };
    if (profile.takes_files() && !profile.tells_hashes() &&
        (takes_hashes(plan) || takes_hashes(second)))
        return fmt::format(
            "the mapping of {} says upload=\"hash\", but <upload> of profile {} has no hash=\"…\": "
            "it would be empty",
            name, profile.name());
    return "";
}

std::vector<Finding> check(const std::filesystem::path& config_file, Clock& clock) {
    return Checker(config_file, clock).run();
}

}  // namespace dvcsync::sync
