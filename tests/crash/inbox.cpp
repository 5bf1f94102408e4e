#include "tests/crash/inbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "connector/base/crypto.h"
#include "tests/crash/json.h"

namespace crash {
namespace {

namespace fs = std::filesystem;

// A revision as either side has it.
struct Deed {
    std::string kind;
    std::multiset<std::string> files;  // SHA-256 of each
    bool operator==(const Deed&) const = default;
};
using Deeds = std::map<std::string, Deed>;  // by the name of the folder in the inbox

std::size_t entries_in(const fs::path& folder) {
    const fs::directory_iterator entries(folder);
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::string element(const std::string& xml, const std::string& name) {
    const auto from = xml.find('<' + name + '>');
    const auto to = xml.find("</" + name + '>');
    if (from == std::string::npos || to == std::string::npos)
        throw std::runtime_error("no " + name + " in a submission.xml");
    return xml.substr(from + name.size() + 2, to - from - name.size() - 2);
}

// As the citizens have it.
Deeds filed(const Lane& lane) {
    Deeds deeds;
    const auto all = parse(lane.ask_portal("/submissions"), "the portal's list of submissions");
    for (const auto& line : list(all, "submissions").GetArray()) {
        const std::string code = text(line, "MaHoSo");
        const auto one = parse(lane.ask_portal("/submission?code=" + code), "a submission");
        int revision = 0;
        for (const auto& row : list(one, "deeds").GetArray()) {
            Deed deed{text(row, "kind"), {}};
            for (const auto& file : list(row, "files").GetArray())
                deed.files.insert(text(file, "sha256"));
            deeds[fmt::format("{}-r{}", code, ++revision)] = std::move(deed);
        }
    }
    return deeds;
}

Deed folder_deed(const fs::path& folder) {
    const std::string xml = read_text(folder / "submission.xml");
    if (fmt::format("{}-r{}", element(xml, "portal-code"), element(xml, "revision")) !=
        folder.filename())
        throw std::runtime_error("another submission lies in " + folder.filename().string());
    Deed deed{element(xml, "kind"), {}};
    if (!fs::exists(folder / "files")) return deed;
    for (const auto& file : fs::directory_iterator(folder / "files"))
        deed.files.insert(dvcsync::hex(dvcsync::sha256(read_text(file.path()))));
    return deed;
}

Deeds handed_over(const Lane& lane) {
    Deeds deeds;
    for (const auto& folder : fs::directory_iterator(lane.inbox() / "new"))
        deeds[folder.path().filename()] = folder_deed(folder.path());
    return deeds;
}

std::string describe(const Deeds& deeds) {
    std::string lines;
    for (const auto& [name, deed] : deeds) {
        lines += fmt::format("{} {}", name, deed.kind);
        for (const auto& digest : deed.files)
            lines += ' ' + digest;
        lines += '\n';
    }
    return lines;
}

}  // namespace

bool all_is_in(const Lane& lane) {
    const auto report = parse(lane.ask_portal("/report?year=2019"), "the portal's report");
    const auto& submissions = report["submissions"];
    const auto health = parse(lane.ask_portal("/health"), "the portal's health");
    std::size_t deeds = 0;
    for (const auto& kind : submissions["by_kind"].GetObject())
        deeds += kind.value.GetUint64();
    return number(submissions, "waiting_to_be_out") == 0 &&
           number(submissions, "reached_the_province") == number(submissions, "filed") &&
           number(submissions, "confirmed") == number(submissions, "filed") &&
           number(health, "callbacks_waiting") == 0 && entries_in(lane.inbox() / "new") == deeds;
}

std::string inbox_of(const Lane& lane) {
    const Deeds expected = filed(lane), found = handed_over(lane);
    if (expected != found)
        throw std::runtime_error(fmt::format("citizens filed\n{}but the inbox has\n{}",
                                             describe(expected), describe(found)));
    for (const fs::path& way : {lane.inbox() / ".building", lane.staging()})
        if (entries_in(way) != 0)
            throw std::runtime_error(way.filename().string() + " is not empty at rest");
    if (entries_in(lane.inbox() / ".keys") != found.size())
        throw std::runtime_error("the inbox has other keys than submissions");
    return describe(found);
}

}  // namespace crash
