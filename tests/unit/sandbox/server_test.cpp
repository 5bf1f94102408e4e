// The real program over real sockets: mutual TLS, keep-alive, limits, administration, a clean end.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/sandbox/admin.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::string_view kLogin = R"({"username":"u","password":"p"})";

// Certificates made for one test run, in a folder that goes with it.
class Certificates {
  public:
    Certificates() {
        std::string name = fs::temp_directory_path() / "dvc-sandbox-tls-XXXXXX";
        folder = ::mkdtemp(name.data());
        authority("ca");
        authority("other-ca");
        leaf("server", "ca", "-extfile " + (folder / "san").string());
        leaf("client", "ca", "");
        leaf("stranger", "other-ca", "");
    }
    ~Certificates() { fs::remove_all(folder); }

    std::string path(std::string_view file) const { return folder / file; }
    fs::path folder;

  private:
    void authority(const std::string& name) {
        run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" +
            name + " -keyout " + path(name + ".key") + " -out " + path(name + ".pem"));
    }
    void leaf(const std::string& name, const std::string& ca, const std::string& more) {
        std::ofstream(folder / "san") << "subjectAltName=IP:127.0.0.1\n";
        run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
            " -keyout " + path(name + ".key") + " -out " + path(name + ".csr"));
        run("x509 -req -days 2 -CAcreateserial -in " + path(name + ".csr") + " -CA " +
            path(ca + ".pem") + " -CAkey " + path(ca + ".key") + " -out " + path(name + ".pem") +
            " " + more);
    }
    static void run(const std::string& command) {
        ASSERT_EQ(std::system(("openssl " + command + " 2>/dev/null").c_str()), 0) << command;
    }
};

// The program in a process of its own.
class Program {
  public:
    Program(const fs::path& folder, std::vector<std::string> options) : ready_(folder / "ready") {
        fs::remove(ready_);
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
        Document ready;
        ready.Parse(read_file(ready_).value_or("").c_str());
        if (!ready.IsObject()) return;
        port = static_cast<std::uint16_t>(ready["port"].GetUint());
        admin = "http://127.0.0.1:" + std::to_string(ready["admin_port"].GetUint());
        EXPECT_EQ(ready["pid"].GetInt(), pid_);
    }
    ~Program() {
        if (pid_ > 0 && running()) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    bool running() {
        if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
        return pid_ > 0;
    }
    // Exit status after SIGTERM; -1 if it does not end within five seconds.
    int terminate() {
        if (running()) ::kill(pid_, SIGTERM);
        return wait();
    }
    int wait() {
        for (int i = 0; i < 100 && running(); ++i)
            ::usleep(50'000);
        return running() || !WIFEXITED(status_) ? -1 : WEXITSTATUS(status_);
    }

    std::uint16_t port = 0;
    std::string admin;

  private:
    fs::path ready_;
    pid_t pid_ = -1;
    int status_ = 0;
};

// A connection of a client, plain or TLS.
class Connection {
  public:
    explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval limit{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Connection() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
        ::close(socket_);
    }

    // With TLS 1.3 a refused client certificate shows at the first read, so true says little.
    bool secure(const Certificates& certificates, const std::string& ca, const std::string& name,
                int max_version = 0) {
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
        SSL_set_fd(ssl_, socket_);
        return SSL_connect(ssl_) == 1;
    }

    void write(std::string_view bytes) {
        if (ssl_ != nullptr)
            SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        else
            EXPECT_GE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
    }

    // One answer with its header; "" when the connection ends before.
    std::string read() {
        std::string answer;
        for (;;) {
            const auto header = answer.find("\r\n\r\n");
            const auto length = answer.find("Content-Length: ");
            if (header != answer.npos && length != answer.npos &&
                answer.size() >= header + 4 + std::stoul(answer.substr(length + 16)))
                return answer;
            char part[4096];
            const auto count = ssl_ != nullptr ? SSL_read(ssl_, part, sizeof part)
                                               : ::recv(socket_, part, sizeof part, 0);
            if (count <= 0) return {};
            answer.append(part, static_cast<std::size_t>(count));
        }
    }

    std::string post(std::string_view endpoint, std::string_view body, std::string_view more = "") {
        std::string bytes = "POST /XrdAdapter/RestService/forward/mapi/";
        bytes.append(endpoint).append(
            " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            "dstcode: VN:GOV:000.00.00.G22:vpcpdvcprovider\r\nContent-Length: ");
        bytes.append(std::to_string(body.size())).append("\r\n").append(more).append("\r\n");
        write(bytes.append(body));
        return read();
    }
    bool connected() const { return connected_; }

  private:
    int socket_;
    bool connected_ = false;
    SSL_CTX* context_ = nullptr;
    SSL* ssl_ = nullptr;
};

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

std::vector<std::string> mutual_tls() {
    const auto& made = certificates();
    return {"--cert",      made.path("server.pem"), "--key",  made.path("server.key"),
            "--client-ca", made.path("ca.pem"),     "--port", "0"};
}

TEST(TlsServer, ServesAClientWithTheRightCertificateOnOneConnection) {
    Program program(certificates().folder, mutual_tls());
    ASSERT_NE(program.port, 0);
    Connection connection(program.port);
    ASSERT_TRUE(connection.secure(certificates(), "ca", "client"));
    const auto answer = connection.post("login", kLogin);
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200 OK"));
    const auto at = answer.find("\"session\":\"");
    ASSERT_NE(at, answer.npos);
    const auto session = answer.substr(at + 11, 32);
    Document dossier = good_dossier();
    for (const std::string_view updating : {"False", "True"}) {
        const std::string body = R"({"session":")" + session +
                                 R"(","madonvi":"000.00.00.H22","service":"DongBoHoSoMC",)" +
                                 R"("isUpdating":")" + std::string(updating) + R"(","data":[)" +
                                 to_json(dossier) + "]}";
        EXPECT_THAT(connection.post("integration", body), HasSubstr("thành công")) << updating;
    }
    std::string error;
    const auto report = fetch(program.admin, "/report?year=2019", error);
    ASSERT_TRUE(report) << error;
    EXPECT_THAT(*report, HasSubstr("\"received\":1,"));
    EXPECT_EQ(program.terminate(), 0);
}

TEST(TlsServer, RefusesAClientWithoutACertificate) {
    Program program(certificates().folder, mutual_tls());
    Connection connection(program.port);
    const bool shaken = connection.secure(certificates(), "ca", "");
    EXPECT_TRUE(!shaken || connection.post("login", kLogin).empty());
    Connection older(program.port);
    EXPECT_FALSE(older.secure(certificates(), "ca", "", TLS1_2_VERSION));
}

TEST(TlsServer, RefusesAClientOfAnotherAuthority) {
    Program program(certificates().folder, mutual_tls());
    Connection connection(program.port);
    const bool shaken = connection.secure(certificates(), "ca", "stranger");
    EXPECT_TRUE(!shaken || connection.post("login", kLogin).empty());
}

TEST(TlsServer, IsRefusedByAClientThatTrustsAnotherAuthority) {
    Program program(certificates().folder, mutual_tls());
    Connection connection(program.port);
    EXPECT_FALSE(connection.secure(certificates(), "other-ca", "client"));
}

TEST(TlsServer, SpeaksNothingOlderThanTls12) {
    Program program(certificates().folder, mutual_tls());
    Connection old(program.port);
    EXPECT_FALSE(old.secure(certificates(), "ca", "client", TLS1_1_VERSION));
    Connection good(program.port);
    EXPECT_TRUE(good.secure(certificates(), "ca", "client", TLS1_2_VERSION));
    EXPECT_THAT(good.post("login", kLogin), HasSubstr("session"));
}

TEST(TlsServer, GoesOnAfterRubbishInPlaceOfAHandshake) {
    Program program(certificates().folder, mutual_tls());
    Connection plain(program.port);
    EXPECT_THAT(plain.post("login", kLogin), Not(HasSubstr("session")));
    Connection good(program.port);
    ASSERT_TRUE(good.secure(certificates(), "ca", "client"));
    EXPECT_THAT(good.post("login", kLogin), HasSubstr("session"));
}

TEST(TlsServer, WithoutClientAuthorityNeedsNoClientCertificate) {
    const auto& made = certificates();
    Program program(made.folder,
                    {"--cert", made.path("server.pem"), "--key", made.path("server.key")});
    Connection connection(program.port);
    ASSERT_TRUE(connection.secure(made, "ca", ""));
    EXPECT_THAT(connection.post("login", kLogin), HasSubstr("session"));
}

TEST(HttpServer, RefusesWhatIsTooLargeOrNotHttp) {
    Program program(certificates().folder, {"--plain", "--max-body", "1000"});
    EXPECT_THAT(Connection(program.port).post("login", std::string(2000, ' ')),
                HasSubstr("HTTP/1.1 413"));
    EXPECT_THAT(
        Connection(program.port).post("login", kLogin, "X: " + std::string(20'000, 'x') + "\r\n"),
        HasSubstr("HTTP/1.1 431"));
    Connection rubbish(program.port);
    rubbish.write("hello\r\n\r\n");
    EXPECT_THAT(rubbish.read(), HasSubstr("HTTP/1.1 400"));
    EXPECT_THAT(Connection(program.port).post("login", kLogin), HasSubstr("session"));
}

TEST(HttpServer, BoundsConnections) {
    Program program(certificates().folder, {"--plain", "--max-connections", "2"});
    Connection first(program.port);
    Connection second(program.port);
    EXPECT_THAT(first.post("login", kLogin), HasSubstr("session"));
    EXPECT_THAT(second.post("login", kLogin), HasSubstr("session"));
    Connection third(program.port);
    char byte = 0;
    EXPECT_TRUE(!third.connected() || third.read().empty()) << byte;
    EXPECT_THAT(first.post("login", kLogin), HasSubstr("session"));
}

TEST(HttpServer, AnswersExpectContinueAndClosesWhenAsked) {
    Program program(certificates().folder, {"--plain"});
    Connection connection(program.port);
    const auto answer =
        connection.post("login", kLogin, "Expect: 100-continue\r\nConnection: close\r\n");
    EXPECT_THAT(answer, HasSubstr("100 Continue"));
    EXPECT_THAT(answer, HasSubstr("session"));
    EXPECT_THAT(connection.read(), ::testing::IsEmpty());
}

TEST(HttpServer, AddsTheLatencyThatIsSet) {
    Program program(certificates().folder, {"--plain", "--latency-ms", "80", "--jitter-ms", "10"});
    Connection connection(program.port);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(connection.post("login", kLogin), HasSubstr("session"));
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(80));
}

TEST(HttpServer, EndsWhileCallsAreUnderWay) {
    Program program(certificates().folder, {"--plain", "--latency-ms", "600000"});
    Connection idle(program.port);
    Connection busy(program.port);
    busy.write(
        "POST /XrdAdapter/RestService/forward/mapi/login HTTP/1.1\r\nContent-Length: 2\r\n"
        "Content-Type: application/json\r\n\r\n{}");
    ::usleep(200'000);
    EXPECT_EQ(program.terminate(), 0);
}

TEST(HttpServer, EndsByRequestOfTheAdministration) {
    Program program(certificates().folder, {"--plain"});
    const auto colon = program.admin.rfind(':');
    Connection admin(static_cast<std::uint16_t>(std::stoul(program.admin.substr(colon + 1))));
    admin.write("POST /shutdown HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(program.wait(), 0);
}

TEST(HttpServer, DoesNotStartWithoutWhatItNeeds) {
    const auto& made = certificates();
    EXPECT_EQ(Program(made.folder, {}).wait(), 2);
    EXPECT_EQ(Program(made.folder, {"--plain", "--nonsense"}).wait(), 2);
    EXPECT_EQ(
        Program(made.folder, {"--cert", made.path("client.pem"), "--key", made.path("server.key")})
            .wait(),
        1);
    EXPECT_EQ(Program(made.folder, {"--plain", "--procedures", "/nonexistent"}).wait(), 1);
    Program first(made.folder, {"--plain"});
    EXPECT_EQ(Program(made.folder, {"--plain", "--port", std::to_string(first.port)}).wait(), 1);
}

}  // namespace
}  // namespace dvcsandbox::testing
