// Where the province's records come from.
//
// A Source hands out records in batches, each with the position after it; whoever consumes them
// stores that position in the same transaction as the records, and acknowledges afterwards. After a
// crash the source is opened again at the stored position: nothing is lost, and what is read twice
// is recognised by its digest. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"
#include "connector/base/time.h"

namespace dvcsync::province {

// One kind of record in the province's XML: the element that holds one, and the child that names
// it.
struct RecordShape {
    std::string kind;
    std::string element;
    std::string code_element;
};

// A record as it was written, whole, with the place it came from.
struct RawRecord {
    std::string kind;
    // From "<element" to "</element>", at most limits::max_record bytes. UTF-8 if there is no
    // fault.
    std::string xml;
    std::string code;        // as far as it could be read without parsing; may be empty
    std::string file;        // name inside the drop folder
    std::uint64_t line = 0;  // 1-based line of the record's first character
    std::string exported;    // when its file says it was made, as written there; "": it does not
    // Not empty: the record cannot be used, for this reason; xml may be cut short then.
    std::string fault;
};

// What the drop folder would say of these bytes if they were a record of that shape: its fault, or
// "". For a record that was kept and is looked at again; it began on line `first_line` of its
// file.
std::string fault_of(const RecordShape& shape, std::string_view xml, std::uint64_t first_line = 1);

// A file that goes to rejected/ when the batch is acknowledged. Its records before the fault stay.
struct RejectedFile {
    std::string file;
    std::string reason;
};

// A file that was read to its end, and what its root element says of it. Told once, with the batch
// whose position is behind the file, also when reading began in its middle.
struct EndedFile {
    std::string file;
    std::string exported;  // as in RawRecord
    std::uint64_t records = 0;
    // The file says that it holds every record of the kind whose element this is; "": it does not.
    std::string complete;
    std::string kind;                // of that element; "": there is no such kind
    std::vector<std::string> codes;  // of all its records of that kind, each once, in order
    std::string fault;               // not empty: why what the root element says could not be read
};

struct Batch {
    std::vector<RawRecord> records;  // empty only with end = true or rejected files
    std::vector<RejectedFile> rejected;
    std::vector<EndedFile> ended;
    std::string position;  // opaque text; store it with the records
    bool end = false;      // nothing complete is left for now
};

class Source {
  public:
    virtual ~Source() = default;
    // Up to `max` records. Retry error: the folder cannot be read now.
    virtual Result<Batch> next(std::size_t max) = 0;
    // The records up to `position` are stored for good: finished files may be put away.
    virtual Status acknowledge(const std::string& position) = 0;
    // Files that wait because they are not complete yet (name, reason), for status and check.
    virtual Result<std::vector<RejectedFile>> incomplete() = 0;
    virtual Result<std::size_t> waiting_files() = 0;
};

// The XML drop folder: <root>/in is read, finished files go to <root>/done, files that are not XML
// to <root>/rejected with a text file `<name>.reason.txt` beside them.
//
// A file is taken only when complete: its name ends in ".xml" (writers write "name.part" or a name
// with a leading dot, then rename), and its last bytes close the root element. One that does not
// end so waits, holds back later files of its series (names equal up to the first digit, for they
// may tell of the same dossiers), and is rejected once it has not changed for `stale_after`; one
// that does not even begin as such XML is rejected at once. Files are taken in name order. Memory
// does not grow with file size. Records are cut out by a scanner that respects comments, CDATA,
// processing instructions and attributes; a malformed record is handed out with a fault and the
// scan goes on at the next record. Document type declarations, so entities too, are refused with
// the whole file; UTF-8 is demanded. Files are moved when the batch that ended them is
// acknowledged, never before.
struct DropFolderSettings {
    std::filesystem::path root;
    std::vector<RecordShape> shapes;
    std::string root_element;  // empty: any
    std::chrono::seconds stale_after{900};
    // Attributes of the root element, see RawRecord::exported and EndedFile::complete; empty: the
    // files have none.
    std::string exported_attribute{};
    std::string complete_attribute{};
    // A file whose root element has this attribute with another value than `province` is refused;
    // one without it is taken. Empty: no file says whose it is.
    std::string province_attribute{};
    std::string province{};  // our code
};
// `position` is what the ledger stored last, or empty. Config error if the folders are missing.
Result<std::unique_ptr<Source>> open_drop_folder(DropFolderSettings settings,
                                                 const std::string& position, const Clock& clock);
// Makes in/, done/ and rejected/ below root (mode 0750).
Status create_drop_folder(const std::filesystem::path& root);

}  // namespace dvcsync::province
