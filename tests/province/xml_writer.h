// Writes XML text by text into a buffer, as tidy or as dirty as its style says: provincial systems
// write NFC or NFD, CDATA or entities, empty elements or none. Not thread-safe; holds no other
// resource.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/province/days.h"

namespace dvcsync::year {

enum class Empty : std::uint8_t { SelfClosed, Pair, Absent };  // <a/>, <a></a>, nothing

struct Style {
    Empty empty = Empty::SelfClosed;
    bool nfd = false;    // texts in NFD
    bool cdata = false;  // long texts as CDATA sections
};

class XmlWriter {
  public:
    explicit XmlWriter(std::string& out) : out_(out) {}

    Style style;

    void open(std::string_view tag);
    void close(std::string_view tag);
    void comment(std::string_view text);
    // A value without characters that XML knows; an empty one is written as the style says.
    void plain(std::string_view tag, std::string_view value);
    void number(std::string_view tag, std::int64_t value);
    void yes_no(std::string_view tag, bool value) { plain(tag, value ? "yes" : "no"); }
    // A text in the style's normal form, escaped.
    void text(std::string_view tag, std::string_view value) { text(tag, value, style.nfd); }
    void text(std::string_view tag, std::string_view value, bool as_nfd);
    // A long text: a CDATA section if the style says so.
    void passage(std::string_view tag, std::string_view value);
    void cdata(std::string_view tag, std::string_view value);
    void date(std::string_view tag, Day day);      // no_day: empty
    void at(std::string_view tag, Moment moment);  // never: empty
    // The end of the office day on which something is due; no_day: empty.
    void due(std::string_view tag, Day day) {
        at(tag, day == no_day ? never : moment(day, 17 * 3'600));
    }

  private:
    void begin(std::string_view tag);
    void end(std::string_view tag);
    void empty(std::string_view tag);
    void escaped(std::string_view value);

    std::string& out_;
    int depth_ = 0;
};

}  // namespace dvcsync::year
