// Writes an archive that is the same, byte for byte, whenever its contents are: ustar, with fixed
// time, owner and mode. libarchive stays inside tar.cpp. An object belongs to one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync::files {

class TarWriter {
  public:
    // Writes beside `file`, which appears, whole, with finish(); mode 0640. Errors as
    // write_atomically().
    static Result<TarWriter> create(const std::filesystem::path& file);
    // Names in the order of the calls, with forward slashes. Refused: the form has no room for it
    // (names longer than 255 bytes, 8 GiB).
    Status add(std::string_view name, std::string_view bytes);
    Status add_file(std::string_view name, const std::filesystem::path& from);
    Status finish();

    TarWriter(TarWriter&&) noexcept;
    TarWriter& operator=(TarWriter&&) = delete;
    ~TarWriter();  // without finish(): nothing is left

  private:
    struct Impl;
    explicit TarWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace dvcsync::files
