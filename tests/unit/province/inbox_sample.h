// What the tests of both inboxes put.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
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
    made.digest = sha256(made.code + '/' + std::to_string(revision));
    made.files.push_back({"files/01-don.pdf", folder.write("don.pdf", bytes), size, sha256(bytes)});
    return made;
}

inline Put put(Inbox& inbox, const Delivery& what) {
    const auto done = inbox.put(what);
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(Put{});
}

// The same submission with other content, as a ledger that is older than the inbox numbers it.
inline Delivery other_content(Delivery what, int revision, const std::string& content) {
    what.revision = revision;
    what.digest = sha256(content);
    what.xml = "<province-submission>" + content + "</province-submission>\n";
    return what;
}

// -- what holds for every inbox; `xml` tells what the province finds, "" = nothing ----------------

using XmlOf = std::function<std::string(const std::string& code, int revision)>;

inline void expect_other_content_gets_the_next_revision(Inbox& inbox, const Delivery& first,
                                                        const XmlOf& xml) {
    put(inbox, first);
    const auto second = other_content(first, 2, "second");
    EXPECT_FALSE(put(inbox, second).already);
    const auto supplement = other_content(first, 1, "supplement");
    const Put taken = put(inbox, supplement);
    EXPECT_FALSE(taken.already) << "the inbox has never had this";
    ASSERT_EQ(taken.instead, 3);
    EXPECT_EQ(xml(first.code, 1), first.xml);
    EXPECT_EQ(xml(first.code, 3), "");
    const auto third = other_content(first, 3, "supplement");
    const Put done = put(inbox, third);
    EXPECT_FALSE(done.already);
    EXPECT_EQ(done.instead, 0);
    EXPECT_EQ(xml(first.code, 3), third.xml);
    EXPECT_TRUE(put(inbox, third).already);
    EXPECT_EQ(put(inbox, supplement).instead, 3) << "the last one is the same: that one";
    EXPECT_EQ(put(inbox, other_content(first, 1, "second")).instead, 4)
        << "the dossier is again what it was before, which the province must learn";
    EXPECT_EQ(put(inbox, other_content(first, 2, "more")).instead, 4);
}

inline void expect_numbers_of_dismissed_revisions_stay_free(Inbox& inbox, const Delivery& first) {
    put(inbox, first);
    put(inbox, other_content(first, 12, "twelfth"));
    EXPECT_EQ(put(inbox, other_content(first, 1, "other")).instead, 13)
        << "after the last, not between: the province takes the highest for the newest";
}

inline void expect_no_code_to_meddle_with_another(Inbox& inbox, const Delivery& first) {
    Delivery longer = first;
    longer.code += "-r1";
    longer.revision = 7;
    put(inbox, first);
    put(inbox, longer);
    EXPECT_EQ(put(inbox, other_content(first, 1, "other")).instead, 2);
}

}  // namespace dvcsync::province::test
