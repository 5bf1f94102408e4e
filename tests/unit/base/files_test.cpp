#include "connector/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tests/unit/base/temporary_folder.h"

namespace dvcsync {
namespace {

namespace fs = std::filesystem;

TEST(ReadFile, ReadsTheWholeFileUpToTheLimit) {
    const test::TemporaryFolder folder;
    const std::string content("a\0b\n", 4);
    const auto file = folder.write("f", content);
    EXPECT_EQ(read_file(file, 4).value(), content);
    EXPECT_EQ(read_file(folder.write("empty", ""), 0).value(), "");
    const auto large = read_file(file, 3);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().kind, ErrorKind::Config);
    EXPECT_NE(large.error().message.find("larger than 3 bytes"), std::string::npos);
}

TEST(ReadFile, ReadsFilesThatDoNotTellTheirSize) {
    const auto content = read_file("/proc/self/status", 1 << 20);
    ASSERT_TRUE(content) << content.error().message;
    EXPECT_NE(content->find("VmRSS"), std::string::npos);
    EXPECT_FALSE(read_file("/proc/self/status", 10));
}

TEST(FileError, OfRightsNamesTheOwnerTheModeAndWhoWeAre) {
    const test::TemporaryFolder folder;
    const auto file = folder.write("key", "x");
    ::chmod(file.c_str(), 0640);
    const auto told = [&](const fs::path& path) {
        return file_error("open", path, EACCES).message;
    };
    const auto has = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    const std::string us = user_name(::geteuid());
    EXPECT_TRUE(has(told(file), file.string() + " belongs to user " + us + " (mode 0640)"));
    EXPECT_TRUE(has(told(file), "dvcsync runs as user " + us)) << told(file);
    EXPECT_TRUE(has(told(folder.path() / "none" / "file"), folder.path().string() + " belongs to"))
        << "the nearest that is there";
    EXPECT_EQ(user_name(3'999'999'999U), "3999999999");
}

TEST(ReadFile, SaysWhatIsWrongWithThePath) {
    const test::TemporaryFolder folder;
    const auto missing = read_file(folder.path() / "none", 10);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::Config);
    EXPECT_NE(missing.error().message.find("none: No such file"), std::string::npos);
    const auto directory = read_file(folder.path(), 10);
    ASSERT_FALSE(directory);
    EXPECT_NE(directory.error().message.find("not a regular file"), std::string::npos);
    ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(read_file(folder.path() / "pipe", 10));  // and does not wait for a writer
}

TEST(WriteAtomically, ReplacesTheContentAndSetsTheMode) {
    const test::TemporaryFolder folder;
    const auto file = folder.write("f", "old");
    ASSERT_TRUE(write_atomically(file, "new", 0640));
    EXPECT_EQ(read_file(file, 10).value(), "new");
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0640));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteAtomically, AFailureLeavesNothingBehind) {
    const test::TemporaryFolder folder;
    fs::create_directory(folder.path() / "taken");
    folder.write("taken/inside", "x");
    EXPECT_FALSE(write_atomically(folder.path() / "taken", "new", 0600));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
    const auto missing = write_atomically(folder.path() / "none/f", "new", 0600);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::Config);
}

TEST(SyncFolder, RefusesWhatIsNoFolder) {
    const test::TemporaryFolder folder;
    EXPECT_TRUE(sync_folder(folder.path()));
    EXPECT_FALSE(sync_folder(folder.write("f", "")));
}

TEST(FileError, TellsWhoMustAct) {
    EXPECT_EQ(file_error("read", "x", EACCES).kind, ErrorKind::Config);
    EXPECT_EQ(file_error("read", "x", EIO).kind, ErrorKind::Retry);
    EXPECT_EQ(file_error("write", "a/b", EROFS).kind, ErrorKind::Retry);
    EXPECT_EQ(file_error("write", "a/b", ENOENT).message,
              "cannot write a/b: No such file or directory");
}

TEST(FileError, OfADiskSaysWhatToDo) {
    EXPECT_EQ(file_error("write", "a/b", ENOSPC).message,
              "cannot write a/b: No space left on device; make room, then start again");
    for (const int code : {ENOSPC, EDQUOT, EROFS, EIO})
        EXPECT_TRUE(file_error("write", "a/b", code).message.ends_with("start again")) << code;
}

}  // namespace
}  // namespace dvcsync
