#include "tests/unit/generator/exported.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/province/xml_events.h"

namespace dvcsync::year {

const World& test_world() {
    static const World world = [] {
        auto loaded = World::load(DVC_SOURCE_DIR);
        if (!loaded) {
            ADD_FAILURE() << loaded.error().message;
            std::abort();
        }
        return *std::move(loaded);
    }();
    return world;
}

namespace {

std::filesystem::path fresh_folder() {
    static int number = 0;
    auto path = std::filesystem::temp_directory_path() /
                ("dvc-generator-" + std::to_string(getpid()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(path);
    return path;
}

std::vector<std::filesystem::path> xml_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".xml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

class RecordReader : public XmlHandler {
  public:
    RecordReader(const std::string& element, const std::function<void(const ReadRecord&)>& take)
        : root_("province-export/" + element), take_(take) {}

    void begin(std::string_view path) override {
        if (path == root_) record_ = {};
        leaf_ = true;
    }
    void end(std::string_view path, std::string_view text) override {
        if (path == root_)
            take_(record_);
        else if (leaf_ && path.starts_with(root_ + "/"))
            record_.leaves[std::string(path.substr(root_.size() + 1))].emplace_back(text);
        leaf_ = false;
    }
    void attribute(std::string_view, std::string_view, std::string_view) override {}

  private:
    std::string root_;
    const std::function<void(const ReadRecord&)>& take_;
    ReadRecord record_;
    bool leaf_ = false;
};

}  // namespace

TempFolder::TempFolder() : path(fresh_folder()) {}
TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

std::map<std::string, std::string> raw_dossiers(const std::filesystem::path& folder) {
    std::map<std::string, std::string> records;
    for (const auto& file : xml_files(folder)) {
        std::ifstream in(file);
        std::string line, record, code;
        while (std::getline(in, line)) {
            if (line == "<dossier>") record.clear();
            record += line + '\n';
            if (line.starts_with(" <code>") && line.ends_with("</code>"))
                code = line.substr(7, line.size() - 14);
            if (line == "</dossier>") records[code] = record;
        }
    }
    return records;
}

std::string ReadRecord::one(const std::string& path) const {
    const auto found = leaves.find(path);
    return found == leaves.end() ? "" : found->second.front();
}

const std::vector<std::string>& ReadRecord::all(const std::string& path) const {
    static const std::vector<std::string> none;
    const auto found = leaves.find(path);
    return found == leaves.end() ? none : found->second;
}

void each_record(const std::filesystem::path& folder, const std::string& element,
                 const std::function<void(const ReadRecord&)>& take) {
    RecordReader reader(element, take);
    for (const auto& file : xml_files(folder)) {
        const auto read = read_xml(file, reader);
        ASSERT_TRUE(read) << read.error().message;
    }
}

std::string sortable(const std::string& moment) {
    if (moment.size() < 19) return "";
    return moment.substr(6, 4) + moment.substr(3, 2) + moment.substr(0, 2) + moment.substr(11, 2) +
           moment.substr(14, 2) + moment.substr(17, 2);
}

Summary generated(const std::filesystem::path& folder, Options options) {
    options.out = folder;
    const auto summary = generate(test_world(), options, {});
    if (!summary) {
        ADD_FAILURE() << summary.error().message;
        return {};
    }
    return *summary;
}

Options slice(std::uint64_t dossiers) {
    Options options;
    options.dossiers = dossiers;
    options.by_month = true;
    return options;
}

}  // namespace dvcsync::year
