#include "connector/mapping/cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/case_coverage.h"
#include "connector/mapping/flat.h"
#include "connector/mapping/reading.h"
#include "connector/mapping/set_data.h"

namespace dvcsync::mapping {
namespace {

namespace fs = std::filesystem;

// What the connector fills into a record for the province is the same in every case.
constexpr std::string_view case_code = "CASE-1";
constexpr std::string_view case_arrived = "2026-01-01 00:00:00";
constexpr std::string_view case_province = "H00";

std::string text_of(pugi::xml_node element) {
    std::ostringstream out;
    element.print(out, "", pugi::format_raw);
    return out.str();
}

pugi::xml_node first_element(pugi::xml_node parent) {
    return parent.find_child([](pugi::xml_node node) { return node.type() == pugi::node_element; });
}

std::size_t count(pugi::xml_node parent, const char* name) {
    const auto children = parent.children(name);
    return std::size_t(std::distance(children.begin(), children.end()));
}

// Whose cases are run, for whom.
struct Heir {
    std::string profile;        // "": its own
    std::set<fs::path> nearer;  // else: names of the folders whose files take the base's place
    fs::path owner{};           // name of the profile in whose folder the cases lie
};

// One file of cases, run against one mapping set.
class Runner {
  public:
    Runner(DataFile& file, const MappingSet& set, std::vector<const Plan*> plans, const Heir& heir,
           CaseReport& report, Coverage& coverage)
        : file_(file),
          set_(set),
          plans_(std::move(plans)),
          heir_(heir),
          report_(report),
          coverage_(coverage) {}

    void run() {
        file_.allow(file_.root(), {"vocabulary"}, {"case"});
        for (const auto& node : file_.root().children("case"))
            run_case(node);
    }

  private:
    void run_case(pugi::xml_node node) {
        file_.allow(node, {"name", "mapping", "reading", "like"},
                    {"record", "submission", "set", "document", "refused", "vary"});
        name_ = file_.required(node, "name");
        node_ = node;
        if (!cases_.emplace(name_, node).second)
            return file_.fault(node, fmt::format("case '{}' comes twice", name_));
        if (bool(node.attribute("mapping")) == bool(node.attribute("reading")))
            return file_.fault(node, "<case> needs either 'mapping' or 'reading'");
        node.attribute("mapping") ? mapping_case(node) : reading_case(node);
    }

    void mapping_case(pugi::xml_node node) {
        const std::string name = node.attribute("mapping").value();
        const auto plan = std::find_if(plans_.begin(), plans_.end(), [&](const Plan* one) {
            return fs::path(Inside::of(*one).file).filename() == name;
        });
        if (plan != plans_.end() && is_replaced(Inside::of(**plan).file)) return;
        if (plan == plans_.end())
            return file_.fault(node, fmt::format("no mapping file '{}' in the profile", name));
        plan_ = *plan;
        if (is_owners(Inside::of(*plan_).file)) coverage_.add(Inside::of(*plan_));
        pugi::xml_document record;
        if (!find_record(node, record)) return;
        for (const auto& change : node.children("set"))
            if (!set_value(change, record, file_.required(change, "path"),
                           change.attribute("to").value()))
                return;
        if (node.child("vary")) {
            if (node.child("document") || node.child("refused"))
                file_.fault(node, "<vary> says itself what is expected");
            for (const auto& vary : node.children("vary"))
                run_vary(vary, record);
            return;
        }
        if (!node.child("document") && !node.child("refused"))
            return file_.fault(node, "<case> needs <document>, <refused> or <vary>");
        const auto told = explained(record);
        if (told) compare(node, *told);
    }

    // The heir has a file of its own in place of the one that the case is about.
    bool is_replaced(const fs::path& file) const {
        return heir_.nearer.contains(file.parent_path().filename());
    }

    // What a base's own cases touch is told with the base.
    bool is_owners(const fs::path& file) const {
        return file.parent_path().filename() == heir_.owner;
    }

    // Its own record, or that of the case it is like.
    bool find_record(pugi::xml_node node, pugi::xml_document& record) {
        const std::string like = node.attribute("like").value();
        pugi::xml_node from = node;
        if (!like.empty()) {
            const auto other = cases_.find(like);
            if (other == cases_.end() || other->first == name_) {
                file_.fault(node,
                            fmt::format("like: no earlier case of this file is called '{}'", like));
                return false;
            }
            from = other->second;
        }
        const auto element = first_element(from.child("record"));
        if (!element || (!like.empty() && node.child("record"))) {
            file_.fault(node,
                        "<case> needs either <record> with a record, or 'like' a case that "
                        "has one");
            return false;
        }
        record.append_copy(element);
        return true;
    }

    bool set_value(pugi::xml_node where, pugi::xml_document& record, const std::string& path,
                   const char* value) {
        try {
            auto found = record.document_element().select_node(path.c_str()).node();
            if (found) {
                found.remove_children();
                found.append_child(pugi::node_pcdata).set_value(value);
                return true;
            }
        } catch (const pugi::xpath_exception&) {
            // told below
        }
        file_.fault(where, fmt::format("path '{}' finds no element of the record", path));
        return false;
    }

    std::optional<Explanation> explained(const pugi::xml_document& record) {
        ++report_.run;
        const auto& kind = Inside::of(*plan_).kind->kind.name;
        auto parsed = set_.vocabulary().parse(kind, text_of(record.document_element()));
        if (!parsed) {
            fail({"the record cannot be read: " + parsed.error().message});
            return std::nullopt;
        }
        parsed->give_samples();
        auto told = explain(*plan_, *parsed);
        coverage_.note(told);
        return told;
    }

    void run_vary(pugi::xml_node vary, const pugi::xml_document& record) {
        file_.allow(vary, {"path", "field"}, {"row"});
        const std::string path = file_.required(vary, "path");
        const std::string field = file_.required(vary, "field");
        for (const auto& row : vary.children("row")) {
            file_.allow(row, {"from", "to", "refused"});
            pugi::xml_document changed;
            changed.append_copy(record.document_element());
            if (!set_value(row, changed, path, row.attribute("from").value())) return;
            const auto told = explained(changed);
            if (told) check_row(row, field, *told);
        }
    }

    void check_row(pugi::xml_node row, const std::string& field, const Explanation& told) {
        const std::string from = row.attribute("from").value();
        const auto origin = std::find_if(told.origins.begin(), told.origins.end(),
                                         [&](const Origin& one) { return one.field == field; });
        if (origin == told.origins.end())
            return fail({fmt::format("{}: the document has no such member", field)}, row);
        const bool is_refused = origin->outcome == Origin::Outcome::Refused;
        if (row.attribute("refused")) {
            const std::string_view part = row.attribute("refused").value();
            if (!is_refused || origin->reason.find(part) == std::string::npos)
                fail({fmt::format("{} of '{}': expected a refusal with \"{}\", found {}", field,
                                  from, part, is_refused ? origin->reason : origin->value)},
                     row);
            return;
        }
        const std::string to = row.attribute("to").value();
        if (is_refused || (origin->value != fmt::format("\"{}\"", to) && origin->value != to))
            fail({fmt::format("{} of '{}': expected \"{}\", found {}", field, from, to,
                              is_refused ? "the refusal: " + origin->reason : origin->value)},
                 row);
    }

    void compare(pugi::xml_node node, const Explanation& told) {
        if (node.child("refused")) return compare_refusal(node, told.result);
        if (!told.result) {
            std::vector<std::string> lines;
            for (const auto& fault : told.result.error().faults)
                lines.push_back(fmt::format("{}: refused: {}", fault.field, fault.reason));
            return fail(std::move(lines));
        }
        if (told.result->size() != count(node, "document"))
            fail({fmt::format("{} documents are expected, {} were made", count(node, "document"),
                              told.result->size())});
        std::size_t at = 0;
        for (const auto& expected : node.children("document")) {
            file_.allow_text(expected);
            if (at < told.result->size()) compare_json(expected, (*told.result)[at].json);
            ++at;
        }
    }

    void compare_json(pugi::xml_node expected, const std::string& json) {
        const std::string text = expected.text().get();
        const auto wanted = Json::parse(text);
        const auto found = Json::parse(json);
        if (!wanted) return file_.fault(expected, "<document> is not JSON: " + wanted.error());
        if (!found) return fail({"the document is not JSON: " + found.error()}, expected);
        auto lines = differences(flat(wanted->root()), flat(found->root()));
        if (!lines.empty()) fail(std::move(lines), expected);
    }

    template <class Made>
    void compare_refusal(pugi::xml_node node, const tl::expected<Made, Refusal>& result) {
        if (result) return fail({"a refusal is expected, but it was not refused"});
        std::vector<Fault> left = result.error().faults;
        std::vector<std::string> lines;
        for (const auto& expected : node.children("refused")) {
            file_.allow(expected, {"field", "contains"});
            const std::string field = file_.required(expected, "field");
            const std::string part = file_.required(expected, "contains");
            const auto found = std::find_if(left.begin(), left.end(), [&](const Fault& one) {
                return one.field == field && one.reason.find(part) != std::string::npos;
            });
            if (found != left.end())
                left.erase(found);
            else
                lines.push_back(fmt::format("{}: the refusal \"{}\" did not come", field, part));
        }
        for (const auto& fault : left)
            lines.push_back(
                fmt::format("{}: refused, which is not expected: {}", fault.field, fault.reason));
        if (!lines.empty()) fail(std::move(lines));
    }

    void reading_case(pugi::xml_node node) {
        const std::string name = node.attribute("reading").value();
        const auto* const reading = set_.reading(name);
        if (reading == nullptr)
            return file_.fault(node, fmt::format("the profile has no reading '{}'", name));
        if (is_replaced(Inside::of(*reading).file)) return;
        if (!node.child("submission") || bool(node.child("record")) == bool(node.child("refused")))
            return file_.fault(node,
                               "a case of a reading needs <submission> with JSON, and either "
                               "<record> or <refused>");
        ++report_.run;
        file_.allow_text(node.child("submission"));
        const std::string json = node.child("submission").text().get();
        if (is_owners(Inside::of(*reading).file)) coverage_.add(Inside::of(*reading));
        const auto written = write(*reading, json);
        if (node.child("refused")) return compare_refusal(node, written);
        if (!written) return fail({"refused: " + written.error().text()});
        pugi::xml_document found;
        found.load_string(written->c_str());
        auto lines =
            differences(flat(first_element(node.child("record"))), flat(found.document_element()));
        if (!lines.empty()) fail(std::move(lines));
    }

    tl::expected<std::string, Refusal> write(const Reading& reading, const std::string& json) {
        const auto national = reading.read(json);
        if (!national) return tl::make_unexpected(national.error());
        static const auto form = TimeFormat::compile("yyyy-MM-dd HH:mm:ss");
        Handing handing{national->code.empty() ? std::string(case_code) : national->code,
                        1,
                        *form->parse(case_arrived),
                        std::string(case_province),
                        {}};
        for (std::size_t i = 0; i < national->files.size(); ++i)
            handing.files.push_back({fmt::format("files/{:02}", i + 1), 0, {}, "", false, ""});
        if (const auto document = Json::parse(json))
            coverage_.note(Inside::of(reading),
                           run_reading(Inside::of(reading), document->root(), &handing).record);
        return reading.write(json, handing);
    }

    void fail(std::vector<std::string> lines) { fail(std::move(lines), node_); }
    void fail(std::vector<std::string> lines, pugi::xml_node where) {
        report_.failures.push_back(
            {fmt::format("{}:{}", file_.shown(), file_.line(where)),
             heir_.profile.empty()
                 ? name_
                 : fmt::format("{} (in {}, which stands on this profile)", name_, heir_.profile),
             std::move(lines)});
    }

    DataFile& file_;
    const MappingSet& set_;
    std::vector<const Plan*> plans_;
    const Heir& heir_;
    CaseReport& report_;
    Coverage& coverage_;
    std::map<std::string, pugi::xml_node> cases_;
    const Plan* plan_ = nullptr;
    std::string name_;
    pugi::xml_node node_;
};

// Every plan of the set; the names of the answers stand in the files only.
std::vector<const Plan*> plans_of(const MappingSet& set, const SetParts& parts) {
    std::vector<const Plan*> plans;
    for (const auto operation : all_operations)
        for (const bool known : {false, true})
            if (const auto* plan = set.plan(operation, known)) plans.push_back(plan);
    for (const auto& plan : parts.plans)
        if (const auto* answer = set.answer(plan->answers, plan->kind->kind.name))
            plans.push_back(answer);
    return plans;
}

class Cases {
  public:
    Cases(const CaseOrder& order, CaseReport& report) : order_(order), report_(report) {}

    void run() {
        for (const auto& profile : sorted(order_.dir / "portal")) {
            if (!order_.profile.empty() && profile.filename() != order_.profile) continue;
            const std::size_t before = report_.run;
            report_.profiles.push_back(profile.filename().string());
            run_profile(profile);
            if (report_.run == before && sorted(profile / "cases").empty())
                report_.profiles.pop_back();
        }
        // What is wrong with a file is so for each profile that has it.
        for (const auto& line : faults_.lines())
            if (std::find(report_.faults.begin(), report_.faults.end(), line) ==
                report_.faults.end())
                report_.faults.push_back(line);
    }

  private:
    void run_profile(const fs::path& profile) {
        Coverage coverage;
        Faults told_by_loading;
        std::set<fs::path> names;
        std::set<fs::path> nearer;
        for (const auto& folder : profile_folders(profile, told_by_loading)) {
            const bool own = folder == profile;
            const Heir heir{own ? "" : profile.filename().string(), nearer, folder.filename()};
            Coverage of_the_base;
            for (const auto& file : sorted(folder / "cases"))
                if (file.extension() == ".xml" && names.insert(file.filename()).second)
                    run_file(file, heir, own ? coverage : of_the_base);
            nearer.insert(folder.filename());
        }
        coverage.tell(report_);
    }

    static std::vector<fs::path> sorted(const fs::path& folder) {
        std::vector<fs::path> paths;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error))
            paths.push_back(entry.path());
        std::sort(paths.begin(), paths.end());
        return paths;
    }

    void run_file(const fs::path& path, const Heir& heir, Coverage& coverage) {
        DataFile file(path, faults_);
        if (!file.is_usable()) return;
        if (std::string_view(file.root().name()) != "cases")
            return file.fault(file.root(), fmt::format("the root element must be <cases>, not <{}>",
                                                       file.root().name()));
        const std::string vocabulary = file.required(file.root(), "vocabulary");
        if (!order_.vocabulary.empty() && vocabulary != order_.vocabulary) return;
        const std::string& profile = report_.profiles.back();
        const auto set = MappingSet::load(order_.dir, vocabulary, profile);
        if (!set) return faults_.add(set.error().message);
        Faults known;
        const auto parts = load_parts(order_.dir, vocabulary, profile, known);
        Runner(file, *set, plans_of(*set, parts), heir, report_, coverage).run();
    }

    const CaseOrder& order_;
    CaseReport& report_;
    Faults faults_;
};

}  // namespace

CaseReport run_cases(const CaseOrder& order) {
    CaseReport report;
    try {
        Cases(order, report).run();
    } catch (const std::exception& e) {
        report.faults.push_back(fmt::format("the cases cannot be run: {}", e.what()));
    }
    return report;
}

}  // namespace dvcsync::mapping
