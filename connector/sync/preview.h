// What other mapping files would change: records that the ledger keeps are mapped with the old
// files and with the new, and the documents compared. Sends nothing and writes nothing; one thread
// at a time, for the ledger's sake.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "connector/base/crypto.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"

namespace dvcsync::sync {

struct PreviewCount {
    std::size_t records = 0;
    std::string example;  // code of the first such record
    std::string words;    // of a refusal: what the example's says; holds no personal text
};

struct Preview {
    // "push-dossier" and a member, "Papers[].Amount"; "" stands for the whole record.
    using Where = std::pair<std::string, std::string>;

    std::size_t records = 0;  // that were looked at
    std::size_t total = 0;    // that the ledger holds, of the kinds that the province exports
    std::size_t same = 0;     // of records: every document is what it was
    std::size_t changed = 0;  // of records: some document differs
    std::size_t refused = 0;  // of records: newly refused
    std::size_t freed = 0;    // of records: no longer refused
    std::map<Where, PreviewCount> differences;
    std::map<Where, PreviewCount> newly_refused;
    std::map<Where, PreviewCount> no_longer_refused;
};

// `sample` records, spread evenly over all that the ledger holds; all if there are fewer.
Result<Preview> preview(ledger::Ledger& ledger, const Sealer& sealer,
                        const mapping::MappingSet& old_set, const mapping::MappingSet& new_set,
                        std::size_t sample);

}  // namespace dvcsync::sync
