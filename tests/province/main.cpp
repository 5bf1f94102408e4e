// dvc-province: writes a provincial year, counts it, and tells the published figures.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "tests/province/count.h"
#include "tests/province/generate.h"

namespace {

using namespace dvcsync;
using namespace dvcsync::year;

int report(const Error& error) {
    std::cerr << "dvc-province: " << error.message << '\n';
    return 1;
}

Result<Day> day_from(const std::string& option, const std::string& text) {
    const auto date = parse_iso_date(text);
    if (!date || date->year() < std::chrono::year{2018} || date->year() > std::chrono::year{2021})
        return fail(ErrorKind::Config,
                    option + " must be a day of 2018 to 2021 written yyyy-MM-dd");
    return day_of(*date);
}

struct GenerateArguments {
    std::string out;
    std::string until = "2019-12-31";
    std::string since;
    std::string per = "day";
    std::uint64_t seed = 2019;
    std::uint64_t dossiers = 0;
    std::uint64_t procedures = 0;
    std::uint64_t faults = 0;
};

Result<Options> options_from(const GenerateArguments& arguments) {
    Options options;
    options.out = arguments.out;
    options.seed = arguments.seed;
    options.by_month = arguments.per == "month";
    options.dossiers = arguments.dossiers;
    options.procedures = arguments.procedures;
    options.faults = arguments.faults;
    DVC_TRY_ASSIGN(until, day_from("--until", arguments.until));
    options.until = until;
    if (!arguments.since.empty()) {
        DVC_TRY_ASSIGN(since, day_from("--since", arguments.since));
        options.since = since;
    }
    return options;
}

int run_generate(const std::string& project, const GenerateArguments& arguments) {
    const auto options = options_from(arguments);
    if (!options) return report(options.error());
    const auto world = World::load(project);
    if (!world) return report(world.error());
    const bool terminal = isatty(STDERR_FILENO) == 1;
    std::uint64_t told = 0;
    const auto progress = [&](std::uint64_t done, std::uint64_t total) {
        const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
        if (percent < told + (terminal ? 1 : 25) && done != total) return;
        told = percent;
        std::cerr << (terminal ? "\r" : "") << "dvc-province: " << percent << " % of " << total
                  << " dossiers" << (terminal ? "  " : "\n") << std::flush;
        if (terminal && done == total) std::cerr << '\n';
    };
    const auto summary = generate(*world, *options, progress);
    if (!summary) return report(summary.error());
    std::cerr << "dvc-province: " << summary->files << " files, " << summary->dossiers
              << " dossiers, " << summary->procedures << " procedure records, "
              << (summary->bytes + (1u << 19)) / (1u << 20) << " MiB in " << arguments.out;
    if (arguments.faults > 0) std::cerr << "; " << summary->faults << " bad records besides";
    std::cerr << '\n';
    return 0;
}

int run_count(const std::string& project, const std::string& folder, int year, bool json) {
    const auto figures = count_exports(
        folder, year, std::filesystem::path(project) / "mappings" / "codes" / "agencies.csv");
    if (!figures) return report(figures.error());
    std::cout << (json ? as_json(*figures) : as_lines(*figures));
    return 0;
}

int run_figures(const std::string& project, bool json) {
    const auto figures = published_figures(std::filesystem::path(project) / "tests" / "province" /
                                           "data" / "published-2019.csv");
    if (!figures) return report(figures.error());
    std::cout << (json ? as_json(*figures) : as_lines(*figures));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"A year of a province's one-stop records, in the reference vocabulary"};
    app.require_subcommand(1);
    std::string project = DVC_SOURCE_DIR;
    app.add_option("--project", project, "folder with mappings/ and tests/province/data/");

    GenerateArguments arguments;
    auto* generate_command = app.add_subcommand("generate", "write the year as XML files");
    generate_command->add_option("--out", arguments.out, "folder for the files")->required();
    generate_command->add_option("--seed", arguments.seed, "same seed, same bytes");
    generate_command->add_option("--until", arguments.until, "the state at the end of this day");
    generate_command->add_option("--since", arguments.since,
                                 "only records that changed after the end of this day");
    generate_command->add_option("--per", arguments.per, "a file for each day or month")
        ->check(CLI::IsMember({"day", "month"}));
    generate_command->add_option("--dossiers", arguments.dossiers, "a slice of the same shape");
    generate_command->add_option("--procedures", arguments.procedures,
                                 "a smaller catalogue of this many codes");
    generate_command->add_option("--faults", arguments.faults,
                                 "bad records besides, listed in faults.json");

    std::string folder;
    int year = 2019;
    bool json = false;
    auto* count_command = app.add_subcommand("count", "count the figures of exported files");
    count_command->add_option("folder", folder, "folder with *.xml")->required();
    count_command->add_option("--year", year, "the year to count");
    count_command->add_flag("--json", json, "one JSON object");
    auto* figures_command = app.add_subcommand("figures", "the published figures");
    figures_command->add_flag("--json", json, "one JSON object");

    CLI11_PARSE(app, argc, argv);
    if (*generate_command) return run_generate(project, arguments);
    if (*count_command) return run_count(project, folder, year, json);
    return run_figures(project, json);
}
