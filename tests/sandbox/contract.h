// The tables of the contract: every record that a province may push, field by field.
#pragma once

#include <array>

#include "tests/sandbox/fields.h"

namespace dvcsandbox {

// Limits that the contract does not state, the same for every field of their sort.
inline constexpr std::size_t kCodeLimit = 100;
inline constexpr std::size_t kTextLimit = 2'000;        // names of 1,094 characters are real
inline constexpr std::size_t kLongTextLimit = 100'000;  // texts of a procedure
inline constexpr std::size_t kListLimit = 2'000;

const RecordType& dossier_type();        // DongBoHoSoMC, data[]
const RecordType& progress_type();       // CapNhatTienDoHoSoMC, data[]
const RecordType& procedure_type();      // DongBoTTHC, data[]
const RecordType& statistics_type();     // DongBoThongKeHoSo, data[]
const RecordType& portal_status_type();  // DongBoTrangThaiHoSo, data
const RecordType& confirmation_type();   // XacNhanHoSoMoi, data

// Every table as Markdown, nested records after their parents: the page of a vendor.
std::string contract_page();

}  // namespace dvcsandbox
