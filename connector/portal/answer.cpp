#include "connector/portal/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/answer_parts.h"

namespace dvcsync::portal {

namespace {

using rapidjson::Value;

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
    auto top = judge(rules, std::move(code), member(*line, rules.lines->message), sent);
    // The call as a whole was let in, so for one line "session" can only mean: not kept, again.
    if (top.meaning == Meaning::SessionExpired) top.meaning = Meaning::Retry;
    return top;
}

// How long a session lives that was just given.
std::optional<std::chrono::seconds> life_of(const Value& answer, const ProfileData& profile) {
    const auto text = code_of(member(answer, profile.login->expires));
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || seconds < 1)
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

// It goes into a header, so it must not be able to end one.
bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= limits::max_token &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// An answer without a code (RFC 6749, 5.1): HTTP 200 and the token are success.
tl::expected<LoggedIn, Outcome> read_token(const ProfileData& profile, const Reply& reply,
                                           UtcTime now) {
    const auto failed = [](Verdict verdict, std::string code, std::string message) {
        return tl::make_unexpected(Outcome{verdict, std::move(code), std::move(message), {}});
    };
    if (reply.status == 200) {
        rapidjson::Document document;
        document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
            reply.body.data(), reply.body.size());
        const auto* token =
            document.HasParseError() ? nullptr : member(document, profile.login->session);
        if (token == nullptr || !token->IsString() || !is_token(text_of(*token)))
            return failed(
                Verdict::Retry, "answer",
                fmt::format("the login answer has no usable \"{}\"", profile.login->session));
        return LoggedIn{std::string(text_of(*token)), life_of(document, profile)};
    }
    const auto code = fmt::format("HTTP {}", reply.status);
    // RFC 6749, 5.2: the credentials are wrong, or the client may not use them so.
    if (reply.status == 400 || reply.status == 401 || reply.status == 403)
        return failed(Verdict::Refused, code,
                      "the portal does not give this client a token; check username (client id) "
                      "and password (client secret)");
    const Answer answer(profile.answer, reply, Sent{false, false});
    auto outcome = outcome_of_whole(answer.top, reply, now);
    if (outcome.verdict == Verdict::InDoubt) outcome.verdict = Verdict::Retry;
    return tl::make_unexpected(std::move(outcome));
}

}  // namespace

Reading<std::vector<Outcome>> read_push(const ProfileData& profile, const Push& push,
                                        const Reply& reply, std::span<const Item> items,
                                        bool updating, UtcTime now) {
    const bool told = push.updating || push.paired;  // whether it is new or an update
    const Sent sent{!told || !updating, !told || updating};
    const Answer answer(profile.answer, reply, sent);
    auto whole = outcome_of_whole(answer.top, reply, now);
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
        outcomes.push_back(outcome_of_line(judge_line(profile.answer, line, sent), reply, now));
    return outcomes;
}

tl::expected<LoggedIn, Outcome> read_login(const ProfileData& profile, const Reply& reply,
                                           UtcTime now) {
    if (profile.login->token) return read_token(profile, reply, now);
    const Answer answer(profile.answer, reply, Sent{false, false});
    auto outcome = outcome_of_whole(answer.top, reply, now);
    if (answer.top.meaning == Meaning::Accepted) {
        const auto* session = member(*answer.root, profile.login->session);
        if (session != nullptr && session->IsString() && session->GetStringLength() != 0)
            return LoggedIn{std::string(text_of(*session)), life_of(*answer.root, profile)};
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

}  // namespace dvcsync::portal
