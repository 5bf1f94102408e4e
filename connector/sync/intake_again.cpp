// Records that intake could not read, looked at again from their payloads.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <span>

#include "connector/base/limits.h"
#include "connector/sync/intake_parts.h"

namespace dvcsync::sync {
namespace {

using ledger::Claimed;

constexpr std::string_view source = "read-again";  // take() keeps a position for whoever calls it

// An origin is "file:line".
std::uint64_t line_of(std::string_view origin) {
    const std::string_view digits = origin.substr(origin.rfind(':') + 1);
    std::uint64_t line = 1;
    std::from_chars(digits.data(), digits.data() + digits.size(), line);
    return line;
}

class Rereading {
  public:
    Rereading(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary, const Sealer& sealer,
              const Clock& clock)
        : ledger_(ledger),
          vocabulary_(vocabulary),
          sealer_(sealer),
          clock_(clock),
          shapes_(shapes_of(vocabulary)) {}

    Result<RereadCounts> run(const std::optional<ledger::Filter>& filter) {
        std::optional<std::set<std::int64_t>> chosen;
        if (filter) {
            DVC_TRY_ASSIGN(items, items_of(*filter));
            chosen = std::move(items);
        }
        for (std::int64_t after = 0;;) {
            DVC_TRY_ASSIGN(items, ledger_.unreadable(after, limits::claim_batch));
            if (items.empty()) return std::move(counts_);
            after = items.back().item;
            for (const Claimed& item : items) {
                if (!chosen || chosen->contains(item.item)) DVC_TRY(look_at(item));
            }
            DVC_TRY(take());
        }
    }

  private:
    Result<std::set<std::int64_t>> items_of(ledger::Filter filter) {
        filter.state = ledger::State::Parked;
        filter.cause = ledger::Cause::Intake;
        DVC_TRY_ASSIGN(count, ledger_.count(filter));
        DVC_TRY_ASSIGN(rows, ledger_.list(filter, count));
        std::set<std::int64_t> items;
        for (const auto& row : rows)
            items.insert(row.item);
        return items;
    }

    Status look_at(const Claimed& item) {
        ++counts_.looked_at;
        DVC_TRY_ASSIGN(xml, sealer_.open(item.sealed, seal_context(item.kind, item.code)));
        const auto shape = std::find_if(shapes_.begin(), shapes_.end(),
                                        [&](const auto& one) { return one.kind == item.kind; });
        if (shape == shapes_.end()) {
            note_still(item.code, fmt::format("the vocabulary has no record '{}'", item.kind));
            return {};
        }
        DVC_TRY_ASSIGN(from, ledger_.provenance(item.kind, item.code));
        if (!from) return fail(ErrorKind::Bug, fmt::format("item {} has no record", item.item));
        // Damage stays damage, whatever the vocabulary says.
        if (auto fault = province::fault_of(*shape, xml, line_of(from->origin)); !fault.empty()) {
            note_still(item.code, std::move(fault));
            return {};
        }
        province::RawRecord raw;
        raw.kind = item.kind;
        raw.xml = std::move(xml);
        raw.code = item.code;
        ledger::Intake intake = prepare(raw, sha256(raw.xml), vocabulary_, sealer_);
        intake.origin = from->origin;
        intake.as_of = from->as_of;
        if (intake.facts.code != item.code) return move(item, *from, std::move(intake));
        same_.push_back(std::move(intake));
        return {};
    }

    // The record comes under a code that could not be read before.
    Status move(const Claimed& item, const ledger::Provenance& from, ledger::Intake intake) {
        DVC_TRY(find_links(ledger_, {&intake, 1}));
        DVC_TRY_ASSIGN(held, ledger_.provenance(item.kind, intake.facts.code));
        const bool outdated = held && !is_newer(from, *held);
        ledger::Act act;
        act.actor = "dvcsync";
        act.what = "dismiss";
        act.reason = fmt::format("read again, its code is {}: {}", intake.facts.code,
                                 outdated ? "a later version of that record is there already"
                                          : "it goes on under that code");
        act.selection = fmt::format("item {}, {}", item.item, item.code);
        ledger::Filter stand_in;
        stand_in.item = item.item;
        DVC_TRY(ledger_.together([&]() -> Status {
            if (!outdated) DVC_TRY(store({&intake, 1}));
            return ledger_.dismiss_parked(stand_in, act, clock_.now()).map([](auto) {});
        }));
        if (outdated)
            ++counts_.outdated;
        else
            count(item.code, intake);
        return {};
    }

    // By the times of the exports where both are known, else by when they came in.
    static bool is_newer(const ledger::Provenance& ours, const ledger::Provenance& held) {
        if (ours.as_of && held.as_of && *ours.as_of != *held.as_of)
            return *ours.as_of > *held.as_of;
        return ours.taken_at > held.taken_at;
    }

    void count(const std::string& code, const ledger::Intake& intake) {
        if (intake.fault.empty())
            ++counts_.readable;
        else
            note_still(code, intake.fault);
    }

    void note_still(const std::string& code, std::string reason) {
        ++counts_.still;
        if (counts_.first_still.size() < limits::named_unreadable)
            counts_.first_still.push_back({code, std::move(reason)});
    }

    // What a record tells of its two codes is kept with it, as when it is read the first time.
    Status store(std::span<const ledger::Intake> intakes) {
        DVC_TRY(ledger_.take(intakes, source, "", clock_.now()));
        return keep_links(ledger_, intakes, clock_.now());
    }

    Status take() {
        if (same_.empty()) return {};
        DVC_TRY(find_links(ledger_, same_));
        for (const auto& intake : same_)
            count(intake.facts.code, intake);
        DVC_TRY(ledger_.together([&] { return store(same_); }));
        same_.clear();
        return {};
    }

    ledger::Ledger& ledger_;
    const mapping::Vocabulary& vocabulary_;
    const Sealer& sealer_;
    const Clock& clock_;
    const std::vector<province::RecordShape> shapes_;
    std::vector<ledger::Intake> same_;  // under the codes that they have
    RereadCounts counts_;
};

// By path. A ledger that an earlier program wrote holds a digest alone: nothing can be told of it.
std::map<std::string_view, std::string_view> files_of(std::string_view manifest) {
    std::map<std::string_view, std::string_view> files;
    while (!manifest.empty()) {
        const auto line = manifest.substr(0, manifest.find('\n'));
        manifest.remove_prefix(std::min(manifest.size(), line.size() + 1));
        const auto blank = line.find(' ');
        if (blank != std::string_view::npos)
            files.emplace(line.substr(blank + 1), line.substr(0, blank));
    }
    return files;
}

std::vector<std::string> differing_files(std::string_view before, std::string_view after) {
    const auto old = files_of(before), fresh = files_of(after);
    std::vector<std::string> differing;
    if (old.empty()) return differing;
    for (const auto& [path, digest] : fresh) {
        const auto at = old.find(path);
        if (at == old.end())
            differing.push_back(fmt::format("new: {}", path));
        else if (at->second != digest)
            differing.push_back(fmt::format("changed: {}", path));
    }
    for (const auto& [path, digest] : old)
        if (!fresh.contains(path)) differing.push_back(fmt::format("no longer read: {}", path));
    return differing;
}

}  // namespace

Result<RereadCounts> read_again(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary,
                                const Sealer& sealer, const Clock& clock,
                                const std::optional<ledger::Filter>& filter) {
    return Rereading(ledger, vocabulary, sealer, clock).run(filter);
}

Result<MappingChange> follow_mapping_change(ledger::Ledger& ledger,
                                            const mapping::MappingSet& mappings,
                                            const Sealer& sealer, const Clock& clock) {
    constexpr std::string_view name = "mappings";  // kept like a source: it is one, of rules
    DVC_TRY_ASSIGN(before, ledger.position(name));
    const std::string& after = mappings.manifest();
    MappingChange change;
    if (before == after) return change;
    if (!before.empty()) {
        change.files = differing_files(before, after);
        // The position comes last: after a crash in between, what is left is read again.
        DVC_TRY_ASSIGN(reread, read_again(ledger, mappings.vocabulary(), sealer, clock));
        change.ready = reread.readable;
    }
    DVC_TRY(ledger.together([&]() -> Status {
        if (!before.empty()) {
            DVC_TRY_ASSIGN(count, ledger.release_parked(ledger::Cause::Mapping, clock.now()));
            change.ready += count;
        }
        return ledger.take({}, name, after, clock.now()).map([](const auto&) {});
    }));
    return change;
}

}  // namespace dvcsync::sync
