#include "connector/sync/preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "connector/base/limits.h"
#include "connector/mapping/explain.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {
namespace {

using mapping::Fault;

// "Papers[2].Amount" → "Papers[].Amount": the place in a list is no difference of its own.
std::string without_positions(std::string_view field) {
    std::string out;
    for (std::size_t i = 0; i < field.size(); ++i) {
        out += field[i];
        if (field[i] == '[')
            while (i + 1 < field.size() && field[i + 1] >= '0' && field[i + 1] <= '9')
                ++i;
    }
    return out;
}

// What one set makes of one record.
struct Made {
    using Documents = tl::expected<std::vector<mapping::Document>, mapping::Refusal>;
    std::string unreadable;
    std::map<std::string, Documents> by_operation;
};

Made make(const mapping::MappingSet& set, const std::string& kind, const std::string& xml) {
    Made made;
    auto record = set.vocabulary().parse(kind, xml);
    if (!record) {
        made.unreadable = record.error().message;
        return made;
    }
    record->give_samples();
    for (const auto operation : all_operations)
        for (const bool known : {false, true}) {
            const auto* const plan = set.plan(operation, known);
            if (plan != nullptr && mapping::fits(*plan, *record))
                made.by_operation.emplace(
                    fmt::format("{}{}", to_string(operation), known ? " (known)" : ""),
                    plan->run(*record));
        }
    return made;
}

class Previewing {
  public:
    Previewing(ledger::Ledger& ledger, const Sealer& sealer, const mapping::MappingSet& old_set,
               const mapping::MappingSet& new_set)
        : ledger_(ledger), sealer_(sealer), old_set_(old_set), new_set_(new_set) {}

    Result<Preview> run(std::size_t sample) {
        std::vector<std::string> kinds;
        for (const auto& kind : old_set_.vocabulary().kinds()) {
            DVC_TRY_ASSIGN(count, ledger_.records(kind.name));
            preview_.total += count;
            kinds.push_back(kind.name);
        }
        sample_ = std::min(sample, preview_.total);
        for (const auto& kind : kinds)
            DVC_TRY(walk(kind));
        return std::move(preview_);
    }

  private:
    Status walk(const std::string& kind) {
        ledger::Slice slice;
        slice.kind = kind;
        // No record changes its place, so what a run writes meanwhile does no harm.
        for (std::int64_t after = 0; preview_.records < sample_;) {
            DVC_TRY_ASSIGN(held, ledger_.walk(slice, false, after, limits::walk_batch));
            if (held.empty()) return {};
            after = held.back().record;
            for (const auto& one : held) {
                // The share of the sample that is due by now.
                const std::size_t due = (++seen_ * sample_ + preview_.total - 1) / preview_.total;
                if (preview_.records >= std::min(due, sample_)) continue;
                DVC_TRY_ASSIGN(xml, sealer_.open(one.sealed, seal_context(kind, one.code)));
                compare(kind, one.code, xml);
            }
        }
        return {};
    }

    void compare(const std::string& kind, const std::string& code, const std::string& xml) {
        ++preview_.records;
        code_ = &code;
        is_changed_ = is_refused_ = is_freed_ = false;
        const Made before = make(old_set_, kind, xml);
        const Made after = make(new_set_, kind, xml);
        if (before.unreadable.empty() != after.unreadable.empty()) {
            const bool is_new = !after.unreadable.empty();
            count(is_new ? preview_.newly_refused : preview_.no_longer_refused, kind, "",
                  is_new ? after.unreadable : before.unreadable);
            (is_new ? is_refused_ : is_freed_) = true;
        } else {
            for (const auto& [operation, documents] : before.by_operation)
                if (const auto other = after.by_operation.find(operation);
                    other != after.by_operation.end())
                    compare(operation, documents, other->second);
                else
                    differ(operation, "(no mapping any more)");
            for (const auto& [operation, documents] : after.by_operation)
                if (!before.by_operation.contains(operation)) differ(operation, "(a new mapping)");
        }
        preview_.changed += is_changed_;
        preview_.refused += is_refused_;
        preview_.freed += is_freed_;
        preview_.same += !is_changed_ && !is_refused_ && !is_freed_;
    }

    void compare(const std::string& operation, const Made::Documents& before,
                 const Made::Documents& after) {
        if (!before && !after) return;
        if (!after) {
            is_refused_ = true;
            return refusals(preview_.newly_refused, operation, after.error().faults);
        }
        if (!before) {
            is_freed_ = true;
            return refusals(preview_.no_longer_refused, operation, before.error().faults);
        }
        std::set<std::string> members;
        if (before->size() != after->size()) members.insert("(number of documents)");
        for (std::size_t i = 0; i < std::min(before->size(), after->size()); ++i) {
            if ((*before)[i].json == (*after)[i].json) continue;
            for (const auto& member :
                 mapping::differing_members((*before)[i].json, (*after)[i].json))
                members.insert(without_positions(member));
        }
        for (const auto& member : members)
            differ(operation, member);
    }

    void differ(const std::string& operation, const std::string& member) {
        is_changed_ = true;
        count(preview_.differences, operation, member, "");
    }

    void refusals(std::map<Preview::Where, PreviewCount>& into, const std::string& operation,
                  const std::vector<Fault>& faults) {
        std::set<std::string> told;  // a field counts once a record
        for (const auto& fault : faults)
            if (const auto field = without_positions(fault.field); told.insert(field).second)
                count(into, operation, field, fault.reason);
    }

    void count(std::map<Preview::Where, PreviewCount>& into, const std::string& operation,
               const std::string& member, const std::string& words) {
        auto& entry = into[{operation, member}];
        if (entry.records++ != 0) return;
        entry.example = *code_;
        entry.words = words;
    }

    ledger::Ledger& ledger_;
    const Sealer& sealer_;
    const mapping::MappingSet& old_set_;
    const mapping::MappingSet& new_set_;
    Preview preview_;
    std::size_t sample_ = 0;
    std::size_t seen_ = 0;
    const std::string* code_ = nullptr;
    bool is_changed_ = false, is_refused_ = false, is_freed_ = false;
};

}  // namespace

Result<Preview> preview(ledger::Ledger& ledger, const Sealer& sealer,
                        const mapping::MappingSet& old_set, const mapping::MappingSet& new_set,
                        std::size_t sample) {
    return Previewing(ledger, sealer, old_set, new_set).run(sample);
}

}  // namespace dvcsync::sync
