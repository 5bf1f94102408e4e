#include "tests/sandbox/figures.h"

#include <fmt/format.h>

#include <algorithm>

namespace dvcsandbox {
namespace {

Stamp legal_due(const Dossier& dossier) {
    Stamp latest = 0;
    for (const Step& step : dossier.steps)
        latest = std::max(latest, step.due);
    return latest != 0 ? latest : dossier.due;
}

void add_deadline(const Dossier& dossier, Figures& figures) {
    const auto due = day_of(legal_due(dossier));
    if (due / 10'000 != figures.year) return;
    ++figures.due;
    const auto end = day_of(dossier.finished != 0 ? dossier.finished : dossier.returned);
    if (end != 0 && end < due) {
        ++figures.early;
    } else if (end == due) {
        ++figures.on_time;
    } else {
        ++figures.late;
        if (day_of(dossier.due) > due) ++figures.late_with_apology;
    }
}

void add_received(std::string_view code, const Dossier& dossier, std::string_view province,
                  Figures& figures) {
    if (year_of(dossier.received) != figures.year) return;
    ++figures.received;
    ++figures.by_status[std::to_string(dossier.status)];
    ++figures.by_month[fmt::format("{}-{:02}", figures.year, month_of(dossier.received))];
    count_agency(agency_of(code), province, figures);
    if (dossier.channel == 2 && dossier.complete_result &&
        (dossier.status == 9 || dossier.status == 10))
        ++figures.online_to_result;
}

void add_steps(const Dossier& dossier, Figures& figures) {
    figures.progress_rows += dossier.steps.size();
    std::set<std::array<std::uint8_t, 16>> different;
    std::set<std::tuple<Stamp, std::uint8_t, Stamp, Stamp>> looks;
    for (const Step& step : dossier.steps) {
        different.insert(step.digest);
        looks.emplace(step.at, step.status, step.start, step.due);
    }
    figures.duplicate_progress_rows += dossier.steps.size() - different.size();
    figures.look_alike_progress_rows += different.size() - looks.size();
}

void add_procedure(const Procedure& procedure, std::set<std::string>& decisions, Figures& figures) {
    ++figures.procedures;
    for (const Decision& decision : procedure.decisions)
        if (year_of(decision.issued) == figures.year) decisions.insert(decision.number);
    if (procedure.state != 0) {
        ++figures.published;
        if (procedure.inter_agency) ++figures.inter_agency;
    }
    const Decision& latest = procedure.decisions.back();
    if (year_of(latest.issued) != figures.year) return;
    if (latest.action == 1) ++figures.procedures_new;
    if (latest.action == 2) ++figures.procedures_amended;
    if (latest.action == 3) ++figures.procedures_replaced;
    if (latest.action == 4) ++figures.procedures_abolished;
}

void add_statistics(const Statistics& row, Figures& figures) {
    ++figures.statistics_rows;
    Statistics& sum = figures.statistics;
    sum.received += row.received;
    sum.carried_over += row.carried_over;
    sum.total += row.total;
    sum.done += row.done;
    sum.done_on_time += row.done_on_time;
    sum.done_late += row.done_late;
    sum.open += row.open;
    sum.open_in_time += row.open_in_time;
    sum.open_late += row.open_late;
}

}  // namespace

// Old codes 000.CC.NN.H22: NN is a department or a district, CC a commune of that district.
void count_agency(std::string_view agency, std::string_view province, Figures& figures) {
    ++figures.by_agency[std::string(agency)];
    const auto parts = split(agency, '.');
    if (parts.size() != 4 || parts[0] != "000" || parts[3] != province) return;
    if (parts[1] != "00")
        figures.communes.emplace(agency);
    else if (parts[2] >= "01" && parts[2] <= "29")
        figures.central_agencies.emplace(agency);
    else if (parts[2] >= "31" && parts[2] <= "41")
        figures.districts.emplace(agency);
}

Figures figures_of(const Holdings& holdings, int year, std::string_view madonvi) {
    Figures figures;
    figures.year = year;
    const auto province = madonvi.substr(std::min(madonvi.rfind('.') + 1, madonvi.size()));
    holdings.dossiers().each([&](std::string_view code, const Dossier& dossier) {
        ++figures.dossiers;
        add_received(code, dossier, province, figures);
        add_deadline(dossier, figures);
        add_steps(dossier, figures);
    });
    std::set<std::string> decisions;
    holdings.procedures().each([&](std::string_view, const Procedure& procedure) {
        add_procedure(procedure, decisions, figures);
    });
    figures.decisions = decisions.size();
    holdings.statistics().each([&](const MonthOfAgency& key, const Statistics& row) {
        if (key.year == year) add_statistics(row, figures);
    });
    return figures;
}

}  // namespace dvcsandbox
