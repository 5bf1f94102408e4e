// What programs and portal answer, as JSON. All throw std::runtime_error with what is wrong.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>

namespace crash {

// `whose`: for the message.
rapidjson::Document parse(const std::string& json, const std::string& whose);
std::uint64_t number(const rapidjson::Value& object, const char* name);
std::string text(const rapidjson::Value& object, const char* name);
const rapidjson::Value& list(const rapidjson::Value& object, const char* name);

std::string text_of(const rapidjson::Value& value);
// Each member or element in a line of its own.
std::string lines_of(const rapidjson::Value& value);

}  // namespace crash
