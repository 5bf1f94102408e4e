#include "connector/province/splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "connector/base/legacy_text.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/province/markup_text.h"

namespace dvcsync::province {
namespace {

using Fault = FileFault::Kind;

// The first character that XML 1.0 forbids, or npos. Eight bytes at a time where all are printable.
std::size_t control_at(std::string_view text) {
    const auto is_forbidden = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    };
    constexpr std::uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t stop = std::min(i + 8, text.size());
        std::uint64_t word = ~std::uint64_t{0};
        if (stop == i + 8) std::memcpy(&word, text.data() + i, 8);
        const bool printable = stop == i + 8 && ((word - ones * 0x20) & ~word & highs) == 0;
        for (; !printable && i < stop; ++i)
            if (is_forbidden(text[i])) return i;
        i = stop;
    }
    return std::string_view::npos;
}

struct BadText {
    std::size_t at;
    Fault kind;
};
std::optional<BadText> bad_text(std::string_view text) {
    const std::size_t utf8 = invalid_utf8_at(text), control = control_at(text);
    if (utf8 == control) return std::nullopt;  // npos both
    return utf8 < control ? BadText{utf8, Fault::NotUtf8} : BadText{control, Fault::Control};
}

// An element's name for a message. A name with other letters may be a person's, in angle brackets.
std::string shown(std::string_view name, bool closing = false) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == ':';
    };
    if (name.empty() || name.size() > 40 || !std::all_of(name.begin(), name.end(), plain))
        return closing ? "an end tag" : "an element";
    return fmt::format("<{}{}>", closing ? "/" : "", name);
}

// At most `max` bytes, cut between characters.
std::string_view head_of(std::string_view text, std::size_t max) {
    if (text.size() <= max) return text;
    while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80)
        --max;
    return text.substr(0, max);
}

// The text of a code element.
std::string code_in(std::string_view xml) {
    if (xml.find_first_of("<&") == std::string_view::npos)
        return excerpt(trimmed(xml), limits::max_code);
    return excerpt(trimmed(text_of(xml).value_or("")), limits::max_code);
}

// The value of encoding="…" in an XML declaration; empty if it has none.
std::string_view declared_encoding(std::string_view declaration) {
    const std::size_t word = declaration.find("encoding");
    if (word == std::string_view::npos) return {};
    const std::size_t open = declaration.find_first_of("\"'", word);
    if (open == std::string_view::npos) return "unreadable";
    const std::size_t close = declaration.find(declaration[open], open + 1);
    if (close == std::string_view::npos) return "unreadable";
    return declaration.substr(open + 1, close - open - 1);
}

// Known by its first four bytes; empty: not one of these.
std::string_view other_encoding(std::string_view head) {
    using namespace std::string_view_literals;
    if (head.starts_with("\0\0\xFE\xFF"sv) || head.starts_with("\0\0\0<"sv)) return "UTF-32";
    if (head.starts_with("\xFF\xFE"sv) || head.starts_with("<\0"sv)) return "UTF-16";
    if (head.starts_with("\xFE\xFF"sv) || head.starts_with("\0<"sv)) return "UTF-16";
    return {};
}

}  // namespace

Splitter::Splitter(std::vector<RecordShape> shapes, std::string root, const Mark& from)
    : shapes_(std::move(shapes)),
      root_(std::move(root)),
      reader_(from.offset, from.line),
      mark_(from),
      checked_(from.offset) {
    reader_.hold(from.offset);
    if (from.offset == 0) return;
    mode_ = Mode::Outside;
    root_closed_ = from.path.empty();
    for (std::string_view path = from.path; !path.empty();) {
        const std::string_view name = path.substr(0, path.find('/'));
        if (around_.empty()) root_seen_ = name;
        around_.push(name, from.offset);
        path.remove_prefix(std::min(name.size() + 1, path.size()));
    }
    mark_depth_ = around_.depth();
}

Splitter::Step Splitter::next(RawRecord& record) {
    for (;;) {
        if (broken_) return Step::Broken;
        if (ended_) return Step::End;
        if (mode_ == Mode::Start) {
            if (!begin_file()) return Step::More;
            continue;
        }
        const Token token = reader_.next();
        const std::uint64_t reached = token.kind == Markup::None ? reader_.filled() : token.to;
        if (mode_ == Mode::Inside && reached - record_ > limits::max_record) {
            if (candidate_) {
                cut(*candidate_, record);
                return Step::Record;
            }
            start_skipping(fmt::format("the record is larger than {} MB", limits::max_record >> 20),
                           record_ + limits::max_record);
        }
        if (mode_ == Mode::Outside && doubt_ && reached - doubt_->place > limits::max_record) {
            settle_doubt();
        } else if (token.kind != Markup::None) {
            if (take(token, record)) return Step::Record;
        } else if (!reader_.finished()) {
            if (mode_ == Mode::Outside && (!check_text(token) || !check_outside(token.from)))
                continue;
            return Step::More;
        } else if (mode_ == Mode::Outside && !check_text(token)) {
            continue;
        } else if (at_end(token, record)) {
            return Step::Record;
        }
    }
}

bool Splitter::take(const Token& token, RawRecord& out) {
    if (mode_ == Mode::Inside) return inside(token, out);
    return mode_ == Mode::Outside ? outside(token, out) : skipping(token, out);
}

// Passes over a byte order mark. False: more bytes are needed to tell.
bool Splitter::begin_file() {
    constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
    const std::string_view head = reader_.bytes(0, std::min<std::uint64_t>(reader_.filled(), 4));
    if (head.size() < 4 && !reader_.finished()) return false;
    mode_ = Mode::Outside;
    if (const auto other = other_encoding(head); !other.empty())
        broken(Fault::Encoding, 0, std::string(other));
    else if (head.starts_with(utf8_mark))
        reader_.seek(checked_ = utf8_mark.size());
    return true;
}

// Damage earlier in the text comes first, so that the reason does not depend on the pieces fed.
void Splitter::broken(Fault kind, std::uint64_t place, std::string detail) {
    if (settle_doubt() || !check_outside(place)) return;
    broken_ = FileFault{kind, reader_.line_of(place), std::move(detail)};
}

bool Splitter::check_outside(std::uint64_t to) {
    if (to <= checked_) return true;
    const std::string_view text = reader_.bytes(checked_, to);
    if (const auto bad = bad_text(text)) {
        if (!settle_doubt())
            broken_ = FileFault{bad->kind, reader_.line_of(checked_ + bad->at), {}};
        return false;
    }
    since_mark_ +=
        text.substr(0, limits::kept_of_bad - std::min(since_mark_.size(), limits::kept_of_bad));
    checked_ = to;
    reader_.hold(doubt_ ? doubt_->place : to);
    return true;
}

// Outside the root element only blanks may stand.
bool Splitter::check_text(const Token& token) {
    if (!around_.empty()) return true;
    const std::string_view text = reader_.bytes(token.text_from, token.text_to);
    const std::size_t stray = text.find_first_not_of(" \t\r\n");
    if (stray == std::string_view::npos) return true;
    broken(root_closed_ ? Fault::AfterRoot : Fault::NotXml, token.text_from + stray);
    return false;
}

const RecordShape* Splitter::shape_of(std::string_view name) const {
    for (const RecordShape& shape : shapes_)
        if (shape.element == name) return &shape;
    return nullptr;
}

bool Splitter::outside(const Token& token, RawRecord& out) {
    if (!check_text(token)) return false;
    switch (token.kind) {
        case Markup::Start:
        case Markup::Empty:
            return outside_start(token, out);
        case Markup::End:
            return outside_end(token, out);
        case Markup::Doctype:
            broken(Fault::Doctype, token.from);
            return false;
        case Markup::XmlDeclaration:
            check_declaration(token);
            return false;
        case Markup::Bad:
            if (around_.empty()) {
                broken(root_closed_ ? Fault::AfterRoot : Fault::NotXml, token.from);
            } else if (const auto* shape = shape_of(token.name);
                       shape && !settle_doubt() && check_outside(token.from)) {
                begin_record(*shape, token);
                note_fault(token.from, "a tag that is not closed");
            }
            return false;
        case Markup::CData:  // its beginning may be gone already, so its end is named
            if (around_.empty()) broken(root_closed_ ? Fault::AfterRoot : Fault::NotXml, token.to);
            return false;
        default:
            return false;
    }
}

void Splitter::check_declaration(const Token& token) {
    if (!root_seen_.empty()) return broken(Fault::AfterRoot, token.from);
    const std::string_view encoding = declared_encoding(reader_.bytes(token.from, token.to));
    if (!encoding.empty() && caseless(encoding) != "utf-8")
        broken(Fault::Encoding, token.from, excerpt(encoding));
}

bool Splitter::outside_start(const Token& token, RawRecord& out) {
    const RecordShape* const shape = shape_of(token.name);
    const bool empty = token.kind == Markup::Empty;
    if (!around_.empty() && shape != nullptr) {
        if (settle_doubt() || !check_outside(token.from)) return false;
        begin_record(*shape, token);
        return empty && finish_record(token.to, out);
    }
    if (root_closed_) {
        broken(Fault::AfterRoot, token.from);
        return false;
    }
    strangers_ = strangers_ || !around_.empty() || shape != nullptr;
    if (around_.empty()) {
        if (!root_.empty() && token.name != root_) {
            broken(Fault::WrongRoot, token.from, root_);
            return false;
        }
        root_seen_ = token.name;
        root_line_ = reader_.line_of(token.from);
        root_tag_ = reader_.bytes(token.from, std::min(token.to, token.from + limits::xml_probe));
        root_closed_ = empty;
    }
    if (around_.depth() == limits::max_xml_depth) {
        broken(Fault::TooDeep, token.from);
    } else if (!empty) {
        around_.push(token.name, token.from);
        path_changed_ = true;
    }
    return false;
}

bool Splitter::outside_end(const Token& token, RawRecord& out) {
    if (const std::size_t depth = around_.innermost(token.name); depth > 0) {
        if (doubt_ && depth <= doubt_->depth && settle_doubt()) return false;
        around_.pop_to(depth - 1);
        path_changed_ = true;
        root_closed_ = around_.empty();
        return false;
    }
    if (around_.empty()) {
        broken(root_closed_ ? Fault::AfterRoot : Fault::NotXml, token.from);
        return false;
    }
    // The start tag was lost or damaged, and with it a record; it must not vanish without a word.
    const RecordShape* const shape = shape_of(token.name);
    if (shape == nullptr || (doubt_ && doubt_->shape == shape && settle_doubt()) ||
        !check_outside(token.to))
        return false;
    doubt_.reset();
    // What was opened since the last record belongs to this one: it may be its damaged start tag.
    path_changed_ = path_changed_ || around_.depth() > mark_depth_;
    around_.pop_to(mark_depth_);
    shape_ = shape;
    record_line_ = reader_.line_of(token.from);
    fault_ =
        fmt::format("line {}: {} without its start tag", record_line_, shown(token.name, true));
    kept_ = since_mark_.substr(0, invalid_utf8_at(since_mark_));  // it may end within a character
    return emit_skipped(token.to, out);
}

void Splitter::begin_record(const RecordShape& shape, const Token& token) {
    mode_ = Mode::Inside;
    shape_ = &shape;
    record_ = token.from;
    record_line_ = reader_.line_of(record_);
    reader_.anchor(record_, record_line_);
    reader_.hold(record_);
    within_.push(token.name, token.from);
}

bool Splitter::inside(const Token& token, RawRecord& out) {
    const std::uint64_t code_from = std::exchange(code_from_, 0);
    switch (token.kind) {
        case Markup::Start:
        case Markup::Empty:
            return inside_start(token, out);
        case Markup::End:
            if (code_from != 0) code_ = code_in(reader_.bytes(code_from, token.from));
            return inside_end(token, out);
        case Markup::Bad:
            note_fault(token.from, "a tag that is not closed, or '<' where &lt; is meant");
            return false;
        case Markup::Doctype:
            note_fault(token.from, "a declaration (DTD); these are refused");
            return false;
        case Markup::XmlDeclaration:
            note_fault(token.from, "an XML declaration inside a record");
            return false;
        default:  // a comment or CDATA section may stand in the code
            code_from_ = code_from;
            return false;
    }
}

bool Splitter::inside_start(const Token& token, RawRecord& out) {
    if (token.name == shape_->element) {
        if (within_.depth() == 1) return cut(token.from, out);
        if (!candidate_) candidate_ = token.from;
    }
    has_parts_ = true;
    if (token.kind == Markup::Empty) return false;
    if (within_.depth() == limits::max_xml_depth) {
        if (candidate_) return cut(*candidate_, out);
        start_skipping(fmt::format("line {}: elements nest deeper than {}",
                                   reader_.line_of(token.from), limits::max_xml_depth),
                       token.to);
        return false;
    }
    if (within_.depth() == 1 && code_.empty() && token.name == shape_->code_element)
        code_from_ = token.to;
    within_.push(token.name, token.from);
    return false;
}

bool Splitter::inside_end(const Token& token, RawRecord& out) {
    if (token.name == within_.top()) {
        within_.pop();
    } else if (const std::size_t depth = within_.innermost(token.name); depth > 0) {
        note_fault(token.from,
                   fmt::format("{} does not match {}, opened on line {}", shown(token.name, true),
                               shown(within_.top()), reader_.line_of(within_.top_place())));
        within_.pop_to(depth - 1);
    } else if (around_.innermost(token.name) > 0) {
        return cut(candidate_.value_or(token.from), out);
    } else {
        note_fault(token.from, fmt::format("{} without its start tag", shown(token.name, true)));
    }
    if (!within_.empty()) return false;
    if (!fault_.empty() && candidate_) return cut(*candidate_, out);
    return finish_record(token.to, out);
}

// A record without an element in it may be a part of another kind's record whose start tag was lost
// (a dossier names its procedure). It is one if an end tag of that kind comes before any other
// record and before the end of what is around it.
bool Splitter::finish_record(std::uint64_t to, RawRecord& out) {
    if (has_parts_ || !fault_.empty() || certain_ == record_ ||
        bad_text(reader_.bytes(record_, to)))
        return emit(to, out);
    doubt_ = Doubt{record_, around_.depth(), shape_};
    forget_record();
    return false;
}

// It is a record: it is read once more and handed out. False: there was no doubt.
bool Splitter::settle_doubt() {
    if (!doubt_) return false;
    certain_ = doubt_->place;
    around_.pop_to(doubt_->depth);
    reader_.seek(doubt_->place);
    doubt_.reset();
    return true;
}

// The first fault is the one to mend; later ones often follow from it.
void Splitter::note_fault(std::uint64_t place, std::string_view what) {
    if (fault_.empty()) fault_ = fmt::format("line {}: {}", reader_.line_of(place), what);
}

// The end tag is missing: the record goes up to `to`, where something else begins.
bool Splitter::cut(std::uint64_t to, RawRecord& out) {
    const std::string missing = fmt::format("the end tag {} is missing before line {}",
                                            shown(shape_->element, true), reader_.line_of(to));
    fault_ = fault_.empty() ? missing : fault_ + "; " + missing;
    reader_.seek(to);
    return emit(to, out);
}

void Splitter::start_skipping(std::string why, std::uint64_t to) {
    mode_ = Mode::Skipping;
    if (fault_.empty()) fault_ = std::move(why);
    kept_ = head_of(reader_.bytes(record_, to), limits::kept_of_bad);
    reader_.release();
}

// Nothing is kept here, so a start tag of the same name is always the next record.
bool Splitter::skipping(const Token& token, RawRecord& out) {
    const bool own = token.name == shape_->element;
    if (token.kind == Markup::End && own) return emit_skipped(token.to, out);
    const bool next = (token.kind == Markup::Start || token.kind == Markup::Empty) && own;
    const bool around = token.kind == Markup::End && around_.innermost(token.name) > 0;
    if (!next && !around) return false;
    reader_.seek(token.from);
    return emit_skipped(token.from, out);
}

bool Splitter::emit(std::uint64_t to, RawRecord& out) {
    const std::string_view xml = reader_.bytes(record_, to);
    if (fault_.empty()) {
        if (const auto bad = bad_text(xml))
            note_fault(record_ + bad->at, bad->kind == Fault::NotUtf8
                                              ? "bytes that are not UTF-8" + legacy_hint(xml)
                                              : "a control character that XML forbids");
    }
    out.xml = xml;
    end_record(to, record_line_ + count_lines(xml), out);
    return true;
}

bool Splitter::emit_skipped(std::uint64_t to, RawRecord& out) {
    out.xml = std::exchange(kept_, {});
    end_record(to, reader_.line_of(to), out);
    return true;
}

void Splitter::end_record(std::uint64_t to, std::uint64_t line, RawRecord& out) {
    out.kind = shape_->kind;
    out.code = std::exchange(code_, {});
    out.line = record_line_;
    out.fault = std::exchange(fault_, {});
    mark_.offset = to;
    mark_.line = line;
    ++mark_.records;
    if (path_changed_ || mark_.records == 1) mark_.path = around_.path();
    path_changed_ = false;
    reader_.anchor(to, line);
    reader_.hold(checked_ = to);
    since_mark_.clear();
    mark_depth_ = around_.depth();
    forget_record();
}

void Splitter::forget_record() {
    within_.clear();
    has_parts_ = false;
    candidate_.reset();
    code_.clear();
    code_from_ = 0;
    mode_ = Mode::Outside;
}

bool Splitter::at_end(const Token& token, RawRecord& out) {
    const std::uint64_t end = reader_.filled();
    if (mode_ == Mode::Skipping) return emit_skipped(end, out);
    if (mode_ == Mode::Inside) {
        if (candidate_) return cut(*candidate_, out);
        if (fault_.empty()) fault_ = "the file ends inside this record";
        return emit(end, out);
    }
    if (settle_doubt() || !check_outside(end)) return false;
    if (reader_.open_line() != 0) {
        broken_ = FileFault{Fault::Unclosed, reader_.open_line(), {}};
    } else if (!root_closed_ || token.from != end) {  // or within a tag
        broken(root_closed_ ? Fault::AfterRoot : Fault::Truncated, token.from);
    } else if (mark_.records == 0 && strangers_) {
        std::vector<std::string> known;
        for (const RecordShape& shape : shapes_)
            known.push_back(fmt::format("<{}>", shape.element));
        broken(Fault::NoRecords, end, fmt::format("{}", fmt::join(known, ", ")));
    } else {
        mark_ = {end, reader_.line_of(end), mark_.records, {}};
        ended_ = true;
    }
    return false;
}

}  // namespace dvcsync::province
