// What the tests of fetching share: a staging folder, rules that let loopback through, a stop flag.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>

#include "connector/files/staging.h"
#include "tests/unit/files/folder.h"
#include "tests/unit/files/web_server.h"

namespace dvcsync::files::test {

class FetchTest : public ::testing::Test {
  protected:
    FetchTest() {
        rules_.hosts = {"127.0.0.1", "localhost"};
        rules_.private_addresses = true;
        rules_.plain_http = true;
        rules_.deadline = std::chrono::seconds(20);
        rules_.silence = std::chrono::seconds(10);
    }

    Result<Staged> fetch(const std::string& url, std::uint64_t max = 1u << 20) {
        return staging_.fetch(7, "secret-name.pdf", url, max, rules_, stop_);
    }

    // It fails in this way, within reason, says what to do without a word of the link or the name,
    // and leaves nothing behind.
    void expect_failure(const std::string& url, ErrorKind kind, const std::string& words,
                        std::uint64_t max = 1u << 20) {
        SCOPED_TRACE(url.substr(0, 200));
        const auto begin = std::chrono::steady_clock::now();
        const auto result = fetch(url, max);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
        ASSERT_FALSE(result);
        const std::string& message = result.error().message;
        EXPECT_EQ(result.error().kind, kind) << message;
        EXPECT_THAT(message, ::testing::StartsWith("file 7: "));
        EXPECT_THAT(message, ::testing::HasSubstr(words));
        EXPECT_THAT(message, ::testing::Not(::testing::HasSubstr("secret")));
        EXPECT_EQ(entries(staging_.folder()), 0U);
    }

    Folder folder_;
    Staging staging_ = Staging::open(folder_.path() / "s").value();
    FetchRules rules_;
    std::atomic<bool> stop_{false};
};

}  // namespace dvcsync::files::test
