#include "tests/province/xml_writer.h"

#include <charconv>

#include "tests/province/phrases.h"

namespace dvcsync::year {

void XmlWriter::begin(std::string_view tag) {
    out_.append(static_cast<std::size_t>(depth_), ' ');
    out_ += '<';
    out_ += tag;
    out_ += '>';
}

void XmlWriter::end(std::string_view tag) {
    out_ += "</";
    out_ += tag;
    out_ += ">\n";
}

void XmlWriter::open(std::string_view tag) {
    begin(tag);
    out_ += '\n';
    ++depth_;
}

void XmlWriter::close(std::string_view tag) {
    --depth_;
    out_.append(static_cast<std::size_t>(depth_), ' ');
    end(tag);
}

void XmlWriter::comment(std::string_view text) {
    out_.append(static_cast<std::size_t>(depth_), ' ');
    out_ += "<!--";
    out_ += text;
    out_ += "-->\n";
}

void XmlWriter::empty(std::string_view tag) {
    if (style.empty == Empty::Absent) return;
    if (style.empty == Empty::Pair) {
        begin(tag);
        end(tag);
        return;
    }
    out_.append(static_cast<std::size_t>(depth_), ' ');
    out_ += '<';
    out_ += tag;
    out_ += "/>\n";
}

void XmlWriter::plain(std::string_view tag, std::string_view value) {
    if (value.empty()) return empty(tag);
    begin(tag);
    out_ += value;
    end(tag);
}

void XmlWriter::number(std::string_view tag, std::int64_t value) {
    char digits[24];
    const auto written = std::to_chars(digits, digits + sizeof digits, value);
    plain(tag, {digits, static_cast<std::size_t>(written.ptr - digits)});
}

void XmlWriter::escaped(std::string_view value) {
    for (const char c : value) {
        switch (c) {
            case '&':
                out_ += "&amp;";
                break;
            case '<':
                out_ += "&lt;";
                break;
            case '>':
                out_ += "&gt;";
                break;
            case '"':
                out_ += "&quot;";
                break;
            case '\'':
                out_ += "&apos;";
                break;
            default:
                out_ += c;
        }
    }
}

void XmlWriter::text(std::string_view tag, std::string_view value, bool as_nfd) {
    if (value.empty()) return empty(tag);
    begin(tag);
    if (as_nfd)
        escaped(nfd(value));
    else
        escaped(value);
    end(tag);
}

void XmlWriter::passage(std::string_view tag, std::string_view value) {
    if (style.cdata && !value.empty())
        cdata(tag, value);
    else
        text(tag, value);
}

void XmlWriter::cdata(std::string_view tag, std::string_view value) {
    if (value.find("]]>") != std::string_view::npos) return text(tag, value);
    begin(tag);
    out_ += "<![CDATA[";
    if (style.nfd)
        out_ += nfd(value);
    else
        out_ += value;
    out_ += "]]>";
    end(tag);
}

void XmlWriter::date(std::string_view tag, Day day) {
    if (day == no_day) return empty(tag);
    begin(tag);
    append_date(out_, day);
    end(tag);
}

void XmlWriter::at(std::string_view tag, Moment moment) {
    if (moment == never) return empty(tag);
    begin(tag);
    append_moment(out_, moment);
    end(tag);
}

}  // namespace dvcsync::year
