// audit erase-bodies, and the bodies of audit prove --with-body.
#include "connector/cli/commands_audit_bodies.h"

#include <fmt/format.h>

#include "connector/base/files.h"
#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

constexpr mode_t body_mode = 0600;  // personal data

}  // namespace

Result<sync::KeptBodies> open_bodies(const sync::Connector& connector, const Options& options) {
    const auto& audit = options.audit;
    return sync::show_bodies(*connector.ledger, connector.sealer, *connector.recorder, audit.log,
                             *audit.exchange, options.act, options.selection.codes.front());
}

Status write_bodies(const sync::KeptBodies& bodies, const Options& options) {
    const auto& audit = options.audit;
    for (const auto& [body, ending] :
         {std::pair{&bodies.sent, ".sent"}, std::pair{&bodies.received, ".received"}}) {
        if (!*body) continue;
        const std::filesystem::path file = audit.out.string() + ending;
        DVC_TRY(write_atomically(file, **body, body_mode));
        fmt::print(stderr, "written: {}; its SHA-256 stands in the entry of exchange {}\n",
                   file.string(), *audit.exchange);
    }
    return {};
}

int run_audit_erase_bodies(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const sync::BodyErasure what{options.audit.before, options.audit.exchange, options.audit.log};
    const auto erased =
        sync::erase_bodies(*connector->ledger, *connector->recorder, what, options.act);
    if (!erased) {
        if (erased.error().kind == ErrorKind::Refused)
            return nothing_done(options, erased.error().message);
        return complain(options, erased.error());
    }
    if (*erased == 0) return nothing_done(options, "no body is kept there");
    Json json;
    json.open();
    json.add("erased", std::uint64_t{*erased});
    json.close();
    if (options.json)
        fmt::print("{}\n", json.text());
    else
        fmt::print("{} erased; the log keeps their digests and still verifies\n",
                   *erased == 1 ? "1 body" : count_text(*erased) + " bodies");
    return exit_ok;
}

}  // namespace dvcsync::cli
