// Virus scanning by a running clamd. Thread-safe: every scan has its own connection.
#pragma once

#include <filesystem>
#include <string>

#include "connector/base/error.h"

namespace dvcsync::files {

enum class ScanResult { Clean, Infected, NotScanned };

struct Verdict {
    ScanResult result{};
    std::string what;  // Infected: the signature's name; NotScanned: why, for people
};

class Scanner {
  public:
    // Config error if this cannot be the path of a socket. clamd need not run yet.
    static Result<Scanner> open(std::filesystem::path clamd_socket);

    // Sends the file's bytes (clamd needs no right to read it). NotScanned: larger than clamd
    // takes, and would be again. Retry: clamd is not there, breaks off, says an error, or needs
    // longer than limits::scan_deadline. Errors as dvcsync::file_error() if the file cannot be
    // read.
    Result<Verdict> scan(const std::filesystem::path& file) const;

  private:
    explicit Scanner(std::filesystem::path socket) : socket_(std::move(socket)) {}
    std::filesystem::path socket_;
};

}  // namespace dvcsync::files
