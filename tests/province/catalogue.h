// The procedures that the province publishes in its year: real codes, names, decisions, fields,
// durations and papers, extracted from the national database (data/SOURCES.md). Immutable after
// load.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "connector/base/error.h"
#include "tests/province/days.h"
#include "tests/province/phrases.h"

namespace dvcsync::year {

enum class Level : std::uint8_t { Centre, District, Commune };  // who receives dossiers
inline constexpr std::size_t level_count = 3;

struct Field {
    std::string code;
    std::string name;
    std::array<double, level_count> weight{};  // how often dossiers are of this field, by level
};

struct Audience {
    std::string code;
    std::string name;
    std::string applicant;  // kind word of the vocabulary
};

struct Component {
    std::string code;
    std::string name;
    std::string form;  // file name of the form; may be empty
    int originals = 1;
    int copies = 0;
};

struct ResultKind {
    std::string code;
    std::string name;
};

struct LegalBasis {
    std::string number;
    std::string title;
    std::string issuer;  // may be empty
};

struct Way {
    std::string channel;  // word of the vocabulary
    std::string length;   // may be empty
    std::string unit;     // may be empty
};

struct Procedure {
    std::string code;
    std::string department;           // short name, see departments.csv
    std::vector<std::string> levels;  // words of the vocabulary
    std::size_t field = 0;
    std::string kind;
    std::string decision;   // of the ministry that stands behind it
    std::string publisher;  // that ministry
    std::string agency;
    std::vector<std::size_t> audiences;
    std::vector<Way> ways;
    std::string name;
    std::string receive_at;
    std::string authority;
    std::string way_text;
    std::vector<std::int64_t> fees;  // dong
    std::vector<Component> components;
    std::vector<ResultKind> results;
    std::vector<LegalBasis> legal;
    // How long a dossier may take: working or calendar days, long ones capped.
    int days = 0;
    bool working_days = true;

    bool received_at(Level level) const;
    bool online() const;
    // The appointment by regulation. Calendar days that end on a day off move to the next working
    // day (Civil Code art. 148).
    Day due(Day received, const WorkingDays& calendar) const {
        return working_days ? calendar.add(received, days) : calendar.on_or_after(received + days);
    }
};

struct Catalogue {
    std::vector<Field> fields;
    std::vector<Audience> audiences;
    std::vector<Procedure> procedures;  // by code

    // Reads fields.csv, audiences.csv, procedures.csv and details.jsonl. Config error with file and
    // line.
    static Result<Catalogue> load(const std::filesystem::path& data, const Phrases& phrases);
};

// Adds papers, results, legal bases, fees and texts from details.jsonl to the procedures it names.
Status add_details(const std::filesystem::path& file, std::vector<Procedure>& procedures);

}  // namespace dvcsync::year
