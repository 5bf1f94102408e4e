#include "connector/portal/answer_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/retry_after.h"

namespace dvcsync::portal {

namespace {

using rapidjson::Value;

std::string message_of(const Value* value) {
    if (value == nullptr || !value->IsString()) return {};
    return excerpt(text_of(*value), limits::max_message);
}

Meaning meaning_of_status(const AnswerRules& rules, int status) {
    if (const auto own = rules.status.find(status); own != rules.status.end()) return own->second;
    switch (status) {
        case 400:
        case 413:
        case 422:
            return Meaning::Refused;
        case 401:
        case 403:
            return Meaning::SessionExpired;
        case 408:
        case 429:
        case 503:
            return Meaning::Retry;
        default:
            break;
    }
    if (status >= 300 && status < 500) return Meaning::Misconfigured;
    // 5xx, and a 2xx that promises less than an answer: somebody may have kept it.
    return Meaning::InDoubt;
}

std::string words_of_status(int status) {
    if (status >= 300 && status < 400)
        return "the portal sends us to another address; correct base_url or the endpoint's path";
    switch (status) {
        case 401:
        case 403:
            return "the portal does not let this account in; check user, password "
                   "and client certificate";
        case 404:
        case 405:
            return "nothing answers at this address; correct the endpoint's path";
        case 413:
            return "the portal finds the request too large";
        case 429:
            return "the portal asks us to slow down";
        case 503:
            return "the portal is not available now";
        default:
            break;
    }
    if (status >= 500) return "the portal failed while it worked on the request";
    if (status >= 400) return "the portal does not accept the request";
    return "an answer that is not the contract's";
}

Verdict verdict_of(Meaning meaning) {
    switch (meaning) {
        case Meaning::Accepted:
            return Verdict::Accepted;
        case Meaning::Exists:
            return Verdict::Exists;
        case Meaning::Missing:
            return Verdict::Missing;
        case Meaning::Retry:
            return Verdict::Retry;
        case Meaning::Refused:
            return Verdict::Refused;
        case Meaning::InDoubt:
            return Verdict::InDoubt;
        case Meaning::SessionExpired:
        case Meaning::Misconfigured:
            break;
    }
    return Verdict::Misconfigured;
}

// The endpoint's own trouble: it says so, or whoever stands before it does. Whether the request was
// kept is another question (502 and 504 leave it open).
bool is_endpoints(int status) {
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

const Value* member(const Value& object, std::string_view name) {
    if (!object.IsObject() || name.empty()) return nullptr;
    const Value* found = nullptr;
    for (const auto& entry : object.GetObject()) {
        if (text_of(entry.name) != name) continue;
        if (found != nullptr) return nullptr;
        found = &entry.value;
    }
    return found;
}

std::string code_of(const Value* value) {
    if (value == nullptr) return {};
    if (value->IsString()) return normal_code(text_of(*value));
    if (value->IsInt64()) return std::to_string(value->GetInt64());
    if (value->IsDouble()) {
        const double number = value->GetDouble();
        if (std::floor(number) == number && std::abs(number) < 1e9)
            return std::to_string(static_cast<long>(number));
    }
    return {};
}

bool is_empty(const Value* value) {
    if (value == nullptr || value->IsNull()) return true;
    if (value->IsString()) return trimmed(text_of(*value)).empty();
    if (value->IsArray()) return value->Empty();
    if (value->IsObject()) return value->ObjectEmpty();
    return value->IsFalse();
}

Top judge(const AnswerRules& rules, std::string code, const Value* said, Sent sent) {
    auto message = message_of(said);
    const auto words = caseless(message);
    Top top{Meaning::Refused, std::move(code), std::move(message), !words.empty()};
    for (const auto& rule : rules.rules) {
        if (rule.meaning == Meaning::Exists && !sent.as_new) continue;
        if (rule.meaning == Meaning::Missing && !sent.as_update) continue;
        if (!rule.codes.empty() &&
            std::find(rule.codes.begin(), rule.codes.end(), top.code) == rule.codes.end())
            continue;
        if (words.find(rule.contains) == std::string::npos) continue;
        top.meaning = rule.meaning;
        break;
    }
    return top;
}

Answer::Answer(const AnswerRules& rules, const Reply& reply, Sent sent) {
    if (reply.status == 200) {
        read(rules, reply.body, sent);
        return;
    }
    if (rules.readable.contains(reply.status)) {
        read(rules, reply.body, sent);
        if (root != nullptr) {
            // Status and code contradict each other: neither is believed.
            if (top.meaning == Meaning::Accepted) top.meaning = Meaning::InDoubt;
            return;
        }
    }
    top = {meaning_of_status(rules, reply.status), fmt::format("HTTP {}", reply.status),
           words_of_status(reply.status)};
}

void Answer::read(const AnswerRules& rules, const std::string& body, Sent sent) {
    if (!parse(outer_, body)) return;
    const rapidjson::Document* document = &outer_;
    std::string_view json = body;
    if (!rules.wrapped.empty()) {
        const auto* inner = member(outer_, rules.wrapped);
        if (inner == nullptr || !inner->IsString()) return unclear("is not wrapped as agreed");
        json = text_of(*inner);
        if (!parse(inner_, json)) return;
        document = &inner_;
    }
    auto code = code_of(member(*document, rules.code));
    if (code.empty()) return unclear(fmt::format("has no code in \"{}\"", rules.code));
    root = document;
    text = json;
    top = judge(rules, std::move(code), member(*root, rules.message), sent);
}

bool Answer::parse(rapidjson::Document& document, std::string_view text) {
    constexpr unsigned strict =
        rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    document.Parse<strict>(text.data(), text.size());
    if (document.HasParseError()) unclear(text.empty() ? "is empty" : "is not JSON");
    return !document.HasParseError();
}

void Answer::unclear(std::string_view why) {
    top = {Meaning::InDoubt, "answer",
           fmt::format("the portal's answer {}, so it may or may not have kept this", why)};
}

Outcome outcome_of_line(const Top& top, const Reply& reply, UtcTime now) {
    Outcome outcome{verdict_of(top.meaning), top.code, top.message, std::nullopt};
    outcome.quoted = top.quoted;
    // A line says yes under a status that says no: neither is believed.
    if (outcome.verdict == Verdict::Accepted && reply.status != 200)
        outcome.verdict = Verdict::InDoubt;
    if (outcome.verdict == Verdict::Retry || reply.status != 200)
        outcome.retry_after = parse_retry_after(reply.retry_after, now);
    return outcome;
}

Outcome outcome_of_whole(const Top& top, const Reply& reply, UtcTime now) {
    auto outcome = outcome_of_line(top, reply, now);
    outcome.endpoint = outcome.verdict == Verdict::Retry ||
                       (outcome.verdict == Verdict::InDoubt && is_endpoints(reply.status));
    return outcome;
}

}  // namespace dvcsync::portal
