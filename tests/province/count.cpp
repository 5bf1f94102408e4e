#include "tests/province/count.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "connector/base/csv.h"
#include "tests/province/xml_events.h"

namespace dvcsync::year {

namespace {

struct CountedDossier {
    std::string agency;
    std::optional<Date> received, due, legal_due, finished;
    std::string status;
    bool online = false;
    bool on_portal = false;  // born there
    bool apology = false;
    bool result = false;    // one with code and link
    std::size_t files = 0;  // links of components that are not deleted
};

struct CountedProcedure {
    std::string state;
    std::string action;
    std::string decision;
    std::optional<Date> issued;
    bool inter_agency = false;
};

class Collector : public XmlHandler {
  public:
    Collector() {
        for (const char* pattern : {"dd/MM/yyyy HH:mm:ss", "dd/MM/yyyy"})
            forms_.push_back(*TimeFormat::compile(pattern));
    }

    std::unordered_map<std::string, CountedDossier> dossiers;
    std::unordered_map<std::string, CountedProcedure> procedures;
    std::optional<Date> exported;
    std::string fault;  // a date that cannot be read: record and element

    void begin(std::string_view path) override {
        if (path == "province-export/dossier") dossier_ = {};
        if (path == "province-export/procedure") procedure_ = {};
        if (path == "province-export/dossier/results/result") code_ = url_ = false;
        if (path == "province-export/dossier/components/component") url_ = deleted_ = false;
    }

    void attribute(std::string_view path, std::string_view name, std::string_view value) override {
        if (path != "province-export" || name != "exported") return;
        const auto day = date(value, "exported");
        if (day && (!exported || *day > *exported)) exported = day;
    }

    void end(std::string_view path, std::string_view text) override {
        constexpr std::string_view root = "province-export/";
        if (!path.starts_with(root)) return;
        path.remove_prefix(root.size());
        if (path == "dossier")
            dossiers[record_] = std::move(dossier_);
        else if (path == "procedure")
            procedures[record_] = std::move(procedure_);
        else if (path.starts_with("dossier/"))
            end_dossier(path.substr(8), text);
        else if (path.starts_with("procedure/"))
            end_procedure(path.substr(10), text);
    }

  private:
    std::optional<Date> date(std::string_view text, std::string_view what) {
        if (text.empty()) return std::nullopt;
        for (const TimeFormat& form : forms_)
            if (const auto at = form.parse(text)) return dvcsync::date_of(*at);
        if (fault.empty()) fault = fmt::format("{}: <{}> is not a date", record_, what);
        return std::nullopt;
    }

    void end_dossier(std::string_view path, std::string_view text) {
        if (path == "code") record_ = text;
        if (path == "portal-code") dossier_.on_portal = !text.empty();
        if (path == "agency") dossier_.agency = text;
        if (path == "received") dossier_.received = date(text, path);
        if (path == "due") dossier_.due = date(text, path);
        if (path == "legal-due") dossier_.legal_due = date(text, path);
        if (path == "finished") dossier_.finished = date(text, path);
        if (path == "status") dossier_.status = text;
        if (path == "channel") dossier_.online = text == "online";
        if (path == "apologies/apology") dossier_.apology = true;
        if (path == "components/component/url") url_ = !text.empty();
        if (path == "components/component/deleted") deleted_ = text == "yes";
        if (path == "components/component" && url_ && !deleted_) ++dossier_.files;
        if (path == "results/result/code") code_ = !text.empty();
        if (path == "results/result/url") url_ = !text.empty();
        if (path == "results/result") dossier_.result = dossier_.result || (code_ && url_);
    }

    void end_procedure(std::string_view path, std::string_view text) {
        if (path == "code") record_ = text;
        if (path == "state") procedure_.state = text;
        if (path == "inter-agency") procedure_.inter_agency = text == "yes";
        if (path == "decision/number") procedure_.decision = text;
        if (path == "decision/action") procedure_.action = text;
        if (path == "decision/issued") procedure_.issued = date(text, path);
    }

    std::vector<TimeFormat> forms_;
    std::string record_;
    CountedDossier dossier_;
    CountedProcedure procedure_;
    bool code_ = false;
    bool url_ = false;
    bool deleted_ = false;
};

using Levels = std::unordered_map<std::string, std::string>;

void count_dossier(const CountedDossier& dossier, int year, Date today, Figures& figures) {
    const auto in_year = [year](const std::optional<Date>& date) {
        return date && date->year() == std::chrono::year{year};
    };
    if (in_year(dossier.received)) ++figures.received;
    const bool handled = dossier.status == "finished" || dossier.status == "returned";
    if (in_year(dossier.received) && dossier.online && handled && dossier.result)
        ++figures.online_to_result;
    if (!in_year(dossier.legal_due)) return;
    ++figures.due;
    const Date due = *dossier.legal_due;
    if (dossier.finished && *dossier.finished < due) ++figures.early;
    if (dossier.finished && *dossier.finished == due) ++figures.on_time;
    const bool late = dossier.finished ? *dossier.finished > due : due < today;
    if (!late) return;
    ++figures.late;
    if (dossier.apology && dossier.due && *dossier.due > due) ++figures.late_with_apology;
}

void count_procedures(const Collector& found, int year, Figures& figures) {
    std::set<std::string> decisions;
    for (const auto& [code, procedure] : found.procedures) {
        if (procedure.state != "abolished") {
            ++figures.published;
            if (procedure.inter_agency) ++figures.inter_agency;
        }
        if (!procedure.issued || procedure.issued->year() != std::chrono::year{year}) continue;
        decisions.insert(procedure.decision);
        if (procedure.action == "new") ++figures.procedures_new;
        if (procedure.action == "amended") ++figures.procedures_amended;
        if (procedure.action == "replaced") ++figures.procedures_replaced;
        if (procedure.action == "abolished") ++figures.procedures_abolished;
    }
    figures.decisions = decisions.size();
}

void count_agencies(const Collector& found, const Levels& levels, bool everything,
                    Figures& figures) {
    std::set<std::string> agencies;
    for (const auto& [code, dossier] : found.dossiers)
        if (everything || !dossier.on_portal) agencies.insert(dossier.agency);
    for (const std::string& agency : agencies) {
        const auto level = levels.find(agency);
        if (level == levels.end()) continue;
        if (level->second == "centre") ++figures.central_agencies;
        if (level->second == "district") ++figures.districts;
        if (level->second == "commune") ++figures.communes;
    }
}

// `everything`: with the dossiers that were born on the portal.
Figures count(const Collector& found, const Levels& levels, int year, bool everything) {
    const Date last = std::chrono::year{year} / std::chrono::December / 31;
    const Date today = found.exported ? std::min(*found.exported, last) : last;
    Figures figures;
    for (const auto& [code, dossier] : found.dossiers)
        if (everything || !dossier.on_portal) count_dossier(dossier, year, today, figures);
    count_procedures(found, year, figures);
    count_agencies(found, levels, everything, figures);
    return figures;
}

}  // namespace

std::string as_json(const Counted& counted) {
    std::string text = as_json(counted.all);
    text.pop_back();
    return fmt::format("{},\"born_on_portal\":{},\"component_files\":{}}}", text,
                       as_json(counted.born_on_portal), counted.component_files);
}

Result<Counted> count_exports(const std::filesystem::path& folder, int year,
                              const std::filesystem::path& agencies_csv) {
    DVC_TRY_ASSIGN(table, read_csv(agencies_csv));
    if (table.header.size() < 4)
        return fail(ErrorKind::Config, agencies_csv.string() + ": needs code,new_code,name,level");
    Levels levels;
    for (const CsvRow& row : table.rows)
        levels[row.cells[0]] = row.cells[3];

    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".xml") files.push_back(entry.path());
    if (error) return fail(ErrorKind::Config, "cannot list " + folder.string());
    if (files.empty()) return fail(ErrorKind::Config, folder.string() + " holds no *.xml");
    std::sort(files.begin(), files.end());

    Collector found;
    for (const auto& file : files) {
        DVC_TRY(read_xml(file, found));
        if (!found.fault.empty())
            return fail(ErrorKind::Config, file.string() + ": " + found.fault);
    }
    Counted counted{count(found, levels, year, true), {}, 0};
    for (const auto& [code, dossier] : found.dossiers)
        counted.component_files += dossier.files;
    const Figures others = count(found, levels, year, false);
    for (const FigureName& figure : figure_names)
        counted.born_on_portal.*figure.member = counted.all.*figure.member - others.*figure.member;
    return counted;
}

}  // namespace dvcsync::year
