// Reads canonical JSON and nothing else. One reader both checks and builds, so the two agree.
#include <fmt/format.h>

#include <optional>

#include "connector/audit/canonical.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    // `out` is null where only the form is checked.
    Status read(Json* out) {
        if (const std::size_t at = invalid_utf8_at(text_); at != std::string_view::npos) {
            at_ = at;
            return wrong("not UTF-8");
        }
        DVC_TRY(value(out, 1));
        return at_ == text_.size() ? Status() : wrong("something after the value");
    }

  private:
    tl::unexpected<Error> wrong(std::string_view what) const {
        return fail(ErrorKind::Corrupt,
                    fmt::format("not canonical JSON at byte {}: {}", at_, what));
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    template <class T>
    static Status put(Json* out, T&& what) {
        if (out != nullptr) *out = Json(std::forward<T>(what));
        return {};
    }

    Status value(Json* out, std::size_t depth) {
        if (depth > limits::max_json_depth) return wrong("nested too deeply");
        switch (peek()) {
            case '{':
                return object(out, depth);
            case '[':
                return array(out, depth);
            case '"': {
                std::string unescaped;
                std::string_view text;
                DVC_TRY(string(text, unescaped));
                return put(out, text);
            }
            case 'n':
                return take("null") ? put(out, nullptr) : wrong("an unknown word");
            case 't':
                return take("true") ? put(out, true) : wrong("an unknown word");
            case 'f':
                return take("false") ? put(out, false) : wrong("an unknown word");
            default:
                return integer(out);
        }
    }

    Status integer(Json* out) {
        const bool negative = take("-");
        const std::size_t first = at_;
        std::int64_t number = 0;
        for (; peek() >= '0' && peek() <= '9'; ++at_) {
            number = number * 10 + (peek() - '0');
            if (number > max_json_integer) return wrong("an integer of more than 53 bits");
        }
        if (at_ == first) return wrong("no value");
        if (text_[first] == '0' && (at_ - first > 1 || negative))
            return wrong("a needless zero in a number");
        return put(out, negative ? -number : number);
    }

    // `text` is a part of the input or, where there are escapes, of `unescaped`.
    Status string(std::string_view& text, std::string& unescaped) {
        const std::size_t first = ++at_;
        std::size_t copied = first;
        for (;; ++at_) {
            if (at_ == text_.size()) return wrong("a text without an end");
            const char byte = text_[at_];
            if (byte == '"') break;
            if (static_cast<std::uint8_t>(byte) < 0x20) return wrong("a bare control character");
            if (byte != '\\') continue;
            unescaped += text_.substr(copied, at_ - copied);
            const auto escaped = escape();
            if (!escaped) return wrong("an escape that is not the shortest");
            unescaped += *escaped;
            copied = at_ + 1;
        }
        text = text_.substr(first, at_ - first);
        if (copied != first) text = unescaped += text_.substr(copied, at_ - copied);
        ++at_;
        return {};
    }

    // Ends on the last character of the escape.
    std::optional<char> escape() {
        constexpr std::string_view letters = "btnfr\"\\";
        constexpr std::string_view meant = "\b\t\n\f\r\"\\";
        constexpr std::string_view digits = "0123456789abcdef";
        ++at_;
        if (const std::size_t at = letters.find(peek()); at != std::string_view::npos)
            return meant[at];
        if (!take("u00")) return std::nullopt;
        const std::size_t high = digits.find(peek());
        ++at_;
        const std::size_t low = digits.find(peek());
        if (high > 1 || low == std::string_view::npos) return std::nullopt;
        const char byte = static_cast<char>(high * 16 + low);
        if (meant.find(byte) != std::string_view::npos) return std::nullopt;
        return byte;
    }

    Status array(Json* out, std::size_t depth) {
        ++at_;
        Json::Array items;
        for (bool first = true; !take("]"); first = false) {
            if (!first && !take(",")) return wrong("no , or ]");
            Json* const item = out == nullptr ? nullptr : &items.emplace_back();
            DVC_TRY(value(item, depth + 1));
        }
        return put(out, std::move(items));
    }

    Status object(Json* out, std::size_t depth) {
        ++at_;
        Json::Object members;
        // Two buffers in turn: the key before is needed to see the order.
        std::string buffers[2];
        std::string_view before;
        std::size_t count = 0;
        for (; !take("}"); ++count) {
            if (count > 0 && !take(",")) return wrong("no , or }");
            if (peek() != '"') return wrong("no key");
            std::string& buffer = buffers[count % 2];
            buffer.clear();
            std::string_view key;
            DVC_TRY(string(key, buffer));
            if (count > 0 && !KeyOrder()(before, key)) return wrong("keys out of order");
            before = key;
            if (!take(":")) return wrong("no :");
            Json* const member = out == nullptr ? nullptr : &members[std::string(key)];
            DVC_TRY(value(member, depth + 1));
        }
        return put(out, std::move(members));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Json> parse_canonical(std::string_view text) {
    Json json;
    DVC_TRY(Reader(text).read(&json));
    return json;
}

Status check_canonical(std::string_view text) {
    return Reader(text).read(nullptr);
}

}  // namespace dvcsync::audit
