// A small writer of JSON for what commands print; RapidJSON does the work.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace dvcsync::cli {

class Json {
  public:
    void open() { writer_.StartObject(); }
    void close() { writer_.EndObject(); }
    void open_list(std::string_view name) {
        key(name);
        writer_.StartArray();
    }
    void close_list() { writer_.EndArray(); }
    void item(std::string_view value) {  // of the list that is open
        writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    }
    void raw(std::string_view value) {  // of the list that is open; JSON itself
        writer_.RawValue(value.data(), value.size(), rapidjson::kObjectType);
    }
    void open_object(std::string_view name) {
        key(name);
        writer_.StartObject();
    }
    void add(std::string_view name, std::string_view value) {
        key(name);
        writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    }
    void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
    void add(std::string_view name, std::uint64_t value) {
        key(name);
        writer_.Uint64(value);
    }
    void add(std::string_view name, double value) {
        key(name);
        writer_.Double(value);
    }
    void add(std::string_view name, bool value) {
        key(name);
        writer_.Bool(value);
    }
    std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

  private:
    void key(std::string_view name) {
        writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    }
    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace dvcsync::cli
