#include <algorithm>
#include <cstring>

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

std::uint64_t start_of(const Digest& digest) {
    std::uint64_t start = 0;
    std::memcpy(&start, digest.data(), sizeof start);
    return start;
}

}  // namespace

DossierStore::Shard& DossierStore::shard(std::string_view code) {
    return shards_[TextHash{}(code) % kShards];
}
const DossierStore::Shard& DossierStore::shard(std::string_view code) const {
    return shards_[TextHash{}(code) % kShards];
}

Taken DossierStore::put(std::string_view code, Dossier dossier, bool updating, Undo* undo) {
    Shard& shard = this->shard(code);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.dossiers.find(code);
    if (found == shard.dossiers.end()) {
        if (updating) return {.code = Code::NotKnown};
        dossier.versions = 1;
        const auto added = shard.dossiers.emplace(code, std::move(dossier)).first;
        if (undo != nullptr)
            undo->push_back([&shard, key = added->first] {
                const std::lock_guard again(shard.mutex);
                shard.dossiers.erase(key);
            });
        return {};
    }
    Dossier& held = found->second;
    if (!updating) return {.code = Code::Exists, .again = held.told.as_new()};
    if (older(dossier, held)) return {.code = Code::Older};
    if (undo != nullptr)
        undo->push_back([&shard, key = found->first, before = held] {
            const std::lock_guard again(shard.mutex);
            shard.dossiers[key] = before;
        });
    Taken taken;
    dossier.earlier = std::move(held.earlier);
    if (dossier.digest == held.digest) {
        taken.again = held.told.unchanged();
    } else {
        taken.earlier_version = std::find(dossier.earlier.begin(), dossier.earlier.end(),
                                          start_of(dossier.digest)) != dossier.earlier.end();
        if (dossier.earlier.size() < kMaxEarlier) dossier.earlier.push_back(start_of(held.digest));
    }
    dossier.versions = held.versions + 1;
    dossier.told = held.told;
    dossier.told.next_version();
    dossier.steps = std::move(held.steps);
    held = std::move(dossier);
    return taken;
}

Taken DossierStore::add_step(std::string_view code, const Step& step, Undo* undo) {
    Shard& shard = this->shard(code);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.dossiers.find(code);
    if (found == shard.dossiers.end()) return {.code = Code::NotKnown};
    auto& steps = found->second.steps;
    const auto same = std::find_if(steps.begin(), steps.end(),
                                   [&](const Step& held) { return held.digest == step.digest; });
    if (same != steps.end())
        return {.code = Code::Exists,
                .again = same->told ? Again::AfterAnswer : Again::InDoubt,
                .row = static_cast<std::uint32_t>(same - steps.begin())};
    if (!steps.empty() && step.at < steps.back().at) return {.code = Code::Older};
    const std::uint8_t before = steps.empty() ? std::uint8_t{0} : steps.back().status;
    // Few rows a dossier and half a million in all: no spare room.
    steps.reserve(steps.size() + 1);
    steps.push_back(step);
    if (undo != nullptr)
        undo->push_back([&shard, key = found->first] {
            const std::lock_guard again(shard.mutex);
            shard.dossiers[key].steps.pop_back();
        });
    return {.before = before, .row = static_cast<std::uint32_t>(steps.size() - 1)};
}

void DossierStore::change(std::string_view code, const std::function<void(Dossier&)>& change) {
    Shard& shard = this->shard(code);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.dossiers.find(code);
    if (found != shard.dossiers.end()) change(found->second);
}

void DossierStore::tell(std::string_view code, Code answer, bool whole) {
    change(code, [answer, whole](Dossier& held) { held.told.note(answer, whole); });
}

void DossierStore::tell_step(std::string_view code, std::uint32_t row, bool whole) {
    change(code, [row, whole](Dossier& held) {
        if (row < held.steps.size()) held.steps[row].told = whole;
    });
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
