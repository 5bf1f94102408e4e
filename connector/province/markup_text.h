// What pieces of markup say as text. Pure functions, thread-safe.
//
// For the few values that are wanted before a record is parsed: its code, and the attributes of the
// root element. References are the five of XML and those by number; anything else is a fault, as it
// is for the parser.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace dvcsync::province {

// References replaced, CDATA sections opened, comments and instructions left out. nullopt: there
// are elements in it, or a reference that means nothing.
std::optional<std::string> text_of(std::string_view xml);

// The value of an attribute of a start tag ("<name a='1'>"), with blanks for line breaks and tabs;
// "" if it is not there. The error says what is wrong with it: "occurs twice".
tl::expected<std::string, std::string> attribute_of(std::string_view tag, std::string_view name);

}  // namespace dvcsync::province
