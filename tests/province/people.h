// Applicants and officials who exist nowhere: names composed from name lists, numbers from ranges
// that were never issued. Immutable after load; every function depends on its arguments only.
//
// CCCD: 12 digits, 002 (Hà Giang), then a century digit 8 or 9 (the 24th century). CMND: 9 digits
// from 39 (issued prefixes end at 38). Tax codes from 5199. Phones from 0199, a prefix closed in
// 2018.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/province/agencies.h"
#include "tests/province/random.h"

namespace dvcsync::year {

struct Applicant {
    std::string kind;  // word of the vocabulary
    std::string name;
    std::string identity_kind;  // cccd, cmnd, tax or ""
    std::string identity;
    std::string account;
    std::string phone;
    std::string fax;
    std::string email;
    std::string address;
    std::string commune;
    bool verified = false;
};

class People {
  public:
    // Reads surnames.csv, given_names_boy.txt and given_names_girl.txt.
    static Result<People> load(const std::filesystem::path& data);

    std::string name(Rng& rng) const;
    // The same official for the same agency, role and number; at most 50 characters.
    std::string official(std::size_t agency, std::uint64_t role, std::uint64_t number) const;
    // `kind` is citizen, business or other; `near` is where the dossier is received.
    Applicant applicant(Rng& rng, std::string_view kind, std::size_t near, bool online,
                        const Agencies& agencies, const Phrases& phrases) const;

  private:
    std::vector<std::string> surnames_;  // each as often as its weight says, in tens
    std::vector<std::string> boys_;
    std::vector<std::string> girls_;
};

}  // namespace dvcsync::year
