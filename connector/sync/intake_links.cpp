// Dossiers that were born on the portal: the link between their two codes.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "connector/base/limits.h"
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

// Contract §7: what was born on the portal is not sent as an ordinary dossier, and what was not
// must not be kept back; so which of the two it is has to be known.
std::string not_arrived(const ledger::Intake& intake) {
    return fmt::format(
        "the record says that it was born on the portal as {}, but nothing of this code has "
        "arrived: if the code is right, it goes on by itself as soon as the submission is here "
        "(dvcsync sync pull-submissions); if not, correct or remove the portal's code in the "
        "province's system",
        intake.portal_code);
}

std::string undone(const ledger::Intake& intake) {
    return fmt::format(
        "the record says that {} of the portal is {} here, which a person has undone (dvcsync "
        "submissions show {}): correct the code in the province's system, or take that back: "
        "dvcsync submissions relink {} --reason …",
        intake.portal_code, intake.local_code, intake.portal_code, intake.portal_code);
}

std::string contradiction(const ledger::Intake& intake, const std::string& local,
                          const std::string& portal) {
    return fmt::format(
        "the record says that {} of the portal is {} here; {} is linked to {} already: correct "
        "the code in the province's system, or undo the link, then it goes on by itself: dvcsync "
        "submissions unlink {} --reason …",
        intake.portal_code, intake.local_code,
        local.empty() ? intake.local_code : intake.portal_code, local.empty() ? portal : local,
        local.empty() ? portal : intake.portal_code);
}

Result<bool> was_undone(ledger::Submissions& links, const ledger::Intake& intake) {
    DVC_TRY_ASSIGN(all, links.links(intake.portal_code));
    return std::any_of(all.begin(), all.end(), [&](const ledger::Link& one) {
        return one.undone && one.local == intake.local_code;
    });
}

// It is looked at again once the portal's code has arrived, or the link is undone.
void put_aside(ledger::Intake& intake, std::string fault) {
    intake.awaits = std::exchange(intake.portal_code, "");
    intake.local_code.clear();
    intake.fault = std::move(fault);
    if (!intake.fault.empty() && intake.queue.empty())
        intake.queue.push_back(Operation::PushDossier);
}

}  // namespace

Status find_links(ledger::Ledger& ledger, std::span<ledger::Intake> intakes) {
    auto& links = ledger.submissions();
    const auto local_of = [&](const std::string& code) { return links.local_code(code); };
    const auto portal_of = [&](const std::string& code) { return links.portal_code(code); };
    Codes locals, portals;  // of this batch, by the other code
    for (auto& intake : intakes) {
        if (!tells_link(intake)) continue;
        DVC_TRY_ASSIGN(arrived, links.has_arrived(intake.portal_code));
        if (!arrived) {
            // An answer goes out all the same: whether there is such a code, the portal says.
            put_aside(intake, intake.facts.kind == "dossier" ? not_arrived(intake) : "");
            continue;
        }
        DVC_TRY_ASSIGN(refused, was_undone(links, intake));
        if (refused) {
            put_aside(intake, undone(intake));
            continue;
        }
        DVC_TRY_ASSIGN(local, partner(locals, intake.portal_code, local_of));
        DVC_TRY_ASSIGN(portal, partner(portals, intake.local_code, portal_of));
        const bool fits = (local.empty() || local == intake.local_code) &&
                          (portal.empty() || portal == intake.portal_code);
        if (fits) {
            locals[intake.portal_code] = intake.local_code;
            portals[intake.local_code] = intake.portal_code;
            continue;
        }
        put_aside(intake, contradiction(intake, local == intake.local_code ? "" : local, portal));
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

Status look_at_awaiting(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary,
                        const Sealer& sealer, const Clock& clock) {
    for (std::int64_t after = 0;;) {
        DVC_TRY_ASSIGN(rows, ledger.awaiting(after, limits::claim_batch));
        if (rows.empty()) return {};
        after = rows.back().record;
        std::vector<ledger::Intake> intakes;
        for (auto& row : rows) {
            province::RawRecord raw;
            DVC_TRY_ASSIGN(xml, sealer.open(row.sealed, seal_context(row.kind, row.code)));
            raw.xml = std::move(xml);
            raw.kind = row.kind;
            raw.code = row.code;
            auto intake = prepare(raw, sha256(raw.xml), vocabulary, sealer);
            if (intake.facts.code != row.code) continue;  // read_again() moves it
            intake.origin = std::move(row.origin);
            intake.as_of = row.as_of;
            intake.revisit = true;
            intakes.push_back(std::move(intake));
        }
        DVC_TRY(find_links(ledger, intakes));
        DVC_TRY(ledger.together([&]() -> Status {
            DVC_TRY(ledger.take(intakes, "awaiting", "", clock.now()));
            return keep_links(ledger, intakes, clock.now());
        }));
    }
}

}  // namespace dvcsync::sync
