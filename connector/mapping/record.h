// A parsed record as flat tables, and the way to read it. Internal to the module.
//
// Vocabulary::parse walks the XML once and notes where each value of the vocabulary stands; plans
// and summaries then read by index. A *frame* is the record itself or one member of a list.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "connector/mapping/mapping.h"
#include "connector/mapping/vocabulary.h"

namespace dvcsync::mapping {

inline constexpr std::uint32_t no_frame = ~std::uint32_t(0);

struct Frame {
    std::uint32_t values = 0;       // first of its values in RecordData::values
    std::uint32_t lists = 0;        // first of its lists in RecordData::lists
    std::uint32_t next = no_frame;  // the next member of the same list
    std::uint32_t position = 1;     // 1-based place among the members as written
};

struct Members {
    std::uint32_t first = no_frame;
    std::uint32_t last = no_frame;
    std::uint32_t count = 0;    // members that hold anything
    std::uint32_t written = 0;  // members in the XML, empty ones too
};

struct RecordData {
    std::shared_ptr<const VocabularyData> vocabulary;
    const KindData* kind = nullptr;
    std::string given;  // see Record::give()
    std::map<std::string, Uploaded, std::less<>> uploaded;
    bool sampled = false;  // see Record::give_samples()
    std::string xml;       // pugixml parses in place: values point into it
    pugi::xml_document document;
    std::deque<std::string> joined;        // values that stand in several pieces (CDATA, XPath)
    std::vector<std::string_view> values;  // data() == nullptr: no such element
    std::vector<Members> lists;
    std::vector<Frame> frames;  // [0] is the record
};

// A place in a record: the record's frame and the frames of the lists that enclose it.
class Cursor {
  public:
    explicit Cursor(const RecordData& record) : record_(record), frames_{0} {}

    // Surrounding ASCII white space is kept. Empty if absent.
    std::string_view raw(const Ref& ref) const {
        const std::string_view text = record_.values[frame(ref.up).values + ref.slot];
        return text.data() ? text : std::string_view("");
    }
    const Members& members(const ListRef& ref) const {
        return record_.lists[frame(ref.up).lists + ref.slot];
    }
    const Frame& innermost() const { return record_.frames[frames_.back()]; }

    // Calls visit() with the cursor inside each member, in order.
    template <class Visit>
    void each(const ListRef& ref, Visit visit) {
        for (auto at = members(ref).first; at != no_frame; at = record_.frames[at].next) {
            frames_.push_back(at);
            visit();
            frames_.pop_back();
        }
    }

  private:
    const Frame& frame(std::uint32_t up) const {
        return record_.frames[frames_[frames_.size() - 1 - up]];
    }

    const RecordData& record_;
    std::vector<std::uint32_t> frames_;
};

// A value read by its type, or what is wrong with it (without the name of the field, and without
// the text of a personal value).
template <class T>
using Parsed = tl::expected<T, std::string>;

// nullopt if empty. Precondition: ref is a date.
Parsed<std::optional<LocalTime>> read_date(const Cursor& cursor, const Ref& ref);
// The word of a value, with the second value beside it if the vocabulary names one; nullptr if the
// table has none. Precondition: ref has words.
const WordTable::Word* find_word(const Cursor& cursor, const Ref& ref);
// The canonical word, "yes"/"no" ("no" if empty), or trimmed text; empty if empty.
Parsed<std::string_view> read_word(const Cursor& cursor, const Ref& ref);

}  // namespace dvcsync::mapping
