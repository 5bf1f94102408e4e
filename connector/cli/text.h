// Text for people on a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "connector/base/time.h"

namespace dvcsync::cli {

// Columns of the terminal, at most 100; 100 if standard output is none.
std::size_t text_width();

// The text in lines of at most `width` columns (code points), each behind `indent` blanks and
// ended by a line feed. Breaks at blanks; a word that is longer stays whole, so that codes can be
// copied. Control characters are left out.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

// Vietnam time, "-" if not known.
std::string time_text(const std::optional<UtcTime>& at);

// "12,345"
std::string count_text(std::size_t count);

// "1 record", "2 records"
std::string counted(std::size_t count, std::string_view what);

// A bar of 24 characters.
std::string bar_text(std::size_t done, std::size_t total);

// Whether a person can be asked: standard input and standard error are terminals.
bool can_ask();
// Asks for a "yes", on standard error and from standard input; anything else is a no.
bool says_yes();

}  // namespace dvcsync::cli
