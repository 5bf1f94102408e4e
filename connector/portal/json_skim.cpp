#include "connector/portal/json_skim.h"

#include <fmt/format.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::portal {

namespace {

using rapidjson::SizeType;

class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
  public:
    Handler(std::string_view json, const rapidjson::MemoryStream& stream,
            std::span<const std::string> paths, std::size_t keep)
        : json_(json), stream_(stream), paths_(paths), keep_(keep) {}

    bool Default() { return put({}) != nullptr; }
    bool String(const char* text, SizeType size, bool) {
        return scalar(Skimmed::Kind::Text, {text, size});
    }
    bool RawNumber(const char* text, SizeType size, bool) {
        return scalar(Skimmed::Kind::Number, {text, size});
    }
    bool StartObject() { return open(Skimmed::Kind::Object); }
    bool StartArray() { return open(Skimmed::Kind::Array); }
    bool EndObject(SizeType) {
        auto& names = levels_.back().names;
        std::sort(names.begin(), names.end());
        if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
            fault = "holds an object with one member twice";
            return false;
        }
        return close();
    }
    bool EndArray(SizeType elements) {
        if (auto* here = levels_.back().here) here->elements = elements;
        return close();
    }
    bool Key(const char* text, SizeType size, bool) {
        const std::string_view name(text, size);
        auto& level = levels_.back();
        // Eight bytes a name: an object of millions of members costs no more than its text.
        level.names.push_back(std::hash<std::string_view>()(name));
        path_.resize(level.path);
        // A dot in a name must not pass for a step of a path.
        on_path_ = level.on_path && size <= limits::max_code && name.find('.') == name.npos;
        if (!on_path_) return true;
        if (!path_.empty()) path_ += '.';
        path_ += name;
        return true;
    }

    Skim found;
    std::string fault;

  private:
    struct Level {
        std::size_t begin = 0;
        std::size_t path = 0;  // length of the object's own path
        bool on_path = false;  // its members have paths
        Skimmed* here = nullptr;
        Skimmed* of_array = nullptr;  // this is the first element of that array
        std::vector<std::size_t> names;
        bool touched = false;  // an array that has an element
    };

    // Keeps `value` if somebody wants what stands here. nullptr only at the root of a text that is
    // no object.
    Skimmed* put(Skimmed value) {
        if (levels_.empty() && value.kind != Skimmed::Kind::Object) {
            fault = "is not a JSON object";
            return nullptr;
        }
        if (!levels_.empty()) levels_.back().touched = true;
        const bool wanted =
            on_path_ && std::find(paths_.begin(), paths_.end(), path_) != paths_.end();
        if (!wanted) return &ignored_;
        return &found.insert_or_assign(path_, std::move(value)).first->second;
    }

    bool scalar(Skimmed::Kind kind, std::string_view text) {
        Skimmed value;
        value.kind = kind;
        value.text = text.substr(0, keep_);
        value.cut = text.size() > keep_;
        return put(std::move(value)) != nullptr;
    }

    bool open(Skimmed::Kind kind) {
        if (levels_.size() == limits::max_json_depth) {
            fault = fmt::format("is nested deeper than {}", limits::max_json_depth);
            return false;
        }
        Level level;
        level.begin = stream_.Tell();
        if (!levels_.empty() && !levels_.back().touched && kind == Skimmed::Kind::Object) {
            auto* around = levels_.back().here;
            if (around != nullptr && around->kind == Skimmed::Kind::Array) level.of_array = around;
        }
        Skimmed value;
        value.kind = kind;
        auto* place = put(std::move(value));
        if (place == nullptr) return false;
        if (place != &ignored_) level.here = place;
        level.on_path = (levels_.empty() || on_path_) && kind == Skimmed::Kind::Object;
        level.path = path_.size();
        on_path_ = false;  // an element has no path; a member's comes with its name
        levels_.push_back(std::move(level));
        return true;
    }

    bool close() {
        const auto& level = levels_.back();
        const auto raw = json_.substr(level.begin, stream_.Tell() + 1 - level.begin);
        if (level.here != nullptr) level.here->raw = raw;
        if (level.of_array != nullptr) level.of_array->first = raw;
        on_path_ = false;
        levels_.pop_back();
        return true;
    }

    std::string_view json_;
    const rapidjson::MemoryStream& stream_;
    std::span<const std::string> paths_;
    std::size_t keep_;
    std::vector<Level> levels_;
    std::string path_;
    bool on_path_ = false;
    Skimmed ignored_;
};

}  // namespace

tl::expected<Skim, std::string> skim(std::string_view json, std::span<const std::string> paths,
                                     std::size_t keep) {
    constexpr unsigned strict = rapidjson::kParseIterativeFlag |
                                rapidjson::kParseValidateEncodingFlag |
                                rapidjson::kParseNumbersAsStringsFlag;
    // The library takes a zero byte for the end.
    if (json.empty()) return tl::make_unexpected("is empty");
    if (json.find('\0') != json.npos) return tl::make_unexpected("is not JSON");
    rapidjson::MemoryStream stream(json.data(), json.size());
    Handler handler(json, stream, paths, keep);
    rapidjson::Reader reader;
    if (reader.Parse<strict>(stream, handler).IsError())
        return tl::make_unexpected(handler.fault.empty() ? "is not JSON" : handler.fault);
    return std::move(handler.found);
}

bool is_code(std::string_view text) {
    return !text.empty() && text.size() <= limits::max_code &&
           excerpt(text, limits::max_code) == text;
}

}  // namespace dvcsync::portal
