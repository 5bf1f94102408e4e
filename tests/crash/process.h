// Programs that the test starts, ends and waits for. Everything is bounded in time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace crash {

struct Ended {
    bool exited = false;  // by itself, with `code`
    int code = 0;
    int signal = 0;          // that ended it; 0: none
    bool timed_out = false;  // it was killed because its time was up
    std::string output;      // standard output and error
};

using Command = std::vector<std::string>;  // the program's path and its arguments

// A program in the background. Its output goes to `log`. `environment`: "NAME=value" added to ours.
// Throws std::runtime_error if it cannot be started.
pid_t start(const Command& command, const std::vector<std::string>& environment,
            const std::filesystem::path& log);

// Waits for a program, and kills it when its time is up. `enough`, if there is one, is asked now
// and then; once it says so the program is told to end (SIGTERM).
Ended wait_for(pid_t process, std::chrono::seconds limit,
               const std::function<bool()>& enough = nullptr);

// Both. The output is read back from `log`.
Ended run(const Command& command, const std::vector<std::string>& environment,
          const std::filesystem::path& log, std::chrono::seconds limit);

// "exit code 4", "signal 9", "did not end in time".
std::string describe(const Ended& ended);

std::string read_text(const std::filesystem::path& file);  // "" if it cannot be read
void write_text(const std::filesystem::path& file, const std::string& text);  // throws

}  // namespace crash
