// A stream of bytes read as a stream of markup, in bounded memory.
//
// Comments, CDATA sections and instructions come as one token however long they are; their content
// is not kept. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connector/province/markup.h"

namespace dvcsync::province {

// Places are bytes from the start of the file. A token's bytes and the text before it stay readable
// until the next feed().
struct Token {
    Markup kind = Markup::None;  // None: feed more, or the end if there is no more
    std::uint64_t from = 0;      // None: everything before it is settled
    std::uint64_t to = 0;
    std::uint64_t text_from = 0;  // the text between the token before and this one, or as much of
    std::uint64_t text_to = 0;    // it as is settled and was not reported yet
    std::string_view name;
};

class MarkupReader {
  public:
    MarkupReader(std::uint64_t offset, std::uint64_t line);

    void feed(std::string_view bytes);
    void finish() { finished_ = true; }
    bool finished() const { return finished_; }
    Token next();

    // Bytes from this place on stay readable over feed(). Without a hold only what is not read
    // does.
    void hold(std::uint64_t place) { held_ = place; }
    void release() { held_ = nothing; }
    // Goes back to a place that is still readable.
    void seek(std::uint64_t place);

    std::string_view bytes(std::uint64_t from, std::uint64_t to) const;
    std::uint64_t filled() const { return base_ + buffer_.size(); }

    // The line of a place at or behind the anchor. Moving the anchor keeps counting cheap.
    std::uint64_t line_of(std::uint64_t place) const;
    void anchor(std::uint64_t place, std::uint64_t line);

    // The stream stands inside a comment, CDATA section or instruction that begins on that line; 0:
    // no.
    std::uint64_t open_line() const { return open_line_; }

  private:
    static constexpr std::uint64_t nothing = ~std::uint64_t{0};

    Token rest_of_open();
    Token settled(std::uint64_t to);

    std::string buffer_;
    std::uint64_t base_;       // place of the buffer's first byte
    std::uint64_t pos_;        // next byte to look at
    std::uint64_t text_from_;  // text before it was reported
    std::uint64_t held_ = nothing;
    std::uint64_t anchor_;
    std::uint64_t anchor_line_;
    bool finished_ = false;
    Markup open_ = Markup::None;
    Token opened_;  // the token whose end is being looked for
    std::uint64_t open_line_ = 0;
};

std::uint64_t count_lines(std::string_view text);

}  // namespace dvcsync::province
