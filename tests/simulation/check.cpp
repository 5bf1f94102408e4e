// The invariants at rest: the truth of the province against ledger and portal.
#include <sqlite3.h>

#include <algorithm>
#include <map>

#include "connector/sync/statistics.h"
#include "tests/simulation/world.h"

namespace dvcsync::simulation {
namespace {

using ledger::Cause;
using ledger::ItemRow;
using ledger::State;
using Work = SimulatedPortal::Work;

struct Judge {
    ledger::Ledger& ledger;
    const mapping::MappingSet& mappings;
    const SimulatedPortal& portal;
    const std::set<Work>& dismissed;
    Log& log;
    std::map<Work, ItemRow> items;

    const ItemRow* item(Operation operation, const std::string& code) const {
        const auto found = items.find({operation, code});
        return found == items.end() ? nullptr : &found->second;
    }
    void say(Invariant invariant, const std::string& code, std::string_view what) const {
        log.violated(invariant, fmt::format("{}: {}", code, what));
    }
    std::string shown(const ItemRow* row) const {
        if (row == nullptr) return "no item";
        return fmt::format("{} {} ({} {})", to_string(row->state), to_string(row->cause),
                           row->portal_code, row->reason);
    }

    std::vector<std::string> documents(const Version& version, Operation operation) const {
        std::vector<std::string> out;
        const auto record = mappings.vocabulary().parse(version.kind, version.xml);
        if (!record) return out;
        auto made = mappings.plan(operation)->run(*record);
        if (!made) return out;
        for (auto& document : *made)
            out.push_back(std::move(document.json));
        return out;
    }

    // A person has said that it needs no sending.
    bool excused(const Version& version, Operation operation) const {
        const ItemRow* row = item(operation, version.code);
        return row != nullptr && row->state == State::Dismissed &&
               dismissed.contains({operation, version.code});
    }

    bool parked(const Version& version, Operation operation, Cause cause) const {
        const ItemRow* row = item(operation, version.code);
        if (excused(version, operation)) return true;
        if (row != nullptr && row->state == State::Parked && row->cause == cause &&
            !row->reason.empty())
            return true;
        say(Invariant::NothingLost, version.code,
            fmt::format("{} should be parked by {}, but is {}", to_string(operation),
                        to_string(cause), shown(row)));
        return false;
    }

    // True: it is at the portal as it should be, or a person has dismissed it.
    bool delivered(const Version& version, Operation operation, const std::string* held) const {
        const ItemRow* row = item(operation, version.code);
        if (excused(version, operation)) return true;
        const auto documents_ = documents(version, operation);
        const bool there = held != nullptr && documents_.size() == 1 && *held == documents_[0];
        const bool says_so = row != nullptr && row->state == State::Delivered;
        if (says_so && there) return true;
        if (says_so) {
            say(Invariant::Agreement, version.code,
                fmt::format("the ledger says that {} is delivered, but the portal {}",
                            to_string(operation),
                            held == nullptr ? "does not know it" : "has another version"));
        } else {
            say(Invariant::NothingLost, version.code,
                fmt::format("{} is not delivered: {}{}", to_string(operation), shown(row),
                            there ? ", though the portal has it" : ""));
        }
        return false;
    }

    void steps(const Version& version, std::size_t count, bool may_vanish) const {
        const ItemRow* row = item(Operation::PushProgress, version.code);
        if (excused(version, Operation::PushProgress)) return;
        // A portal that can neither be asked nor sent the same again leaves this to a person.
        if (row != nullptr && row->state == State::Parked && row->portal_code == "in doubt" &&
            !portal.repeatable())
            return;
        // Steps that the province takes back after they went out stay at the portal.
        if (may_vanish) return;
        auto wanted = documents(version, Operation::PushProgress);
        wanted.resize(std::min(count, wanted.size()));
        std::vector<std::string> held;
        const auto dossier = portal.dossiers().find(version.code);
        if (dossier != portal.dossiers().end()) {
            auto steps = dossier->second.steps;
            // Steps that went ahead of one that was refused stand before it for good.
            const auto ahead = [](const auto& step) { return step.ahead; };
            if (std::any_of(steps.begin(), steps.end(), ahead)) {
                if (version.refused_step != 0) std::erase_if(steps, ahead);
                std::sort(steps.begin(), steps.end(),
                          [](const auto& a, const auto& b) { return a.number < b.number; });
            }
            for (const auto& step : steps)
                held.push_back(step.document);
        }
        const bool complete = count == version.steps;
        const bool says_so =
            version.steps == 0 || (row != nullptr && row->state == State::Delivered);
        if (held == wanted && (says_so || !complete)) return;
        if (!says_so && complete) {
            say(Invariant::NothingLost, version.code,
                fmt::format("its steps are not delivered: {}", shown(row)));
        } else if (held.size() < wanted.size()) {
            say(Invariant::Agreement, version.code,
                fmt::format("the portal holds {} of {} steps that are delivered", held.size(),
                            wanted.size()));
        } else {
            say(Invariant::StepsOnce, version.code,
                fmt::format("the portal holds {} steps that are not those of the newest version "
                            "({})",
                            held.size(), wanted.size()));
        }
    }

    void record(const Version& version, bool may_vanish) const {
        const bool dossier = version.kind == "dossier";
        const Operation operation = dossier ? Operation::PushDossier : Operation::PushProcedure;
        const std::string* held = nullptr;
        if (dossier) {
            const auto found = portal.dossiers().find(version.code);
            if (found != portal.dossiers().end()) held = &found->second.document;
        } else {
            const auto found = portal.procedures().find(version.code);
            if (found != portal.procedures().end()) held = &found->second.document;
        }
        switch (version.fate) {
            case Fate::Delivered:
                if (delivered(version, operation, held) && dossier && !excused(version, operation))
                    steps(version, version.steps, may_vanish);
                return;
            case Fate::Held: {
                const ItemRow* row = item(operation, version.code);
                const bool quiet = row == nullptr || row->state == State::Delivered;
                if (!quiet)
                    say(Invariant::NothingLost, version.code,
                        fmt::format("it is not to be sent, but is {}", shown(row)));
                return;
            }
            case Fate::Unreadable:
                parked(version, operation, Cause::Intake);
                return;
            case Fate::Refused:
                parked(version, operation, Cause::Portal);
                return;
            case Fate::StepRefused:
                if (!delivered(version, operation, held) || excused(version, operation)) return;
                if (may_vanish) return;
                if (parked(version, Operation::PushProgress, Cause::Portal))
                    steps(version, version.refused_step - 1, false);
                return;
        }
    }

    // The same figures, counted from the items by themselves.
    ledger::Tally counted(const std::string& kind,
                          const std::map<RecordName, const Version*>& newest) const {
        ledger::Tally sum;
        for (const auto& [name, version] : newest) {
            if (name.first != kind) continue;
            ++sum.records;
            bool refused = false, parked = false, dismissed = false, waiting = false, any = false;
            for (const Operation operation : all_operations) {
                const ItemRow* row = item(operation, name.second);
                if (row == nullptr || (row->kind != kind)) continue;
                any = true;
                refused |= row->state == State::Parked && row->cause == Cause::Portal;
                parked |= row->state == State::Parked;
                dismissed |= row->state == State::Dismissed;
                waiting |= row->state != State::Delivered;
            }
            ++(refused     ? sum.refused
               : parked    ? sum.parked
               : dismissed ? sum.dismissed
               : waiting   ? sum.waiting
               : any       ? sum.delivered
                           : sum.held);
        }
        return sum;
    }

    void tally(const std::string& kind, const std::map<RecordName, const Version*>& newest) const {
        const auto tally = ledger.tally(kind);
        if (!tally) {
            log.violated(Invariant::Sound, tally.error().message);
            return;
        }
        const auto shown = [](const ledger::Tally& t) {
            return fmt::format(
                "{} records: {} delivered + {} refused + {} parked + {} waiting + {} dismissed + "
                "{} held",
                t.records, t.delivered, t.refused, t.parked, t.waiting, t.dismissed, t.held);
        };
        const ledger::Tally mine = counted(kind, newest);
        if (shown(*tally) != shown(mine)) {
            log.violated(Invariant::CountsAddUp,
                         fmt::format("{}: the ledger counts {}, but there are {}", kind,
                                     shown(*tally), shown(mine)));
        } else if (tally->waiting > 0) {
            log.violated(Invariant::NothingLost,
                         fmt::format("{}: {} are still waiting at rest", kind, tally->waiting));
        }
    }

    void statistics(bool may_vanish) const {
        const auto span = ledger.span();
        if (!span || !*span) return;
        const auto first = date_of(to_vietnam((*span)->first));
        const auto last = date_of(to_vietnam((*span)->second));
        std::size_t rows = 0;
        for (auto month = first.year() / first.month(); month <= last.year() / last.month();
             month += std::chrono::months{1}) {
            const int y = static_cast<int>(month.year());
            const int m = static_cast<int>(static_cast<unsigned>(month.month()));
            const auto figures = ledger.month(y, m);
            if (!figures) return;
            for (const auto& one : *figures) {
                ++rows;
                const std::string code = sync::statistics_code(one, y, m);
                const ItemRow* row = item(Operation::PushStatistics, code);
                if (row != nullptr && row->state == State::Dismissed &&
                    dismissed.contains({Operation::PushStatistics, code})) {
                    continue;  // a person has said that it need not go
                }
                const auto record =
                    mappings.vocabulary().parse("statistics", sync::statistics_xml(one, y, m));
                const auto made = mappings.plan(Operation::PushStatistics)->run(*record);
                const auto held = portal.statistics().find(code);
                if (held == portal.statistics().end() || held->second != made->front().json) {
                    log.violated(Invariant::Agreement,
                                 fmt::format("the portal has other statistics of {} in {}-{:02}",
                                             one.agency, y, m));
                }
            }
        }
        // A month that has lost its last event is not counted any more.
        if (rows < portal.statistics().size() && !may_vanish) {
            log.violated(Invariant::Agreement, "the portal has statistics that nobody counts");
        }
    }
};

std::string integrity(const std::filesystem::path& file) {
    sqlite3* handle = nullptr;
    std::string words = "it cannot be opened";
    if (sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
        words.clear();
        sqlite3_exec(
            handle, "PRAGMA integrity_check",
            [](void* into, int, char** values, char**) {
                *static_cast<std::string*>(into) += values[0];
                return 0;
            },
            &words, nullptr);
    }
    sqlite3_close_v2(handle);
    return words;
}

}  // namespace

void World::check() {
    disk_.enter(std::make_shared<Process>());
    if (const std::string words = integrity(file_); words != "ok") {
        log_.violated(Invariant::Sound, words);
        return;
    }
    auto opened = ledger::open_sqlite(file_, stage_.sealer.key_id());
    if (!opened) {
        log_.violated(Invariant::Sound, opened.error().message);
        return;
    }
    Judge judge{**opened, *mappings_, portal_, dismissed_, log_, {}};
    const auto rows = (*opened)->list({}, 100'000);
    if (!rows) {
        log_.violated(Invariant::Sound, rows.error().message);
        return;
    }
    for (const auto& row : *rows)
        judge.items[{row.operation, row.code}] = row;
    const auto newest = province_.newest();
    for (const auto& [name, version] : newest) {
        if (name.first != "answer") judge.record(*version, province_.steps_may_vanish());
    }
    tale_.records += newest.size();
    for (const char* kind : {"dossier", "procedure", "answer"})
        judge.tally(kind, newest);
    for (const auto& [code, dossier] : portal_.dossiers()) {
        if (!newest.contains({"dossier", code}))
            judge.say(Invariant::Agreement, code, "the portal holds what the province never sent");
    }
    judge.statistics(province_.steps_may_vanish());
    check_inbound(**opened, judge.items);
    check_trail(**opened, judge.items);
}

}  // namespace dvcsync::simulation
