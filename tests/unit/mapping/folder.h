// A mappings folder of a test, in a temporary place, and short ways to use it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "connector/mapping/mapping.h"

namespace dvcsync::mapping::testing {

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "mappings-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
    }
    Result<MappingSet> load() const { return MappingSet::load(path_, "v", "p"); }
    // The faults of loading, with the folder's own path cut out of them.
    std::string faults() const {
        const auto set = load();
        if (set) return "";
        EXPECT_EQ(set.error().kind, ErrorKind::Config);
        std::string text = set.error().message;
        const std::string prefix = path_.string() + "/";
        for (std::size_t at; (at = text.find(prefix)) != std::string::npos;)
            text.erase(at, prefix.size());
        return text;
    }

  private:
    std::filesystem::path path_;
};

// Wraps the record's <value> and <list> elements (and words) into a vocabulary with one record <r>.
inline std::string vocabulary(std::string_view content, std::string_view types = "") {
    return "<vocabulary name='v'>"
           "<date-form name='time' form='dd/MM/yyyy HH:mm:ss'/>"
           "<yes-no yes='yes|co' no='no'/>" +
           std::string(types) + "<record kind='dossier' element='r' code='code'>" +
           "<value name='code' path='code'/>" + std::string(content) + "</record></vocabulary>";
}

inline std::string mapping(std::string_view content, std::string_view attributes = "") {
    return "<mapping record='dossier' operation='push-dossier' " + std::string(attributes) +
           "><date-form name='stamp' form='yyyyMMddHHmmss'/>" + std::string(content) + "</mapping>";
}

// Loads one vocabulary and one mapping, both of which must be right.
inline MappingSet loaded(const Folder& folder, std::string_view vocabulary_text,
                         std::string_view mapping_text) {
    folder.write("province/v.xml", vocabulary_text);
    folder.write("portal/p/m.xml", mapping_text);
    auto set = folder.load();
    EXPECT_TRUE(set.has_value()) << set.error().message;
    return *std::move(set);
}

// The documents of a record, one a line, or "refused: " and its faults.
inline std::string run(const MappingSet& set, std::string_view xml,
                       Operation operation = Operation::PushDossier,
                       std::string_view kind = "dossier") {
    const auto record = set.vocabulary().parse(kind, xml);
    if (!record) return "not read: " + record.error().message;
    const auto documents = set.plan(operation)->run(*record);
    if (!documents) return "refused: " + documents.error().text();
    std::string all;
    for (const auto& document : *documents)
        all += document.json + "\n";
    return all;
}

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    EXPECT_TRUE(in.good()) << file;
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace dvcsync::mapping::testing
