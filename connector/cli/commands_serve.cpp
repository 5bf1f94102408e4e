// serve: takes what the portal calls, and pulls now and then.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/logging.h"
#include "connector/cli/progress_bar.h"
#include "connector/console/listener.h"
#include "connector/sync/due.h"
#include "connector/sync/receive.h"
#include "connector/sync/rules.h"
#include "connector/sync/seal.h"
#include "connector/sync/serve_mark.h"
#include "connector/sync/troubles.h"

namespace dvcsync::cli {
namespace {

// Wakes the pulls before their time.
class Bell {
  public:
    void ring() {
        const std::lock_guard lock(mutex_);
        rung_ = true;
        changed_.notify_all();
    }
    // Whether it rang. Until it rings, `stop` is set or the time is over. A signal cannot ring, so
    // it is looked for.
    bool wait(std::chrono::steady_clock::time_point until, const std::atomic<bool>& stop) {
        constexpr std::chrono::milliseconds look{200};
        std::unique_lock lock(mutex_);
        while (!rung_ && !stop && std::chrono::steady_clock::now() < until)
            changed_.wait_until(lock, std::min(until, std::chrono::steady_clock::now() + look));
        return std::exchange(rung_, false);
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool rung_ = false;
};

console::Reply reply_of(sync::CallbackReply&& said) {
    console::Reply reply;
    reply.status = said.reply.status;
    reply.content_type = std::move(said.reply.content_type);
    reply.body = std::move(said.reply.body);
    reply.file = std::move(said.file);
    if (said.reply.retry_after > 0)
        reply.headers.emplace_back("Retry-After", std::to_string(said.reply.retry_after));
    return reply;
}

void tell(std::string_view about, sync::Trouble& trouble, const std::string& what) {
    const auto news = trouble.is(what);
    if (news == sync::Trouble::News::Begun) spdlog::error("{}: {}", about, what);
    if (news == sync::Trouble::News::Over) spdlog::info("{}: over", about);
}

// A changed file is in force after twice as long at most.
constexpr std::chrono::seconds look_at_mappings{3};
// A run of another process is active, or ends before long.
constexpr std::chrono::seconds look_again{5};
// After a trouble, and where something is due that a run could not do.
constexpr std::chrono::seconds try_again{60};
// Which one it was: whoever looks for the words of a trouble should not find it begun again.
constexpr std::size_t shown_of_ended = 60;

void tell(const sync::Troubles::News& news) {
    for (const auto& one : news.begun)
        spdlog::error("pulls do not work: {}", one);
    for (const auto& one : news.ended)
        spdlog::info("pulls: over: {}", excerpt(one, shown_of_ended));
}

struct PullTroubles {
    sync::Troubles pulls;
    sync::Trouble unsealed;
    sync::Trouble mappings;
};

bool did_something(const sync::RunReport& report) {
    const auto& pull = report.pull;
    return pull.fetched + pull.announced + pull.handed + pull.held + report.delivery.delivered +
               report.delivery.refused + report.delivery.parked >
           0;
}

// False: another run is active. Errors are those that no later pull can mend.
Result<bool> pull_once(sync::Connector& connector, PullTroubles& troubles, bool list,
                       const std::atomic<bool>& stop) {
    sync::RunOrder order;
    order.job = sync::Job::PullSubmissions;
    order.list = list;
    ProgressBar quiet(ProgressBar::Style::Quiet);
    const auto report = sync::run_job(connector, std::move(order), system_clock(), quiet, stop);
    if (!stop || !report) tell(troubles.pulls.after(report));
    if (!report) {
        const auto kind = report.error().kind;
        if (kind == ErrorKind::Corrupt || kind == ErrorKind::Bug)
            return tl::make_unexpected(report.error());
        return true;
    }
    if (report->busy) return false;
    const auto& pull = report->pull;
    if (!stop) tell("pulls do not push", troubles.unsealed, report->unsealed);
    if (did_something(*report))
        spdlog::info(
            "pull: listed {}, new {}, fetched {}, handed {} with {} files, waiting {}, held {}, "
            "delivered {}, refused {}, parked {}, {:.1f} s",
            pull.listed, pull.announced, pull.fetched, pull.handed, pull.files, pull.waiting,
            pull.held, report->delivery.delivered, report->delivery.refused,
            report->delivery.parked, report->seconds);
    return true;
}

Status tell_ready(const Options& options, int port) {
    fmt::print("listening on 127.0.0.1:{}\n", port);
    std::fflush(stdout);
    if (options.ready_file.empty()) return {};
    Json json;
    json.open();
    json.add("port", static_cast<std::uint64_t>(port));
    json.add("pid", static_cast<std::uint64_t>(::getpid()));
    json.close();
    return write_atomically(options.ready_file, json.text() + "\n", 0644);
}

void log_end(const sync::CallbackCounts& calls, const console::ListenerCounts& listener) {
    spdlog::info(
        "serve: ended; connections {}, refused unread {}, put off {}; calls {}: accepted {}, "
        "duplicates {}, refused {}, unparsable {}, unknown {}, questions {}, downloads {}, later "
        "{}",
        listener.connections, listener.refused, listener.busy, calls.calls, calls.accepted,
        calls.duplicates, calls.refused, calls.unparsable, calls.unknown, calls.questions,
        calls.downloads, calls.later);
}

Error no_callbacks(const config::Config& config) {
    return {ErrorKind::Config,
            fmt::format("{}: has no <callbacks>, so the portal has nothing to call: choose another "
                        "profile, or only pull",
                        (config.mappings / "portal" / config.profile / "profile.xml").string())};
}

// A connection of its own: callbacks are taken while a pull writes.
struct Receiving {
    sync::Connector connector;
    sync::Rules rules;
    portal::Callbacks callbacks;
};

Result<Receiving> open_receiving(config::Config config) {
    if (!config.serve) {
        return fail(ErrorKind::Config,
                    fmt::format("{}: no callbacks are taken: write a section [serve] with port = "
                                "8090, and [inbound] that says where submissions go (dvcsync init "
                                "shows both)",
                                config.file.string()));
    }
    DVC_TRY_ASSIGN(rules, sync::Rules::open(config));
    auto callbacks = rules.set().profile.callbacks();
    if (!callbacks) return tl::make_unexpected(no_callbacks(config));
    DVC_TRY_ASSIGN(connector, sync::Connector::open(std::move(config)));
    return Receiving{std::move(connector), std::move(rules), *std::move(callbacks)};
}

// A changed mapping set comes into force for callbacks and pulls alike. True: one has.
bool follow_mappings(const config::Config& config, sync::Rules& rules, sync::Receiver& receiver,
                     sync::Trouble& trouble) {
    const auto changed = rules.look();
    auto callbacks = rules.set().profile.callbacks();
    std::string wrong = changed ? "" : changed.error().message;
    // Pulls go on by it; callbacks by the one before.
    if (!callbacks) wrong = no_callbacks(config).message;
    tell("the mapping files", trouble, wrong);
    if (!changed || !*changed) return false;
    if (callbacks) receiver.change({rules.set().mappings, *std::move(callbacks)});
    spdlog::info("the mapping files have changed: set {} is in force",
                 hex(rules.set().mappings.digest()).substr(0, 12));
    return true;
}

// What callbacks record between the pulls. A fault is told by the next pull, too, and stops what is
// pushed if it lasts.
class Sealing {
  public:
    static Result<Sealing> open(const config::Config& config) {
        Sealing sealing;
        if (config.audit) {
            DVC_TRY_ASSIGN(notary, sync::Notary::open(config, system_clock()));
            sealing.notary_.emplace(std::move(notary));
        }
        return sealing;
    }
    void seal(ledger::Ledger& ledger) {
        if (!notary_) return;
        const auto sealed = notary_->seal(ledger);
        tell("the audit trail is not signed", trouble_,
             sealed ? sealed->stamp_trouble : sealed.error().message);
    }

  private:
    std::optional<sync::Notary> notary_;
    sync::Trouble trouble_;
};

// When a run is wanted by itself after one that began at `began`.
Result<std::chrono::milliseconds> pause_after(sync::Connector& connector, UtcTime began) {
    DVC_TRY_ASSIGN(due, sync::next_due(*connector.ledger));
    if (!due) return std::chrono::hours(24);
    // It was due when the run began, and is still there: the run could do nothing for it.
    if (*due <= began) return try_again;
    return std::max<Millis>(*due - system_clock().now(), std::chrono::seconds(1));
}

// The list is read by its own clock. What has come by callback, and what waits for its next try,
// is worked off between: at the bell, and when it is due. Signs at least every limits::seal_every,
// and looks at the mapping files.
Status pull_until_stopped(const config::Config& config, sync::Rules& rules,
                          sync::Receiver& receiver, Bell& bell, const std::atomic<bool>& stop) {
    using Steady = std::chrono::steady_clock;
    DVC_TRY_ASSIGN(connector, sync::Connector::open(config));
    connector.rules = &rules.set();
    DVC_TRY_ASSIGN(sealing, Sealing::open(config));
    PullTroubles troubles;
    const bool polls = config.poll_every.count() > 0;
    auto next_list = polls ? Steady::now() : Steady::time_point::max();
    auto next_run = Steady::now();
    auto next_seal = Steady::now();
    while (!stop) {
        if (follow_mappings(config, rules, receiver, troubles.mappings)) next_run = Steady::now();
        if (Steady::now() >= std::min(next_run, next_list)) {
            const bool list = Steady::now() >= next_list;
            if (list) next_list = Steady::now() + config.poll_every;
            const UtcTime began = system_clock().now();
            DVC_TRY_ASSIGN(done, pull_once(connector, troubles, list, stop));
            Millis pause = done ? try_again : look_again;
            if (done && !troubles.pulls.any()) {
                const auto quiet = pause_after(connector, began);
                if (quiet) pause = *quiet;
            }
            next_run = Steady::now() + pause;
            next_seal = Steady::now();
        }
        if (Steady::now() >= next_seal) {
            sealing.seal(*connector.ledger);
            next_seal = Steady::now() + limits::seal_every;
        }
        const auto until =
            std::min({next_run, next_list, next_seal, Steady::now() + look_at_mappings});
        if (bell.wait(until, stop)) next_run = Steady::now();
    }
    return {};
}

Status serve(const Options& options, config::Config config, const std::atomic<bool>& stop) {
    const config::Config settings = config;
    DVC_TRY_ASSIGN(receiving, open_receiving(std::move(config)));
    Bell bell;
    sync::Receiver receiver({*receiving.connector.ledger, receiving.connector.sealer,
                             receiving.rules.set().mappings, receiving.callbacks,
                             settings.downloads, system_clock(),
                             receiving.connector.recorder.get()});
    const auto handle = [&](const console::Request& request) {
        const auto before = receiver.counts().accepted;
        auto reply = reply_of(receiver.handle(request.path, request.body));
        if (receiver.counts().accepted > before) bell.ring();
        return reply;
    };
    console::ListenerSettings listening;
    listening.port = settings.listen_port;
    DVC_TRY_ASSIGN(listener, console::Listener::open(listening, handle));
    const sync::ServeMark mark(settings.ledger_file, listener->port());
    auto done = tell_ready(options, listener->port());
    if (done) done = pull_until_stopped(settings, receiving.rules, receiver, bell, stop);
    listener->close();
    log_end(receiver.counts(), listener->counts());
    return done;
}

}  // namespace

int run_serve(const Options& options, const std::atomic<bool>& stop) {
    auto config = config::load(options.config);
    if (!config) return complain(options, config.error());
    if (auto started = start_logging(*config); !started) return complain(options, started.error());
    if (auto done = serve(options, *std::move(config), stop); !done)
        return end_with(options, "serve", done.error());
    return exit_ok;
}

}  // namespace dvcsync::cli
