// Loads a vocabulary, a profile's mappings and their code tables into one immutable set.
#include "connector/mapping/mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/mapping/data_file.h"
#include "connector/mapping/set_data.h"

namespace dvcsync::mapping {

struct SetData {
    Vocabulary vocabulary;
    using Plans = std::array<std::optional<Plan>, all_operations.size()>;
    Plans plans;
    Plans known_plans;
    StringMap<Plan> answers;
    StringMap<Reading> readings;
    std::string manifest;
    Digest digest{};
    std::vector<std::filesystem::path> files;
};

namespace {

namespace fs = std::filesystem;

// The profile that the one in this folder stands on, "": none. What else is in profile.xml belongs
// to the portal client, which also tells when it cannot be read.
std::string base_of(const fs::path& folder, Faults& faults) {
    std::error_code none;
    if (!fs::exists(folder / "profile.xml", none)) return "";
    Faults of_the_client;
    DataFile file(folder / "profile.xml", of_the_client);
    if (!file.is_usable()) return "";
    const std::string base = file.root().attribute("base").value();
    if (base.empty()) return "";
    if (!is_plain_name(base) || !fs::is_directory(folder.parent_path() / base, none)) {
        faults.add(fmt::format("{}:{}: base=\"{}\": there is no such profile beside this one",
                               file.shown(), file.line(file.root()), base));
        return "";
    }
    return base;
}

}  // namespace

std::vector<fs::path> profile_folders(const fs::path& folder, Faults& faults) {
    std::vector<fs::path> folders{folder};
    for (;;) {
        const auto base = base_of(folders.back(), faults);
        if (base.empty()) return folders;
        if (folders.size() > limits::max_profile_bases) {
            faults.add(fmt::format("{}: it stands on more than {} other profiles, or on itself",
                                   (folder / "profile.xml").string(), limits::max_profile_bases));
            return folders;
        }
        folders.push_back(folder.parent_path() / base);
    }
}

namespace {

// Every XML file of the profile but its profile.xml, and those of its bases that it has not itself.
std::vector<fs::path> mapping_files(const fs::path& folder, Faults& faults) {
    std::vector<fs::path> files;
    std::set<fs::path> names;
    std::error_code error;
    for (const auto& from : profile_folders(folder, faults)) {
        for (auto at = fs::directory_iterator(from, error); at != fs::directory_iterator();
             at.increment(error)) {
            if (error) break;
            const auto& path = at->path();
            if (path.extension() == ".xml" && path.filename() != "profile.xml" &&
                names.insert(path.filename()).second)
                files.push_back(path);
        }
        if (error) faults.add(file_error("read", from, error.value()).message);
    }
    if (!error && files.empty()) faults.add(fmt::format("{}: no mapping file", folder.string()));
    std::sort(files.begin(), files.end());
    return files;
}

std::string answer_key(std::string_view name, std::string_view kind) {
    return fmt::format("{} {}", name, kind);
}

Result<std::string> manifest_of(const fs::path& dir, const std::vector<fs::path>& files) {
    std::string all;
    for (const auto& file : files) {
        DVC_TRY_ASSIGN(bytes, read_file(file, limits::max_csv_file));
        all += fmt::format("{} {}\n", hex(sha256(bytes)), file.lexically_relative(dir).string());
    }
    return all;
}

// The mapping files of a profile, while they are compiled.
class ProfileLoader {
  public:
    ProfileLoader(const fs::path& dir, std::shared_ptr<const VocabularyData> vocabulary,
                  Faults& faults, std::set<fs::path>& read)
        : vocabulary_(std::move(vocabulary)), faults_(faults), context_{dir / "codes", read} {}

    void run(const fs::path& folder) {
        for (const auto& path : mapping_files(folder, faults_)) {
            context_.read.insert(path);
            files_.emplace_back(path, faults_);
        }
        for (auto& file : files_)
            if (file.is_usable()) load_shared(file);
        for (auto& file : files_) {
            if (!file.is_usable() || !vocabulary_ || root_is(file, "shared")) continue;
            if (root_is(file, "mapping"))
                add_plan(file);
            else if (root_is(file, "reading"))
                add_reading(file);
            else
                file.fault(file.root(), fmt::format("the root element must be <mapping>, <reading> "
                                                    "or <shared>, not <{}>",
                                                    file.root().name()));
        }
    }

    std::vector<std::shared_ptr<const PlanData>> plans;
    std::vector<std::shared_ptr<const ReadingData>> readings;
    Definitions shared;

  private:
    void add_plan(DataFile& file) {
        auto plan = load_plan(file, vocabulary_, shared, context_);
        if (!plan) return;
        for (const auto& other : plans)
            if (other->operation == plan->operation && other->answers == plan->answers &&
                other->known == plan->known && (plan->operation || other->kind == plan->kind))
                file.fault(file.root(),
                           fmt::format("another file already maps '{}'",
                                       plan->operation ? to_string(*plan->operation)
                                                       : std::string_view(plan->answers)));
        plans.push_back(std::move(plan));
    }

    void add_reading(DataFile& file) {
        auto reading = load_reading(file, vocabulary_, shared, context_);
        if (!reading) return;
        for (const auto& other : readings)
            if (other->name == reading->name)
                file.fault(file.root(),
                           fmt::format("another file already is the reading '{}'", reading->name));
        readings.push_back(std::move(reading));
    }

    static bool root_is(const DataFile& file, std::string_view name) {
        return file.root().name() == name;
    }

    void load_shared(DataFile& file) {
        if (!root_is(file, "shared")) return;
        file.allow(file.root(), {}, {"date-form", "codes"});
        load_definitions(file, file.root(), context_, shared);
    }

    std::shared_ptr<const VocabularyData> vocabulary_;
    Faults& faults_;
    MappingContext context_;
    std::deque<DataFile> files_;
};

}  // namespace

bool is_plain_name(std::string_view name) {
    return !name.empty() && !name.starts_with('.') && name.find('/') == std::string_view::npos;
}

SetParts load_parts(const fs::path& dir, std::string_view vocabulary, std::string_view profile,
                    Faults& faults) {
    SetParts parts;
    DataFile file(dir / "province" / fmt::format("{}.xml", vocabulary), faults);
    parts.read.insert(file.path());
    parts.vocabulary = file.is_usable() ? load_vocabulary(file) : nullptr;
    ProfileLoader loader(dir, parts.vocabulary, faults, parts.read);
    parts.folder = dir / "portal" / std::string(profile);
    loader.run(parts.folder);
    parts.plans = std::move(loader.plans);
    parts.readings = std::move(loader.readings);
    parts.shared = std::move(loader.shared);
    return parts;
}

Result<MappingSet> MappingSet::load(const std::filesystem::path& dir, std::string_view vocabulary,
                                    std::string_view profile) try {
    if (!is_plain_name(vocabulary) || !is_plain_name(profile))
        return fail(ErrorKind::Config,
                    fmt::format("'{}' and '{}' must be plain names of a vocabulary and a profile",
                                vocabulary, profile));
    Faults faults;
    SetParts parts = load_parts(dir, vocabulary, profile, faults);
    if (!faults.empty()) return fail(ErrorKind::Config, faults.text());

    auto set = std::make_shared<SetData>();
    std::error_code none;
    const auto folder = dir / "portal" / std::string(profile);
    for (const auto& one : profile_folders(folder, faults))
        if (fs::exists(one / "profile.xml", none)) parts.read.insert(one / "profile.xml");
    set->files.assign(parts.read.begin(), parts.read.end());
    DVC_TRY_ASSIGN(manifest, manifest_of(dir, set->files));
    set->digest = sha256(manifest);
    set->manifest = std::move(manifest);
    set->vocabulary.data_ = parts.vocabulary;
    for (const auto& plan : parts.plans)
        if (plan->operation)
            (plan->known ? set->known_plans : set->plans)[std::size_t(*plan->operation)]
                .emplace()
                .data_ = plan;
        else
            set->answers[answer_key(plan->answers, plan->kind->kind.name)].data_ = plan;
    for (const auto& reading : parts.readings)
        set->readings[reading->name].data_ = reading;
    MappingSet result;
    result.data_ = std::move(set);
    return result;
} catch (const std::exception& e) {
    return fail(ErrorKind::Bug, fmt::format("the mappings cannot be loaded: {}", e.what()));
}

const Vocabulary& MappingSet::vocabulary() const {
    return data_->vocabulary;
}

const Plan* MappingSet::plan(Operation operation, bool known) const {
    const auto& plan = (known ? data_->known_plans : data_->plans)[std::size_t(operation)];
    return plan ? &*plan : nullptr;
}

const Plan* MappingSet::answer(std::string_view name, std::string_view kind) const {
    const auto at = data_->answers.find(answer_key(name, kind));
    return at == data_->answers.end() ? nullptr : &at->second;
}

const Reading* MappingSet::reading(std::string_view name) const {
    const auto at = data_->readings.find(name);
    return at == data_->readings.end() ? nullptr : &at->second;
}

const std::string& MappingSet::manifest() const {
    return data_->manifest;
}

const Digest& MappingSet::digest() const {
    return data_->digest;
}

const std::vector<std::filesystem::path>& MappingSet::files() const {
    return data_->files;
}

}  // namespace dvcsync::mapping
