#include "tests/province/agencies.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "connector/base/csv.h"
#include "tests/province/random.h"

namespace dvcsync::year {

namespace {

double number(const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

Result<Agencies> Agencies::load(const std::filesystem::path& codes,
                                const std::filesystem::path& data) {
    DVC_TRY_ASSIGN(departments,
                   read_csv(data / "departments.csv", {"short", "agency", "weight", "late"}));
    DVC_TRY_ASSIGN(communes, read_csv(data / "communes.csv",
                                      {"code", "name", "district_agency", "district", "agency"}));
    std::map<std::string, const CsvRow*> department_of;
    for (const CsvRow& row : departments.rows)
        department_of[row.cells[1]] = &row;
    std::map<std::string, const CsvRow*> commune_of;
    for (const CsvRow& row : communes.rows)
        commune_of[row.cells[4]] = &row;

    const auto file = codes / "agencies.csv";
    DVC_TRY_ASSIGN(table, read_csv(file, {"code", "new_code", "name", "level", "parent",
                                          "valid_from", "valid_to"}));
    Agencies agencies;
    std::map<std::string, std::size_t> index;
    for (const CsvRow& row : table.rows) {
        Agency agency{row.cells[0], row.cells[2], {}, {}, agencies.list.size(), 1, 1, {}, {}};
        const std::string& level = row.cells[3];
        const auto bad = [&](std::string_view why) {
            return fail(ErrorKind::Config,
                        fmt::format("{}:{}: {} {}", file.string(), row.line, agency.code, why));
        };
        if (level == "province") {
            agencies.province_code = agency.code;
            agencies.province_name = agency.name;
            continue;
        }
        if (level == "centre") {
            const auto found = department_of.find(agency.code);
            if (found == department_of.end()) return bad("is not in departments.csv");
            agency.level = Level::Centre;
            agency.department = found->second->cells[0];
            agency.weight = number(found->second->cells[2]);
            agency.late = number(found->second->cells[3]);
        } else if (level == "district") {
            agency.level = Level::District;
            agency.weight = 0.8 + 0.05 * static_cast<double>(agencies.list.size() % 9);
        } else if (level == "commune") {
            const auto parent = index.find(row.cells[4]);
            const auto found = commune_of.find(agency.code);
            if (parent == index.end() || found == commune_of.end())
                return bad("lacks a parent above it or a row in communes.csv");
            agency.level = Level::Commune;
            agency.parent = parent->second;
            agency.commune_code = found->second->cells[0];
            agency.place = found->second->cells[1];
            agencies.list[agency.parent].place = found->second->cells[3];
            // Between small mountain communes and district towns; fixed, so not of the seed.
            agency.weight = 0.3 + Rng(agencies.list.size(), 5).unit() * 1.7;
            agency.late = 0.3 + Rng(agencies.list.size(), 6).unit() * 1.2;
        } else {
            return bad("has an unknown level \"" + level + "\"");
        }
        index[agency.code] = agencies.list.size();
        agencies.list.push_back(std::move(agency));
    }
    if (agencies.province_code.empty() || agencies.list.empty())
        return fail(ErrorKind::Config, file.string() + ": needs the province and its agencies");
    return agencies;
}

std::size_t Agencies::department(std::string_view short_name) const {
    for (std::size_t i = 0; i < list.size(); ++i)
        if (list[i].department == short_name) return i;
    return 0;
}

}  // namespace dvcsync::year
