// Kills dvcsync at every named point and checks that nothing is lost and nothing doubled:
// README.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include "tests/crash/campaign.h"

namespace {

// A folder of its own, gone at the end unless it was named.
class Work {
  public:
    explicit Work(std::filesystem::path& named) {
        if (named.empty()) {
            std::string made = (std::filesystem::temp_directory_path() / "dvc-crash-XXXXXX");
            if (::mkdtemp(made.data()) == nullptr)
                throw std::runtime_error(made + ": cannot be made");
            named = folder_ = made;
        }
    }
    ~Work() {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

  private:
    std::filesystem::path folder_;
};

}  // namespace

int main(int argc, char** argv) try {
    crash::Options options;
    CLI::App app{"crash_test: kills dvcsync at every named point and checks what becomes of it"};
    app.add_option("--bin", options.programs.bin, "folder of the programs")->required();
    app.add_option("--source", options.programs.source, "folder of the sources")->required();
    app.add_option("--work", options.programs.work,
                   "folder to work in, kept; else a temporary one");
    app.add_option("--seed", options.seed, "chooses the later occurrences")->capture_default_str();
    app.add_option("--every", options.every,
                   "each point's first so many occurrences in each scene; 0: the first of all and "
                   "one by chance")
        ->capture_default_str();
    app.add_option("--only", options.only, "points whose names contain this");
    app.add_option("--lanes", options.lanes, "kills at once")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    // The programs run in other folders.
    options.programs.bin = std::filesystem::absolute(options.programs.bin);
    options.programs.source = std::filesystem::absolute(options.programs.source);
    const Work work(options.programs.work);
    return crash::kill_everywhere(options) ? 0 : 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "crash_test: {}\n", error.what());
    return 1;
}
