// mapping suggest.
#include <fmt/format.h>

#include <algorithm>

#include "connector/cli/commands.h"
#include "connector/cli/commands_mapping.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/sync/connector.h"
#include "connector/sync/suggest.h"

namespace dvcsync::cli {
namespace {

using sync::Candidate;
using sync::Untranslated;

struct Suggestion {
    Untranslated wanted;
    std::vector<Candidate> candidates;
};

void print_text(const std::vector<Suggestion>& all, const std::string& table) {
    for (const auto& [wanted, candidates] : all) {
        fmt::print("{}  {}, say {}\n", wanted.local, counted(wanted.dossiers, "dossier"),
                   wanted.example);
        fmt::print("{}",
                   wrapped(fmt::format("{} / {} / {}", wanted.name, wanted.field, wanted.agency), 4,
                           text_width()));
        for (const auto& one : candidates)
            fmt::print("  {:>3}  {}\n{}", one.score, one.procedure->code,
                       wrapped(fmt::format("{} / {} / {}", one.procedure->name,
                                           one.procedure->field, one.procedure->agency),
                               7, text_width()));
        if (candidates.empty()) fmt::print("  no procedure of the list has a similar name\n");
    }
    if (all.empty()) {
        fmt::print("No parked dossier names a procedure that {} does not know.\n", table);
        return;
    }
    fmt::print("Decide, then: dvcsync mapping suggest --accept LOCAL NATIONAL --reason \"…\"\n");
}

void print_json(const std::vector<Suggestion>& all) {
    Json json;
    json.open();
    json.add("codes", std::uint64_t{all.size()});
    json.open_list("untranslated");
    for (const auto& [wanted, candidates] : all) {
        json.open();
        json.add("local", wanted.local);
        json.add("name", wanted.name);
        json.add("field", wanted.field);
        json.add("agency", wanted.agency);
        json.add("dossiers", std::uint64_t{wanted.dossiers});
        json.add("example", wanted.example);
        json.open_list("candidates");
        for (const auto& one : candidates) {
            json.open();
            json.add("code", one.procedure->code);
            json.add("score", static_cast<std::uint64_t>(one.score));
            json.add("name", one.procedure->name);
            json.add("field", one.procedure->field);
            json.add("agency", one.procedure->agency);
            json.close();
        }
        json.close_list();
        json.close();
    }
    json.close_list();
    json.close();
    fmt::print("{}\n", json.text());
}

int accept(const Options& options, sync::Connector& connector, const mapping::CodesFile& table,
           const std::vector<sync::NationalProcedure>& national) {
    const auto& local = options.mapping.accept.front();
    const auto& code = options.mapping.accept.back();
    const bool is_known = std::any_of(national.begin(), national.end(),
                                      [&](const auto& one) { return one.code == code; });
    if (!is_known)
        return nothing_done(options, fmt::format("{} is not in the national list; nothing was "
                                                 "written. A newer list: --catalogue FILE",
                                                 code));
    const UtcTime now = system_clock().now();
    if (auto done = sync::accept_code(table, local, code, options.act, now); !done)
        return complain(options, done.error());
    ledger::Act act = options.act;
    act.selection = fmt::format("{} = {}", local, code);
    if (auto noted = connector.ledger->note(act, now); !noted)
        return complain(options, noted.error());
    if (options.json) {
        Json json;
        json.open();
        json.add("local", local);
        json.add("national", code);
        json.add("file", table.file.string());
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        fmt::print("{}: {} is now {}. What was parked for it is tried again by the next sync.\n",
                   table.file.string(), local, code);
    }
    return exit_ok;
}

}  // namespace

int run_mapping_suggest(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto& config = connector->config;
    const auto set = load_mappings({config.mappings, config.vocabulary, config.profile});
    if (!set) return complain(options, set.error());
    const auto table = mapping::codes_file_of(*set, Operation::PushDossier, "procedure");
    if (!table)
        return nothing_done(options, fmt::format("the profile '{}' sends procedure codes through "
                                                 "no table of codes/",
                                                 config.profile));
    const auto national = sync::load_national(
        options.mapping.catalogue.empty() ? config.mappings / "codes" / "national-procedures.csv"
                                          : options.mapping.catalogue);
    if (!national) return complain(options, national.error());
    if (!options.mapping.accept.empty()) return accept(options, *connector, *table, *national);
    const auto found = sync::untranslated(*connector->ledger, connector->sealer, *set);
    if (!found) return complain(options, found.error());
    std::vector<Suggestion> all;
    for (const auto& wanted : *found)
        all.push_back(
            {wanted, sync::candidates(wanted, *national, static_cast<std::size_t>(options.limit))});
    options.json ? print_json(all) : print_text(all, table->file.string());
    return all.empty() ? exit_ok : exit_attention;
}

}  // namespace dvcsync::cli
