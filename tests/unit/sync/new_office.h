// An office whose portal gives each dossier its code, wants its files first, and is told of its
// state by a service of its own: the profile dvc-2026.
#pragma once

#include "tests/unit/sync/exports.h"

namespace dvcsync::sync {

inline portal::Outcome outcome(portal::Verdict verdict) {
    return {verdict, "", "as the test says", {}};
}

struct NewOffice : Office {
    NewOffice() {
        auto set = mapping::MappingSet::load(std::filesystem::path(DVC_SOURCE_DIR) / "mappings",
                                             "reference", "dvc-2026");
        EXPECT_TRUE(set) << (set ? "" : set.error().message);
        mappings = std::make_unique<mapping::MappingSet>(*set);
        portal.next_code = [this]() -> tl::expected<portal::GivenCode, portal::Outcome> {
            return portal::GivenCode{fmt::format("GIVEN-{}", ++given), 0};
        };
        portal.upload = [this](const portal::FileToSend& file)
            -> tl::expected<portal::UploadedFile, portal::Outcome> {
            return portal::UploadedFile{fmt::format("FILE-{}", ++uploaded),
                                        hex(sha256(file.content)), 0};
        };
        portal.fetch_file = [](std::string_view link) -> Result<std::string> {
            return "%PDF-1.4\n" + std::string(link);
        };
        portal.known_batch = 20;
        portal.batch = 1;
        portal.can_ask = false;
    }

    // `links`: of the files of its components.
    void file(std::size_t steps = 1, const std::string& status = "processing",
              const std::string& note = "", const std::vector<std::string>& links = {}) {
        auto xml = dossier_xml("H22-1", static_cast<int>(steps), status, note);
        std::string components;
        for (const auto& link : links)
            components += fmt::format(
                "<component><id/><name>A paper</name><code/><url>{}</url><deleted/><digitised/>"
                "<reused/><from-national/><replaced-by/></component>",
                link);
        constexpr std::string_view none = "<components/>";
        xml.replace(xml.find(none), none.size(), "<components>" + components + "</components>");
        drop(fmt::format("{}.xml", ++files), xml);
        read();
    }
    // "new GIVEN-1", "known GIVEN-1", "step GIVEN-1", in the order in which they left.
    std::vector<std::string> sent() const {
        std::vector<std::string> out;
        for (const auto& one : portal.seen) {
            const auto at = one.document.find("GIVEN-");
            const std::string code =
                at == std::string::npos ? "without" : one.document.substr(at, 7);
            out.push_back(fmt::format("{} {}",
                                      one.operation == Operation::PushProgress ? "step"
                                      : one.updating                           ? "known"
                                                                               : "new",
                                      code));
        }
        return out;
    }

    int given = 0;
    int files = 0;
    int uploaded = 0;
};

}  // namespace dvcsync::sync
