// Field rules: tables that say what a record of the contract looks like, and the check against
// them.
//
// A table is data (see contract_*.cpp); check() walks one JSON object and reports every fault at
// once. Faults name the field and the rule, never the value: values are personal data. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/text.h"

namespace dvcsandbox {

enum class Need : std::uint8_t {
    Required,  // there, and not empty
    Present,   // there, may be ""
    Optional,  // may be absent or ""
};

enum class Kind : std::uint8_t {
    Text,       // string
    Stamp,      // string, yyyyMMddHHmmss
    Date,       // string, yyyyMMdd
    AnyDate,    // string, either of both
    Code,       // string, one of a list
    Url,        // string, http:// or https://
    Digits,     // string of digits
    Percent,    // string, 0 to 100 with at most two decimals after a point
    Dossier,    // string, dossier code
    Procedure,  // string, national procedure code, perhaps with the suffix of an agency
    Agency,     // string, agency code
    Number,     // JSON number, integer, not negative
    Boolean,    // JSON true or false
    List,       // JSON array of objects
    Object,     // JSON object
};

// How sure the contract is of a rule: stated by it, or filled in by us where nothing public says.
enum class Mark : std::uint8_t { Certain, Assumed };

// Which generation of the contract knows a field (section 3: base of 2020, added 2022 to 2025, gone
// from newer models).
enum class Era : std::uint8_t { Always, Newer, Base };

// What a portal speaks. Any: whatever one of the generations knows.
enum class Generation : std::uint8_t { Any, Of2020, Of2024 };

struct Field;

struct RecordType {
    std::string_view name;
    std::span<const Field> fields;  // at most 64
};

struct Field {
    std::string_view name;
    Need need = Need::Optional;
    Kind kind = Kind::Text;
    std::size_t limit = 0;  // strings: code points after NFC; lists: members; 0: none
    Mark mark = Mark::Certain;
    std::string_view codes = {};          // Kind::Code: the list, separated by blanks
    const RecordType* members = nullptr;  // Kind::List, Kind::Object
    Era era = Era::Always;

    constexpr Field in(Era which) const {
        Field field = *this;
        field.era = which;
        return field;
    }
};

struct Fault {
    std::string rule;   // "DongBoHoSoMC.TaiLieuNop[].TenTepDinhKem:missing"
    std::string place;  // "TaiLieuNop[2].TenTepDinhKem"
    std::string text;   // in Vietnamese and English
};

class Faults {
  public:
    explicit Faults(std::string_view scope, Generation generation = Generation::Any)
        : scope_(scope), generation_(generation) {}
    bool knows(const Field& field) const {
        if (field.era == Era::Newer) return generation_ != Generation::Of2020;
        if (field.era == Era::Base) return generation_ != Generation::Of2024;
        return true;
    }

    // `place` with list indexes; `rule` is the short name of the rule that is broken.
    void add(std::string place, std::string_view rule, std::string text);
    bool empty() const { return list_.empty(); }
    const std::vector<Fault>& list() const { return list_; }

  private:
    std::string scope_;
    Generation generation_;
    std::vector<Fault> list_;
};

// "MaHoSo: …; NgayTra: …", at most five faults and the number of the others.
std::string describe(const std::vector<Fault>& faults);

void check(const RecordType& type, const Json& object, Faults& faults);

std::string_view name_of(Kind kind);
std::string_view name_of(Need need);

}  // namespace dvcsandbox
