// What is staged is whole, private, and taken over after a crash.
#include "connector/files/staging.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "connector/base/points.h"
#include "tests/unit/files/fetch_test.h"

namespace dvcsync::files::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

mode_t mode(const fs::path& path) {
    struct stat facts {};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
    return facts.st_mode & 07777;
}

class StagingTest : public FetchTest {
  protected:
    Result<Staged> keep(std::string_view base64, int index = 7, std::uint64_t max = 1u << 20) {
        return staging_.keep_base64(index, "secret.txt", base64, max);
    }
};

TEST_F(StagingTest, KeepsABase64FileWithItsDigestAndType) {
    const auto file = keep("eGluIGNow6Bv");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(content(file->path), "xin ch\xC3\xA0o");
    EXPECT_EQ(file->size, 9U);
    EXPECT_EQ(file->sha256, sha256("xin ch\xC3\xA0o"));
    EXPECT_EQ(file->type, "text/plain");
    EXPECT_FALSE(file->program);
}

TEST_F(StagingTest, IsPrivateAlsoWhenTheFolderWasNot) {
    const auto file = keep("eGlu");
    EXPECT_EQ(mode(staging_.folder()), 0700U);
    for (const auto& entry : fs::directory_iterator(staging_.folder()))
        EXPECT_EQ(mode(entry.path()), 0600U) << entry.path();
    ASSERT_EQ(::chmod(staging_.folder().c_str(), 0755), 0);
    ASSERT_TRUE(Staging::open(staging_.folder()));
    EXPECT_EQ(mode(staging_.folder()), 0700U);
}

TEST_F(StagingTest, OpensNeitherLinksNorFilesNorWithoutParent) {
    fs::create_directory_symlink(folder_.path(), folder_.path() / "link");
    write(folder_.path() / "file", "x");
    for (const char* name : {"link", "file", "none/below"}) {
        const auto opened = Staging::open(folder_.path() / name);
        ASSERT_FALSE(opened) << name;
        EXPECT_EQ(opened.error().kind, ErrorKind::Config);
    }
}

TEST_F(StagingTest, BadBase64AndTooLargeAreRefusedAndLeaveNothing) {
    for (const auto& [text, words] :
         {std::pair{"eGl", "not Base64"}, {"eGluIGNow6Bv", "larger than"}}) {
        const auto file = keep(text, 7, 5);
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().kind, ErrorKind::Refused);
        EXPECT_THAT(file.error().message, testing::StartsWith("file 7: "));
        EXPECT_THAT(file.error().message, HasSubstr(words));
        EXPECT_THAT(file.error().message, testing::Not(HasSubstr("secret")));
        EXPECT_EQ(entries(staging_.folder()), 0U);
    }
    EXPECT_TRUE(keep("eGlueGk=", 7, 5));
}

TEST_F(StagingTest, WhatIsStagedIsNotFetchedAgain) {
    WebServer server([](Visit& visit) { visit.send(answer("x")); });
    ASSERT_TRUE(fetch(server.url()));
    const auto again = fetch(server.url());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->sha256, sha256("x"));
    EXPECT_EQ(server.visits(), 1);
}

TEST_F(StagingTest, WhatIsDamagedOrFromElsewhereOrDroppedIsFetchedAgain) {
    WebServer server([](Visit& visit) { visit.send(answer("abc")); });
    const auto file = fetch(server.url("/1"));
    ASSERT_TRUE(file);
    const std::string record = file->path.string() + ".sha256";
    write(file->path, "abd");
    EXPECT_EQ(content(fetch(server.url("/1"))->path), "abc");
    fs::remove(record);
    EXPECT_EQ(content(fetch(server.url("/1"))->path), "abc");
    write(record, content(record).substr(0, 40));
    EXPECT_EQ(content(fetch(server.url("/1"))->path), "abc");
    EXPECT_EQ(server.visits(), 4);
    ASSERT_TRUE(fetch(server.url("/2")));
    EXPECT_EQ(server.visits(), 5) << "another link";
    ASSERT_TRUE(staging_.drop(7));
    ASSERT_TRUE(staging_.drop(7)) << "twice is as good";
    EXPECT_EQ(entries(staging_.folder()), 0U);
    ASSERT_TRUE(fetch(server.url("/2")));
    EXPECT_EQ(server.visits(), 6);
}

TEST_F(StagingTest, APartThatACrashHasLeftIsReplaced) {
    write(staging_.folder() / "7.part", std::string(100, 'z'));
    write(staging_.folder() / "8.part", std::string(100, 'z'));
    EXPECT_EQ(content(keep("eGlu")->path), "xin");
    fs::create_symlink("/etc/hostname", staging_.folder() / "9.part");
    EXPECT_EQ(content(keep("eGlu", 9)->path), "xin");
    EXPECT_FALSE(fs::exists(staging_.folder() / "7.part"));
}

TEST_F(StagingTest, RemovesTheFolderAndWhatIsInIt) {
    ASSERT_TRUE(keep("eGlu"));
    ASSERT_TRUE(staging_.remove());
    EXPECT_FALSE(fs::exists(staging_.folder()));
    EXPECT_TRUE(staging_.remove()) << "twice is as good";
}

// Runs `work` in a process of its own that ends at the first passing of `where`.
template <class Work>
void cut_off(Point where, Work work) {
    static Point wanted;
    wanted = where;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        set_point_hook([](Point point) {
            if (point == wanted) ::_exit(42);
        });
        work();
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42) << status;
}

TEST_F(StagingTest, ACrashAfterStagingKeepsTheFile) {
    cut_off(Point::FileStaged, [&] { (void)keep("eGlu"); });
    // Were it not whole, this would be refused.
    const auto staged = staging_.keep_base64(7, "a.txt", "eGlu", 1'000);
    ASSERT_TRUE(staged);
    EXPECT_EQ(content(staged->path), "xin");
    struct stat before {};
    ASSERT_EQ(::stat(staged->path.c_str(), &before), 0);
    ASSERT_TRUE(keep("eGlu"));
    struct stat after {};
    ASSERT_EQ(::stat(staged->path.c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino) << "it was written again";
    cut_off(Point::StagingRemoved, [&] { (void)staging_.remove(); });
    EXPECT_FALSE(fs::exists(staging_.folder()));
}

TEST_F(StagingTest, ADiskThatRefusesIsTriedAgainAndLeavesNothing) {
    // A limit on file sizes fails like a full disk, in the middle of a file.
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{100'000, before.rlim_max};
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto file = keep(std::string(400'000, 'A'));
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, ignored);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().kind, ErrorKind::Retry) << file.error().message;
    EXPECT_EQ(entries(staging_.folder()), 0U);
    EXPECT_EQ(keep(std::string(400'000, 'A'))->size, 300'000U);
}

}  // namespace
}  // namespace dvcsync::files::test
