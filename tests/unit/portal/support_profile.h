// What the tests of profile files share: one change to a whole profile, and its fault.
#pragma once

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "connector/portal/portal.h"
#include "tests/unit/portal/support_certificates.h"

namespace dvcsync::portal::test {

struct Faulty {
    std::string name;
    std::string from;  // part of the whole profile
    std::string to;
    std::string fault;  // "line: words"
};

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The profile with that change does not load, and the message names file and line.
inline void expect_fault(const std::string& whole, const Faulty& faulty) {
    const TemporaryFolder folder;
    const auto file = folder.write("profile.xml", replaced(whole, faulty.from, faulty.to));
    const auto profile = Profile::load(file);
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().kind, ErrorKind::Config);
    EXPECT_THAT(profile.error().message, ::testing::HasSubstr(file.string() + ":" + faulty.fault));
}

}  // namespace dvcsync::portal::test
