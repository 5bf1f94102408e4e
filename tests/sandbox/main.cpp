// dvc-sandbox: a strict national portal to test a connector against.
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "tests/sandbox/admin.h"
#include "tests/sandbox/citizens.h"
#include "tests/sandbox/contract.h"
#include "tests/sandbox/http_server.h"
#include "tests/sandbox/portal.h"
#include "tests/sandbox/report.h"

namespace {

using namespace dvcsandbox;

constexpr const char* kHelp = R"(
A vendor tests against it so:

  printf 'secret\n' > password
  dvc-sandbox serve --plain --port 8080 --admin-port 8081 --username 000.00.00.H22 \
      --password-file password &

  P=http://127.0.0.1:8080/XrdAdapter/RestService/forward/mapi
  D='dstcode: VN:GOV:000.00.00.G22:vpcpdvcprovider'
  J='Content-Type: application/json'
  curl -s -H "$J" -H "$D" "$P/login" -d '{"username":"000.00.00.H22","password":"secret"}'
  curl -s -H "$J" -H "$D" "$P/integration" -d '{"session":"<session>","madonvi":"000.00.00.H22",
      "service":"DongBoHoSoMC","isUpdating":"False","data":[{"MaHoSo":"…"}]}'
  curl -s -H "$J" -H "$D" "$P/share" -d '{"session":"<session>","madonvi":"000.00.00.H22",
      "service":"TraCuuHoSo","mahoso":"000.00.01.H22-190301-0001"}'

  dvc-sandbox report --admin http://127.0.0.1:8081 --year 2019
  curl -s 'http://127.0.0.1:8081/dossier?code=000.00.01.H22-190301-0001'
  curl -s -X POST http://127.0.0.1:8081/shutdown

With TLS: --cert and --key instead of --plain; --client-ca asks for a client certificate, then
  curl --cacert ca.pem --cert client.pem --key client.key https://…
Every field with its rule: dvc-sandbox fields. Exit codes: 0 well, 1 failed, 2 wrong use.
)";

struct Serve {
    PortalSettings portal;
    HttpSettings http;
    HttpSettings admin;
    std::string certificate, key, client_ca, password_file, procedures, journal, ready_file;
    std::string code_form = "mixed", answers = "per-item", generation = "any";
    std::string faults, fault_services;
    std::uint64_t fault_seed = 1;
    std::size_t huge_mib = 64;
    long session_seconds = 1800, latency_ms = 0, jitter_ms = 0;
    CallbackSettings callbacks;
    std::string files_url, citizen;
    unsigned failing_fetches = 2;
    long late_ms = 2000, slow_ms = 2000, retry_after_s = 1;
    bool plain = false;
};

void add_citizens(CLI::App& command, Serve& serve) {
    CallTarget& target = serve.callbacks.target;
    command.add_option("--citizen", serve.citizen,
                       "file at the start: count=510&seed=1&roads=poll, as POST /citizen takes it");
    command.add_option("--files-url", serve.files_url,
                       "where citizens' files are, if not on this port: http://host:port");
    command.add_option("--callback-url", target.url, "call back http://host:port or https://…");
    command
        .add_option("--callback-prefix", serve.callbacks.prefix, "path before the callback's name")
        ->capture_default_str();
    command.add_option("--callback-ca", target.ca, "authority of that server, PEM");
    command.add_option("--callback-cert", target.certificate, "our client certificate, PEM");
    command.add_option("--callback-key", target.key, "its key, PEM");
    command
        .add_option("--callbacks-at-once", serve.callbacks.at_once, "calls back under way at once")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
}

void add_serve(CLI::App& app, Serve& serve) {
    auto* command = app.add_subcommand("serve", "run the portal until SIGTERM or POST /shutdown");
    const auto whole = CLI::NonNegativeNumber;
    command->add_option("--address", serve.http.address, "address to listen on")
        ->capture_default_str();
    command->add_option("--port", serve.http.port, "port of the portal, 0: any free one");
    command->add_option("--admin-port", serve.admin.port,
                        "port of the administration on 127.0.0.1, 0: any free one");
    command->add_option("--ready-file", serve.ready_file,
                        "written when listening: {\"port\":…,\"admin_port\":…,\"pid\":…}");
    command->add_flag("--plain", serve.plain, "HTTP without TLS");
    command->add_option("--cert", serve.certificate, "server certificate chain, PEM");
    command->add_option("--key", serve.key, "its key, PEM");
    command->add_option("--client-ca", serve.client_ca,
                        "require a client certificate signed by this CA, PEM");
    command->add_option("--username", serve.portal.username, "user of the login")->required();
    command->add_option("--password-file", serve.password_file, "first line: the password")
        ->required();
    command->add_option("--dstcode", serve.portal.dstcode, "destination code of every call")
        ->capture_default_str();
    command->add_option("--madonvi", serve.portal.madonvi, "the province that is registered")
        ->capture_default_str();
    command->add_option("--error-code", serve.code_form, "form of error_code; padded: \"00\"")
        ->check(CLI::IsMember({"number", "string", "padded", "mixed"}))
        ->capture_default_str();
    command->add_option("--answers", serve.answers, "one outcome per item, or one for the call")
        ->check(CLI::IsMember({"per-item", "whole"}))
        ->capture_default_str();
    command
        ->add_option("--generation", serve.generation,
                     "whose members of a dossier are known; wrapper: the province's own service in "
                     "front; 2026: "
                     "a portal of the newest kind (tokens, codes that it gives)")
        ->check(CLI::IsMember({"any", "2020", "2024", "wrapper", "2026"}))
        ->capture_default_str();
    command->add_option("--max-batch", serve.portal.max_batch, "records in a call")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--session-seconds", serve.session_seconds, "life of a session")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command
        ->add_option("--session-calls", serve.portal.session_calls,
                     "calls of a session, 0: no limit")
        ->capture_default_str();
    command->add_option("--latency-ms", serve.latency_ms, "added to every answer")->check(whole);
    command->add_option("--jitter-ms", serve.jitter_ms, "plus up to this")->check(whole);
    command->add_option("--faults", serve.faults,
                        "faults on purpose with their rates: lost-after=0.02,too-many=0.05; "
                        "all=0.1 gives each kind its share");
    command->add_option("--fault-seed", serve.fault_seed, "the same seed, the same faults")
        ->capture_default_str();
    command->add_option("--fault-services", serve.fault_services,
                        "only calls of these services (with commas; login is one)");
    command->add_option("--fault-late-ms", serve.late_ms, "before an answer that is late")
        ->check(whole)
        ->capture_default_str();
    command->add_option("--fault-slow-ms", serve.slow_ms, "over which a slow answer is spread")
        ->check(whole)
        ->capture_default_str();
    command->add_option("--fault-retry-after", serve.retry_after_s, "seconds, told with HTTP 429")
        ->check(whole)
        ->capture_default_str();
    command->add_option("--fault-huge-mib", serve.huge_mib, "size of a huge answer")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    command
        ->add_option("--fault-file-fetches", serve.failing_fetches,
                     "fetches of a file that meet a fault which passes")
        ->capture_default_str();
    add_citizens(*command, serve);
    command->add_option("--max-body", serve.http.max_body, "bytes of a request")
        ->capture_default_str();
    command->add_option("--max-connections", serve.http.max_connections, "at once")
        ->capture_default_str();
    command->add_option("--procedures", serve.procedures, "the national list, CSV code,name");
    command->add_option("--journal", serve.journal,
                        "keep what is accepted in this file and start with what it holds");
    command->add_flag("-v,--verbose", serve.portal.verbose,
                      "a line on stderr for each refusal: rule and code, no values");
}

std::string first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    if (!in || !std::getline(in, line) || line.empty())
        throw std::runtime_error(file + ": the first line must be the password");
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

// Whole or not at all: whoever waits for the file never reads half of it.
void write_ready(const std::string& file, std::uint16_t port, std::uint16_t admin_port) {
    const std::string temporary = file + ".tmp";
    {
        std::ofstream out(temporary);
        out << fmt::format("{{\"port\":{},\"admin_port\":{},\"pid\":{}}}\n", port, admin_port,
                           ::getpid());
        if (!out.flush()) throw std::runtime_error(temporary + ": cannot be written");
    }
    if (std::rename(temporary.c_str(), file.c_str()) != 0)
        throw std::runtime_error(file + ": cannot be written");
}

CitizensSettings citizens_settings(const Serve& serve, std::uint16_t port) {
    const std::string here =
        fmt::format("{}://{}:{}", serve.plain ? "http" : "https", serve.http.address, port);
    CitizensSettings settings{
        .files_url = (serve.files_url.empty() ? here : serve.files_url) + "/files/",
        .callbacks = std::nullopt,
        .failing_fetches = serve.failing_fetches};
    if (!serve.callbacks.target.url.empty()) settings.callbacks = serve.callbacks;
    return settings;
}

[[noreturn]] void wait_for_end(const sigset_t& signals, HttpServer& server, HttpServer& admin) {
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop();
    admin.stop();
    fmt::print("dvc-sandbox: stopped\n");
    std::fflush(stdout);
    // What is held ends with the process: freeing half a million rows one by one would only take
    // time.
    std::_Exit(0);
}

void announce(const Serve& serve, const HttpServer& server, const HttpServer& admin) {
    if (!serve.ready_file.empty()) write_ready(serve.ready_file, server.port(), admin.port());
    fmt::print("dvc-sandbox: portal on {}:{} ({}), administration on 127.0.0.1:{}",
               serve.http.address, server.port(),
               serve.plain               ? "plain HTTP"
               : serve.client_ca.empty() ? "TLS"
                                         : "mutual TLS",
               admin.port());
}

int run_ministry(const Serve& serve, const TlsContext* tls, const sigset_t& signals) {
    const PortalSettings& common = serve.portal;
    Ministry ministry({.client = common.username,
                       .secret = common.password,
                       .agency = common.madonvi,
                       .token_life = common.session_life,
                       .max_batch = common.max_batch,
                       .whole_answers = common.answer_form == AnswerForm::Whole,
                       .string_codes = common.code_form != CodeForm::Number,
                       .verbose = common.verbose,
                       .faults = common.faults,
                       .spoil = common.spoil});
    std::string error;
    if (!serve.journal.empty() && !ministry.open_journal(serve.journal, error))
        throw std::runtime_error(error);
    HttpServer server(serve.http, tls,
                      [&ministry](Request& request) { return ministry.handle(request); });
    if (!server.bind(error)) throw std::runtime_error(error);
    const Controls controls{
        .shutdown = [] { ::kill(::getpid(), SIGTERM); },
        .begin_outage = [&server](Outage how, auto length) { server.begin_outage(how, length); },
        .outage_calls = [&server] { return server.outage_calls(); },
        .serve_with = {}};
    HttpServer admin(serve.admin, nullptr, [&ministry, &controls](Request& request) {
        return administer(ministry, request, controls);
    });
    if (!admin.bind(error)) throw std::runtime_error(error);
    server.start();
    admin.start();
    announce(serve, server, admin);
    fmt::print("\n");
    std::fflush(stdout);
    wait_for_end(signals, server, admin);
}

int run(Serve& serve) {
    if (serve.plain != (serve.certificate.empty() && serve.key.empty())) {
        fmt::print(stderr, "dvc-sandbox: either --plain, or --cert and --key\n");
        return 2;
    }
    // Every thread inherits the mask, so that signals are taken by sigwait below and nowhere else.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT})
        sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL

    serve.portal.password = first_line(serve.password_file);
    serve.portal.code_form = serve.code_form == "number"   ? CodeForm::Number
                             : serve.code_form == "string" ? CodeForm::String
                             : serve.code_form == "padded" ? CodeForm::Padded
                                                           : CodeForm::Mixed;
    serve.portal.wrapper = serve.generation == "wrapper";
    serve.portal.generation = serve.generation == "2020" || serve.portal.wrapper
                                  ? Generation::Of2020
                              : serve.generation == "2024" ? Generation::Of2024
                                                           : Generation::Any;
    serve.portal.answer_form = serve.answers == "whole" ? AnswerForm::Whole : AnswerForm::PerItem;
    serve.portal.session_life = std::chrono::seconds(serve.session_seconds);
    serve.http.latency = std::chrono::milliseconds(serve.latency_ms);
    serve.http.jitter = std::chrono::milliseconds(serve.jitter_ms);
    serve.http.verbose = serve.portal.verbose;

    std::string error;
    auto faults = parse_plan(serve.faults, serve.fault_services, serve.fault_seed, error);
    if (!faults) {
        fmt::print(stderr, "dvc-sandbox: --faults: {}\n", error);
        return 2;
    }
    serve.portal.faults = std::move(*faults);
    serve.portal.spoil = {.late = std::chrono::milliseconds(serve.late_ms),
                          .slow = std::chrono::milliseconds(serve.slow_ms),
                          .retry_after = std::chrono::seconds(serve.retry_after_s),
                          .huge = serve.huge_mib << 20U};
    std::unique_ptr<TlsContext> tls;
    if (!serve.plain)
        tls = std::make_unique<TlsContext>(serve.certificate, serve.key, serve.client_ca);
    if (serve.generation == "2026") return run_ministry(serve, tls.get(), signals);
    auto list = NationalList::load(serve.procedures.empty() ? DVC_SANDBOX_DATA_DIR
                                       "/national_procedures.csv"
                                                            : serve.procedures,
                                   error);
    if (!list) throw std::runtime_error(error);
    Portal portal(serve.portal, std::move(*list));
    Journal::Replay replay;
    if (!serve.journal.empty() && !portal.open_journal(serve.journal, replay, error))
        throw std::runtime_error(error);
    // Where files are is known only when the server listens, and it must know who serves them.
    std::unique_ptr<Citizens> citizens;
    HttpServer server(serve.http, tls.get(), [&portal, &citizens](Request& request) {
        return request.path.starts_with("/files/") ? citizens->serve_file(request)
                                                   : portal.handle(request);
    });
    if (!server.bind(error)) throw std::runtime_error(error);
    citizens = std::make_unique<Citizens>(portal, citizens_settings(serve, server.port()));
    if (!serve.citizen.empty() && !citizens->file(serve.citizen, error))
        throw std::runtime_error("--citizen: " + error);
    const Controls controls{
        .shutdown = [] { ::kill(::getpid(), SIGTERM); },
        .begin_outage = [&server](Outage how, auto length) { server.begin_outage(how, length); },
        .outage_calls = [&server] { return server.outage_calls(); },
        .serve_with = [&server, &tls](const std::string& file,
                                      const std::string& key) -> std::string {
            if (!tls) return "the portal runs without TLS";
            try {
                tls->serve_with(file, key);
            } catch (const std::runtime_error& failed) {
                return failed.what();
            }
            server.drop_connections();  // so that the next call meets the new certificate
            return {};
        },
        .citizens = citizens.get()};
    HttpServer admin(serve.admin, nullptr, [&portal, &controls](Request& request) {
        return administer(portal, request, controls);
    });
    if (!admin.bind(error)) throw std::runtime_error(error);
    server.start();
    admin.start();
    announce(serve, server, admin);
    if (!serve.journal.empty())
        fmt::print(", journal: {} records taken up, {} refused", replay.accepted, replay.refused);
    fmt::print("\n");
    std::fflush(stdout);

    wait_for_end(signals, server, admin);
}

int report(const std::string& admin, int year, bool json) {
    std::string error;
    const auto answer = fetch(admin, fmt::format("/report?year={}", year), error);
    if (!answer) {
        fmt::print(stderr, "dvc-sandbox: {}\n", error);
        return 1;
    }
    const auto table = report_table(*answer);
    if (!table) {
        fmt::print(stderr, "dvc-sandbox: {} does not answer with a report\n", admin);
        return 1;
    }
    fmt::print("{}\n", json ? *answer : *table);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"A strict national portal to test a connector against."};
    app.name("dvc-sandbox");
    app.footer(kHelp);
    app.require_subcommand(1);
    Serve serve;
    add_serve(app, serve);
    std::string admin;
    int year = 2019;
    bool json = false;
    auto* report_command = app.add_subcommand("report", "show what a running portal holds");
    report_command->add_option("--admin", admin, "http://127.0.0.1:PORT of the administration")
        ->required();
    report_command->add_option("--year", year, "year of the figures")
        ->check(CLI::Range(1900, 2199))
        ->capture_default_str();
    report_command->add_flag("--json", json, "JSON instead of a table");
    auto* fields_command = app.add_subcommand("fields", "print every field of the contract");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        if (*report_command) return report(admin, year, json);
        if (*fields_command) {
            fmt::print("{}", contract_page());
            return 0;
        }
        return run(serve);
    } catch (const std::exception& error) {
        fmt::print(stderr, "dvc-sandbox: {}\n", error.what());
        return 1;
    }
}
