// Dossiers that were born on the portal: the link between their two codes.
#include <fmt/format.h>

#include <map>

#include "connector/ledger/submissions.h"
#include "connector/sync/intake_parts.h"

namespace dvcsync::sync {
namespace {

using Codes = std::map<std::string, std::string>;

// What `code` is linked to: by this batch so far, or by the ledger; "": to nothing.
template <class Look>
Result<std::string> partner(const Codes& batch, const std::string& code, const Look& look) {
    if (const auto found = batch.find(code); found != batch.end()) return found->second;
    DVC_TRY_ASSIGN(kept, look(code));
    return kept.value_or("");
}

std::string contradiction(const ledger::Intake& intake, const std::string& local,
                          const std::string& portal) {
    return fmt::format(
        "the record says that {} of the portal is {} here; {} is linked to {} already, for good: "
        "correct the code in the province's system",
        intake.portal_code, intake.local_code,
        local.empty() ? intake.local_code : intake.portal_code, local.empty() ? portal : local);
}

}  // namespace

Status find_links(ledger::Ledger& ledger, std::span<ledger::Intake> intakes) {
    auto& links = ledger.submissions();
    const auto local_of = [&](const std::string& code) { return links.local_code(code); };
    const auto portal_of = [&](const std::string& code) { return links.portal_code(code); };
    Codes locals, portals;  // of this batch, by the other code
    for (auto& intake : intakes) {
        if (!tells_link(intake)) continue;
        DVC_TRY_ASSIGN(local, partner(locals, intake.portal_code, local_of));
        DVC_TRY_ASSIGN(portal, partner(portals, intake.local_code, portal_of));
        const bool fits = (local.empty() || local == intake.local_code) &&
                          (portal.empty() || portal == intake.portal_code);
        if (fits) {
            locals[intake.portal_code] = intake.local_code;
            portals[intake.local_code] = intake.portal_code;
            continue;
        }
        intake.fault = contradiction(intake, local == intake.local_code ? "" : local, portal);
        if (intake.queue.empty()) intake.queue.push_back(Operation::PushDossier);
    }
    for (auto& intake : intakes) {
        if (intake.facts.kind != "dossier" || intake.queue.empty() || !intake.fault.empty())
            continue;
        DVC_TRY_ASSIGN(portal, partner(portals, intake.facts.code, portal_of));
        if (!portal.empty()) intake.queue.clear();
    }
    return {};
}

Status keep_links(ledger::Ledger& ledger, std::span<const ledger::Intake> intakes, UtcTime now) {
    for (const auto& intake : intakes) {
        if (tells_link(intake))
            DVC_TRY(ledger.submissions().link(intake.portal_code, intake.local_code, now));
    }
    return {};
}

}  // namespace dvcsync::sync
