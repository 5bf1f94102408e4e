#include "tests/simulation/disk_file.h"

#include <algorithm>
#include <unordered_map>

namespace dvcsync::simulation {
namespace {

std::uint64_t size_after(const DiskFile::Change& change, std::uint64_t size) {
    if (change.truncation) return change.offset;
    return std::max<std::uint64_t>(size, change.offset + change.bytes.size());
}

}  // namespace

void DiskFile::apply(const Change& change, std::string& content) {
    if (change.truncation) {
        content.resize(change.offset);
        return;
    }
    const std::uint64_t end = change.offset + change.bytes.size();
    if (content.size() < end) content.resize(end);
    std::copy(change.bytes.begin(), change.bytes.end(),
              content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

void DiskFile::write(std::string_view bytes, std::uint64_t offset) {
    changes_.push_back({offset, std::string(bytes), false});
    apply(changes_.back(), now);
}

void DiskFile::truncate(std::uint64_t size) {
    changes_.push_back({size, {}, true});
    apply(changes_.back(), now);
}

void DiskFile::sync() {
    for (const Change& change : changes_)
        apply(change, kept_);
    changes_.clear();
}

void DiskFile::lose(year::Rng& rng) {
    if (rng.chance(0.5)) kept_ = survivors(rng);
    changes_.clear();
}

void DiskFile::restart(year::Rng& rng) {
    kept_ = survivors(rng);
    changes_.clear();
    now = kept_;
    shared = 0;
    reserved = pending = nullptr;
    regions.clear();
    slots = {};
    mapped = 0;
}

// Within one sector, what was written later implies what was written earlier (the cache holds whole
// sectors); across sectors nothing is promised.
std::string DiskFile::survivors(year::Rng& rng) const {
    std::string content = kept_;
    const auto count = static_cast<int>(changes_.size());
    enum { None, All, Prefix, Sectors };
    const int what = rng.between(None, Sectors);
    if (what == None) return content;
    const int length_cut = what == All ? count : rng.between(0, count);
    std::unordered_map<std::uint64_t, int> cuts;
    auto cut_of = [&](std::uint64_t at) {
        if (what != Sectors) return length_cut;
        const auto found = cuts.find(at / sector);
        if (found != cuts.end()) return found->second;
        return cuts[at / sector] = rng.between(0, count);
    };
    std::uint64_t size = kept_.size();
    for (int i = 0; i < count; ++i) {
        const Change& change = changes_[static_cast<std::size_t>(i)];
        if (i < length_cut) size = size_after(change, size);
        const std::uint64_t end =
            change.truncation ? content.size() : change.offset + change.bytes.size();
        if (content.size() < end) content.resize(end);
        for (std::uint64_t at = change.offset; at < end;) {
            const std::uint64_t next = std::min(end, (at / sector + 1) * sector);
            if (i < cut_of(at)) {
                for (std::uint64_t byte = at; byte < next; ++byte)
                    content[byte] = change.truncation ? '\0' : change.bytes[byte - change.offset];
            }
            at = next;
        }
    }
    content.resize(size);
    return content;
}

}  // namespace dvcsync::simulation
