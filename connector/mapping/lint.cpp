#include "connector/mapping/lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/calendar.h"
#include "connector/mapping/lint_rules.h"

namespace dvcsync::mapping {
namespace {

namespace fs = std::filesystem;

// Names below a folder, sorted: of files with this extension, or of folders if it is empty.
std::vector<std::string> names_in(const fs::path& folder, std::string_view extension,
                                  Findings& findings) {
    std::vector<std::string> names;
    std::error_code error;
    for (auto at = fs::directory_iterator(folder, error); at != fs::directory_iterator();
         at.increment(error)) {
        if (error) break;
        const auto& path = at->path();
        if (path.filename().string().starts_with('.')) continue;
        if (extension.empty() ? at->is_directory() : path.extension() == extension)
            names.push_back(path.stem().string());
    }
    std::sort(names.begin(), names.end());
    if (error)
        findings.line(fmt::format("{}: cannot be read: {}", folder.string(), error.message()));
    else if (names.empty())
        findings.line(fmt::format("{}: nothing is in there", folder.string()));
    return names;
}

// A plain name, or a fault.
std::vector<std::string> chosen(const std::string& name, std::vector<std::string> all,
                                const fs::path& folder, Findings& findings) {
    if (name.empty()) return all;
    if (std::find(all.begin(), all.end(), name) != all.end()) return {name};
    findings.line(fmt::format("{}: has no '{}'{}", folder.string(), name, suggestion(name, all)));
    return {};
}

class Lint {
  public:
    explicit Lint(const LintOrder& order) : order_(order) {}

    LintReport run() {
        const fs::path province = order_.dir / "province";
        const fs::path portal = order_.dir / "portal";
        report_.vocabularies =
            chosen(order_.vocabulary, names_in(province, ".xml", findings_), province, findings_);
        report_.profiles =
            chosen(order_.profile, names_in(portal, "", findings_), portal, findings_);
        Faults faults;
        contracts_ = load_contracts(order_.dir / "contract", faults);
        tell(faults);
        for (const auto& profile : report_.profiles) {
            warn_without_contract(profile);
            for (const auto& vocabulary : report_.vocabularies)
                pair(vocabulary, profile);
        }
        tables();
        report_.findings = findings_.take();
        report_.files = files_.size() + contracts_.size();
        return std::move(report_);
    }

  private:
    void tell(const Faults& faults) {
        for (const auto& line : faults.lines())
            findings_.line(line);
    }

    void warn_without_contract(const std::string& profile) {
        for (const auto& contract : contracts_)
            if (std::find(contract.profiles.begin(), contract.profiles.end(), profile) !=
                contract.profiles.end())
                return;
        findings_.warning((order_.dir / "portal" / profile).string(), 1,
                          fmt::format("no file in {} names the profile '{}': its fields are not "
                                      "compared with a contract",
                                      (order_.dir / "contract").string(), profile));
    }

    void pair(const std::string& vocabulary, const std::string& profile) {
        Faults faults;
        SetParts parts = load_parts(order_.dir, vocabulary, profile, faults);
        files_.insert(parts.read.begin(), parts.read.end());
        tell(faults);
        const auto is_faulty = [&](const std::string& file) {
            return std::any_of(
                faults.lines().begin(), faults.lines().end(),
                [&](const std::string& line) { return line.starts_with(file + ":"); });
        };
        std::erase_if(parts.plans, [&](const auto& plan) { return is_faulty(plan->file); });
        std::erase_if(parts.readings, [&](const auto& one) { return is_faulty(one->file); });
        // A fault of the words or the shared tables would only be told again in other words.
        const bool is_sound = std::none_of(
            faults.lines().begin(), faults.lines().end(), [&](const std::string& line) {
                return line.starts_with((order_.dir / "province").string());
            });
        if (parts.vocabulary && is_sound) lint_plans(parts, findings_);
        for (const auto& plan : parts.plans)
            lint_contract(*plan, profile, contracts_, findings_);
        if (faults.empty()) lint_definitions(parts, findings_);
    }

    void tables() {
        const fs::path codes = order_.dir / "codes";
        for (const auto& name : names_in(codes, ".csv", findings_)) {
            const fs::path file = codes / (name + ".csv");
            lint_table(file, files_.contains(file), findings_);
            files_.insert(file);
        }
        const fs::path calendar = codes / "calendar.csv";
        if (!fs::exists(calendar)) return;
        if (const auto loaded = WorkCalendar::load(calendar); !loaded)
            findings_.line(loaded.error().message);
    }

    const LintOrder& order_;
    Findings findings_;
    LintReport report_;
    std::vector<Contract> contracts_;
    std::set<fs::path> files_;
};

}  // namespace

std::size_t LintReport::faults() const {
    return std::size_t(std::count_if(findings.begin(), findings.end(),
                                     [](const Finding& one) { return one.is_fault; }));
}

LintReport lint(const LintOrder& order) try {
    return Lint(order).run();
} catch (const std::exception& e) {
    return {{{true, fmt::format("{}: cannot be examined: {}", order.dir.string(), e.what())}},
            {},
            {},
            0};
}

void Findings::add(bool is_fault, std::string_view file, std::size_t line, std::string text) {
    found_[{{std::string(file), line}, std::move(text)}] = is_fault;
}

void Findings::fault(std::string_view file, std::size_t line, std::string text) {
    add(true, file, line, std::move(text));
}

void Findings::warning(std::string_view file, std::size_t line, std::string text) {
    add(false, file, line, std::move(text));
}

void Findings::line(std::string text) {
    if (loading_seen_.insert(text).second) loading_.push_back({true, std::move(text)});
}

void Findings::row(const CodeTable& table, const std::string& word, std::size_t line,
                   bool is_used) {
    const std::string text = fmt::format(
        "codes '{}': no record can hold '{}': it is no canonical word of the fields that use the "
        "table",
        table.name(), word);
    rows_[{{table.rows_file(), line}, text}] |= is_used;
}

std::vector<Finding> Findings::take() {
    for (const auto& [key, is_used] : rows_)
        if (!is_used) add(false, key.first.file, key.first.line, key.second);
    std::vector<Finding> all = std::move(loading_);
    for (const auto& [key, is_fault] : found_)
        all.push_back(
            {is_fault, fmt::format("{}:{}: {}", key.first.file, key.first.line, key.second)});
    return all;
}

}  // namespace dvcsync::mapping
