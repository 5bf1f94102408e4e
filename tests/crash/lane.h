// One place where scenes are played: a portal of its own, and a province with its configuration,
// drop folder and ledger. Two lanes never touch one another. One thread at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/crash/process.h"

namespace crash {

struct Programs {
    std::filesystem::path bin;     // dvcsync, dvcsync-crash, dvc-sandbox
    std::filesystem::path source;  // certs/dev-ca.sh, mappings
    std::filesystem::path work;    // made and removed by whoever calls
};

// Makes what all lanes share: certificates, the portal's password, a configuration and its key.
void make_base(const Programs& programs);

constexpr unsigned calls_at_once = 2;  // that dvcsync may make
// Tasks that dvcsync may have claimed and not yet settled: as many again wait for a call to end,
// and what was answered meanwhile is written down with the next ones.
constexpr unsigned tasks_at_once = 2 * calls_at_once;

class Lane {
  public:
    Lane(const Programs& programs, const std::string& name);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    // Puts an export into the drop folder as a one-stop system should.
    void hand_over(const std::string& name, const std::string& content) const;
    std::filesystem::path drop() const { return province_ / "drop"; }
    std::filesystem::path ledger() const { return province_ / "ledger.db"; }
    std::filesystem::path inbox() const { return province_ / "inbox"; }
    std::filesystem::path staging() const { return province_ / "ledger.db.staging"; }

    // Runs the program as it is delivered, or the one that can be told to kill itself.
    Ended dvcsync(const Command& arguments) const;
    Ended dvcsync_crash(const Command& arguments, const std::string& environment) const;
    // Serves the portal's callbacks until `enough`, or until it kills itself. `meanwhile` is called
    // once, when it listens or has ended before. `environment`: none is dvcsync, as above.
    Ended serve(const std::string& environment, const std::function<void()>& meanwhile,
                const std::function<bool()>& enough) const;
    // The clock of both from now on, as libfaketime says it: "+0 x100" runs a hundred times as
    // fast, so that waits of minutes take a second; "+60s" is a minute later; "" is the real one.
    void set_clock(const std::string& clock) { clock_ = clock; }

    // Province and portal as they are, and back. The portal is restarted.
    void save(const std::filesystem::path& folder);
    void restore(const std::filesystem::path& folder);

    // Answers of the portal's administration. Throws if there is none.
    std::string ask_portal(const std::string& path) const;
    std::optional<std::string> dossier_at_portal(const std::string& code) const;  // if it is held
    // Citizens file (see tests/sandbox/README.md).
    void file(const std::string& specification) const;
    // Which faults it makes from now on (see tests/sandbox/README.md); "": none.
    void set_faults(const std::string& faults) const;

  private:
    void start_portal();
    void stop_portal();
    void write_configuration() const;
    void clear() const;
    Command command(const std::string& program, const Command& arguments) const;
    Ended run_program(const std::string& name, const Command& arguments,
                      std::vector<std::string> environment) const;

    Programs programs_;
    std::filesystem::path folder_, province_, journal_;
    std::string port_ = "0", admin_, callback_port_;
    pid_t portal_ = 0;
    std::string clock_;
};

}  // namespace crash
