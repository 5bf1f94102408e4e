#include "tests/crash/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace crash {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

pid_t start(const Command& command, const std::vector<std::string>& environment,
            const std::filesystem::path& log) {
    std::vector<std::string> arguments = command;
    std::vector<std::string> all = environment;
    for (char** variable = environ; *variable != nullptr; ++variable)
        all.emplace_back(*variable);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t process = 0;
    const int failed = posix_spawn(&process, arguments.front().c_str(), &actions, nullptr,
                                   pointers(arguments).data(), pointers(all).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        throw std::runtime_error(fmt::format("{}: {}", command.front(), std::strerror(failed)));
    return process;
}

Ended wait_for(pid_t process, std::chrono::seconds limit, const std::function<bool()>& enough) {
    const auto until = std::chrono::steady_clock::now() + limit;
    Ended ended;
    int status = 0;
    bool told = !enough;
    while (::waitpid(process, &status, WNOHANG) == 0) {
        if (!ended.timed_out && std::chrono::steady_clock::now() > until) {
            ended.timed_out = true;
            ::kill(process, SIGKILL);
        }
        if (!told && enough()) {
            told = true;
            ::kill(process, SIGTERM);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    ended.exited = WIFEXITED(status);
    if (ended.exited) ended.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
    return ended;
}

Ended run(const Command& command, const std::vector<std::string>& environment,
          const std::filesystem::path& log, std::chrono::seconds limit) {
    Ended ended = wait_for(start(command, environment, log), limit);
    ended.output = read_text(log);
    return ended;
}

std::string describe(const Ended& ended) {
    if (ended.timed_out) return "did not end in time";
    return ended.exited ? fmt::format("exit code {}", ended.code)
                        : fmt::format("signal {}", ended.signal);
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_text(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error(file.string() + ": cannot be written");
}

}  // namespace crash
