#include "connector/config/folders.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "connector/config/checks.h"

namespace dvcsync::config {
namespace {

namespace fs = std::filesystem;

// A path and the key that names it.
struct Named {
    std::string_view section;
    std::string_view key;
    fs::path path;
};

// What one of them moves, publishes or deletes must not be what another one keeps.
void check_apart(Reader& reader, const Config& config) {
    std::vector<Named> folders{{"province", "drop_folder", config.drop_folder}};
    if (config.inbound && config.inbox == "folder")
        folders.push_back({"inbound", "inbox_folder", config.inbox_folder});
    if (config.inbound) folders.push_back({"inbound", "staging", config.staging});
    folders.push_back({"serve", "downloads", config.downloads});
    std::erase_if(folders, [](const Named& one) { return one.path.empty(); });
    for (std::size_t i = 0; i < folders.size(); ++i)
        for (std::size_t k = 0; k < i; ++k) {
            const Named &one = folders[i], &other = folders[k];
            const bool within = lies_within(one.path, other.path);
            if (!within && !lies_within(other.path, one.path)) continue;
            reader.fault(one.section, one.key,
                         fmt::format("is {}, which {} {} of [{}], {}: give each a folder of its "
                                     "own, beside the other",
                                     one.path.string(), within ? "lies in" : "holds", other.key,
                                     other.section, other.path.string()));
            break;
        }
}

// Whatever lies in that folder under a fitting name is given to whoever may call.
void check_downloads(Reader& reader, const Config& config) {
    if (config.downloads.empty()) return;
    const auto of_key = [&](std::string_view section, std::string_view key) {
        return Named{section, key,
                     reader.has(section, key) ? reader.path(section, key) : fs::path()};
    };
    const Named kept[] = {{"ledger", "file", config.ledger_file},
                          {"ledger", "key_file", config.key_file},
                          {"portal", "client_key", config.client_key},
                          of_key("portal", "password_file"),
                          of_key("inbound", "password_file"),
                          of_key("audit", "key_file"),
                          of_key("audit", "checkpoint_folder"),
                          {"mappings", "folder", config.mappings},
                          {"log", "file", config.log_file}};
    const auto refuse = [&](std::string_view what) {
        reader.fault("serve", "downloads",
                     fmt::format("is {}, which holds {}: the portal could fetch what lies there; "
                                 "name a folder for the results and nothing else",
                                 config.downloads.string(), what));
    };
    if (lies_within(config.file, config.downloads)) return refuse("this file");
    for (const Named& one : kept)
        if (!one.path.empty() && lies_within(one.path, config.downloads))
            return refuse(fmt::format("{} of [{}]", one.key, one.section));
}

}  // namespace

void check_folders(Reader& reader, const Config& config) {
    check_downloads(reader, config);
    // One fault for one folder.
    if (reader.faults().empty()) check_apart(reader, config);
}

}  // namespace dvcsync::config
