// A local time authority: the program `openssl ts` with certificates made for the test.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::audit::test {

inline constexpr std::string_view authority_settings = R"([ca]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamper]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = ts
[ts]
serial = {0}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
)";

// A time authority in a folder. Static: making its keys is the slow part.
class Authority {
  public:
    explicit Authority(const std::string& subject) {
        folder_.write("openssl.cnf", fmt::format(authority_settings, folder_.path().string()));
        folder_.write("serial", "0A\n");
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key "
            "-out root.pem -days 30 -config openssl.cnf -extensions root -subj '/CN=root of " +
            subject + "'");
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout stamper.key "
            "-out stamper.csr -config openssl.cnf -subj '/CN=" +
            subject + "'");
        run("openssl x509 -req -in stamper.csr -CA root.pem -CAkey root.key -set_serial 2 -days 30 "
            "-extfile openssl.cnf -extensions stamper -out stamper.pem");
    }
    std::string answer(const std::string& request) const {
        folder_.write("request.tsq", request);
        run("openssl ts -reply -queryfile request.tsq -config openssl.cnf -section ts -inkey "
            "stamper.key -signer stamper.pem -out answer.tsr");
        return *read_file(folder_.path() / "answer.tsr", limits::max_timestamp);
    }
    std::string root() const {
        return *read_file(folder_.path() / "root.pem", limits::max_pem_file);
    }
    int status_of(const std::string& command) const {
        const std::string line = "cd '" + folder_.path().string() + "' && " + command;
        return std::system((line + " >output 2>&1 </dev/null").c_str());
    }
    const dvcsync::test::TemporaryFolder& folder() const { return folder_; }

  private:
    void run(const std::string& command) const {
        if (status_of(command) != 0) ADD_FAILURE() << command;
    }
    dvcsync::test::TemporaryFolder folder_;
};

}  // namespace dvcsync::audit::test
