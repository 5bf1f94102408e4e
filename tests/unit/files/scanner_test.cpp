// The real clamd with a signature of our own, and one that misbehaves.
#include "connector/files/scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "tests/unit/files/folder.h"

namespace dvcsync::files::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* program = "/usr/sbin/clamd";

// clamd in the foreground, in a folder of its own, until the end of the tests.
class Clamd {
  public:
    // False: it does not run within 30 s.
    bool start() {
        // "dvcsync harmless test string", in hexadecimal digits, anywhere in any file.
        write(folder_.path() / "own.ndb",
              "Dvcsync.Harmless.Test:0:*:"
              "64766373796e63206861726d6c657373207465737420737472696e67\n");
        const auto settings =
            write(folder_.path() / "clamd.conf",
                  "Foreground yes\nLocalSocket " + socket().string() + "\nDatabaseDirectory " +
                      folder_.path().string() + "\nTemporaryDirectory " + folder_.path().string() +
                      "\nStreamMaxLength 1M\nMaxThreads 2\nLogFile " +
                      (folder_.path() / "clamd.log").string() + "\n");
        const std::string option = "--config-file=" + settings.string();
        char* const arguments[] = {const_cast<char*>(program), const_cast<char*>(option.c_str()),
                                   nullptr};
        if (::posix_spawn(&process_, program, nullptr, nullptr, arguments, environ) != 0)
            return false;
        for (int i = 0; i < 300; ++i) {
            if (fs::exists(socket())) return true;
            if (::waitpid(process_, nullptr, WNOHANG) == process_) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        return false;
    }
    ~Clamd() {
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

    fs::path socket() const { return folder_.path() / "clamd.sock"; }

  private:
    Folder folder_;
    pid_t process_ = 0;
};

class RealScanner : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        clamd_ = std::make_unique<Clamd>();
        runs_ = ::access(program, X_OK) == 0 && clamd_->start();
    }
    static void TearDownTestSuite() { clamd_.reset(); }
    void SetUp() override {
        if (!runs_) GTEST_SKIP() << "clamd is not installed or does not start";
    }

    Result<Verdict> scan(std::string_view bytes) {
        const auto scanner = Scanner::open(clamd_->socket());
        return scanner->scan(write(folder_.path() / "file", bytes));
    }

    static inline std::unique_ptr<Clamd> clamd_;
    static inline bool runs_ = false;
    Folder folder_;
};

TEST_F(RealScanner, FindsNothingInACleanFile) {
    for (const std::string& bytes :
         {std::string(), std::string("hello\n"), std::string(900'000, 'x')}) {
        const auto verdict = scan(bytes);
        ASSERT_TRUE(verdict) << verdict.error().message;
        EXPECT_EQ(verdict->result, ScanResult::Clean);
        EXPECT_EQ(verdict->what, "");
    }
}

TEST_F(RealScanner, NamesTheSignatureThatItFinds) {
    for (const std::string& before : {std::string(), std::string(500'000, 'x')}) {
        const auto verdict = scan(before + "dvcsync harmless test string" + before);
        ASSERT_TRUE(verdict) << verdict.error().message;
        EXPECT_EQ(verdict->result, ScanResult::Infected);
        EXPECT_THAT(verdict->what, HasSubstr("Dvcsync.Harmless.Test"));
    }
}

TEST_F(RealScanner, SaysSoWhenAFileIsLargerThanItTakes) {
    const auto verdict = scan(std::string(8u << 20, 'x'));
    ASSERT_TRUE(verdict) << verdict.error().message;
    EXPECT_EQ(verdict->result, ScanResult::NotScanned);
    EXPECT_THAT(verdict->what, HasSubstr("StreamMaxLength"));
}

TEST_F(RealScanner, ServesSeveralThreads) {
    const auto scanner = Scanner::open(clamd_->socket());
    const auto file = write(folder_.path() / "file", "dvcsync harmless test string");
    std::atomic<int> found{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            const auto verdict = scanner->scan(file);
            if (verdict && verdict->result == ScanResult::Infected) ++found;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(found, 4);
}

// Accepts one connection, says `answer` and hangs up.
class Misbehaving {
  public:
    Misbehaving(const fs::path& path, std::string answer)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 1) != 0)
            throw std::runtime_error("cannot listen");
        thread_ = std::thread([this, answer = std::move(answer)] {
            const int client = ::accept(listener_, nullptr, nullptr);
            if (client < 0) return;
            (void)::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
            ::close(client);
        });
    }
    ~Misbehaving() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    Misbehaving(const Misbehaving&) = delete;
    Misbehaving& operator=(const Misbehaving&) = delete;

  private:
    int listener_;
    std::thread thread_;
};

TEST(Scanner, WhatIsNoAnswerOfClamdIsTriedAgain) {
    Folder folder;
    const auto file = write(folder.path() / "file", std::string(1u << 20, 'x'));
    int number = 0;
    for (const std::string& answer :
         {std::string(), std::string("stream: OK"), std::string("UNKNOWN COMMAND\0", 16),
          std::string("stream: Can't open file ERROR\0", 30), std::string(" FOUND\0", 7),
          std::string("stream: FOUND\0", 14), std::string(100'000, 'x')}) {
        const auto socket = folder.path() / std::to_string(++number);
        const Misbehaving clamd(socket, answer);
        const auto verdict = Scanner::open(socket)->scan(file);
        ASSERT_FALSE(verdict) << answer.substr(0, 40);
        EXPECT_EQ(verdict.error().kind, ErrorKind::Retry);
        EXPECT_THAT(verdict.error().message, HasSubstr("clamav-daemon"));
    }
}

TEST(Scanner, ThatCannotBeReachedIsTriedAgain) {
    Folder folder;
    const auto file = write(folder.path() / "file", "x");
    const auto verdict = Scanner::open(folder.path() / "none")->scan(file);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().kind, ErrorKind::Retry);
    EXPECT_THAT(verdict.error().message, HasSubstr("cannot be reached"));
}

TEST(Scanner, PathsThatCannotBeASocketAreASetting) {
    for (const std::string& path :
         {std::string(), std::string("clamd.sock"), "/" + std::string(200, 'x')}) {
        const auto scanner = Scanner::open(path);
        ASSERT_FALSE(scanner);
        EXPECT_EQ(scanner.error().kind, ErrorKind::Config);
    }
}

TEST(Scanner, AFileThatIsNotThereIsNamed) {
    const auto verdict = Scanner::open("/run/clamd.sock")->scan("/no/such/file");
    ASSERT_FALSE(verdict);
    EXPECT_THAT(verdict.error().message, HasSubstr("/no/such/file"));
}

}  // namespace
}  // namespace dvcsync::files::test
