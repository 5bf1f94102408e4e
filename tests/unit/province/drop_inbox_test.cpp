#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "connector/base/files.h"
#include "connector/base/points.h"
#include "tests/unit/province/inbox_sample.h"

namespace dvcsync::province {
namespace {

namespace fs = std::filesystem;
using test::delivery;
using testing::HasSubstr;

std::string content(const fs::path& file) {
    const auto bytes = read_file(file, 1u << 20);
    return bytes ? *bytes : "cannot be read";
}

mode_t mode_of(const fs::path& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777u : 0;
}

class DropInbox : public testing::Test {
  protected:
    DropInbox() { EXPECT_TRUE(create_drop_inbox(root())); }

    fs::path root() const { return folder_.path() / "inbox"; }
    std::set<std::string> published() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(root() / "new"))
            names.insert(entry.path().filename().string());
        return names;
    }
    std::unique_ptr<Inbox> open() const {
        auto inbox = open_drop_inbox(root());
        EXPECT_TRUE(inbox) << inbox.error().message;
        return inbox ? std::move(*inbox) : nullptr;
    }
    Put put(const Delivery& what) const {
        const auto done = open()->put(what);
        EXPECT_TRUE(done) << done.error().message;
        return done.value_or(Put{});
    }
    // A process that is cut off at that point; how it ended.
    template <class Act>
    int cut_at(Point point, Act act) const {
        static Point where;
        where = point;
        const pid_t child = ::fork();
        if (child == 0) {
            set_point_hook([](Point passed) {
                if (passed == where) ::_exit(9);
            });
            act();
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    }
    // What every reader of new/ may see: nothing but whole submissions.
    void expect_whole(const std::string& name, const Delivery& what) const {
        const fs::path place = root() / "new" / name;
        EXPECT_EQ(content(place / "submission.xml"), what.xml);
        for (const auto& file : what.files)
            EXPECT_EQ(hex(sha256(content(place / file.name))), hex(file.sha256));
    }

    dvcsync::test::TemporaryFolder folder_;
};

TEST_F(DropInbox, ASubmissionLiesThereWholeReadableByTheGroupWhateverTheUmask) {
    const auto what = delivery(folder_, "000.00.00.G22-190301-0001");
    const mode_t before = ::umask(077);
    const Put done = put(what);
    ::umask(before);
    EXPECT_FALSE(done.already);
    const fs::path place = root() / "new" / "000.00.00.G22-190301-0001-r1";
    EXPECT_EQ(done.place, place.string());
    expect_whole(place.filename(), what);
    EXPECT_EQ(mode_of(place), 02770u);
    EXPECT_EQ(mode_of(place / "files"), 02770u);
    EXPECT_EQ(mode_of(place / "submission.xml"), 0640u);
    EXPECT_EQ(mode_of(place / "files/01-don.pdf"), 0640u);
    EXPECT_TRUE(fs::is_empty(root() / ".building"));
}

TEST_F(DropInbox, TheSameAgainChangesNothingAlsoWhenTheProvinceHasTakenIt) {
    const auto what = delivery(folder_, "A-1");
    put(what);
    auto again = what;
    again.xml = "another";
    EXPECT_TRUE(put(again).already);
    expect_whole("A-1-r1", what);
    fs::rename(root() / "new" / "A-1-r1", root() / "taken" / "A-1-r1");
    EXPECT_TRUE(put(what).already);
    EXPECT_TRUE(published().empty());
    EXPECT_FALSE(put(delivery(folder_, "A-1", 2)).already);
    EXPECT_EQ(published(), std::set<std::string>{"A-1-r2"});
}

TEST_F(DropInbox, AfterACutItIsThereOnceAndNeverInParts) {
    for (const Point point : {Point::InboxBuilt, Point::InboxMarked, Point::InboxPublished}) {
        const auto what = delivery(folder_, "A-" + std::string(to_string(point).substr(6)));
        const std::string name = what.code + "-r1";
        ASSERT_EQ(cut_at(point, [&] { (void)open()->put(what); }), 9) << to_string(point);
        const bool was_there = published().contains(name);
        EXPECT_EQ(was_there, point == Point::InboxPublished);
        EXPECT_EQ(put(what).already, was_there) << to_string(point);
        expect_whole(name, what);
        EXPECT_TRUE(put(what).already);
        EXPECT_TRUE(fs::is_empty(root() / ".building"));
    }
    EXPECT_EQ(published().size(), 3u);
}

TEST_F(DropInbox, TakenAfterACutItDoesNotComeTwice) {
    const auto what = delivery(folder_, "A-1");
    ASSERT_EQ(cut_at(Point::InboxPublished, [&] { (void)open()->put(what); }), 9);
    fs::remove_all(root() / "new" / "A-1-r1");
    EXPECT_TRUE(put(what).already);
    EXPECT_TRUE(published().empty());
}

TEST_F(DropInbox, WhatACutLeftBehindIsBuiltAfreshWithoutItsFiles) {
    auto what = delivery(folder_, "A-1");
    ASSERT_EQ(cut_at(Point::InboxBuilt, [&] { (void)open()->put(what); }), 9);
    ASSERT_TRUE(fs::exists(root() / ".building/A-1-r1/files/01-don.pdf"));
    what.files.clear();  // a person let it go on without them
    put(what);
    expect_whole("A-1-r1", what);
    EXPECT_FALSE(fs::exists(root() / "new/A-1-r1/files"));
}

TEST_F(DropInbox, OtherContentGetsTheNextRevision) {
    test::expect_other_content_gets_the_next_revision(
        *open(), delivery(folder_, "A-1"), [this](const std::string& code, int revision) {
            const fs::path xml =
                root() / "new" / (code + "-r" + std::to_string(revision)) / "submission.xml";
            return fs::exists(xml) ? content(xml) : "";
        });
}

TEST_F(DropInbox, OtherContentComesAfterTheLastRevision) {
    test::expect_numbers_of_dismissed_revisions_stay_free(*open(), delivery(folder_, "A-1"));
}

TEST_F(DropInbox, OtherContentLooksAtItsOwnCodeOnly) {
    test::expect_no_code_to_meddle_with_another(*open(), delivery(folder_, "A-1"));
}

TEST_F(DropInbox, WhatACutHasMarkedComesToTheProvinceAlsoIfOtherContentIsPutNext) {
    const auto first = delivery(folder_, "A-1");
    ASSERT_EQ(cut_at(Point::InboxMarked, [&] { (void)open()->put(first); }), 9);
    EXPECT_EQ(put(test::other_content(first, 1, "supplement")).instead, 2);
    expect_whole("A-1-r1", first);
    EXPECT_TRUE(fs::is_empty(root() / ".building"));
}

TEST_F(DropInbox, AKeyOfAnOlderProgramIsNobodysSoNothingIsLostToIt) {
    const auto what = delivery(folder_, "A-1");
    put(what);
    folder_.write("inbox/.keys/A-1-r1", "A-1 1\n");
    EXPECT_EQ(put(what).instead, 2);
    EXPECT_FALSE(put(test::other_content(what, 2, "x")).already);
    EXPECT_TRUE(put(test::other_content(what, 2, "x")).already);
}

TEST_F(DropInbox, AFileThatIsNotStagedLeavesNothingBehindInNew) {
    auto what = delivery(folder_, "A-1");
    fs::remove(what.files.front().content);
    EXPECT_FALSE(open()->put(what));
    EXPECT_TRUE(published().empty());
    EXPECT_TRUE(fs::is_empty(root() / ".keys"));
    EXPECT_FALSE(put(delivery(folder_, "A-1")).already);
}

TEST_F(DropInbox, HostileCodesStayInsideAndApart) {
    const std::vector<std::string> codes{"../../etc/passwd",
                                         "..",
                                         ".hidden",
                                         "a/b",
                                         std::string("x\0y", 3),
                                         "",
                                         "a\nb",
                                         "*",
                                         "\xE2\x80\xAE"
                                         "fdp",
                                         "a b",
                                         std::string(5'000, 'a')};
    for (const std::string& code : codes)
        EXPECT_FALSE(put(delivery(folder_, code)).already) << hex(sha256(code));
    const auto names = published();
    EXPECT_EQ(names.size(), codes.size());
    for (const std::string& name : names) {
        EXPECT_EQ(name.find_first_not_of("0123456789abcdef-r"), std::string::npos) << name;
        expect_whole(name, delivery(folder_, "any"));
    }
    for (const auto& entry : fs::directory_iterator(folder_.path()))
        EXPECT_TRUE(entry.path().filename() == "inbox" || entry.path().filename() == "don.pdf");
}

TEST_F(DropInbox, NamesOfFilesThatLeaveTheFolderAreRefused) {
    for (const char* name : {"../../x.pdf", "files/../../x.pdf", "files/..", "files/", "/tmp/x.pdf",
                             "submission.xml", "files/a/b.pdf"}) {
        auto what = delivery(folder_, "A-1");
        what.files.front().name = name;
        const auto done = open()->put(what);
        ASSERT_FALSE(done) << name;
        EXPECT_EQ(done.error().kind, ErrorKind::Config);
        EXPECT_THAT(done.error().message, HasSubstr("leaves its folder"));
    }
    EXPECT_TRUE(published().empty());
}

TEST_F(DropInbox, AMissingFolderIsNamedWithWhatToDo) {
    auto inbox = open();
    fs::remove_all(root() / "new");
    const auto checked = inbox->check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, ErrorKind::Config);
    EXPECT_THAT(checked.error().message, HasSubstr("inbox/new is missing: make"));
    EXPECT_FALSE(open_drop_inbox(root()));
    const auto what = delivery(folder_, "A-1");
    const auto done = inbox->put(what);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::Config);
    fs::create_directory(root() / "new");
    EXPECT_FALSE(put(what).already);
    expect_whole("A-1-r1", what);
}

TEST_F(DropInbox, StagingOnAnotherDiskIsCopied) {
    struct stat here {
    }, there{};
    ASSERT_EQ(::stat(root().c_str(), &here), 0);
    if (::stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev ||
        ::access("/dev/shm", W_OK) != 0)
        GTEST_SKIP() << "no second file system";
    auto what = delivery(folder_, "A-1");
    std::string other = "/dev/shm/dvcsync.XXXXXX";
    const int fd = ::mkstemp(other.data());
    ASSERT_GE(fd, 0);
    ::close(fd);
    fs::copy_file(what.files.front().content, other, fs::copy_options::overwrite_existing);
    what.files.front().content = other;
    put(what);
    fs::remove(other);
    expect_whole("A-1-r1", what);
    EXPECT_EQ(mode_of(root() / "new/A-1-r1/files/01-don.pdf"), 0640u);
}

}  // namespace
}  // namespace dvcsync::province
