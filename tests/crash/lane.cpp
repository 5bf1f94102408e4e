#include "tests/crash/lane.h"

#include <fmt/format.h>
#include <signal.h>

#include <stdexcept>
#include <thread>

#include "tests/sandbox/admin.h"

namespace crash {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Far more than anything here takes: a program that hangs fails the test, and not the machine.
constexpr std::chrono::seconds patience{60};

constexpr const char* faketime = "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1";

void demand(const Ended& ended, const std::string& what) {
    if (ended.exited && ended.code == 0) return;
    throw std::runtime_error(fmt::format("{}: {}\n{}", what, describe(ended), ended.output));
}

// Gives a key of dvcsync.toml a value, as a person would in an editor.
void set_key(std::string& toml, const std::string& key, const std::string& value) {
    for (const std::string& start : {"\n" + key + " = ", "\n# " + key + " = "}) {
        const auto from = toml.find(start);
        if (from == std::string::npos) continue;
        const auto to = toml.find('\n', from + 1);
        toml.replace(from, to - from, fmt::format("\n{} = {}", key, value));
        return;
    }
    throw std::runtime_error(key + ": not in the configuration that dvcsync init writes");
}

std::string member(const std::string& json, const std::string& name) {
    const auto at = json.find('"' + name + "\":");
    if (at == std::string::npos) throw std::runtime_error(name + ": not in " + json);
    const auto from = at + name.size() + 3;
    return json.substr(from, json.find_first_of(",}", from) - from);
}

void copy_all(const fs::path& from, const fs::path& to) {
    fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

}  // namespace

void make_base(const Programs& programs) {
    fs::create_directories(programs.work);
    const fs::path log = programs.work / "setup.log";
    demand(run({(programs.source / "certs" / "dev-ca.sh").string(), programs.work / "certs"}, {},
               log, patience),
           "certs/dev-ca.sh");
    // Without it the program would run, and wait, by the real clock.
    const Ended plain = run({"/bin/true"}, {faketime}, log, patience);
    if (!plain.output.empty())
        throw std::runtime_error("libfaketime is missing (apt-get install faketime): " +
                                 plain.output);
    write_text(programs.work / "password", "of this test alone\n");
    fs::permissions(programs.work / "password", fs::perms::owner_read);
    demand(
        run({programs.bin / "dvcsync", "init", "--dir", programs.work / "base"}, {}, log, patience),
        "dvcsync init");
}

Lane::Lane(const Programs& programs, const std::string& name)
    : programs_(programs),
      folder_(programs.work / name),
      province_(folder_ / "province"),
      journal_(folder_ / "journal") {
    fs::create_directories(folder_);
    copy_all(programs.work / "base", province_);
    start_portal();
    write_configuration();
}

Lane::~Lane() {
    stop_portal();
}

void Lane::start_portal() {
    const fs::path ready = folder_ / "ready.json";
    fs::remove(ready);
    const fs::path certs = programs_.work / "certs";
    // setpriv: it must not outlive a test that is ended from outside.
    portal_ = start({"/usr/bin/setpriv",
                     "--pdeathsig",
                     "TERM",
                     programs_.bin / "dvc-sandbox",
                     "serve",
                     "--port",
                     port_,
                     "--admin-port",
                     "0",
                     "--cert",
                     certs / "server.pem",
                     "--key",
                     certs / "server.key",
                     "--client-ca",
                     certs / "ca.pem",
                     "--username",
                     "province",
                     "--password-file",
                     programs_.work / "password",
                     "--ready-file",
                     ready,
                     "--journal",
                     journal_,
                     "--fault-retry-after",
                     "17"},
                    {}, folder_ / "portal.log");
    for (int tries = 0; tries < 10'000 && !fs::exists(ready); ++tries)
        std::this_thread::sleep_for(1ms);
    const std::string said = read_text(ready);
    if (said.empty())
        throw std::runtime_error("the portal did not start: " + read_text(folder_ / "portal.log"));
    port_ = member(said, "port");
    admin_ = "http://127.0.0.1:" + member(said, "admin_port");
}

void Lane::stop_portal() {
    if (portal_ == 0) return;
    ::kill(portal_, SIGTERM);
    wait_for(portal_, 10s);
    portal_ = 0;
}

void Lane::write_configuration() const {
    const fs::path certs = programs_.work / "certs";
    const auto text = [](const fs::path& path) { return '"' + path.string() + '"'; };
    std::string toml = read_text(province_ / "dvcsync.toml");
    set_key(toml, "base_url", "\"https://127.0.0.1:" + port_ + '"');
    set_key(toml, "username", "\"province\"");
    set_key(toml, "password_file", text(programs_.work / "password"));
    set_key(toml, "ca_file", text(certs / "ca.pem"));
    set_key(toml, "client_certificate", text(certs / "client.pem"));
    set_key(toml, "client_key", text(certs / "client.key"));
    set_key(toml, "folder", text(programs_.source / "mappings"));
    set_key(toml, "in_flight", "2");
    write_text(province_ / "dvcsync.toml", toml);
}

void Lane::hand_over(const std::string& name, const std::string& content) const {
    const fs::path draft = drop() / "in" / (name + ".part");
    write_text(draft, content);
    fs::rename(draft, drop() / "in" / name);
}

Ended Lane::dvcsync(const Command& arguments) const {
    return run_program("dvcsync", arguments, {});
}

Ended Lane::dvcsync_crash(const Command& arguments, const std::string& environment) const {
    return run_program("dvcsync-crash", arguments, {environment});
}

Ended Lane::run_program(const std::string& name, const Command& arguments,
                        std::vector<std::string> environment) const {
    Command command{programs_.bin / name, "--config", province_ / "dvcsync.toml", "--json"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    // Not by the command faketime: it stays in between as a process of its own, and the signal that
    // ends dvcsync would be lost.
    if (fast_) environment.insert(environment.end(), {faketime, "FAKETIME=+0 x100"});
    return run(command, environment, folder_ / (name + ".log"), patience);
}

// Everything of the province but the configuration, which is the lane's.
void Lane::clear() const {
    for (const auto& entry : fs::directory_iterator(province_))
        if (entry.path().filename() != "dvcsync.toml") fs::remove_all(entry.path());
}

void Lane::save(const fs::path& folder) {
    stop_portal();
    fs::remove_all(folder);
    fs::create_directories(folder);
    copy_all(province_, folder / "province");
    fs::remove(folder / "province" / "dvcsync.toml");
    if (fs::exists(journal_)) copy_all(journal_, folder / "journal");
    start_portal();
}

void Lane::restore(const fs::path& folder) {
    stop_portal();
    clear();
    copy_all(folder / "province", province_);
    fs::remove(journal_);
    if (fs::exists(folder / "journal")) copy_all(folder / "journal", journal_);
    start_portal();
}

std::optional<std::string> Lane::dossier_at_portal(const std::string& code) const {
    std::string error;
    return dvcsandbox::fetch(admin_, "/dossier?code=" + code, error);
}

std::string Lane::ask_portal(const std::string& path) const {
    std::string error;
    const auto answer = dvcsandbox::fetch(admin_, path, error);
    if (!answer) throw std::runtime_error(error);
    return *answer;
}

void Lane::set_faults(const std::string& faults) const {
    std::string error;
    if (!dvcsandbox::fetch(admin_, "/faults?spec=" + faults, error, "POST"))
        throw std::runtime_error(error);
}

}  // namespace crash
