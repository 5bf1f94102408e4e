// The province's own files, which a portal may want to have before a dossier that names them:
// fetched from the hosts of [uploads] in dvcsync.toml, into memory.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "connector/base/error.h"
#include "connector/config/config.h"
#include "connector/files/fetch_rules.h"

namespace dvcsync::sync {

// What files::download() asks for, of the section [uploads]. Config error naming file, line and
// key.
Result<files::FetchRules> upload_rules(const config::Config& config);

// PortalCalls::fetch_file. Thread-safe; soon after `stop` a fetch ends with Retry. Config error as
// above.
Result<std::function<Result<std::string>(std::string_view link)>> province_files(
    const config::Config& config, const std::atomic<bool>& stop);

}  // namespace dvcsync::sync
