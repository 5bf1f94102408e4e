// mapping preview.
#include <fmt/format.h>

#include "connector/cli/commands.h"
#include "connector/cli/commands_mapping.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/sync/connector.h"
#include "connector/sync/preview.h"

namespace dvcsync::cli {
namespace {

using Counts = std::map<sync::Preview::Where, sync::PreviewCount>;

void print_counts(std::string_view title, const Counts& counts) {
    if (counts.empty()) return;
    fmt::print("{}\n", title);
    for (const auto& [where, count] : counts)
        fmt::print("  {}  {}: {}, say {}\n{}", where.first,
                   where.second.empty() ? "(the record)" : where.second,
                   counted(count.records, "record"), count.example,
                   count.words.empty() ? "" : wrapped(count.words, 6, text_width()));
}

void print_text(const sync::Preview& preview) {
    fmt::print("{} of {} looked at: {} as before, {} changed, {} newly refused, {} no longer\n",
               count_text(preview.records), counted(preview.total, "record"),
               count_text(preview.same), count_text(preview.changed), count_text(preview.refused),
               count_text(preview.freed));
    print_counts("Members that differ:", preview.differences);
    print_counts("Newly refused:", preview.newly_refused);
    print_counts("No longer refused:", preview.no_longer_refused);
    fmt::print("Nothing was sent, nothing was written.\n");
}

void add_counts(Json& json, std::string_view name, const Counts& counts) {
    json.open_list(name);
    for (const auto& [where, count] : counts) {
        json.open();
        json.add("operation", where.first);
        json.add("field", where.second);
        json.add("records", std::uint64_t{count.records});
        json.add("example", count.example);
        json.add("reason", count.words);
        json.close();
    }
    json.close_list();
}

void print_json(const sync::Preview& preview) {
    Json json;
    json.open();
    json.add("records", std::uint64_t{preview.records});
    json.add("total", std::uint64_t{preview.total});
    json.add("same", std::uint64_t{preview.same});
    json.add("changed", std::uint64_t{preview.changed});
    json.add("newly_refused_records", std::uint64_t{preview.refused});
    json.add("no_longer_refused_records", std::uint64_t{preview.freed});
    add_counts(json, "differences", preview.differences);
    add_counts(json, "newly_refused", preview.newly_refused);
    add_counts(json, "no_longer_refused", preview.no_longer_refused);
    json.close();
    fmt::print("{}\n", json.text());
}

}  // namespace

int run_mapping_preview(const Options& options) {
    const auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto& config = connector->config;
    const auto old_set = load_mappings({config.mappings, config.vocabulary, config.profile});
    if (!old_set) return complain(options, old_set.error());
    const auto choice = mapping_choice(options);
    if (!choice) return complain(options, choice.error());
    const auto new_set = load_mappings(*choice);
    if (!new_set) return complain(options, new_set.error());
    const auto preview = sync::preview(*connector->ledger, connector->sealer, *old_set, *new_set,
                                       options.mapping.sample);
    if (!preview) return complain(options, preview.error());
    options.json ? print_json(*preview) : print_text(*preview);
    return preview->refused == 0 ? exit_ok : exit_attention;
}

}  // namespace dvcsync::cli
