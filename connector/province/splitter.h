// Cuts the records out of a stream of XML, as bytes, in memory that does not grow with the stream.
//
// Fed in pieces of any size; what comes out does not depend on where the pieces were cut. A record
// is an element of a known shape anywhere inside the root element. Text, comments and other
// elements around records are passed over. Not thread-safe.
//
// What is done about damage (README.md gives the reasons):
//   tags that do not match inside a record   the record, whole, with a fault
//   no end tag                               cut where the next of its kind starts, with a fault
//   not UTF-8, control characters            the record with a fault
//   too large or nested too deep             its first bytes with a fault
//   an end tag without its record            what stood before it, with a fault; an element there
//                                            that is named like a record, but has no elements in
//                                            it, is taken for a part of the lost record
//   the rest of the file makes no sense      Broken
// An element of the record's own name may nest inside it, but not as its direct child.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/province/file_fault.h"
#include "connector/province/markup_reader.h"
#include "connector/province/source.h"

namespace dvcsync::province {

// A place between records from which splitting can go on.
struct Mark {
    std::uint64_t offset = 0;   // bytes from the start of the file
    std::uint64_t line = 1;     // of that byte
    std::uint64_t records = 0;  // handed out before it
    std::string path;           // elements open there, "a/b"; empty at the start and at the end
    bool operator==(const Mark&) const = default;
};

class Splitter {
  public:
    enum class Step {
        More,    // feed() or finish() first
        Record,  // one record was handed out
        End,     // the root element is closed and nothing follows
        Broken,  // fault() says why; nothing more will come
    };

    // `root` empty: any root element. From a mark other than the start, feed() begins with the byte
    // at its offset.
    Splitter(std::vector<RecordShape> shapes, std::string root, const Mark& from = {});

    void feed(std::string_view bytes) { reader_.feed(bytes); }
    void finish() { reader_.finish(); }
    // Fills everything of `record` but its file.
    Step next(RawRecord& record);
    // The place behind the last record; at the End, the end of the file.
    const Mark& mark() const { return mark_; }
    const FileFault& fault() const { return *broken_; }
    // The root element's name; empty until it was seen.
    const std::string& root() const { return root_seen_; }
    // Its start tag, as much of it as limits::xml_probe; empty when splitting goes on from a mark.
    const std::string& root_tag() const { return root_tag_; }
    // The line on which it starts; 0 as above.
    std::uint64_t root_line() const { return root_line_; }

  private:
    enum class Mode { Start, Outside, Inside, Skipping };

    bool begin_file();
    void broken(FileFault::Kind kind, std::uint64_t place, std::string detail = {});
    bool check_outside(std::uint64_t to);
    bool check_text(const Token& token);
    const RecordShape* shape_of(std::string_view name) const;

    // These return true if `out` was filled.
    bool take(const Token& token, RawRecord& out);
    bool outside(const Token& token, RawRecord& out);
    bool outside_start(const Token& token, RawRecord& out);
    bool outside_end(const Token& token, RawRecord& out);
    bool inside(const Token& token, RawRecord& out);
    bool inside_start(const Token& token, RawRecord& out);
    bool inside_end(const Token& token, RawRecord& out);
    bool skipping(const Token& token, RawRecord& out);
    bool at_end(const Token& token, RawRecord& out);
    bool cut(std::uint64_t to, RawRecord& out);
    bool finish_record(std::uint64_t to, RawRecord& out);
    bool settle_doubt();
    bool emit(std::uint64_t to, RawRecord& out);
    bool emit_skipped(std::uint64_t to, RawRecord& out);

    void check_declaration(const Token& token);
    void begin_record(const RecordShape& shape, const Token& token);
    void note_fault(std::uint64_t place, std::string_view what);
    void start_skipping(std::string why, std::uint64_t to);
    void end_record(std::uint64_t to, std::uint64_t line, RawRecord& out);
    void forget_record();

    const std::vector<RecordShape> shapes_;
    const std::string root_;
    MarkupReader reader_;
    Mode mode_ = Mode::Start;
    bool ended_ = false;
    std::optional<FileFault> broken_;
    Mark mark_;

    // Between records.
    OpenElements around_;
    std::string root_seen_;
    std::string root_tag_;
    std::uint64_t root_line_ = 0;
    bool root_closed_ = false;
    bool path_changed_ = false;   // since the mark was set
    bool strangers_ = false;      // there were elements that are no records
    std::uint64_t checked_ = 0;   // everything before it is valid text
    std::string since_mark_;      // the first bytes behind the mark
    std::size_t mark_depth_ = 1;  // elements open there
    // An element that may be a record or a part of one whose start tag is lost: what follows tells.
    struct Doubt {
        std::uint64_t place;
        std::size_t depth;  // elements open around it
        const RecordShape* shape;
    };
    std::optional<Doubt> doubt_;
    std::optional<std::uint64_t> certain_;  // the place of one that is a record after all

    // The record in hand.
    const RecordShape* shape_ = nullptr;
    std::uint64_t record_ = 0;
    std::uint64_t record_line_ = 0;
    OpenElements within_;
    bool has_parts_ = false;
    std::optional<std::uint64_t> candidate_;  // where another of its name starts inside
    std::uint64_t code_from_ = 0;             // the text of its code element; 0: not there
    std::string code_;
    std::string fault_;
    std::string kept_;  // while skipping: its first bytes
};

}  // namespace dvcsync::province
