// What the tests of both inboxes put.
#pragma once

#include <filesystem>
#include <string>

#include "connector/province/inbox.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::province::test {

// A submission with one file of `size` bytes, staged in `folder`.
inline Delivery delivery(const dvcsync::test::TemporaryFolder& folder, std::string code,
                         int revision = 1, std::size_t size = 1'000) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>((i * i + i / 251) % 256);
    Delivery made;
    made.code = std::move(code);
    made.revision = revision;
    made.kind = "filing";
    made.xml = "<province-submission>\xC4\x90\xC6\xA1n</province-submission>\n";
    made.files.push_back({"files/01-don.pdf", folder.write("don.pdf", bytes), size, sha256(bytes)});
    return made;
}

}  // namespace dvcsync::province::test
