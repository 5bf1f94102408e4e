#include "tests/crash/lane.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

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

// One that nobody listens on now: the portal must know it before dvcsync serves.
std::string free_port() {
    const int number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    const bool found = ::bind(number, any, length) == 0 && ::getsockname(number, any, &length) == 0;
    ::close(number);
    if (!found) throw std::runtime_error("no port is free");
    return std::to_string(ntohs(address.sin_port));
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
      journal_(folder_ / "journal"),
      callback_port_(free_port()) {
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
                     "--callback-url",
                     "http://127.0.0.1:" + callback_port_,
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
    set_key(toml, "in_flight", std::to_string(calls_at_once));
    set_key(toml, "file_hosts", "\"127.0.0.1\"");
    set_key(toml, "file_ca", text(certs / "ca.pem"));
    set_key(toml, "allow_private_addresses", "true");
    const auto serve = toml.find("# [serve]");
    if (serve == std::string::npos) throw std::runtime_error("no [serve] in the configuration");
    toml.erase(serve, 2);
    set_key(toml, "port", callback_port_);
    set_key(toml, "poll_seconds", "1");
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

Command Lane::command(const std::string& program, const Command& arguments) const {
    Command all{programs_.bin / program, "--config", province_ / "dvcsync.toml", "--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

Ended Lane::run_program(const std::string& name, const Command& arguments,
                        std::vector<std::string> environment) const {
    // Not by the command faketime: it stays in between as a process of its own, and the signal that
    // ends dvcsync would be lost.
    if (!clock_.empty()) environment.insert(environment.end(), {faketime, "FAKETIME=" + clock_});
    return run(command(name, arguments), environment, folder_ / (name + ".log"), patience);
}

Ended Lane::serve(const std::string& environment, const std::function<void()>& meanwhile,
                  const std::function<bool()>& enough) const {
    const fs::path ready = folder_ / "serve.json", log = folder_ / "serve.log";
    fs::remove(ready);
    const bool delivered = environment.empty();
    const pid_t process =
        start(command(delivered ? "dvcsync" : "dvcsync-crash", {"serve", "--ready-file", ready}),
              delivered ? std::vector<std::string>{} : std::vector{environment}, log);
    bool begun = false;
    auto look = std::chrono::steady_clock::now();
    Ended ended = wait_for(process, patience, [&] {
        if (std::chrono::steady_clock::now() < look || (!begun && !fs::exists(ready))) return false;
        if (!begun) meanwhile();
        begun = true;
        look = std::chrono::steady_clock::now() + 25ms;
        return enough();
    });
    if (!begun) meanwhile();
    ended.output = read_text(log);
    return ended;
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

void Lane::file(const std::string& specification) const {
    std::string error;
    if (!dvcsandbox::fetch(admin_, "/citizen?" + specification, error, "POST"))
        throw std::runtime_error(error);
}

void Lane::set_faults(const std::string& faults) const {
    std::string error;
    if (!dvcsandbox::fetch(admin_, "/faults?spec=" + faults, error, "POST"))
        throw std::runtime_error(error);
}

}  // namespace crash
