#include "tests/unit/sandbox/program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/x509v3.h>
#include <rapidjson/document.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/sandbox/text.h"

namespace dvcsandbox::testing {
namespace {

namespace fs = std::filesystem;

void run(const std::string& command) {
    ASSERT_EQ(std::system(("openssl " + command + " 2>/dev/null").c_str()), 0) << command;
}

}  // namespace

Certificates::Certificates() {
    std::string name = fs::temp_directory_path() / "dvc-sandbox-tls-XXXXXX";
    folder = ::mkdtemp(name.data());
    std::ofstream(folder / "san") << "subjectAltName=IP:127.0.0.1\n";
    std::ofstream(folder / "other-san") << "subjectAltName=DNS:elsewhere.invalid\n";
    authority("ca");
    authority("other-ca");
    leaf("server", "ca", "-days 2 -extfile " + (folder / "san").string());
    leaf("expired", "ca", "-days -1 -extfile " + (folder / "san").string());
    leaf("wrong-host", "ca", "-days 2 -extfile " + (folder / "other-san").string());
    leaf("client", "ca", "-days 2");
    leaf("stranger", "other-ca", "-days 2 -extfile " + (folder / "san").string());
}

Certificates::~Certificates() {
    fs::remove_all(folder);
}

void Certificates::authority(const std::string& name) {
    run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
        " -keyout " + path(name + ".key") + " -out " + path(name + ".pem"));
}

void Certificates::leaf(const std::string& name, const std::string& ca, const std::string& more) {
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " +
        path(name + ".key") + " -out " + path(name + ".csr"));
    run("x509 -req -CAcreateserial -in " + path(name + ".csr") + " -CA " + path(ca + ".pem") +
        " -CAkey " + path(ca + ".key") + " -out " + path(name + ".pem") + " " + more);
}

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

Program::Program(std::vector<std::string> options) {
    const fs::path& folder = certificates().folder;
    static int number = 0;
    ready_ = folder / ("ready-" + std::to_string(++number));
    std::ofstream(folder / "password") << "p\n";
    std::vector<std::string> words{
        DVC_SANDBOX_PROGRAM, "serve",        "--username", "u", "--password-file",
        folder / "password", "--ready-file", ready_};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
        const int null = ::open("/dev/null", O_WRONLY);
        ::dup2(null, 1);
        ::dup2(null, 2);
        ::execv(DVC_SANDBOX_PROGRAM, arguments.data());
        ::_exit(127);
    }
    for (int i = 0; i < 200 && !fs::exists(ready_) && running(); ++i)
        ::usleep(50'000);
    rapidjson::Document ready;
    ready.Parse(read_file(ready_).value_or("").c_str());
    if (!ready.IsObject()) return;
    port = static_cast<std::uint16_t>(ready["port"].GetUint());
    admin = "http://127.0.0.1:" + std::to_string(ready["admin_port"].GetUint());
    EXPECT_EQ(ready["pid"].GetInt(), pid_);
}

Program::~Program() {
    if (running()) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

bool Program::running() {
    if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
}

int Program::terminate() {
    if (running()) ::kill(pid_, SIGTERM);
    return wait();
}

int Program::wait() {
    for (int i = 0; i < 100 && running(); ++i)
        ::usleep(50'000);
    return running() || !WIFEXITED(status_) ? -1 : WEXITSTATUS(status_);
}

Connection::Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    const timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

Connection::~Connection() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(socket_);
}

bool Connection::secure(const Certificates& certificates, const std::string& ca,
                        const std::string& name, int max_version, const std::string& host) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_locations(context_, certificates.path(ca + ".pem").c_str(), nullptr);
    if (max_version != 0) SSL_CTX_set_max_proto_version(context_, max_version);
    if (!name.empty()) {
        SSL_CTX_use_certificate_chain_file(context_, certificates.path(name + ".pem").c_str());
        SSL_CTX_use_PrivateKey_file(context_, certificates.path(name + ".key").c_str(),
                                    SSL_FILETYPE_PEM);
    }
    ssl_ = SSL_new(context_);
    if (!host.empty()) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host.c_str());
    SSL_set_fd(ssl_, socket_);
    return SSL_connect(ssl_) == 1;
}

void Connection::write(std::string_view bytes) {
    if (ssl_ != nullptr)
        SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    else
        EXPECT_GE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
}

bool Connection::receive() {
    char part[4096];
    errno = 0;
    const auto count =
        ssl_ != nullptr ? SSL_read(ssl_, part, sizeof part) : ::recv(socket_, part, sizeof part, 0);
    was_reset_ = count < 0 && errno == ECONNRESET;
    if (count > 0) rest_.append(part, static_cast<std::size_t>(count));
    return count > 0;
}

std::string Connection::read() {
    for (;;) {
        const auto length = rest_.find("Content-Length: ");  // "100 Continue" has none
        const auto header = rest_.find("\r\n\r\n", std::min(length, rest_.size()));
        const auto size =
            header == rest_.npos ? 0 : header + 4 + std::stoul(rest_.substr(length + 16));
        if (header != rest_.npos && rest_.size() >= size) {
            std::string answer = rest_.substr(0, size);
            rest_.erase(0, size);
            return answer;
        }
        if (!receive()) return {};
    }
}

std::string Connection::read_all() {
    while (receive()) {
    }
    return std::move(rest_);
}

std::string Connection::post(std::string_view endpoint, std::string_view body,
                             std::string_view more) {
    std::string bytes = "POST /XrdAdapter/RestService/forward/mapi/";
    bytes.append(endpoint).append(
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "dstcode: VN:GOV:000.00.00.G22:vpcpdvcprovider\r\nContent-Length: ");
    bytes.append(std::to_string(body.size())).append("\r\n").append(more).append("\r\n");
    write(bytes.append(body));
    return read();
}

}  // namespace dvcsandbox::testing
