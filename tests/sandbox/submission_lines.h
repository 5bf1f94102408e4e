// Submissions as lines of the journal and as answers of the administration.
//
//   {"citizen":"filed","code":…,"deeds":[…]}
//   {"citizen":"fetched","code":…}
//   {"citizen":"acknowledged","code":…,"deed":0,"as_new":true}
#pragma once

#include <string>

#include "tests/sandbox/submissions.h"
#include "tests/sandbox/text.h"

namespace dvcsandbox {

std::string filed_line(const Submission& submission, bool ahead);
std::string fetched_line(std::string_view code);
std::string acknowledged_line(std::string_view code, std::size_t deed, bool as_new);
// False: not one of ours.
bool replay_citizen(const Json& line, SubmissionStore& store);

// One submission without personal data: deeds, files, statuses.
std::string submission_json(const Submission& submission);
// Code, number of deeds that are out and of confirmations, last status of each.
std::string submissions_json(const SubmissionStore& store);

}  // namespace dvcsandbox
