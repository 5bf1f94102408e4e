// The trail at rest: it tells of every delivery, and of none that was not.
#include <map>
#include <set>

#include "connector/audit/canonical.h"
#include "connector/ledger/trail.h"
#include "tests/simulation/world.h"

namespace dvcsync::simulation {
namespace {

using ledger::State;
using Work = SimulatedPortal::Work;

std::string text_of(const audit::Json& entry, std::string_view key) {
    const auto* member = entry.find(key);
    const auto* text = member == nullptr ? nullptr : member->text();
    return text == nullptr ? "" : *text;
}

// What the entries say of one item.
struct Story {
    bool delivered = false;           // or unchanged, at least once
    std::set<std::string> documents;  // delivered
    std::string last;                 // outcome
};

class Reader {
  public:
    Reader(Log& log, const SimulatedPortal& portal) : log_(log), portal_(portal) {}

    Result<bool> take(const ledger::TrailRow& row) {
        if (row.sequence != next_[row.log]++) say(fmt::format("entry {} is missing", row.sequence));
        if (row.at < last_at_[row.log]) say(fmt::format("entry {} goes back", row.sequence));
        last_at_[row.log] = row.at;
        const auto entry = audit::parse_canonical(row.entry);
        if (!entry) {
            say(fmt::format("entry {}: {}", row.sequence, entry.error().message));
            return true;
        }
        const std::string event = text_of(*entry, "event");
        if (event == "delivery") delivery(*entry, row.sequence);
        if (event == "exchange") exchanges_.insert({row.log, row.sequence});
        if (event == "record.refused") refused_.insert(text_of(*entry, "code"));
        if (event == "submission")
            submissions_[text_of(*entry, "code")] = text_of(*entry, "outcome");
        if (const auto* named = entry->find("exchange");
            named != nullptr && !exchanges_.contains({row.log, *named->number()}))
            say(fmt::format("entry {} names an exchange that is none", row.sequence));
        return true;
    }

    void compare(const World::Items& items) const {
        for (const auto& [work, row] : items) {
            const auto found = stories_.find(work);
            const Story story = found == stories_.end() ? Story{} : found->second;
            const std::string name = fmt::format("{} {}", to_string(work.first), work.second);
            if (row.state == State::Delivered && !story.delivered)
                say(fmt::format("{} is delivered, but no entry tells it", name));
            if (row.state != State::Parked) continue;
            if (row.cause == ledger::Cause::Intake) {
                if (!refused_.contains(work.second))
                    say(fmt::format("{} was parked by intake, but no entry tells it", name));
                continue;
            }
            const bool portals = row.cause == ledger::Cause::Portal;
            if (story.last != (portals ? "refused" : "parked"))
                say(fmt::format("{} is parked, but its last entry says '{}'", name, story.last));
        }
    }

    // What the portal has kept and the ledger calls delivered.
    void compare_documents(const World::Items& items) const {
        for (const auto& [work, digests] : portal_.kept()) {
            if (work.first == Operation::PushProgress || work.first == Operation::PushStatus)
                continue;  // rows
            const auto row = items.find(work);
            if (row == items.end() || row->second.state != State::Delivered) continue;
            const auto story = stories_.find(work);
            const bool told = story != stories_.end() &&
                              std::any_of(digests.begin(), digests.end(), [&](const auto& digest) {
                                  return story->second.documents.contains(digest);
                              });
            if (!told)
                say(fmt::format("the portal has {} {}, but no entry names its document",
                                to_string(work.first), work.second));
        }
    }

    const std::map<std::string, std::string>& submissions() const { return submissions_; }

    void say(const std::string& what) const { log_.violated(Invariant::Evidence, what); }

  private:
    void delivery(const audit::Json& entry, std::int64_t sequence) {
        const auto operation = operation_from(text_of(entry, "operation"));
        const std::string outcome = text_of(entry, "outcome");
        if (!operation) return say(fmt::format("entry {} names no operation", sequence));
        const Work work{*operation, text_of(entry, "code")};
        Story& story = stories_[work];
        story.last = outcome;
        if (outcome != "delivered" && outcome != "unchanged") return;
        story.delivered = true;
        const std::string document = text_of(entry, "document");
        if (outcome == "unchanged" || document.empty()) return;
        story.documents.insert(document);
        const auto kept = portal_.kept().find(work);
        if (kept == portal_.kept().end() || !kept->second.contains(document))
            say(fmt::format("entry {}: the portal has never kept this {} of {}", sequence,
                            to_string(*operation), work.second));
    }

    Log& log_;
    const SimulatedPortal& portal_;
    std::map<std::int64_t, std::int64_t> next_;
    std::map<std::int64_t, UtcTime> last_at_;
    std::map<Work, Story> stories_;
    std::set<std::pair<std::int64_t, std::int64_t>> exchanges_;
    std::set<std::string> refused_;
    std::map<std::string, std::string> submissions_;  // the last outcome of each
};

}  // namespace

void World::check_trail(ledger::Ledger& ledger, const Items& items) {
    Reader reader(log_, portal_);
    const auto walked =
        ledger.trail().walk({}, [&](const ledger::TrailRow& row) { return reader.take(row); });
    if (!walked) reader.say(walked.error().message);
    reader.compare(items);
    reader.compare_documents(items);
    const auto rows = ledger.submissions().list({}, 100'000);
    if (!rows) return reader.say(rows.error().message);
    for (const auto& row : *rows)
        if (!reader.submissions().contains(row.code))
            reader.say(fmt::format("submission {} is there, but no entry tells it", row.code));
}

}  // namespace dvcsync::simulation
