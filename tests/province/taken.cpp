#include "tests/province/taken.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "connector/base/crypto.h"
#include "connector/base/files.h"
#include "connector/base/time.h"
#include "tests/province/xml_events.h"

namespace dvcsync::year {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file = 1u << 30;

struct NamedFile {
    std::string name, size, sha256;
};

Moment moment_of(std::string_view text) {
    static const TimeFormat form = *TimeFormat::compile("dd/MM/yyyy HH:mm:ss");
    const auto at = form.parse(text);
    if (!at) return never;
    return std::chrono::duration_cast<std::chrono::seconds>(at->time_since_epoch()).count();
}

class Reader : public XmlHandler {
  public:
    Taken taken;
    std::vector<NamedFile> files;

    void begin(std::string_view) override {}
    void attribute(std::string_view, std::string_view, std::string_view) override {}

    void end(std::string_view path, std::string_view text) override {
        constexpr std::string_view root = "province-submission/submission/";
        if (!path.starts_with(root)) return;
        path.remove_prefix(root.size());
        if (path == "portal-code") taken.code = text;
        if (path == "revision")
            std::from_chars(text.data(), text.data() + text.size(), taken.revision);
        if (path == "kind") taken.kind = text;
        if (path == "arrived") taken.filed = moment_of(text);
        if (path == "filed" && !text.empty()) taken.filed = moment_of(text);
        if (path == "procedure") taken.procedure = text;
        if (path == "agency") taken.agency = text;
        if (path == "agency-name") taken.agency_name = text;
        if (path == "applicant/account") taken.account = text;
        if (path.ends_with("files/file/name")) file_.name = text;
        if (path.ends_with("files/file/size")) file_.size = text;
        if (path.ends_with("files/file/sha256")) file_.sha256 = text;
        if (!path.ends_with("files/file")) return;
        // Without a name: it could not be had, and a person let the rest go on without it.
        if (!file_.name.empty()) files.push_back(file_);
        file_ = {};
    }

  private:
    NamedFile file_;
};

Result<Reader> read_submission(const fs::path& folder) {
    Reader reader;
    const fs::path xml = folder / "submission.xml";
    DVC_TRY(read_xml(xml, reader));
    const Taken& taken = reader.taken;
    if (taken.code.empty() || taken.revision < 1 || taken.kind.empty() || taken.filed == never)
        return fail(ErrorKind::Config,
                    xml.string() + ": portal-code, revision, kind or arrived is missing");
    reader.taken.files = reader.files.size();
    return reader;
}

Result<std::vector<fs::path>> folders_of(const fs::path& place) {
    std::vector<fs::path> folders;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place, error))
        folders.push_back(entry.path());
    if (error) return fail(ErrorKind::Config, "cannot list " + place.string());
    std::sort(folders.begin(), folders.end());
    return folders;
}

Status check_files(const fs::path& folder, const std::vector<NamedFile>& files) {
    std::set<std::string> expected{"submission.xml"};
    for (std::size_t i = 0; i < files.size(); ++i) {
        const NamedFile& file = files[i];
        const auto wrong = [&](std::string_view what) {
            return fail(ErrorKind::Config, fmt::format("{}: file {} of submission.xml {}",
                                                       folder.string(), i + 1, what));
        };
        if (fs::path(file.name).lexically_normal() != fs::path(file.name) ||
            !file.name.starts_with("files/"))
            return wrong("has a name that leaves its folder");
        if (!expected.insert(file.name).second) return wrong("has the name of another");
        const auto bytes = read_file(folder / file.name, max_file);
        if (!bytes) return wrong("is missing or cannot be read");
        if (std::to_string(bytes->size()) != file.size) return wrong("has another size");
        if (hex(sha256(*bytes)) != file.sha256) return wrong("has another SHA-256");
    }
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        if (!entry.is_directory() &&
            !expected.contains(entry.path().lexically_relative(folder).string()))
            return fail(ErrorKind::Config,
                        folder.string() + ": holds a file that submission.xml does not name");
    if (error) return fail(ErrorKind::Config, "cannot list " + folder.string());
    return {};
}

}  // namespace

Status take_submissions(const fs::path& inbox) {
    DVC_TRY_ASSIGN(folders, folders_of(inbox / "new"));
    for (const fs::path& folder : folders) {
        DVC_TRY_ASSIGN(read, read_submission(folder));
        DVC_TRY(check_files(folder, read.files));
        const fs::path place = inbox / "taken" / folder.filename();
        if (fs::exists(place))
            return fail(ErrorKind::Config, folder.string() + ": was taken already");
        std::error_code error;
        fs::rename(folder, place, error);
        if (error)
            return fail(ErrorKind::Config,
                        fmt::format("cannot move {}: {}", folder.string(), error.message()));
    }
    return {};
}

Result<std::map<std::string, std::vector<Taken>>> taken_submissions(const fs::path& inbox) {
    std::map<std::string, std::vector<Taken>> all;
    DVC_TRY_ASSIGN(folders, folders_of(inbox / "taken"));
    for (const fs::path& folder : folders) {
        DVC_TRY_ASSIGN(read, read_submission(folder));
        all[read.taken.code].push_back(std::move(read.taken));
    }
    for (auto& [code, revisions] : all) {
        std::sort(revisions.begin(), revisions.end(),
                  [](const Taken& a, const Taken& b) { return a.revision < b.revision; });
        for (std::size_t i = 0; i < revisions.size(); ++i)
            if (revisions[i].revision != static_cast<int>(i) + 1)
                return fail(ErrorKind::Config,
                            fmt::format("{}: its revisions are not 1 to {}, each once", code,
                                        revisions.size()));
    }
    return all;
}

}  // namespace dvcsync::year
