// That a `dvcsync serve` of this host runs with a ledger, and at which port: a locked file beside
// the ledger, freed by the system however the process ends.
#pragma once

#include <filesystem>
#include <optional>

namespace dvcsync::sync {

class ServeMark {
  public:
    // Of several at once the first has it. Nothing fails without it: only `check` knows less then.
    ServeMark(const std::filesystem::path& ledger_file, int port);
    ~ServeMark();
    ServeMark(const ServeMark&) = delete;
    ServeMark& operator=(const ServeMark&) = delete;

    // The port of the one that runs; nullopt: none does.
    static std::optional<int> port(const std::filesystem::path& ledger_file);

  private:
    int fd_ = -1;
};

}  // namespace dvcsync::sync
