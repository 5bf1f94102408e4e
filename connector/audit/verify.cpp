#include "connector/audit/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connector/audit/bytes.h"
#include "connector/audit/canonical.h"
#include "connector/audit/checkpoint.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

struct Saved {
    std::uint64_t size = 0;
    Hash root{};
    std::string where;
};

// The text after `"key":` in a canonical object. A quote inside a text is escaped, so what is found
// between a bracket or comma and a colon is a key.
std::string_view after_key(std::string_view entry, std::string_view quoted) {
    for (std::size_t at = entry.find(quoted); at != std::string_view::npos;
         at = entry.find(quoted, at + 1)) {
        if (at > 0 && (entry[at - 1] == '{' || entry[at - 1] == ','))
            return entry.substr(at + quoted.size());
    }
    return {};
}

std::optional<std::uint64_t> sequence_of(std::string_view entry) {
    constexpr std::string_view quoted = R"("sequence":)";
    // Few members come after it, so the last place is the nearest.
    const std::size_t last = entry.rfind(quoted);
    const bool key = last != std::string_view::npos && last > 0 &&
                     (entry[last - 1] == ',' || entry[last - 1] == '{');
    const auto text = key ? entry.substr(last + quoted.size()) : after_key(entry, quoted);
    return decimal(text.substr(0, text.find_first_of(",}")), limits::max_log_size);
}

class Verification {
  public:
    explicit Verification(const LogEvidence& evidence) : evidence_(evidence) {}

    Result<Verdict> run() {
        DVC_TRY(collect());
        DVC_TRY(read_entries());
        if (!stopped_at_ && next_ < saved_.size()) cut();
        if (failed_) DVC_TRY(locate());
        if (verdict_.good()) DVC_TRY(compare_tiles());
        verdict_.entries = count_;
        return std::move(verdict_);
    }

  private:
    void fault(std::string text) {
        if (verdict_.faults.size() < limits::max_findings)
            verdict_.faults.push_back(std::move(text));
    }
    void bad(std::uint64_t index, bool exact, std::string text) {
        fault(std::move(text));
        if (verdict_.first_bad && *verdict_.first_bad <= index) return;
        verdict_.first_bad = index;
        verdict_.exact = exact;
    }

    // -- checkpoints
    Status collect() {
        std::set<Hash> seen;  // the ledger and the folder keep the same ones
        DVC_TRY(evidence_.checkpoints([&](std::string_view note, const std::string& where) {
            if (seen.insert(sha256(note)).second) keep(note, where);
            return Status{};
        }));
        std::stable_sort(saved_.begin(), saved_.end(),
                         [](const Saved& a, const Saved& b) { return a.size < b.size; });
        verdict_.checkpoints = saved_.size();
        name_forks();
        return {};
    }

    void keep(std::string_view note, const std::string& where) {
        const auto checkpoint = verify_checkpoint(note, {&evidence_.key, 1}, evidence_.origin);
        if (!checkpoint) return fault(fmt::format("{}: {}", where, checkpoint.error().message));
        saved_.push_back({checkpoint->size, checkpoint->root, where});
    }

    // At most one of two can be that of the entries; both stay to be compared with them.
    void name_forks() {
        std::uint64_t before = 0;  // the size of the last checkpoint that is smaller
        for (std::size_t i = 1; i < saved_.size(); ++i) {
            const auto& a = saved_[i - 1];
            const auto& b = saved_[i];
            if (a.size != b.size) before = a.size;
            if (a.size != b.size || a.root == b.root) continue;
            bad(before, false,
                fmt::format("two checkpoints of {} entries were signed over different logs: {} "
                            "and {}",
                            a.size, a.where, b.where));
        }
    }

    // -- entries
    Status read_entries() {
        compare();  // checkpoints of the empty log
        return evidence_.entries([this](std::uint64_t index, std::string_view entry) {
            if (index != count_) {
                stopped_at_ = count_;
                failed_ = true;
                bad(count_, true,
                    fmt::format("entry {} is missing: entry {} comes next", count_, index));
                return Result<bool>(false);
            }
            read(entry);
            return Result<bool>(true);
        });
    }

    void read(std::string_view entry) {
        const auto index = count_;
        if (const auto canonical = check_canonical(entry); canonical) {
            read_canonical(entry, index);
        } else {
            bad(index, true, fmt::format("entry {}: {}", index, canonical.error().message));
            ++says_;
        }
        const Hash leaf = leaf_hash(entry);
        frontier_.append(leaf);
        if (next_ < saved_.size() && !mismatch_) leaves_.push_back(leaf);
        ++count_;
        compare();
    }

    void read_canonical(std::string_view entry, std::uint64_t index) {
        const auto says = sequence_of(entry);
        // Where all that follow have moved, the first one tells it.
        if (says != index && says != says_)
            bad(index, true,
                fmt::format("entry {} does not say that it is entry {}: another one stands in its "
                            "place",
                            index, index));
        says_ = says.value_or(index) + 1;
        const auto at = entry_time(entry);
        if (at < last_at_)
            bad(index, true,
                fmt::format("entry {} is dated {}, before the one that it follows ({}): the clock "
                            "was set back, or it was put in",
                            index, at, last_at_));
        last_at_.assign(at);
    }

    // The checkpoints of just this size: one of them at least must agree.
    void compare() {
        const auto first = next_;
        bool agrees = false;
        for (; next_ < saved_.size() && saved_[next_].size == count_; ++next_)
            agrees = agrees || frontier_.root() == saved_[next_].root;
        if (next_ == first || failed_) return;
        if (!agrees) {
            failed_ = true;
            mismatch_ = saved_[first];
            return;
        }
        good_ = frontier_;
        leaves_.clear();
        verdict_.sealed = count_;
        verdict_.root = good_.root();
    }

    // Checkpoints are left of which the entries are not there.
    void cut() {
        failed_ = true;
        bad(count_, true,
            fmt::format("entry {} and those after it are missing: {} vouches for {} entries",
                        count_, saved_.back().where, saved_.back().size));
    }

    // -- the first bad entry, between the last good checkpoint and the first that fails
    Status locate() {
        std::optional<Saved> target = mismatch_;
        if (!target && next_ < saved_.size()) target = saved_[next_];
        if (!target) return {};
        const auto begin = good_.size();
        const auto end = std::min<std::uint64_t>(count_, target->size);
        DVC_TRY_ASSIGN(known, trusted_leaves(begin, *target));
        if (known.empty()) {
            if (mismatch_)
                bad(begin, false,
                    fmt::format("the entries {} to {} are not those that {} vouches for; without "
                                "the tiles of that checkpoint it cannot be said which",
                                begin, target->size - 1, target->where));
            return {};
        }
        for (auto i = begin; i < end; ++i) {
            if (known[i - begin] == leaves_[i - begin]) continue;
            bad(i, true,
                fmt::format("entry {} is not the one that {} vouches for: it was changed, or "
                            "another one stands in its place",
                            i, target->where));
            break;
        }
        return {};
    }

    // Leaf hashes of the tiles from `begin` on, if they are those that the checkpoint vouches for.
    Result<std::vector<Hash>> trusted_leaves(std::uint64_t begin, const Saved& target) {
        std::vector<Hash> leaves;
        if (!evidence_.tile) return leaves;
        Frontier tree = good_;
        for (auto at = begin; at < target.size;) {
            const auto index = at / tile_width;
            const auto left = target.size - index * tile_width;
            DVC_TRY_ASSIGN(hashes, leaf_tile(index, std::min<std::uint64_t>(left, tile_width)));
            if (hashes.empty()) return std::vector<Hash>();
            for (auto i = at % tile_width; i < tile_width && at < target.size; ++i, ++at) {
                tree.append(hashes[i]);
                leaves.push_back(hashes[i]);
            }
        }
        if (tree.root() != target.root) leaves.clear();
        return leaves;
    }

    // At least `width` hashes; empty: they are not there. A wider tile may have taken the place.
    Result<std::vector<Hash>> leaf_tile(std::uint64_t index, std::uint64_t width) {
        for (int wide = static_cast<int>(width); wide <= tile_width; ++wide) {
            DVC_TRY_ASSIGN(bytes, evidence_.tile({Tile::Kind::Hashes, 0, index, wide}));
            if (!bytes) continue;
            if (auto hashes = parse_tile(*bytes, wide)) return *std::move(hashes);
        }
        return std::vector<Hash>();
    }

    // -- tiles
    Status compare_tiles() {
        if (evidence_.tiles_of_size == 0 || !evidence_.tile) return {};
        TileBuilder tiles([this](const Tile& tile, std::string_view bytes) -> Status {
            DVC_TRY_ASSIGN(stored, evidence_.tile(tile));
            if (!stored) fault(fmt::format("{} is missing", tile_path(tile)));
            if (stored && *stored != bytes)
                fault(fmt::format("{} is not that of the entries", tile_path(tile)));
            return {};
        });
        std::uint64_t count = 0;
        DVC_TRY(evidence_.entries([&](std::uint64_t, std::string_view entry) -> Result<bool> {
            if (count == evidence_.tiles_of_size) return false;
            ++count;
            DVC_TRY(tiles.append(leaf_hash(entry)));
            return true;
        }));
        return tiles.finish();
    }

    const LogEvidence& evidence_;
    Verdict verdict_;
    std::vector<Saved> saved_;  // by size
    std::size_t next_ = 0;      // of saved_
    std::uint64_t count_ = 0;
    std::uint64_t says_ = 0;  // the number that the next entry should say, after the last one's
    std::string last_at_;
    Frontier frontier_;
    Frontier good_;             // at the last checkpoint that the entries agree with
    std::vector<Hash> leaves_;  // since then
    bool failed_ = false;
    std::optional<Saved> mismatch_;  // the first that they do not agree with
    std::optional<std::uint64_t> stopped_at_;
};

}  // namespace

std::string_view entry_time(std::string_view entry) {
    const auto text = after_key(entry, R"("at":")");
    return text.substr(0, text.find('"'));
}

std::string origin_of(const VerifierKey& key, std::string_view log) {
    return fmt::format("{}/{}", key.name(), log);
}

std::optional<std::string> log_of(const VerifierKey& key, std::string_view origin) {
    if (!origin.starts_with(key.name() + "/")) return std::nullopt;
    const auto log = origin.substr(key.name().size() + 1);
    const bool plain = !log.empty() && std::all_of(log.begin(), log.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
    });
    return plain ? std::optional(std::string(log)) : std::nullopt;
}

Result<Verdict> verify_log(const LogEvidence& evidence) {
    return Verification(evidence).run();
}

}  // namespace dvcsync::audit
