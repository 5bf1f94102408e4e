#include "connector/sync/prove.h"

#include <fmt/format.h>

#include <set>

#include "connector/audit/canonical.h"
#include "connector/audit/evidence.h"
#include "connector/audit/merkle.h"
#include "connector/audit/verify.h"
#include "connector/base/text.h"

namespace dvcsync::sync {
namespace {

using ledger::SealRow;
using ledger::TrailFilter;
using ledger::TrailLog;
using ledger::TrailRow;

class Proving {
  public:
    Proving(ledger::Trail& trail, const audit::VerifierKey& key, std::string_view code)
        : trail_(trail), key_(key) {
        evidence_.code = code;
    }

    Result<DossierProof> run() {
        DVC_TRY_ASSIGN(logs, trail_.logs());
        for (const auto& log : logs)
            DVC_TRY(prove(log));
        if (evidence_.entries.empty())
            return fail(ErrorKind::Refused,
                        proof_.unsealed > 0
                            ? fmt::format("{}: its entries are not signed yet: dvcsync audit "
                                          "checkpoint signs them",
                                          excerpt(evidence_.code, 100))
                            : fmt::format("{}: the audit trail has no entry of this code; compare "
                                          "the spelling",
                                          excerpt(evidence_.code, 100)));
        DVC_TRY_ASSIGN(text, audit::evidence_text(evidence_));
        proof_.text = std::move(text);
        proof_.entries = evidence_.entries.size();
        return std::move(proof_);
    }

  private:
    Status prove(const TrailLog& log) {
        DVC_TRY_ASSIGN(wanted, wanted_of(log));
        if (wanted.empty()) return {};
        DVC_TRY_ASSIGN(seal, seal_over(log, *wanted.rbegin()));
        while (!wanted.empty() && (!seal || *wanted.rbegin() >= seal->size)) {
            ++proof_.unsealed;
            wanted.erase(std::prev(wanted.end()));
        }
        if (wanted.empty()) return {};
        return add(log, *seal, wanted);
    }

    Result<std::set<std::int64_t>> wanted_of(const TrailLog& log) {
        std::set<std::int64_t> wanted;
        TrailFilter filter;
        filter.log = log.log;
        filter.code = evidence_.code;
        DVC_TRY(trail_.walk(filter, [&](const TrailRow& row) -> Result<bool> {
            wanted.insert(row.sequence);
            DVC_TRY_ASSIGN(json, audit::parse_canonical(row.entry));
            const auto* exchange = json.find("exchange");
            if (exchange != nullptr && exchange->number() != nullptr)
                wanted.insert(*exchange->number());
            return true;
        }));
        return wanted;
    }

    // The first with a time stamp over entry `last`, else the newest.
    Result<std::optional<SealRow>> seal_over(const TrailLog& log, std::int64_t last) {
        DVC_TRY_ASSIGN(chosen, trail_.last_seal(log.log));
        DVC_TRY(trail_.walk_seals(log.log, [&](const SealRow& seal) -> Result<bool> {
            if (seal.size <= last || seal.timestamp.empty()) return true;
            chosen = seal;
            return false;
        }));
        return chosen;
    }

    Status add(const TrailLog& log, const SealRow& seal, const std::set<std::int64_t>& wanted) {
        const std::string origin = audit::origin_of(key_, log.name);
        DVC_TRY_ASSIGN(told, audit::verify_checkpoint(seal.note, {&key_, 1}, origin));
        audit::ProofBuilder tree;
        std::vector<std::pair<std::int64_t, std::string>> entries;
        TrailFilter filter;
        filter.log = log.log;
        filter.until = seal.size;
        DVC_TRY(trail_.walk(filter, [&](const TrailRow& row) -> Result<bool> {
            tree.append(audit::leaf_hash(row.entry));
            if (wanted.count(row.sequence) > 0) entries.emplace_back(row.sequence, row.entry);
            return true;
        }));
        const auto root = tree.root(told.size);
        if (!root || *root != told.root || entries.size() != wanted.size())
            return fail(ErrorKind::Corrupt,
                        fmt::format("log {}: the ledger does not hold the {} entries that were "
                                    "signed, so nothing can be proven of it: dvcsync audit verify "
                                    "names the first that is wrong",
                                    log.name, told.size));
        for (auto& [sequence, entry] : entries) {
            audit::LogProof proof;
            proof.index = static_cast<std::uint64_t>(sequence);
            DVC_TRY_ASSIGN(path, tree.inclusion(proof.index, told.size));
            proof.path = std::move(path);
            proof.checkpoint = seal.note;
            evidence_.entries.push_back({std::move(entry), std::move(proof)});
        }
        if (!seal.timestamp.empty()) evidence_.timestamps[origin] = seal.timestamp;
        return {};
    }

    ledger::Trail& trail_;
    const audit::VerifierKey& key_;
    audit::Evidence evidence_;
    DossierProof proof_;
};

}  // namespace

Result<DossierProof> prove(ledger::Trail& trail, const audit::VerifierKey& key,
                           std::string_view code) {
    return Proving(trail, key, code).run();
}

}  // namespace dvcsync::sync
