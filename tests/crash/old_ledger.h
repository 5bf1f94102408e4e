// A ledger as an earlier version of the program left it.
#pragma once

#include <filesystem>

namespace crash {

// Rewrites the ledger as schema 2 had it, with everything that schema could hold, and takes away
// what was signed beside it. Throws.
void make_old(const std::filesystem::path& ledger);

}  // namespace crash
