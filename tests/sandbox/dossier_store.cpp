#include <algorithm>

#include "tests/sandbox/stores.h"

namespace dvcsandbox {
namespace {

// Older for certain: something that is held to have happened is missing, and nothing newer is told
// instead. A corrected date is not older.
bool older(const Dossier& sent, const Dossier& held) {
    const bool lost =
        (held.finished != 0 && sent.finished == 0) || (held.returned != 0 && sent.returned == 0) ||
        (held.refused != 0 && sent.refused == 0) || sent.supplements < held.supplements;
    return lost && sent.last_event < held.last_event;
}

}  // namespace

DossierStore::Shard& DossierStore::shard(std::string_view code) {
    return shards_[TextHash{}(code) % kShards];
}
const DossierStore::Shard& DossierStore::shard(std::string_view code) const {
    return shards_[TextHash{}(code) % kShards];
}

Code DossierStore::put(std::string_view code, Dossier dossier, bool updating, Undo* undo) {
    Shard& shard = this->shard(code);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.dossiers.find(code);
    if (found == shard.dossiers.end()) {
        if (updating) return Code::NotKnown;
        dossier.versions = 1;
        const auto added = shard.dossiers.emplace(code, std::move(dossier)).first;
        if (undo != nullptr)
            undo->push_back([&shard, key = added->first] {
                const std::lock_guard again(shard.mutex);
                shard.dossiers.erase(key);
            });
        return Code::Ok;
    }
    if (!updating) return Code::Exists;
    Dossier& held = found->second;
    if (older(dossier, held)) return Code::Older;
    if (undo != nullptr)
        undo->push_back([&shard, key = found->first, before = held] {
            const std::lock_guard again(shard.mutex);
            shard.dossiers[key] = before;
        });
    dossier.versions = held.versions + 1;
    dossier.steps = std::move(held.steps);
    held = std::move(dossier);
    return Code::Ok;
}

DossierStore::StepResult DossierStore::add_step(std::string_view code, const Step& step,
                                                Undo* undo) {
    Shard& shard = this->shard(code);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.dossiers.find(code);
    if (found == shard.dossiers.end()) return {Code::NotKnown, 0};
    auto& steps = found->second.steps;
    const bool same = std::any_of(steps.begin(), steps.end(),
                                  [&](const Step& held) { return held.digest == step.digest; });
    if (same) return {Code::Exists, 0};
    if (!steps.empty() && step.at < steps.back().at) return {Code::Older, 0};
    const std::uint8_t before = steps.empty() ? std::uint8_t{0} : steps.back().status;
    // Few rows a dossier and half a million in all: no spare room.
    steps.reserve(steps.size() + 1);
    steps.push_back(step);
    if (undo != nullptr)
        undo->push_back([&shard, key = found->first] {
            const std::lock_guard again(shard.mutex);
            shard.dossiers[key].steps.pop_back();
        });
    return {Code::Ok, before};
}

std::optional<Dossier> DossierStore::find(std::string_view code) const {
    const Shard& shard = this->shard(code);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.dossiers.find(code);
    if (found == shard.dossiers.end()) return std::nullopt;
    return found->second;
}

void DossierStore::each(const std::function<void(std::string_view, const Dossier&)>& visit) const {
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        for (const auto& [code, dossier] : shard.dossiers)
            visit(code, dossier);
    }
}

std::size_t DossierStore::size() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        count += shard.dossiers.size();
    }
    return count;
}

void DossierStore::clear() {
    for (Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        shard.dossiers.clear();
    }
}

}  // namespace dvcsandbox
