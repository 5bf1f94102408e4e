// The ledger's schema as numbered migrations. schema.md describes the result.
#pragma once

#include <span>
#include <string_view>

#include "connector/base/error.h"
#include "connector/ledger/sqlite_edge.h"

namespace dvcsync::ledger {

// One a schema, from 1 on.
std::span<const char* const> migration_scripts();
int newest_schema();

// Brings the file from whatever version it has to the newest; a new file gets `key_id`. Before an
// existing ledger is changed, a copy `<file>.v<version>.backup` is written. Config error: the file
// is newer than this program, belongs to another program, or was made with another key.
Status migrate(Database& database, std::string_view key_id);

}  // namespace dvcsync::ledger
