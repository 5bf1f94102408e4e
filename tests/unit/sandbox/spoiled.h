// The real program with faults on purpose, and a plain client of it that has logged in.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/admin.h"
#include "tests/unit/sandbox/program.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {

// The portal with one fault for every push of dossiers, and a client that has logged in.
class Spoiled {
  public:
    explicit Spoiled(const std::string& faults, std::vector<std::string> more = {}) {
        std::vector<std::string> options{
            "--plain",      "--faults",         faults, "--fault-services",
            "DongBoHoSoMC", "--fault-late-ms",  "200",  "--fault-slow-ms",
            "400",          "--fault-huge-mib", "1",    "--error-code",
            "number"};
        options.insert(options.end(), more.begin(), more.end());
        program = std::make_unique<Program>(options);
        connect();
        const auto answer = connection->post("login", kLogin);
        const auto at = answer.find("\"session\":\"");
        EXPECT_NE(at, answer.npos) << answer;
        session = answer.substr(at + 11, 32);
    }

    void connect() { connection = std::make_unique<Connection>(program->port); }
    std::string call(std::string_view endpoint, std::string_view service, std::string_view rest) {
        const std::string body = R"({"session":")" + session + R"(","madonvi":"000.00.00.H22",)" +
                                 R"("service":")" + std::string(service) + "\"," +
                                 std::string(rest) + "}";
        return connection->post(endpoint, body);
    }
    // Dossiers of these serials; "" when the connection ends without a whole answer.
    std::string push(const std::vector<int>& serials, std::string_view updating = "False") {
        std::string data;
        for (const int serial : serials)
            data += (data.empty() ? "" : ",") + to_json(good_dossier(code(serial)));
        return call("integration", "DongBoHoSoMC",
                    R"("isUpdating":")" + std::string(updating) + R"(","data":[)" + data + "]");
    }
    std::string ask(int serial) {
        return call("share", "TraCuuHoSo", R"("mahoso":")" + code(serial) + "\"");
    }
    std::string push_step(int serial) {
        return call("integration", "CapNhatTienDoHoSoMC",
                    R"("data":[)" + to_json(good_step(code(serial))) + "]");
    }
    static std::string code(int serial) {
        return "000.00.01.H22-190301-" + std::to_string(1000 + serial);
    }

    std::uint64_t number(const std::string& path, const std::string& key) const {
        std::string error;
        const auto answer = fetch(program->admin, path, error);
        EXPECT_TRUE(answer) << error;
        const auto at = answer->find("\"" + key + "\":");
        EXPECT_NE(at, answer->npos) << key << " in " << *answer;
        return at == answer->npos ? 0 : std::stoull(answer->substr(at + key.size() + 3));
    }
    std::uint64_t held() const { return number("/health", "dossiers"); }
    std::uint64_t injected(const std::string& kind) const { return number("/faults", kind); }
    std::uint64_t report(const std::string& key) const { return number("/report?year=2019", key); }
    std::string administer(const std::string& method, const std::string& path) const {
        const auto colon = program->admin.rfind(':');
        Connection admin(static_cast<std::uint16_t>(std::stoul(program->admin.substr(colon + 1))));
        admin.write(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        return admin.read();
    }

    std::unique_ptr<Program> program;
    std::unique_ptr<Connection> connection;
    std::string session;
};

}  // namespace dvcsandbox::testing
