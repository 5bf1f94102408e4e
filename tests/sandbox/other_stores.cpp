#include <fmt/format.h>
#include <openssl/evp.h>

#include "tests/sandbox/stores.h"

namespace dvcsandbox {

Digest sha256(std::string_view bytes) {
    // Fetching the algorithm costs more than hashing a small record.
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    Digest digest{};
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm, nullptr);
    return digest;
}

std::string hex(const Digest& digest) {
    std::string out;
    for (const auto byte : digest)
        out += fmt::format("{:02x}", byte);
    return out;
}

Taken ProcedureStore::put(std::string_view code, Procedure procedure, bool updating, Undo* undo) {
    const std::lock_guard lock(mutex_);
    const auto found = procedures_.find(code);
    if (found == procedures_.end()) {
        if (updating) return {.code = Code::NotKnown};
        procedure.versions = 1;
        procedures_.emplace(code, std::move(procedure));
        if (undo != nullptr)
            undo->push_back([this, key = std::string(code)] {
                const std::lock_guard again(mutex_);
                procedures_.erase(key);
            });
        return {};
    }
    Procedure& held = found->second;
    if (!updating) return {.code = Code::Exists, .again = held.told.as_new()};
    const Decision decision = procedure.decisions.back();
    if (decision.issued < held.decisions.back().issued) return {.code = Code::Older};
    if (undo != nullptr)
        undo->push_back([this, key = found->first, before = held] {
            const std::lock_guard again(mutex_);
            procedures_[key] = before;
        });
    Taken taken;
    if (procedure.document == held.document) taken.again = held.told.unchanged();
    procedure.versions = held.versions + 1;
    procedure.told = held.told;
    procedure.told.next_version();
    procedure.decisions = std::move(held.decisions);
    const Decision& last = procedure.decisions.back();
    // The same decision told again (a corrected text) is one decision.
    if (last.number == decision.number && last.issued == decision.issued)
        procedure.decisions.back() = decision;
    else
        procedure.decisions.push_back(decision);
    held = std::move(procedure);
    return taken;
}

void ProcedureStore::tell(std::string_view code, Code answer, bool whole) {
    const std::lock_guard lock(mutex_);
    const auto found = procedures_.find(code);
    if (found != procedures_.end()) found->second.told.note(answer, whole);
}

std::optional<Procedure> ProcedureStore::find(std::string_view code) const {
    const std::lock_guard lock(mutex_);
    const auto found = procedures_.find(code);
    if (found == procedures_.end()) return std::nullopt;
    return found->second;
}

void ProcedureStore::each(
    const std::function<void(std::string_view, const Procedure&)>& visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [code, procedure] : procedures_)
        visit(code, procedure);
}

std::size_t ProcedureStore::size() const {
    const std::lock_guard lock(mutex_);
    return procedures_.size();
}

void ProcedureStore::clear() {
    const std::lock_guard lock(mutex_);
    procedures_.clear();
}

void StatisticsStore::put(const MonthOfAgency& key, Statistics row, Undo* undo) {
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find(key);
    if (undo != nullptr) {
        std::optional<Statistics> before;
        if (found != rows_.end()) before = found->second;
        undo->push_back([this, key, before] {
            const std::lock_guard again(mutex_);
            if (before)
                rows_[key] = *before;
            else
                rows_.erase(key);
        });
    }
    row.versions = found == rows_.end() ? 1 : found->second.versions + 1;
    rows_[key] = std::move(row);
}

void StatisticsStore::each(
    const std::function<void(const MonthOfAgency&, const Statistics&)>& visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, row] : rows_)
        visit(key, row);
}

std::size_t StatisticsStore::size() const {
    const std::lock_guard lock(mutex_);
    return rows_.size();
}

void StatisticsStore::clear() {
    const std::lock_guard lock(mutex_);
    rows_.clear();
}

}  // namespace dvcsandbox
