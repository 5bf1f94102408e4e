#include "connector/province/markup_reader.h"

#include <algorithm>
#include <cstring>

namespace dvcsync::province {
namespace {

std::string_view closing(Markup kind) {
    if (kind == Markup::Comment) return "-->";
    return kind == Markup::CData ? "]]>" : "?>";
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::uint64_t count_lines(std::string_view text) {
    std::uint64_t count = 0;
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos; ++at)
        ++count;
    return count;
}

MarkupReader::MarkupReader(std::uint64_t offset, std::uint64_t line)
    : base_(offset), pos_(offset), text_from_(offset), anchor_(offset), anchor_line_(line) {}

void MarkupReader::feed(std::string_view bytes) {
    const std::uint64_t keep = std::min({held_, pos_, text_from_});
    if (keep > anchor_) anchor(keep, line_of(keep));
    buffer_.erase(0, std::size_t(keep - base_));
    base_ = keep;
    buffer_ += bytes;
}

Token MarkupReader::next() {
    if (open_ != Markup::None) return rest_of_open();
    const Found found = find_markup(buffer_, std::size_t(pos_ - base_));
    const std::uint64_t from = base_ + found.begin, to = base_ + found.end;
    if (found.kind == Markup::None) return settled(from);
    const Token token{found.kind, from, to, text_from_, from, found.name};
    pos_ = text_from_ = to;
    if (found.kind != Markup::Comment && found.kind != Markup::CData &&
        found.kind != Markup::Instruction)
        return token;
    open_ = found.kind;
    opened_ = token;
    return rest_of_open();
}

// No markup begins before `to`. The last bytes wait when they may be a part of a character.
Token MarkupReader::settled(std::uint64_t to) {
    if (to == filled() && !finished_) {
        to = std::max(pos_, to - std::min<std::uint64_t>(to - pos_, 3));
        for (int i = 0; i < 3 && to > pos_ && continues_character(buffer_[to - base_]); ++i)
            --to;
    }
    const Token token{Markup::None, to, to, text_from_, to, {}};
    pos_ = text_from_ = to;
    return token;
}

Token MarkupReader::rest_of_open() {
    const std::string_view close = closing(open_);
    const std::size_t at = buffer_.find(close, std::size_t(pos_ - base_));
    if (at != std::string::npos) {
        pos_ = text_from_ = base_ + at + close.size();
        opened_.to = pos_;
        open_ = Markup::None;
        open_line_ = 0;
        return opened_;
    }
    if (open_line_ == 0) open_line_ = line_of(opened_.from);
    const Token before{Markup::None, 0, 0, opened_.text_from, opened_.text_to, {}};
    opened_.text_from = opened_.text_to = 0;  // reported with `before`
    text_from_ = pos_;
    Token token = settled(filled());
    token.text_from = before.text_from;
    token.text_to = before.text_to;
    return token;
}

void MarkupReader::seek(std::uint64_t place) {
    pos_ = text_from_ = place;
    open_ = Markup::None;
    open_line_ = 0;
}

std::string_view MarkupReader::bytes(std::uint64_t from, std::uint64_t to) const {
    if (from >= to) return {};
    return std::string_view(buffer_).substr(std::size_t(from - base_), std::size_t(to - from));
}

std::uint64_t MarkupReader::line_of(std::uint64_t place) const {
    return anchor_line_ + count_lines(bytes(anchor_, place));
}

void MarkupReader::anchor(std::uint64_t place, std::uint64_t line) {
    anchor_ = place;
    anchor_line_ = line;
}

}  // namespace dvcsync::province
