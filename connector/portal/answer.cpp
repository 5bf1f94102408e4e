#include "connector/portal/answer.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/retry_after.h"

namespace dvcsync::portal {

namespace {

using rapidjson::Value;

std::string_view text_of(const Value& value) {
    return {value.GetString(), value.GetStringLength()};
}

// The member, if the value is an object that has it exactly once: two members of one name
// contradict.
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

// Codes come as number or as string (contract §1): 0, "0", "00" are one code. "" = no code.
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

std::string message_of(const Value* value) {
    if (value == nullptr || !value->IsString()) return {};
    return excerpt(text_of(*value), limits::max_message);
}

// What an answer says as a whole.
struct Top {
    Meaning meaning = Meaning::InDoubt;
    std::string code;
    std::string message;
};

// What the call was, as far as it changes the meaning of a code: "exists" answers a new record,
// "missing" an update. An operation that knows no difference may be answered by both.
struct Sent {
    bool as_new = true;
    bool as_update = true;
};

Top judge(const AnswerRules& rules, std::string code, std::string message, Sent sent) {
    const auto words = caseless(message);
    Top top{Meaning::Refused, std::move(code), std::move(message)};
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

// The document must outlive every Value taken from it.
class Answer {
  public:
    Answer(const AnswerRules& rules, const Reply& reply, Sent sent) {
        if (reply.status == 200)
            read(rules, reply.body, sent);
        else
            top = {meaning_of_status(rules, reply.status), fmt::format("HTTP {}", reply.status),
                   words_of_status(reply.status)};
    }

    Top top;
    const Value* root = nullptr;  // nullptr: there is no contract's answer, only top

  private:
    void read(const AnswerRules& rules, const std::string& body, Sent sent) {
        if (!parse(outer_, body)) return;
        const rapidjson::Document* document = &outer_;
        if (!rules.wrapped.empty()) {
            const auto* inner = member(outer_, rules.wrapped);
            if (inner == nullptr || !inner->IsString()) return unclear("is not wrapped as agreed");
            if (!parse(inner_, text_of(*inner))) return;
            document = &inner_;
        }
        auto code = code_of(member(*document, rules.code));
        if (code.empty()) return unclear(fmt::format("has no code in \"{}\"", rules.code));
        root = document;
        top = judge(rules, std::move(code), message_of(member(*root, rules.message)), sent);
    }

    bool parse(rapidjson::Document& document, std::string_view text) {
        constexpr unsigned strict =
            rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
        document.Parse<strict>(text.data(), text.size());
        if (document.HasParseError()) unclear(text.empty() ? "is empty" : "is not JSON");
        return !document.HasParseError();
    }

    void unclear(std::string_view why) {
        top = {Meaning::InDoubt, "answer",
               fmt::format("the portal's answer {}, so it may or may not have kept this", why)};
    }

    rapidjson::Document outer_;
    rapidjson::Document inner_;
};

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

Outcome outcome_of(const Top& top, const Reply& reply, UtcTime now) {
    Outcome outcome{verdict_of(top.meaning), top.code, top.message, std::nullopt};
    if (outcome.verdict == Verdict::Retry)
        outcome.retry_after = parse_retry_after(reply.retry_after, now);
    return outcome;
}

// The lines of the answer, or nullptr: the answer speaks of the whole batch at once.
const Value* lines_of(const AnswerRules& rules, const Value& root) {
    if (!rules.lines) return nullptr;
    const auto* lines = member(root, rules.lines->member);
    if (lines == nullptr || !lines->IsArray()) return nullptr;
    const auto array = lines->GetArray();
    const auto is_line = [&](const Value& line) {
        return member(line, rules.lines->code) != nullptr;
    };
    return std::any_of(array.begin(), array.end(), is_line) ? lines : nullptr;
}

std::string key_of(const Value& line, const std::string& key) {
    const auto* value = member(line, key);
    return value != nullptr && value->IsString() ? std::string(trimmed(text_of(*value)))
                                                 : code_of(value);
}

// What the line of an item is named by: the key member inside its own document, since a mapping may
// send a national code for a provincial one; the record's code where the document has no such
// member.
std::string_view key_of(const Item& item, const std::string& key) {
    const auto name = '"' + key + "\":\"";
    const auto at = item.document.find(name);
    if (at == std::string_view::npos) return item.code;
    const auto value = item.document.substr(at + name.size());
    const auto end = value.find_first_of("\"\\");
    return end != std::string_view::npos && value[end] == '"' ? value.substr(0, end) : item.code;
}

// For each item the line that surely speaks of it, or nullptr. By order if the counts agree and no
// key contradicts; else by key, where both sides name it once. A key that is none of ours means
// that this is the answer to something else: then no line is believed.
std::vector<const Value*> match(const Value& lines, const std::string& key,
                                std::span<const Item> items) {
    std::vector<const Value*> matched(items.size(), nullptr);
    std::unordered_map<std::string_view, std::vector<std::size_t>> owners;
    std::vector<std::string_view> wanted;
    for (const auto& item : items) {
        wanted.push_back(key_of(item, key));
        owners[wanted.back()].push_back(wanted.size() - 1);
    }
    bool in_order = lines.Size() == items.size();
    std::vector<std::string> keys;
    for (const auto& line : lines.GetArray()) {
        keys.push_back(key_of(line, key));
        if (keys.back().empty()) continue;
        if (!owners.contains(keys.back())) return matched;
        in_order = in_order && wanted[keys.size() - 1] == keys.back();
    }
    if (in_order) {
        for (std::size_t i = 0; i < items.size(); ++i)
            matched[i] = &lines[static_cast<rapidjson::SizeType>(i)];
        return matched;
    }
    std::unordered_map<std::string_view, int> seen;
    for (const auto& name : keys)
        ++seen[name];
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto owner = owners.find(keys[i]);
        if (owner != owners.end() && owner->second.size() == 1 && seen[keys[i]] == 1)
            matched[owner->second.front()] = &lines[static_cast<rapidjson::SizeType>(i)];
    }
    return matched;
}

Top judge_line(const AnswerRules& rules, const Value* line, Sent sent) {
    Top unclear{Meaning::InDoubt, "answer",
                "the portal's answer says nothing clear about this item"};
    if (line == nullptr) return unclear;
    auto code = code_of(member(*line, rules.lines->code));
    if (code.empty()) return unclear;
    auto top = judge(rules, std::move(code), message_of(member(*line, rules.lines->message)), sent);
    // The call as a whole was let in, so for one line "session" can only mean: not kept, again.
    if (top.meaning == Meaning::SessionExpired) top.meaning = Meaning::Retry;
    return top;
}

bool is_empty(const Value* value) {
    if (value == nullptr || value->IsNull()) return true;
    if (value->IsString()) return trimmed(text_of(*value)).empty();
    if (value->IsArray()) return value->Empty();
    if (value->IsObject()) return value->ObjectEmpty();
    return value->IsFalse();
}

}  // namespace

Reading<std::vector<Outcome>> read_push(const ProfileData& profile, const Push& push,
                                        const Reply& reply, std::span<const Item> items,
                                        bool updating, UtcTime now) {
    const Sent sent{!push.updating || !updating, !push.updating || updating};
    const Answer answer(profile.answer, reply, sent);
    auto whole = outcome_of(answer.top, reply, now);
    if (answer.top.meaning == Meaning::SessionExpired)
        return tl::make_unexpected(SessionEnded{std::move(whole)});

    const auto* lines = answer.root == nullptr ? nullptr : lines_of(profile.answer, *answer.root);
    if (lines == nullptr) {
        // One word for all: who of a refused batch is meant shows only when each goes alone.
        const bool no = whole.verdict == Verdict::Refused || whole.verdict == Verdict::Exists ||
                        whole.verdict == Verdict::Missing;
        if (no && items.size() > 1) whole.verdict = Verdict::Alone;
        return std::vector<Outcome>(items.size(), whole);
    }
    std::vector<Outcome> outcomes;
    outcomes.reserve(items.size());
    for (const auto* line : match(*lines, push.key, items))
        outcomes.push_back(outcome_of(judge_line(profile.answer, line, sent), reply, now));
    return outcomes;
}

tl::expected<std::string, Outcome> read_login(const ProfileData& profile, const Reply& reply,
                                              UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{false, false});
    auto outcome = outcome_of(answer.top, reply, now);
    if (answer.top.meaning == Meaning::Accepted) {
        const auto* session = member(*answer.root, profile.login->session);
        if (session != nullptr && session->IsString() && session->GetStringLength() != 0)
            return std::string(text_of(*session));
        outcome = {Verdict::Retry,
                   "answer",
                   fmt::format("the login answer has no \"{}\"", profile.login->session),
                   {}};
    } else if (answer.top.meaning == Meaning::SessionExpired) {
        outcome.verdict = Verdict::Refused;
    } else if (answer.top.meaning == Meaning::InDoubt) {
        outcome.verdict = Verdict::Retry;  // a login changes nothing: it may simply be repeated
    }
    return tl::make_unexpected(std::move(outcome));
}

Reading<tl::expected<bool, Outcome>> read_ask(const ProfileData& profile, const Reply& reply,
                                              UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{});
    auto outcome = outcome_of(answer.top, reply, now);
    switch (answer.top.meaning) {
        case Meaning::SessionExpired:
            return tl::make_unexpected(SessionEnded{std::move(outcome)});
        case Meaning::Accepted:
            return !is_empty(member(*answer.root, profile.ask->known));
        case Meaning::Exists:
            return true;
        case Meaning::Missing:
            return false;
        case Meaning::InDoubt:
            outcome.verdict = Verdict::Retry;
            break;
        default:
            break;
    }
    return tl::expected<bool, Outcome>(tl::make_unexpected(std::move(outcome)));
}

}  // namespace dvcsync::portal
