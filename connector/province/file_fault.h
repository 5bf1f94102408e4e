// Why a whole file cannot be used, in words for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dvcsync::province {

struct FileFault {
    enum class Kind {
        NotXml,         // something other than XML
        Encoding,       // another encoding than UTF-8; `detail` names it
        NotUtf8,        // bytes that are not UTF-8 between records
        Control,        // a control character between records
        Doctype,        // a document type declaration
        WrongRoot,      // another root element; `detail` is the one that was expected
        OtherProvince,  // the root element names another one; `detail` shows both codes
        AfterRoot,      // something follows the root element
        Truncated,      // ends before the root element is closed
        Unclosed,       // a comment, CDATA section or instruction is never closed
        TooDeep,        // elements between the records nest too deep
        NoRecords,      // elements, but none of the kinds that are known; `detail` names those
        Stale,          // incomplete, and nobody has written to it for long
    };
    Kind kind{};
    std::uint64_t line = 0;  // 1-based; 0: not known
    std::string detail;
};

// One sentence in English: "line 17: …".
std::string sentence(const FileFault& fault);
// The text beside a rejected file, Vietnamese first: which file and line, what is wrong, how many
// records were taken before that place, what to do.
std::string explanation(const FileFault& fault, std::string_view file, std::uint64_t records);

}  // namespace dvcsync::province
