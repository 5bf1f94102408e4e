// How every command tells what went wrong: words on standard error, or a JSON object on standard
// output.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "connector/cli/commands.h"
#include "connector/cli/commands_parked.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/logging.h"

namespace dvcsync::cli {
namespace {

void tell(const Options& options, std::string_view kind, std::string_view message) {
    if (!options.json) {
        fmt::print(stderr, "dvcsync: {}\n", message);
        return;
    }
    Json json;
    json.open();
    json.add("error", kind);
    json.add("message", message);
    json.close();
    fmt::print("{}\n", json.text());
}

}  // namespace

int complain(const Options& options, const Error& error) {
    // No program should try again because a disk is full or a file may not be written.
    const bool disk = error.kind == ErrorKind::Retry;
    tell(options, disk ? "ledger or disk" : to_string(error.kind), error.message);
    return exit_code(error);
}

int end_with(const Options& options, std::string_view what, const Error& error) {
    spdlog::error("{}: {}", what, error.message);
    if (!options.json && errors_are_on_stderr()) return exit_code(error);
    return complain(options, error);
}

int usage_fault(const Options& options, std::string_view message) {
    tell(options, "usage", message);
    if (!options.json) fmt::print(stderr, "Add --help to the command to see how it is written.\n");
    return exit_usage;
}

int nothing_done(const Options& options, std::string_view message) {
    tell(options, "nothing done", message);
    return exit_attention;
}

int busy(const Options& options, const ledger::Lease& other) {
    std::string message = "another run of dvcsync is active; this one has changed nothing";
    if (!other.owner.empty()) {
        // A process of this host that were gone would not be in the way.
        const bool here = other.host == sync::this_process().host;
        message = fmt::format(
            "another run of dvcsync is active: {}. This one has changed nothing. "
            "{}",
            sync::describe(other),
            here ? fmt::format("The other one is alive; if it hangs, end process "
                               "{}, and the next run takes over at once.",
                               other.process)
                 : fmt::format("If it gives no sign of life until {}, the next "
                               "run takes over.",
                               vietnam_text(other.expires)));
    }
    spdlog::warn("sync {}: {}", sync::to_string(options.job), message);
    if (!options.json) {
        fmt::print(stderr, "dvcsync: {}\n", message);
        return exit_busy;
    }
    Json json;
    json.open();
    json.add("error", "busy");
    json.add("message", message);
    if (!other.owner.empty()) add_lease(json, other);
    json.close();
    fmt::print("{}\n", json.text());
    return exit_busy;
}

void add_lease(Json& json, const ledger::Lease& lease) {
    json.open_object("running");
    json.add("host", lease.host);
    json.add("process", static_cast<std::uint64_t>(lease.process));
    json.add("job", lease.job);
    json.add("since", utc_text(lease.taken));
    json.add("last_sign_of_life", utc_text(lease.heartbeat));
    json.add("expires", utc_text(lease.expires));
    json.close();
}

}  // namespace dvcsync::cli
