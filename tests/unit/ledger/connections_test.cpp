// Several connections of one process to one ledger: callbacks beside a pull.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "connector/ledger/ledger.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::ledger {
namespace {

// Whether another process sees that somebody uses the file: SQLite's shared lock, which a
// connection holds for as long as the ledger keeps a log.
bool looks_used(const std::filesystem::path& file) {
    const pid_t child = ::fork();
    if (child == 0) {
        const int fd = ::open(file.c_str(), O_RDWR);
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        lock.l_start = 0x40000002;  // the shared range of SQLite's file format
        lock.l_len = 510;
        ::_exit(fd >= 0 && ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    int status = 1;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

TEST(Connections, ASecondOneLeavesTheFirstItsLocks) {
    const dvcsync::test::TemporaryFolder folder;
    const auto file = folder.path() / "ledger.db";
    auto first = open_sqlite(file, "key");
    ASSERT_TRUE(first) << first.error().message;
    ASSERT_TRUE(looks_used(file));
    {
        auto second = open_sqlite(file, "key");
        ASSERT_TRUE(second) << second.error().message;
        EXPECT_TRUE(looks_used(file));
    }
    EXPECT_TRUE(looks_used(file));
    first->reset();
    EXPECT_FALSE(looks_used(file));
}

}  // namespace
}  // namespace dvcsync::ledger
