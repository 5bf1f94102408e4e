// The invariants at rest of what citizens have filed: their truth and the province's answers
// against ledger, inbox and portal.
#include <algorithm>

#include "connector/sync/pull.h"
#include "tests/simulation/world.h"

namespace dvcsync::simulation {
namespace {

using Place = ledger::Stage;
using ledger::State;
using Work = SimulatedPortal::Work;

std::string_view word_of(std::string_view status) {  // contract §2, the list of statuses
    constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"accepted", "2"},  {"processing", "4"}, {"supplement", "5"}, {"awaiting-payment", "6"},
        {"withdrawn", "7"}, {"finished", "9"},   {"refused", "11"}};
    for (const auto& [from, to] : words) {
        if (from == status) return to;
    }
    return "";
}

std::string name_of(const ledger::Submission& row) {
    return fmt::format("{} revision {} ({}{}{})", row.code, row.revision, to_string(row.stage),
                       row.reason.empty() ? "" : ": ", row.reason);
}

const ledger::ItemRow* find(const std::map<Work, ledger::ItemRow>& items, Operation operation,
                            const std::string& code) {
    const auto found = items.find({operation, code});
    return found == items.end() ? nullptr : &found->second;
}

}  // namespace

std::vector<World::Kept> World::kept(ledger::Ledger& ledger) {
    std::vector<Kept> all;
    auto& submissions = ledger.submissions();
    auto rows = submissions.list({}, 100'000);
    if (!rows) {
        if (resting_) log_.violated(Invariant::Sound, rows.error().message);
        return all;
    }
    std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) {
        return std::pair(a.code, a.revision) < std::pair(b.code, b.revision);
    });
    std::set<std::string> in_the_way;
    for (auto& row : *rows) {
        Kept one;
        const auto sealed = submissions.sealed(row.id);
        const auto text =
            sealed ? stage_.sealer.open(*sealed, sync::submission_context(row.code, row.digest))
                   : sealed;
        if (!text) log_.violated(Invariant::Sound, text.error().message);
        one.mark = text ? mark_in(*text) : "";
        one.filed = citizens_.find(one.mark);
        one.blocked = in_the_way.contains(row.code);
        if (row.stage < Place::Handed) in_the_way.insert(row.code);
        one.row = std::move(row);
        all.push_back(std::move(one));
    }
    return all;
}

std::string World::misplaced(const Kept& one) const {
    if (one.filed == nullptr) return fmt::format("{} was never filed", name_of(one.row));
    const RevisionName name{one.row.code, one.row.revision};
    const Filing& filing = one.filed->filing;
    const bool released = decisions_.released.contains(name);
    const auto has = [&](auto what) {
        return std::any_of(filing.files.begin(), filing.files.end(), what);
    };
    bool well = false;
    switch (one.row.stage) {
        case Place::Received:
            well = one.blocked;
            break;
        case Place::Waiting:
            well = one.blocked ||
                   (has([](const Attachment& file) { return file.misses < 0; }) && undecided_);
            break;
        case Place::Held:
            well = strange(filing.kind) ||
                   (has([](const Attachment& file) { return file.hostile; }) && !released);
            break;
        case Place::Handed:
            well = !strange(filing.kind);
            break;
        case Place::Dismissed:
            well = decisions_.dismissed.contains(name);
            break;
    }
    return well ? "" : fmt::format("{}, {}, may not stay there", name_of(one.row), one.mark);
}

std::string World::unrest(ledger::Ledger& ledger) {
    const auto announced = ledger.submissions().open_announcements("", 1);
    if (!announced) return announced.error().message;
    if (!announced->empty())
        return fmt::format("{} is announced, but was never fetched: {}", announced->front().code,
                           announced->front().reason);
    for (const Kept& one : kept(ledger)) {
        const bool open = one.row.stage == Place::Received || one.row.stage == Place::Waiting;
        if (!open) continue;
        // What a person must first decide about may wait for that.
        const bool lasting =
            one.filed != nullptr && one.row.stage == Place::Waiting &&
            std::any_of(one.filed->filing.files.begin(), one.filed->filing.files.end(),
                        [](const Attachment& file) { return file.misses < 0; });
        if (!lasting && !misplaced(one).empty()) return misplaced(one);
    }
    return "";
}

void World::check_inbound(ledger::Ledger& ledger, const Items& items) {
    const auto rows = kept(ledger);
    check_rows(rows);
    check_handed(rows, items);
    check_answers(items);
    check_links(ledger);
    check_counts(ledger, rows);
}

// Every content once, and once more where the dossier became it again; none that must be there is
// missing.
void World::check_rows(const std::vector<Kept>& rows) {
    std::multiset<std::string> seen;
    std::map<std::string, const Kept*> latest;  // of a code: what was fetched last and was news
    std::map<std::string, const Kept*> newest;
    for (const Kept& one : rows) {
        if (const std::string why = misplaced(one); !why.empty())
            log_.violated(Invariant::NothingLost, why);
        if (one.filed == nullptr) continue;
        const std::string& code = one.filed->filing.code;
        // What cannot be parsed names nothing.
        const bool nameless = code.empty() || one.filed->filing.kind == FilingKind::Unparsable;
        if (!nameless && code != one.row.code)
            log_.violated(Invariant::Agreement,
                          fmt::format("{} was filed as {}", name_of(one.row), code));
        const auto before = newest.find(one.row.code);
        if (before == newest.end() || !seen.contains(one.mark) ||
            !Citizens::overtook(*before->second->filed, *one.filed))
            seen.insert(one.mark);
        if (static_cast<int>(seen.count(one.mark)) > 1 + one.filed->returns)
            log_.violated(Invariant::StepsOnce,
                          fmt::format("{} is {}, which came before", name_of(one.row), one.mark));
        if (one.row.road == ledger::Road::Poll) latest[one.row.code] = &one;
        const FilingKind kind = one.filed->filing.kind;
        if (kind == FilingKind::Filing || kind == FilingKind::Supplement)
            newest[one.row.code] = &one;
    }
    for (const auto& one : citizens_.filed()) {
        const auto fetched = latest.find(one.filing.code);
        if (!citizens_.traits().lists || one.returns == 0 || !citizens_.is_current(one) ||
            fetched == latest.end() || fetched->second->mark == one.filing.mark)
            continue;
        // A late call had made it this again already: then what is fetched is no news.
        const auto last = newest.find(one.filing.code);
        if (last != newest.end() && last->second->mark == one.filing.mark) continue;
        log_.violated(Invariant::NothingLost,
                      fmt::format("{} is {} again, but {} was fetched last", one.filing.code,
                                  one.filing.mark, fetched->second->mark));
    }
    for (const auto& one : citizens_.filed()) {
        const bool listed = citizens_.traits().lists && citizens_.is_current(one);
        if ((one.acknowledged || listed) && !seen.contains(one.filing.mark))
            log_.violated(
                Invariant::NothingLost,
                fmt::format("{} of {} {}, but the ledger does not know it", one.filing.mark,
                            one.filing.code, one.acknowledged ? "was acknowledged" : "is listed"));
    }
}

// What the ledger calls handed is in the inbox, and confirmed; nothing else is.
void World::check_handed(const std::vector<Kept>& rows, const Items& items) {
    std::set<RevisionName> handed;
    std::size_t receipts = 0;
    for (const Kept& one : rows) {
        const RevisionName name{one.row.code, one.row.revision};
        // A person may have been quicker than a run that had just put it there.
        if (one.row.stage == Place::Dismissed) handed.insert(name);
        if (one.row.stage != Place::Handed) continue;
        handed.insert(name);
        const auto entry = room_.entries().find(name);
        if (!room_.has(name) || entry->second.mark != one.mark)
            log_.violated(Invariant::NothingLost,
                          fmt::format("{} is not in the inbox", name_of(one.row)));
        if (one.row.kind == "payment" || one.row.kind == "notice") continue;
        ++receipts;
        const std::string key = fmt::format("{}/{}", one.row.code, one.row.revision);
        const auto* item = find(items, Operation::ConfirmSubmission, key);
        if (dismissed_.contains({Operation::ConfirmSubmission, key})) continue;
        const bool told = desk_.confirmed().contains(key);
        if (item == nullptr || item->state != State::Delivered || !told)
            log_.violated(Invariant::NothingLost,
                          fmt::format("{} is handed over; its confirmation is {}{}", key,
                                      item == nullptr ? "not known" : to_string(item->state),
                                      told ? "" : ", and the portal has none"));
    }
    for (const auto& [name, entry] : room_.entries()) {
        if (entry.published && !handed.contains(name))
            log_.violated(Invariant::CountsAddUp,
                          fmt::format("{} revision {} is in the inbox, but the ledger does not "
                                      "call it handed over",
                                      name.first, name.second));
    }
    for (const std::string& key : desk_.confirmed()) {
        if (find(items, Operation::ConfirmSubmission, key) == nullptr)
            log_.violated(Invariant::CountsAddUp, fmt::format("nobody has confirmed {}", key));
    }
    std::size_t queued = 0;
    for (const auto& [work, item] : items)
        queued += work.first == Operation::ConfirmSubmission ? 1 : 0;
    if (queued != receipts)
        log_.violated(Invariant::CountsAddUp,
                      fmt::format("{} confirmations of {} submissions", queued, receipts));
}

// What the portal was told is what the province has said, each word once and in order.
void World::check_answers(const Items& items) {
    static const auto form = *TimeFormat::compile("yyyyMMddHHmmss");
    for (const auto& [code, one] : clerks_.cases()) {
        const auto& events = one.answer.events;
        if (events.empty() || dismissed_.contains({Operation::PushStatus, code})) continue;
        const auto refused = static_cast<std::size_t>(one.answer.refused_event);
        const std::size_t wanted = refused == 0 ? events.size() : refused - 1;
        const auto told = desk_.statuses().find(code);
        const auto& statuses =
            told == desk_.statuses().end() ? std::vector<Desk::Status>{} : told->second;
        bool same = statuses.size() == wanted;
        for (std::size_t i = 0; same && i < wanted; ++i) {
            same = statuses[i].number == events[i].number &&
                   statuses[i].word == word_of(events[i].status) &&
                   statuses[i].at == form.format(events[i].at);
        }
        const auto* item = find(items, Operation::PushStatus, code);
        const State state = refused == 0 ? State::Delivered : State::Parked;
        if (same && item != nullptr && item->state == state) continue;
        log_.violated(Invariant::NothingLost,
                      fmt::format("{}: the portal was told {} of {} statuses; the ledger says {} "
                                  "({})",
                                  code, statuses.size(), wanted,
                                  item == nullptr ? "nothing" : to_string(item->state),
                                  item == nullptr ? "" : item->reason));
    }
}

void World::check_links(ledger::Ledger& ledger) {
    auto& submissions = ledger.submissions();
    std::size_t linked = 0;
    for (const auto& [code, one] : clerks_.cases()) {
        const std::string& local = one.answer.local_code;
        if (local.empty()) continue;
        ++linked;
        const auto there = submissions.local_code(code);
        const auto back = submissions.portal_code(local);
        if (!there || !back || *there != local || *back != code)
            log_.violated(Invariant::NothingLost,
                          fmt::format("the link of {} and {} is not kept", code, local));
    }
    const auto tally = submissions.tally();
    if (tally && tally->linked != linked)
        log_.violated(Invariant::CountsAddUp,
                      fmt::format("{} codes are linked, but there are {}", tally->linked, linked));
}

void World::check_counts(ledger::Ledger& ledger, const std::vector<Kept>& rows) {
    const auto tally = ledger.submissions().tally();
    const auto receipts = ledger.tally("receipt");
    if (!tally || !receipts) {
        log_.violated(Invariant::Sound, "the submissions cannot be counted");
        return;
    }
    ledger::SubmissionTally mine;
    std::size_t* const counts[] = {&mine.received, &mine.waiting, &mine.held, &mine.handed,
                                   &mine.dismissed};
    for (const Kept& one : rows)
        ++*counts[static_cast<std::size_t>(one.row.stage)];
    mine.arrived = rows.size();
    const auto shown = [](const ledger::SubmissionTally& t) {
        return fmt::format(
            "{} arrived: {} received + {} waiting + {} held + {} handed + {} dismissed", t.arrived,
            t.received, t.waiting, t.held, t.handed, t.dismissed);
    };
    if (shown(*tally) != shown(mine) || tally->announced != 0)
        log_.violated(Invariant::CountsAddUp,
                      fmt::format("the ledger counts {}, {} announced, but there are {}",
                                  shown(*tally), tally->announced, shown(mine)));
    if (receipts->waiting > 0)
        log_.violated(Invariant::NothingLost, "confirmations are still waiting at rest");
}

}  // namespace dvcsync::simulation
