// How parked items and acts of persons are shown; status shows them too.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "connector/cli/json.h"
#include "connector/cli/options.h"

namespace dvcsync::cli {

// What Options::filters choose, at most Options::limit of it.
Status parked_text(ledger::Ledger& ledger, const Options& options);
// The same as members of the object that is open: "parked_total", "parked".
Status parked_json(ledger::Ledger& ledger, const Options& options, Json& json);

// Asks where --all-matching was said. -1: go on; else the exit code with which it ends here.
// `what`: "item".
int confirmed(const Options& options, std::size_t total, std::string_view what);

void print_acts(std::span<const ledger::Act> acts, std::size_t left);
void add_acts(Json& json, std::span<const ledger::Act> acts);  // member "acts"

void add_lease(Json& json, const ledger::Lease& lease);  // member "running"

inline constexpr std::string_view doubt_warning =
    "Nobody knows whether the portal kept it. Compare with the portal first: retry sends it again, "
    "and the portal may then hold it twice.";

}  // namespace dvcsync::cli
