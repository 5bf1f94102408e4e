#include "tests/province/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "connector/base/csv.h"
#include "tests/province/random.h"

namespace dvcsync::year {

namespace {

constexpr int longest_working = 45;
constexpr int longest_calendar = 60;
// The crawl lost the unit of some durations ("120"): a small number is days, a large one is not.
constexpr int longest_without_unit = 20;

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

// "online=10 working-day;post;direct=10 working-day"
std::vector<Way> ways_of(std::string_view text) {
    std::vector<Way> ways;
    for (const std::string& part : split(text, ';')) {
        Way way;
        const auto equals = std::min(part.find('='), part.size());
        way.channel = part.substr(0, equals);
        if (equals < part.size()) {
            const auto blank = std::min(part.find(' ', equals), part.size());
            way.length = part.substr(equals + 1, blank - equals - 1);
            if (blank < part.size()) way.unit = part.substr(blank + 1);
        }
        ways.push_back(std::move(way));
    }
    return ways;
}

void set_duration(Procedure& procedure) {
    const auto direct = std::find_if(procedure.ways.begin(), procedure.ways.end(),
                                     [](const Way& way) { return way.channel == "direct"; });
    const Way& way = direct != procedure.ways.end() ? *direct : procedure.ways.front();
    int length = 0;
    std::from_chars(way.length.data(), way.length.data() + way.length.size(), length);
    if (way.unit == "working-day") {
        procedure.days = std::clamp(length, 1, longest_working);
    } else if (way.unit == "day" || way.unit == "month") {
        procedure.days = std::clamp(way.unit == "day" ? length : 30 * length, 1, longest_calendar);
        procedure.working_days = false;
    } else if (way.unit == "hour") {
        procedure.days = length <= 4 ? 0 : 1;
    } else if (length > 0) {
        procedure.days = std::min(length, longest_without_unit);
    } else {
        constexpr std::array usual{3, 5, 7, 10, 15, 20};
        std::uint64_t sum = 0;
        for (const char c : procedure.code)
            sum = mix(sum, static_cast<unsigned char>(c));
        procedure.days = usual[sum % usual.size()];
    }
}

// The subjects are joined by ", ", which some of them contain; so the known names are looked for.
std::vector<std::size_t> audiences_of(std::string_view text, const std::vector<Audience>& known) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const std::string framed = ", " + std::string(text) + ", ";
        if (framed.find(", " + known[i].name + ", ") != std::string::npos) found.push_back(i);
    }
    if (found.empty()) found.push_back(0);
    return found;
}

Result<double> weight_of(const CsvRow& row, std::size_t cell, const std::filesystem::path& file) {
    const std::string& text = row.cells[cell];
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || value < 0)
        return fail(ErrorKind::Config, fmt::format("{}:{}: \"{}\" must be a number from 0",
                                                   file.string(), row.line, text));
    return value;
}

Status read_fields(const std::filesystem::path& file, std::vector<Field>& fields) {
    DVC_TRY_ASSIGN(table, read_csv(file, {"code", "name", "centre", "district", "commune"}));
    for (CsvRow& row : table.rows) {
        Field field{std::move(row.cells[0]), std::move(row.cells[1]), {}};
        for (std::size_t level = 0; level < level_count; ++level) {
            DVC_TRY_ASSIGN(weight, weight_of(row, 2 + level, file));
            field.weight[level] = weight;
        }
        fields.push_back(std::move(field));
    }
    return {};
}

// What a procedure without details gets: a few common papers, so that its dossiers hold something.
void add_common(Procedure& procedure, std::uint64_t number, const Phrases& phrases) {
    Rng rng(number, 77);
    const Words& papers = phrases["component"];
    const auto count = static_cast<std::size_t>(rng.between(2, 4));
    for (int i = 0; procedure.components.size() < count; ++i) {
        const auto at = (number + static_cast<std::size_t>(i)) % papers.size();
        procedure.components.push_back({{}, papers[at], i == 0 ? "Mau-don.docx" : "", 1, i % 2});
    }
    if (procedure.results.empty())
        procedure.results.push_back(
            {fmt::format("KQ.H22.{:06d}", number + 1), rng.pick(phrases["result"])});
}

}  // namespace

bool Procedure::received_at(Level level) const {
    constexpr std::array words{"province", "district", "commune"};
    return std::find(levels.begin(), levels.end(), words[static_cast<std::size_t>(level)]) !=
           levels.end();
}

bool Procedure::online() const {
    return std::any_of(ways.begin(), ways.end(),
                       [](const Way& way) { return way.channel == "online"; });
}

Result<Catalogue> Catalogue::load(const std::filesystem::path& data, const Phrases& phrases) {
    Catalogue catalogue;
    DVC_TRY(read_fields(data / "fields.csv", catalogue.fields));
    std::map<std::string, std::size_t> field_index;
    for (std::size_t i = 0; i < catalogue.fields.size(); ++i)
        field_index[catalogue.fields[i].code] = i;

    DVC_TRY_ASSIGN(audiences, read_csv(data / "audiences.csv", {"code", "name", "applicant"}));
    for (const CsvRow& row : audiences.rows)
        catalogue.audiences.push_back({row.cells[0], row.cells[1], row.cells[2]});

    const auto file = data / "procedures.csv";
    DVC_TRY_ASSIGN(table,
                   read_csv(file, {"code", "department", "levels", "field", "kind", "decision",
                                   "publisher", "agency", "subjects", "ways", "name"}));
    for (const CsvRow& row : table.rows) {
        const auto& cell = row.cells;
        const auto field = field_index.find(cell[3]);
        if (field == field_index.end() || cell[2].empty() || cell[9].empty())
            return fail(ErrorKind::Config,
                        fmt::format("{}:{}: {} needs a known field, a level and a way",
                                    file.string(), row.line, cell[0]));
        Procedure procedure;
        procedure.code = cell[0];
        procedure.department = cell[1];
        procedure.levels = split(cell[2], ' ');
        procedure.field = field->second;
        procedure.kind = cell[4];
        procedure.decision = cell[5];
        procedure.publisher = cell[6];
        procedure.agency = cell[7];
        procedure.audiences = audiences_of(cell[8], catalogue.audiences);
        procedure.ways = ways_of(cell[9]);
        procedure.name = cell[10];
        set_duration(procedure);
        catalogue.procedures.push_back(std::move(procedure));
    }
    DVC_TRY(add_details(data / "details.jsonl", catalogue.procedures));
    for (std::size_t i = 0; i < catalogue.procedures.size(); ++i) {
        Procedure& procedure = catalogue.procedures[i];
        if (procedure.components.empty() || procedure.results.empty())
            add_common(procedure, i, phrases);
        for (std::size_t c = 0; c < procedure.components.size(); ++c)
            procedure.components[c].code = fmt::format("{}-TP{:02d}", procedure.code, c + 1);
        procedure.legal.push_back(
            {procedure.decision,
             replaced(phrases.first("publish-title"), "{}", procedure.publisher),
             procedure.publisher.empty() ? phrases.first("issuer-default") : procedure.publisher});
    }
    return catalogue;
}

}  // namespace dvcsync::year
