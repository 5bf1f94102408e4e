// dvc-province: writes a provincial year, counts it, and tells the published figures.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "tests/province/answer.h"
#include "tests/province/count.h"
#include "tests/province/generate.h"
#include "tests/province/submissions.h"

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

// What the commands share that speak of the same year.
struct Arguments {
    std::string out;
    std::string until = "2019-12-31";
    std::string since;
    std::string per = "day";
    std::uint64_t seed = 2019;
    std::uint64_t dossiers = 0;
    std::uint64_t procedures = 0;
    std::uint64_t faults = 0;
    bool portal = false;
    FilePlace files;
    std::string vocabulary = "reference";
    AnswerOptions answer;
};

// Of any options: which year, and up to which day.
template <class Options>
Result<Options> options_from(const Arguments& arguments, Options options) {
    options.seed = arguments.seed;
    options.dossiers = arguments.dossiers;
    options.procedures = arguments.procedures;
    DVC_TRY_ASSIGN(until, day_from("--until", arguments.until));
    options.until = until;
    if constexpr (requires { options.since; }) {
        if (!arguments.since.empty()) {
            DVC_TRY_ASSIGN(since, day_from("--since", arguments.since));
            options.since = since;
        }
    }
    if constexpr (requires { options.out; }) options.out = arguments.out;
    return options;
}

Result<Shape> shape_of(const std::string& project, const Arguments& arguments) {
    return Shape::load(std::filesystem::path(project) / "tests" / "province" / "shapes",
                       arguments.vocabulary);
}

int run_generate(const std::string& project, const Arguments& arguments) {
    Options wanted;
    wanted.by_month = arguments.per == "month";
    wanted.faults = arguments.faults;
    wanted.portal = arguments.portal;
    wanted.files = arguments.files;
    const auto shape = shape_of(project, arguments);
    if (!shape) return report(shape.error());
    wanted.shape = *shape;
    const auto options = options_from(arguments, wanted);
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

int run_submissions(const std::string& project, const Arguments& arguments) {
    const auto options = options_from(arguments, SubmissionOptions{});
    if (!options) return report(options.error());
    const auto world = World::load(project);
    if (!world) return report(world.error());
    const auto count = write_submissions(*world, *options);
    if (!count) return report(count.error());
    std::cerr << "dvc-province: " << *count << " submissions in " << arguments.out << '\n';
    return 0;
}

int run_answer(const std::string& project, const Arguments& arguments) {
    AnswerOptions wanted = arguments.answer;
    const auto shape = shape_of(project, arguments);
    if (!shape) return report(shape.error());
    wanted.shape = *shape;
    const auto options = options_from(arguments, wanted);
    if (!options) return report(options.error());
    const auto world = World::load(project);
    if (!world) return report(world.error());
    const auto summary = answer(*world, *options);
    if (!summary) return report(summary.error());
    std::cout << as_json(*summary) << '\n';
    std::cerr << "dvc-province: "
              << (summary->file.empty() ? "nothing to tell" : summary->file + " written") << '\n';
    return 0;
}

int run_count(const std::string& project, const std::string& folder, int year, bool json) {
    const auto figures = count_exports(
        folder, year, std::filesystem::path(project) / "mappings" / "codes" / "agencies.csv");
    if (!figures) return report(figures.error());
    std::cout << (json ? as_json(*figures) + "\n" : as_lines(figures->all));
    return 0;
}

int run_figures(const std::string& project, bool json) {
    const auto figures = published_figures(std::filesystem::path(project) / "tests" / "province" /
                                           "data" / "published-2019.csv");
    if (!figures) return report(figures.error());
    std::cout << (json ? as_json(*figures) + "\n" : as_lines(*figures));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"A year of a province's one-stop records, in the reference vocabulary"};
    app.require_subcommand(1);
    std::string project = DVC_SOURCE_DIR;
    app.add_option("--project", project, "folder with mappings/ and tests/province/data/");

    Arguments arguments;
    const auto year_options = [&](CLI::App* command, const char* until) {
        command->add_option("--seed", arguments.seed, "same seed, same bytes");
        command->add_option("--until", arguments.until, until);
        command->add_option("--dossiers", arguments.dossiers, "a slice of the same shape");
        command->add_option("--procedures", arguments.procedures,
                            "a smaller catalogue of this many codes");
    };
    const auto vocabulary_option = [&](CLI::App* command) {
        command->add_option("--vocabulary", arguments.vocabulary, "whose exports these are")
            ->check(CLI::IsMember({"reference", "opencps-v2", "flat-rows"}));
    };
    auto* generate_command = app.add_subcommand("generate", "write the year as XML files");
    year_options(generate_command, "the state at the end of this day");
    vocabulary_option(generate_command);
    generate_command->add_option("--out", arguments.out, "folder for the files")->required();
    generate_command->add_option("--since", arguments.since,
                                 "only records that changed after the end of this day");
    generate_command->add_option("--per", arguments.per, "a file for each day or month")
        ->check(CLI::IsMember({"day", "month"}));
    generate_command->add_option("--faults", arguments.faults,
                                 "bad records besides, listed in faults.json");
    generate_command->add_flag("--portal", arguments.portal,
                               "what was online to its result was filed on the national portal");
    generate_command->add_option("--files-url", arguments.files.url,
                                 "the files of components are there: https://host:port of a "
                                 "dvc-sandbox, which makes them of their names");
    generate_command
        ->add_option("--files-every", arguments.files.every,
                     "with it: of so many dossiers one has files, the others have no link")
        ->check(CLI::PositiveNumber);

    auto* submissions_command =
        app.add_subcommand("submissions", "list what the year's citizens file on the portal");
    year_options(submissions_command, "filed by the end of this day");
    submissions_command->add_option("--out", arguments.out, "a CSV file")->required();
    submissions_command->add_option("--since", arguments.since, "filed after the end of this day");

    auto* answer_command =
        app.add_subcommand("answer", "take submissions out of the inbox and answer them");
    year_options(answer_command, "what has happened by the end of this day");
    vocabulary_option(answer_command);
    answer_command->add_option("--inbox", arguments.answer.inbox, "folder with new/ and taken/")
        ->required();
    answer_command->add_option("--drop", arguments.answer.drop, "drop folder, with in/")
        ->required();
    answer_command->add_option("--refuse", arguments.answer.refuse, "chance of a stranger")
        ->check(CLI::Range(0.0, 1.0));
    answer_command->add_option("--supplement", arguments.answer.supplement, "chance of a stranger")
        ->check(CLI::Range(0.0, 1.0));

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
    if (*submissions_command) return run_submissions(project, arguments);
    if (*answer_command) return run_answer(project, arguments);
    if (*count_command) return run_count(project, folder, year, json);
    return run_figures(project, json);
}
