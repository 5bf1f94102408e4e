#include "connector/audit/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

constexpr std::array<std::string_view, 15> names{
    "clock.back", "delivery",   "evidence.erased",  "evidence.exported", "evidence.shown",
    "exchange",   "log.closed", "log.opened",       "mappings.changed",  "record.refused",
    "run.began",  "run.ended",  "settings.changed", "submission",        "personal-data.viewed",
};

// What must be escaped in a canonical text stands in no code: control characters become blanks.
std::string plain(std::string_view text, std::size_t most) {
    if (!is_utf8(text)) return "(not UTF-8)";
    return excerpt(without_controls(text), most);
}

std::string_view plain_code(std::string_view code) {
    const bool plain =
        code.size() <= limits::plain_code && std::all_of(code.begin(), code.end(), [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ||
                   c == '.';
        });
    return plain ? code : "other";
}

// Writes members; they must be put in the order of their names. Without a value tree, for entries
// are written for every delivery.
class Members {
  public:
    Members() { out_.reserve(512); }

    void text(std::string_view name, std::string_view value) {
        key(name);
        out_ += '"';
        for (const char c : value) {
            if (c == '"' || c == '\\') out_ += '\\';
            out_ += c;
        }
        out_ += '"';
    }
    void optional(std::string_view name, std::string_view value, std::size_t most) {
        if (value.empty()) return;
        const bool simple =
            value.size() <= most &&
            std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
        if (simple)
            text(name, value);
        else
            text(name, plain(value, most));
    }
    void number(std::string_view name, const std::optional<std::int64_t>& value) {
        if (!value) return;
        key(name);
        out_ += fmt::format_int(*value).c_str();
    }
    void digest(std::string_view name, const std::optional<Digest>& value) {
        if (value) text(name, hex(*value));
    }
    void time(std::string_view name, const std::optional<UtcTime>& value) {
        if (value) moment(name, *value, "Z");
    }
    // An instant whose wall clock reads `at`.
    void moment(std::string_view name, UtcTime at, std::string_view zone) {
        const auto day = std::chrono::floor<std::chrono::days>(at);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss clock(at - day);
        key(name);
        out_ += '"';
        digits(static_cast<int>(date.year()), 4, '-');
        digits(static_cast<int>(static_cast<unsigned>(date.month())), 2, '-');
        digits(static_cast<int>(static_cast<unsigned>(date.day())), 2, 'T');
        digits(static_cast<int>(clock.hours().count()), 2, ':');
        digits(static_cast<int>(clock.minutes().count()), 2, ':');
        digits(static_cast<int>(clock.seconds().count()), 2, '.');
        digits(static_cast<int>(clock.subseconds().count()), 3, '\0');
        out_ += zone;
        out_ += '"';
    }
    std::string take() {
        out_ += '}';
        return std::move(out_);
    }

  private:
    void key(std::string_view name) {
        out_ += out_.empty() ? "{\"" : ",\"";
        out_ += name;
        out_ += "\":";
    }
    void digits(int value, int width, char after) {
        std::array<char, 4> text{};
        for (int i = width; i-- > 0; value /= 10)
            text[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
        out_.append(text.data(), static_cast<std::size_t>(width));
        if (after != '\0') out_ += after;
    }

    std::string out_;
};

}  // namespace

std::span<const std::string_view> event_names() {
    return names;
}

std::string person_event(std::string_view act) {
    std::string event = "person.";
    for (const char c : act)
        event += c == ' ' ? '-' : c;
    return event;
}

std::string entry_of(const Event& event, std::int64_t sequence, UtcTime at) {
    constexpr std::chrono::hours vietnam{7};
    constexpr std::size_t code = limits::max_code;
    Members members;
    members.time("acknowledged", event.acknowledged);
    members.optional("actor", event.actor, code);
    members.optional("agency", event.agency, code);
    members.time("at", at);
    members.time("began", event.began);
    members.optional("code", event.code, 4 * code);
    members.number("count", event.count);
    members.digest("document", event.document);
    members.time("ended", event.ended);
    members.optional("endpoint", event.endpoint, code);
    members.optional("event", event.event, code);
    members.time("event_time", event.event_time);
    members.number("exchange", event.exchange);
    members.number("items", event.items);
    members.optional("kind", event.kind, code);
    members.moment("local", at + vietnam, "+07:00");
    members.optional("operation", event.operation, code);
    members.optional("outcome", event.outcome, code);
    if (!event.portal_code.empty()) members.text("portal_code", plain_code(event.portal_code));
    members.optional("procedure", event.procedure, code);
    members.time("queued", event.queued);
    members.optional("reason", event.reason, limits::max_act_reason);
    members.digest("received", event.received);
    members.digest("record", event.record);
    members.number("revision", event.revision);
    members.number("run", event.run);
    members.optional("selection", event.selection, limits::max_act_reason);
    members.digest("sent", event.sent);
    members.number("sequence", sequence);
    members.digest("set", event.set);
    members.number("status", event.status);
    return members.take();
}

}  // namespace dvcsync::audit
