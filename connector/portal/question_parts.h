// What reading the answers to all questions has in common. Only question.cpp and submission.cpp
// include this.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "connector/portal/answer.h"
#include "connector/portal/answer_parts.h"

namespace dvcsync::portal {

// Error: what is wrong with "the portal's answer …".
template <class T>
using Parsed = tl::expected<T, std::string>;

inline tl::unexpected<std::string> wrong(std::string what) {
    return tl::make_unexpected(std::move(what));
}

// A scalar in the words of our documents, where every scalar is a string. nullopt: no scalar.
std::optional<std::string> scalar_of(const rapidjson::Value& value);
// What the row's member `code` names; "" if it names nothing.
std::string name_of(const rapidjson::Value& row, const std::string& code);

template <class T>
tl::expected<T, Outcome> told(Parsed<T> parsed) {
    if (parsed) return *std::move(parsed);
    return tl::make_unexpected(
        Outcome{Verdict::Retry, "answer", "the portal's answer " + parsed.error(), {}});
}

// What an answer that does not tell anything is reported as.
template <class T>
Told<T> not_told(const Answer& answer, const Reply& reply, UtcTime now) {
    auto outcome = outcome_of_whole(answer.top, reply, now);
    if (answer.top.meaning == Meaning::SessionExpired)
        return tl::make_unexpected(SessionEnded{std::move(outcome)});
    if (outcome.verdict == Verdict::InDoubt) outcome.verdict = Verdict::Retry;
    return tl::expected<T, Outcome>(tl::make_unexpected(std::move(outcome)));
}

}  // namespace dvcsync::portal
