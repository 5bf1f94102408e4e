// What is to be said of one dossier. Internal to the module; the judge is immutable, so workers
// share it.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "connector/sync/reconcile.h"

namespace dvcsync::sync {

using Answer = tl::expected<portal::Holding, portal::Outcome>;
using Question = std::function<Answer(const ledger::Held&)>;

struct Judged {
    Match match = Match::NotAsked;
    std::vector<MemberDifference> members;
    std::string reason;
    bool at_portal = false;
    bool mendable = true;  // as in Difference
};

// What there is to say of a dossier's newest version before the portal is asked; nullopt: it is
// delivered.
std::optional<Match> not_sent(const ledger::Held& held);

// The portal has accepted some version, and the province still wants it there: so the portal must
// hold the dossier, whatever becomes of the newest version.
bool owed(const ledger::Held& held);

// A dossier that is owed and lost while its newest version is not sent.
Judged lost(Match newest);

Place place_of(const ledger::Held& held);

class Judge {
  public:
    Judge(const mapping::MappingSet& mappings, const mapping::Plan& plan, const Sealer& sealer)
        : mappings_(mappings), plan_(plan), sealer_(sealer) {}

    // Asks the question and compares the answer with the document that would be sent now. What is
    // not sent is asked for only if it is owed, or `always`, to learn whether the portal has it.
    Judged judge(const ledger::Held& held, const Question& question, bool always) const;

  private:
    Result<std::vector<MemberDifference>> compare_with(const ledger::Held& held,
                                                       const portal::Holding& holding) const;

    const mapping::MappingSet& mappings_;
    const mapping::Plan& plan_;
    const Sealer& sealer_;
};

// Calls work(0) to work(count - 1) on so many threads, the calling one included.
template <class Work>
void in_parallel(std::size_t count, int workers, const Work& work) {
    std::atomic<std::size_t> next{0};
    const auto take = [&] {
        for (std::size_t i = next++; i < count; i = next++)
            work(i);
    };
    std::vector<std::jthread> threads;
    const auto helpers = std::min(count, static_cast<std::size_t>(std::max(0, workers)));
    for (std::size_t i = 1; i < helpers; ++i)
        threads.emplace_back(take);
    take();
}

}  // namespace dvcsync::sync
