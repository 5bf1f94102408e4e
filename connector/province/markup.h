// Finds the next piece of markup in a buffer of XML, without building anything. Pure functions.
//
// This is not a parser: it knows where tags, comments, CDATA sections and instructions begin and
// end, which is all that cutting records needs. Whether a record is well-formed is the mapping's
// business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dvcsync::province {

enum class Markup {
    None,            // the buffer ends before the kind or the end can be told; more is needed
    Start,           // <name …>
    Empty,           // <name …/>
    End,             // </name>
    Bad,             // a tag that XML does not allow; `name` is set as far as it was readable
    Doctype,         // <!DOCTYPE and other declarations
    XmlDeclaration,  // <?xml …?>
    Comment,         // "<!--", "<![CDATA[" and "<?": `end` is behind the opening only, for their
    CData,           // content may be larger than memory; closing() ends them
    Instruction,
};

struct Found {
    Markup kind = Markup::None;
    std::size_t begin = 0;  // of '<'; the size of the buffer if there is none
    std::size_t end = 0;    // first byte behind
    std::string_view name;  // of a tag; points into the buffer
};

// The first markup at or after `from`. The result does not depend on how much of the input is in
// the buffer already: either it is None, or it stays the same with more bytes.
Found find_markup(std::string_view buffer, std::size_t from);

// The names of the elements that are open, outermost first, with the place of each start tag.
class OpenElements {
  public:
    void push(std::string_view name, std::uint64_t place);
    void pop();
    void pop_to(std::size_t depth) {
        while (this->depth() > depth)
            pop();
    }
    void clear() { pop_to(0); }
    std::size_t depth() const { return starts_.size(); }
    bool empty() const { return starts_.empty(); }
    std::string_view top() const;
    std::uint64_t top_place() const { return places_.back(); }
    // The depth of the innermost element of that name (1 = outermost), or 0.
    std::size_t innermost(std::string_view name) const;
    // "a/b/c"; no name holds a slash.
    std::string path() const;

  private:
    std::string_view name_at(std::size_t index) const;

    std::string names_;
    std::vector<std::size_t> starts_;
    std::vector<std::uint64_t> places_;
};

}  // namespace dvcsync::province
