// What pugixml lets pass, checked over the bytes before it parses them. Pure functions,
// thread-safe.
//
// pugixml skips document type declarations, keeps unknown entities as text and accepts bytes that
// are not UTF-8. A record or a data file with any of these is refused instead: what was meant
// would not be what is sent.
#pragma once

#include <cstddef>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace dvcsync::mapping {

struct MarkupFault {
    std::size_t offset = 0;  // of the first offending byte
    std::string reason;
};

// UTF-8, no NUL, no document type declaration, only the five named entities of XML and references
// to characters that XML allows.
std::optional<MarkupFault> check_markup(std::string_view xml);

// Nesting of elements at most limits::max_xml_depth. Iterative, so depth costs no stack.
bool depth_allowed(const pugi::xml_document& document);

// 1-based line of a byte.
std::size_t line_of(std::string_view text, std::size_t offset);

}  // namespace dvcsync::mapping
