// Deliberately bad dossiers for tests of the modules that must refuse or park them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dvcsync::year {

enum class FaultKind : std::uint8_t {
    UnmappedStatus,   // a status word that no table knows
    TooLong,          // a summary of 1,001 characters
    MissingRequired,  // no name of the processing agency
    MalformedXml,     // an end tag that closes nothing
    WrongDate,        // 31/02/2019
};
inline constexpr int fault_kinds = 5;
std::string_view word(FaultKind kind);

struct Fault {
    std::string code;
    std::string file;
    FaultKind kind{};
};

// Spoils `record`, one <dossier> element whose code is `code`: gives it `bad_code`, then the fault.
std::string spoiled(std::string record, std::string_view code, std::string_view bad_code,
                    FaultKind kind);

// The side file faults.json: [{"code","file","kind","element","reason"}, …].
std::string faults_json(const std::vector<Fault>& faults);

}  // namespace dvcsync::year
