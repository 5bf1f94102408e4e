#include "tests/province/people.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connector/base/csv.h"
#include "connector/base/files.h"
#include "connector/base/text.h"

namespace dvcsync::year {

namespace {

constexpr std::size_t max_name_list = 1u << 20;
constexpr std::size_t max_official = 50;  // NguoiXuLy of the contract

Result<std::vector<std::string>> lines_of(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(text, read_file(file, max_name_list));
    std::vector<std::string> lines;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (end > 0) lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (lines.empty()) return fail(ErrorKind::Config, file.string() + ": no names in it");
    return lines;
}

std::string digits(Rng& rng, int count) {
    std::string text;
    while (count-- > 0)
        text += static_cast<char>('0' + rng.below(10));
    return text;
}

void identify_citizen(Applicant& person, Rng& rng) {
    if (rng.chance(0.08)) return;  // the clerk left it empty
    if (rng.chance(0.45)) {
        person.identity_kind = "cccd";
        person.identity = "002" + std::string(rng.chance(0.5) ? "8" : "9") +
                          fmt::format("{:02d}", rng.between(45, 99)) + digits(rng, 6);
    } else {
        person.identity_kind = "cmnd";
        person.identity = "39" + digits(rng, 7);
    }
}

void identify_business(Applicant& person, Rng& rng) {
    if (rng.chance(0.1)) return;
    person.identity_kind = "tax";
    person.identity = "5199" + digits(rng, 6) + (rng.chance(0.1) ? "-001" : "");
}

}  // namespace

Result<People> People::load(const std::filesystem::path& data) {
    People people;
    const auto file = data / "surnames.csv";
    DVC_TRY_ASSIGN(table, read_csv(file, {"surname", "weight"}));
    for (const CsvRow& row : table.rows) {
        int weight = 0;
        std::from_chars(row.cells[1].data(), row.cells[1].data() + row.cells[1].size(), weight);
        people.surnames_.insert(people.surnames_.end(),
                                static_cast<std::size_t>(std::clamp(weight / 10, 1, 1'000)),
                                row.cells[0]);
    }
    if (people.surnames_.empty())
        return fail(ErrorKind::Config, file.string() + ": no surnames in it");
    DVC_TRY_ASSIGN(boys, lines_of(data / "given_names_boy.txt"));
    DVC_TRY_ASSIGN(girls, lines_of(data / "given_names_girl.txt"));
    people.boys_ = std::move(boys);
    people.girls_ = std::move(girls);
    return people;
}

std::string People::name(Rng& rng) const {
    return rng.pick(surnames_) + ' ' + (rng.chance(0.5) ? rng.pick(boys_) : rng.pick(girls_));
}

std::string People::official(std::size_t agency, std::uint64_t role, std::uint64_t number) const {
    Rng rng(mix(agency, role), number);
    return std::string(leading(name(rng), max_official));
}

Applicant People::applicant(Rng& rng, std::string_view kind, std::size_t near, bool online,
                            const Agencies& agencies, const Phrases& phrases) const {
    Applicant person;
    person.kind = kind;
    // The commune where the dossier is received, or any of the province.
    std::size_t home = near;
    while (agencies.list[home].level != Level::Commune)
        home = rng.below(agencies.list.size());
    const Agency& commune = agencies.list[home];
    const Agency& district = agencies.list[commune.parent];
    person.commune = commune.commune_code;
    person.address = fmt::format("{}, {}, {}, Hà Giang", rng.pick(phrases["hamlet"]), commune.place,
                                 district.place);
    if (kind == "citizen") {
        person.name = name(rng);
        identify_citizen(person, rng);
    } else if (kind == "business") {
        person.name =
            replaced(rng.pick(phrases["business"]), "{}",
                     rng.pick(phrases["business-word"]) + ' ' + rng.pick(phrases["business-word"]));
        identify_business(person, rng);
    } else {
        const bool state = rng.chance(0.6);
        person.kind = state ? "state" : "other";
        person.name = replaced(rng.pick(phrases[state ? "state" : "other"]), "{}", commune.place);
    }
    if (rng.chance(0.8)) person.phone = "0199" + digits(rng, 7);
    if (kind != "citizen" && rng.chance(0.2)) person.fax = "0219 3" + digits(rng, 6);
    if (online || rng.chance(0.08))
        person.email = fmt::format("nguoinop{}@example.vn", digits(rng, 6));
    if (online && rng.chance(0.8)) {
        person.account = fmt::format("{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}", rng.below(1ull << 32),
                                     rng.below(1u << 16), rng.below(1u << 12), rng.below(1u << 12),
                                     rng.next() >> 16);
        person.verified = rng.chance(0.5);
    }
    return person;
}

}  // namespace dvcsync::year
