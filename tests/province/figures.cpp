#include "tests/province/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connector/base/csv.h"

namespace dvcsync::year {

Result<Figures> published_figures(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(table, read_csv(file, {"name", "value", "source"}));
    Figures figures;
    for (const FigureName& figure : figure_names) {
        const auto row = std::find_if(table.rows.begin(), table.rows.end(),
                                      [&](const CsvRow& r) { return r.cells[0] == figure.name; });
        if (row == table.rows.end())
            return fail(ErrorKind::Config,
                        fmt::format("{}: the figure {} is missing", file.string(), figure.name));
        const std::string& text = row->cells[1];
        const auto read =
            std::from_chars(text.data(), text.data() + text.size(), figures.*figure.member);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
            return fail(ErrorKind::Config, fmt::format("{}:{}: \"{}\" is not a number",
                                                       file.string(), row->line, text));
    }
    return figures;
}

std::string as_json(const Figures& figures) {
    std::string text;
    for (const FigureName& figure : figure_names)
        text += fmt::format("{}\"{}\":{}", text.empty() ? "{" : ",", figure.name,
                            figures.*figure.member);
    return text + "}";
}

std::string as_lines(const Figures& figures) {
    std::string text;
    for (const FigureName& figure : figure_names)
        text += fmt::format("{:<22}{:>8}\n", figure.name, figures.*figure.member);
    return text;
}

Figures sliced(const Figures& full, std::uint64_t dossiers, std::uint64_t procedures) {
    Figures part = full;
    if (dossiers != full.received) {
        const auto scale = [&](std::uint64_t value) {
            return (value * dossiers + full.received / 2) / full.received;
        };
        part.received = dossiers;
        part.due = scale(full.due);
        part.early = scale(full.early);
        part.on_time = std::min(scale(full.on_time), part.due - part.early);
        part.late = part.due - part.early - part.on_time;
        part.late_with_apology = part.late;
        part.online_to_result = scale(full.online_to_result);
    }
    const std::uint64_t codes = full.published + full.procedures_abolished;
    if (procedures != codes) {
        const auto scale = [&](std::uint64_t value) { return value * procedures / codes; };
        part.procedures_new = scale(full.procedures_new);
        part.procedures_amended = scale(full.procedures_amended);
        part.procedures_replaced = scale(full.procedures_replaced);
        part.procedures_abolished = scale(full.procedures_abolished);
        part.published = procedures - part.procedures_abolished;
        part.inter_agency = scale(full.inter_agency);
        part.decisions =
            std::min(full.decisions, part.procedures_new + part.procedures_amended +
                                         part.procedures_replaced + part.procedures_abolished);
    }
    return part;
}

CatalogueFigures catalogue_part(const Figures& figures) {
    return {figures.procedures_new,
            figures.procedures_amended,
            figures.procedures_replaced,
            figures.procedures_abolished,
            figures.published,
            figures.inter_agency,
            figures.decisions};
}

}  // namespace dvcsync::year
