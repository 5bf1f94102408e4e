#include "connector/mapping/json.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::mapping {

bool JsonValue::is_blank() const {
    return kind == Kind::Null || (kind == Kind::String && trimmed(text).empty());
}

const JsonValue* JsonValue::member(std::string_view name) const {
    const JsonValue* found = nullptr;
    if (kind == Kind::Object)
        each([&](const JsonValue& value) {
            if (value.key == name) found = &value;
        });
    return found;
}

// Fills a Json from RapidJSON's events. They come without the bytes, so the place of each is taken
// from the stream: behind a value that has ended, before an object or array that begins or ends.
class JsonBuilder {
  public:
    using Kind = JsonValue::Kind;

    JsonBuilder(std::string_view text, const rapidjson::MemoryStream& stream, Json& json)
        : text_(text), stream_(stream), json_(json) {}

    const std::string& fault() const { return fault_; }

    bool Null() { return scalar(Kind::Null); }
    bool Bool(bool value) { return scalar(value ? Kind::True : Kind::False); }
    bool RawNumber(const char*, rapidjson::SizeType, bool) { return scalar(Kind::Number); }
    bool String(const char* decoded, rapidjson::SizeType size, bool) {
        return scalar(Kind::String, {decoded, size});
    }
    bool Key(const char* decoded, rapidjson::SizeType size, bool) {
        key_ = resolve(take(), {decoded, size});
        return fault_.empty();
    }
    bool StartObject() { return start(Kind::Object); }
    bool StartArray() { return start(Kind::Array); }
    bool EndObject(rapidjson::SizeType) { return end() && has_distinct_members(); }
    bool EndArray(rapidjson::SizeType) { return end(); }

    // Numbers come as text.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }

  private:
    bool fail(std::string reason) {
        fault_ = fmt::format("at byte {}: {}", stream_.Tell() + 1, reason);
        return false;
    }

    // The bytes of the key or scalar that has just ended.
    std::string_view take() {
        const std::size_t begin = text_.find_first_not_of(" \t\r\n,:", last_);
        last_ = stream_.Tell();
        return text_.substr(begin, last_ - begin);
    }

    std::string_view resolve(std::string_view raw, std::string_view decoded) {
        if (raw.find('\\') == std::string_view::npos) return raw.substr(1, raw.size() - 2);
        // RapidJSON lets half a surrogate pair pass.
        if (!is_utf8(decoded)) fail("an escape that is no character");
        return json_.decoded_.emplace_back(decoded);
    }

    JsonValue* add(Kind kind) {
        if (json_.values_.size() >= limits::max_json_values) {
            fail(fmt::format("more than {} values", limits::max_json_values));
            return nullptr;
        }
        JsonValue& value = json_.values_.emplace_back();
        value.kind = kind;
        value.key = std::exchange(key_, {});
        return &value;
    }

    bool scalar(Kind kind, std::string_view decoded = {}) {
        JsonValue* const value = add(kind);
        if (value == nullptr) return false;
        value->raw = take();
        value->text = kind == Kind::String ? resolve(value->raw, decoded) : value->raw;
        return fault_.empty();
    }

    bool start(Kind kind) {
        if (open_.size() >= limits::max_json_depth)
            return fail(fmt::format("more than {} objects and lists inside each other",
                                    limits::max_json_depth));
        JsonValue* const value = add(kind);
        if (value == nullptr) return false;
        value->raw = text_.substr(stream_.Tell());
        open_.push_back(json_.values_.size() - 1);
        last_ = stream_.Tell() + 1;
        return true;
    }

    bool end() {
        closed_ = open_.back();
        open_.pop_back();
        last_ = stream_.Tell() + 1;
        JsonValue& value = json_.values_[closed_];
        value.raw = value.raw.substr(0, text_.data() + last_ - value.raw.data());
        value.span = std::uint32_t(json_.values_.size() - closed_);
        return true;
    }

    // Which of two would be meant cannot be known.
    bool has_distinct_members() {
        std::vector<std::string_view> keys;
        json_.values_[closed_].each([&](const JsonValue& value) { keys.push_back(value.key); });
        std::sort(keys.begin(), keys.end());
        if (std::adjacent_find(keys.begin(), keys.end()) == keys.end()) return true;
        return fail("the object that ends here has a member twice");
    }

    std::string_view text_;
    const rapidjson::MemoryStream& stream_;
    Json& json_;
    std::string_view key_;
    std::size_t last_ = 0;  // behind the last token that was taken
    std::size_t closed_ = 0;
    std::vector<std::size_t> open_;
    std::string fault_;
};

tl::expected<Json, std::string> Json::parse(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.size() > limits::max_json)
        return tl::make_unexpected(fmt::format("larger than {} bytes", limits::max_json));
    // RapidJSON takes a NUL for the end.
    if (text.find('\0') != std::string_view::npos)
        return tl::make_unexpected("not JSON: it holds a NUL byte");
    Json json;
    rapidjson::MemoryStream stream(text.data(), text.size());
    JsonBuilder builder(text, stream, json);
    rapidjson::Reader reader;
    // Numbers stay text: no digit is lost, whatever their length.
    const auto parsed =
        reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                     rapidjson::kParseNumbersAsStringsFlag>(stream, builder);
    if (!builder.fault().empty()) return tl::make_unexpected(builder.fault());
    if (parsed.IsError())
        return tl::make_unexpected(fmt::format("not JSON: at byte {}: {}", parsed.Offset() + 1,
                                               rapidjson::GetParseError_En(parsed.Code())));
    return json;
}

}  // namespace dvcsync::mapping
