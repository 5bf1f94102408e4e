// An office whose exports say when they were made, and whether they are the whole catalogue.
#pragma once

#include "connector/base/files.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {

class Exports : public Office {
  public:
    void drop(const std::string& name, const std::string& attributes,
              const std::string& records) const {
        std::ofstream(folder.path() / "drop" / "in" / name)
            << "<province-export " << attributes << ">\n"
            << records << "</province-export>\n";
    }

    std::unique_ptr<province::Source> open() {
        auto source = province::open_drop_folder(
            drop_folder_settings(folder.path() / "drop", "H22", mappings->vocabulary()),
            *ledger->position(drop_folder_source), clock);
        EXPECT_TRUE(source) << (source ? "" : source.error().message);
        return *std::move(source);
    }
    Result<IntakeCounts> read_from(province::Source& source) {
        return take_in(source, *ledger, mappings->vocabulary(), *sealer, clock, progress, stop);
    }
    IntakeCounts read() {
        auto counts = read_from(*open());
        EXPECT_TRUE(counts) << (counts ? "" : counts.error().message);
        if (!counts) return {};
        EXPECT_EQ(counts->read,
                  counts->unchanged + counts->outdated + counts->added + counts->changed);
        return *std::move(counts);
    }

    // The file from which the version that is held came.
    std::string origin(const std::string& code, const std::string& kind = "dossier") {
        const auto from = *ledger->provenance(kind, code);
        return from ? from->origin.substr(0, from->origin.find(':')) : "none";
    }

    // A copy of the shipped mappings with one piece of its vocabulary replaced.
    mapping::MappingSet with_vocabulary(const std::string& from, const std::string& to) const {
        const auto copy = folder.path() / fmt::format("mappings-{}", ++copies_);
        std::filesystem::copy(std::filesystem::path(DVC_SOURCE_DIR) / "mappings", copy,
                              std::filesystem::copy_options::recursive);
        const auto file = copy / "province" / "reference.xml";
        std::string text = *read_file(file, 1u << 20);
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        std::ofstream(file) << text.replace(at, from.size(), to);
        auto set = mapping::MappingSet::load(copy, "reference", "mapi-2024");
        EXPECT_TRUE(set) << (set ? "" : set.error().message);
        return *std::move(set);
    }

  private:
    mutable int copies_ = 0;
};

inline std::string made(const std::string& day) {
    return "exported=\"" + day + " 23:50:00\"";
}

inline std::string procedure_xml(const std::string& code, const std::string& state = "public",
                                 const std::string& action = "new",
                                 const std::string& number = "1/QD") {
    return fmt::format(
        "<procedure><code>{}</code><name>A procedure</name><state>{}</state><decision>"
        "<id>1</id><number>{}</number><issued>02/01/2019</issued><action>{}</action></decision>"
        "</procedure>\n",
        code, state, number, action);
}

}  // namespace dvcsync::sync
