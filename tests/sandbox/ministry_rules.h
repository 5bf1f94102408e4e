// The documents of the 2026 generation, field by field (contract section 8 and its samples). Pure
// functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/stamp.h"
#include "tests/sandbox/text.h"

namespace dvcsandbox {

// What is wrong, rule by rule: "ThanhPhanHoSo[].LoaiBan:code".
using Broken = std::vector<std::string>;

Broken broken_of_dossier(const Json& dossier);
Broken broken_of_state(const Json& state);
Broken broken_of_step(const Json& step);

// "2026-06-08 14:07:53"; "2026-06-08T07:47:28.329".
std::optional<Stamp> parse_moment(std::string_view text);
std::optional<Stamp> parse_iso(std::string_view text);

}  // namespace dvcsandbox
