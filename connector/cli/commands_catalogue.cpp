// catalogue.
#include <fmt/format.h>

#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/sync/catalogue.h"

namespace dvcsync::cli {
namespace {

void print_json(const sync::CatalogueOutlook& outlook) {
    Json json;
    json.open();
    json.add("published", std::uint64_t{outlook.published});
    json.add("abolishing", std::uint64_t{outlook.abolish.size()});
    json.open_list("abolish");
    for (const auto& one : outlook.abolish) {
        json.open();
        json.add("code", one.code);
        json.add("decision", one.decision);
        json.close();
    }
    json.close_list();
    json.add("incomplete_file", outlook.file ? outlook.file->file : "");
    json.open_list("lacks");
    for (const auto& code : outlook.lacks)
        json.item(code);
    json.close_list();
    json.add("stop", outlook.stop);
    json.close();
    fmt::print("{}\n", json.text());
}

void print_text(const sync::CatalogueOutlook& outlook) {
    fmt::print("The portal shows {}; what is queued abolishes {} of them{}\n",
               counted(outlook.published, "procedure"), count_text(outlook.abolish.size()),
               outlook.abolish.empty() ? "." : ":");
    for (const auto& one : outlook.abolish) {
        fmt::print("  {}{}\n", one.code,
                   one.decision.empty() ? "" : "  by decision " + one.decision);
    }
    if (outlook.file) {
        fmt::print("{} calls itself the whole catalogue, but lacks {}:\n", outlook.file->file,
                   count_text(outlook.file->missing));
        for (const auto& code : outlook.lacks)
            fmt::print("  {}\n", code);
    }
    fmt::print("{}\n", outlook.stop.empty()
                           ? "The next push of the catalogue is not stopped."
                           : "The catalogue is not pushed until a person confirms it: dvcsync sync "
                             "push-catalogue --confirm --reason \"…\"");
}

}  // namespace

int run_catalogue(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto outlook =
        sync::catalogue_outlook(*connector->ledger, connector->config.max_abolished_percent);
    if (!outlook) return complain(options, outlook.error());
    options.json ? print_json(*outlook) : print_text(*outlook);
    return outlook->stop.empty() ? exit_ok : exit_attention;
}

}  // namespace dvcsync::cli
