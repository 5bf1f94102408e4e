// The files of composed citizens: small, generated from a seed, with the true marks of their type.
// An id tells its type and seed, so that nothing has to be kept. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/injector.h"
#include "tests/sandbox/spoil.h"
#include "tests/sandbox/submissions.h"

namespace dvcsandbox {

enum class FileType : std::uint8_t { Pdf, Png, Docx, Program, Script, Bomb };

std::string file_id(FileType type, std::uint64_t seed);  // "pdf-00000000000000ff"
std::string_view extension_of(FileType type);            // "pdf"; of a program "exe"
// 1 to 30 KiB. A bomb is a small archive whose one member is 256 MiB of zeros.
std::string file_bytes(FileType type, std::uint64_t seed);

std::string base64(std::string_view bytes);

// A record whose links of files are signed for this time: "…/files/<id>?token=<number>".
std::string with_tokens(std::string record, std::uint64_t number);

// GET /files/<id>, with the faults of files. A fault that passes is met by the first `fetches`.
class FileServer {
  public:
    FileServer(Injector& faults, SubmissionStore& store, SpoilSettings spoil, unsigned fetches)
        : faults_(faults), store_(store), spoil_(spoil), fetches_(fetches) {}

    Reply serve(const Request& request);

  private:
    Reply instead_of(std::uint64_t seed, unsigned fetch) const;
    void spoil(Reply& reply, std::uint64_t seed, unsigned fetch) const;

    Injector& faults_;
    SubmissionStore& store_;  // counts files_served, files_not_served
    const SpoilSettings spoil_;
    const unsigned fetches_;
    std::mutex mutex_;
    std::map<std::string, unsigned, std::less<>> seen_;
};

}  // namespace dvcsandbox
