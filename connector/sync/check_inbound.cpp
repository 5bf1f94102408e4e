#include "connector/sync/check_inbound.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "connector/console/socket.h"
#include "connector/files/scanner.h"
#include "connector/files/staging.h"
#include "connector/portal/callbacks.h"
#include "connector/portal/portal.h"
#include "connector/sync/connector.h"
#include "connector/sync/serve_mark.h"

namespace dvcsync::sync {
namespace {

constexpr std::string_view subject = "submissions";

class InboundChecker {
  public:
    explicit InboundChecker(const config::Config& config) : config_(config) {}

    std::vector<Finding> run() {
        if (!config_.inbound) return {};
        inbox();
        // A profile that cannot be read is told with the portal.
        const auto profile =
            portal::Profile::load(config_.mappings / "portal" / config_.profile / "profile.xml");
        if (profile) {
            files(*profile);
            roads(*profile);
        }
        if (config_.serve) {
            port();
            downloads();
        }
        return std::move(findings_);
    }

  private:
    void add(Light light, std::string text) {
        findings_.push_back({light, std::string(subject), std::move(text)});
    }

    void inbox() {
        if (auto trouble = inbox_trouble(config_); !trouble.empty())
            return add(Light::Red, std::move(trouble));
        add(Light::Green,
            config_.inbox == "postgres"
                ? std::string("the province's database takes them")
                : fmt::format("{}: they are put into new/", config_.inbox_folder.string()));
    }

    void files(const portal::Profile& profile) {
        const std::atomic<bool> stop{false};
        if (auto gathering = gathering_for(config_, profile, stop); !gathering)
            return add(Light::Red, gathering.error().message);
        const std::size_t hosts = profile.file_hosts().size() + config_.file_hosts.size();
        if (hosts == 0) {
            add(Light::Yellow,
                "files may be fetched from no host: a submission whose files come by link is held; "
                "name the portal's file hosts in [inbound] file_hosts");
        }
        staging();
    }

    // A small file through staging and, where there is one, the scanner.
    void staging() {
        constexpr std::uint64_t enough = 64;
        const auto folder = config_.staging / fmt::format("check-{}", ::getpid());
        auto staging = dvcsync::files::Staging::open(folder);
        if (!staging) return add(Light::Red, staging.error().message);
        const auto staged = staging->keep_base64(0, "check.txt", "ZHZjc3luYw==", enough);
        if (!staged) {
            add(Light::Red, staged.error().message);
        } else {
            add(Light::Green,
                fmt::format("{}: files can be staged here", config_.staging.string()));
            scanner(staged->path);
        }
        if (const auto removed = staging->remove(); !removed)
            add(Light::Yellow, removed.error().message);
    }

    void scanner(const std::filesystem::path& file) {
        if (config_.scanner.empty()) return;
        const auto scanner = dvcsync::files::Scanner::open(config_.scanner);
        if (!scanner) return add(Light::Red, scanner.error().message);
        const auto verdict = scanner->scan(file);
        if (!verdict) {
            return add(Light::Red,
                       fmt::format("{}; every submission with files waits until the scanner "
                                   "answers: start clamd, or mend [inbound] scanner",
                                   verdict.error().message));
        }
        if (verdict->result == dvcsync::files::ScanResult::Clean) {
            return add(Light::Green,
                       fmt::format("{}: the scanner answers", config_.scanner.string()));
        }
        add(Light::Yellow, fmt::format("{}: the scanner does not call a harmless file clean: {}",
                                       config_.scanner.string(), verdict->what));
    }

    // Whether there is a road at all by which they come.
    void roads(const portal::Profile& profile) {
        const bool calls = profile.callbacks().has_value();
        if (config_.serve && !calls) {
            add(Light::Red, fmt::format("[serve] is configured, but profile {} has no callbacks: "
                                        "remove [serve], or add <callbacks> to the profile",
                                        config_.profile));
        }
        if (profile.can_pull()) return;
        if (calls && config_.serve) {
            return add(
                Light::Green,
                fmt::format("profile {} lists none: they come by callback only", config_.profile));
        }
        add(Light::Red, fmt::format("nothing can come in: profile {} has no list of submissions, "
                                    "and {}",
                                    config_.profile,
                                    calls ? "[serve] is not configured: add it"
                                          : "no callbacks either: choose another profile, or take "
                                            "[inbound] out of the configuration"));
    }

    // Its own service holds it most of the time: that is no trouble.
    void port() {
        const int port = config_.listen_port;
        if (port == 0) return;
        if (console::listen_on_loopback(port))
            return add(Light::Green, fmt::format("127.0.0.1:{} is free for dvcsync serve", port));
        const int code = errno;
        if (ServeMark::port(config_.ledger_file) == port)
            return add(Light::Green, fmt::format("dvcsync serve listens on 127.0.0.1:{}", port));
        add(Light::Red,
            fmt::format("{}: dvcsync serve could not listen on 127.0.0.1:{}: {}; end the other "
                        "program (ss -ltnp shows it), or choose another port here and in the proxy",
                        config_.where("serve", "port"), port,
                        std::generic_category().message(code)));
    }

    // Whatever lies there under a name that an id may have is given to whoever may call.
    void downloads() {
        const auto& folder = config_.downloads;
        if (folder.empty()) return;
        const auto wrong = [&](Light light, const std::string& what) {
            add(light, fmt::format("{}: {}: {}", config_.where("serve", "downloads"),
                                   folder.string(), what));
        };
        std::error_code failed;
        if (!std::filesystem::is_directory(folder, failed))
            return wrong(Light::Red, "is not a folder; make it, or mend the path");
        if (::access(folder.c_str(), R_OK | X_OK) != 0)
            return wrong(Light::Red,
                         "this user may not read here; the portal could fetch no file; "
                         "mend owner or rights");
        std::size_t others = 0;
        std::size_t unnamed = 0;
        auto entry = std::filesystem::directory_iterator(folder, failed);
        for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
            std::error_code ignored;
            const auto type = entry->symlink_status(ignored).type();
            if (type != std::filesystem::file_type::regular)
                ++others;
            else if (!portal::is_download_id(entry->path().filename().string()))
                ++unnamed;
        }
        if (failed) return wrong(Light::Red, "cannot be read: " + failed.message());
        if (others > 0)
            return wrong(Light::Red,
                         fmt::format("holds {} folders or links: this is no folder of results; "
                                     "whatever else lies there could be fetched. Name one that "
                                     "holds results and nothing else",
                                     others));
        if (unnamed > 0)
            wrong(Light::Yellow, fmt::format("{} files have names that no id has (letters, digits, "
                                             "'-'): the portal cannot fetch them",
                                             unnamed));
        add(Light::Green, fmt::format("{}: the portal may fetch files from here", folder.string()));
    }

    const config::Config& config_;
    std::vector<Finding> findings_;
};

}  // namespace

std::string inbox_trouble(const config::Config& config) {
    if (!config.inbound) return "";
    auto inbox = open_inbox(config);
    const Status usable = inbox ? (*inbox)->check() : tl::make_unexpected(inbox.error());
    if (usable) return "";
    return fmt::format("{}: {}", config.where("inbound", "inbox"), usable.error().message);
}

std::vector<Finding> check_inbound(const config::Config& config) {
    return InboundChecker(config).run();
}

std::vector<Finding> held_findings(ledger::Submissions& submissions) {
    const auto tally = submissions.tally();
    if (!tally) return {{Light::Red, "ledger", tally.error().message}};
    if (tally->held == 0) return {};
    return {{Light::Yellow, std::string(subject),
             fmt::format("{} held, and {} a person: dvcsync submissions list --stage held",
                         tally->held, tally->held == 1 ? "needs" : "need")}};
}

}  // namespace dvcsync::sync
