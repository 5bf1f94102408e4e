#include "connector/sync/reconcile_judge.h"

#include <utility>

#include "connector/base/text.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {
namespace {

constexpr std::string_view kind = "dossier";
constexpr std::size_t portal_words = 200;   // characters of its reasons that are kept
constexpr std::size_t mapping_words = 400;  // and of our mapping's

}  // namespace

std::optional<Match> not_sent(const ledger::Held& held) {
    if (!held.wanted || !held.state) return Match::Held;
    switch (*held.state) {
        case ledger::State::Delivered:
            return std::nullopt;
        case ledger::State::Parked:
            return Match::Parked;
        case ledger::State::Dismissed:
            return Match::Dismissed;
        default:
            return Match::Waiting;
    }
}

bool owed(const ledger::Held& held) {
    return held.known && held.wanted;
}

Judged lost(Match newest) {
    Judged judged;
    judged.match = Match::Missing;
    judged.mendable = false;
    switch (newest) {
        case Match::Parked:
            judged.reason =
                "its newest version is parked, and a resync sends nothing older: correct it at the "
                "province, or have it tried again (dvcsync parked retry)";
            break;
        case Match::Dismissed:
            judged.reason =
                "its newest version was dismissed, and a resync sends nothing older: only a newer "
                "version from the province brings it back";
            break;
        default:
            judged.reason = "a newer version is on its way: the next dvcsync sync sends it";
    }
    return judged;
}

Place place_of(const ledger::Held& held) {
    Place place{held.agency, std::nullopt};
    if (held.received) {
        const Date date = date_of(to_vietnam(*held.received));
        place.month = date.year() / date.month();
    }
    return place;
}

Judged Judge::judge(const ledger::Held& held, const Question& question, bool always) const {
    Judged judged;
    const auto unsent = not_sent(held);
    const bool must_be_there = !unsent || owed(held);
    if (unsent) judged.match = *unsent;
    if (!must_be_there && !always) return judged;
    const Answer answer = question(held);
    judged.at_portal = answer && answer->known;
    if (unsent && must_be_there && answer && !answer->known) return lost(*unsent);
    if (unsent && (answer || !must_be_there)) return judged;
    if (!answer) {
        judged.match = Match::NotAsked;
        judged.reason = excerpt(answer.error().message, portal_words);
    } else if (!answer->known) {
        judged.match = Match::Missing;
    } else if (auto differences = compare_with(held, *answer); !differences) {
        judged.reason = excerpt(differences.error().message, mapping_words);
    } else {
        judged.match = differences->empty() ? Match::Same : Match::Stale;
        judged.members = *std::move(differences);
    }
    return judged;
}

Result<std::vector<MemberDifference>> Judge::compare_with(const ledger::Held& held,
                                                          const portal::Holding& holding) const {
    DVC_TRY_ASSIGN(xml, sealer_.open(held.sealed, seal_context(kind, held.code)));
    DVC_TRY_ASSIGN(record, mappings_.vocabulary().parse(kind, xml));
    const auto documents = plan_.run(record);
    if (!documents) return fail(ErrorKind::Refused, documents.error().text());
    return compare(documents->front().json, holding.members);
}

}  // namespace dvcsync::sync
