#include "tests/crash/json.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <stdexcept>

namespace crash {
namespace {

const rapidjson::Value& member(const rapidjson::Value& object, const char* name) {
    const auto found = object.FindMember(name);
    if (found == object.MemberEnd())
        throw std::runtime_error(fmt::format("no {} in {}", name, text_of(object)));
    return found->value;
}

}  // namespace

rapidjson::Document parse(const std::string& json, const std::string& whose) {
    rapidjson::Document document;
    document.Parse(json.c_str(), json.size());
    if (document.HasParseError() || !document.IsObject())
        throw std::runtime_error(whose + " is not JSON: " + json);
    return document;
}

std::uint64_t number(const rapidjson::Value& object, const char* name) {
    const auto& value = member(object, name);
    if (!value.IsUint64())
        throw std::runtime_error(fmt::format("{} is no number in {}", name, text_of(object)));
    return value.GetUint64();
}

std::string text(const rapidjson::Value& object, const char* name) {
    const auto& value = member(object, name);
    if (!value.IsString())
        throw std::runtime_error(fmt::format("{} is no text in {}", name, text_of(object)));
    return {value.GetString(), value.GetStringLength()};
}

const rapidjson::Value& list(const rapidjson::Value& object, const char* name) {
    const auto& value = member(object, name);
    if (!value.IsArray())
        throw std::runtime_error(fmt::format("{} is no list in {}", name, text_of(object)));
    return value;
}

std::string text_of(const rapidjson::Value& value) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

std::string lines_of(const rapidjson::Value& value) {
    std::string lines;
    if (value.IsArray())
        for (const auto& element : value.GetArray())
            lines += text_of(element) + '\n';
    else
        for (const auto& member : value.GetObject())
            lines += fmt::format("{}: {}\n", member.name.GetString(), text_of(member.value));
    return lines;
}

}  // namespace crash
