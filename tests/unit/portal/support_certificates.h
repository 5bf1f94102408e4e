// Certificates made for one test, in a temporary folder that goes away with it.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace dvcsync::portal::test {

class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path write(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path path_;
};

struct CertificateFiles {
    std::filesystem::path certificate;
    std::filesystem::path key;
};

// What a leaf certificate says.
struct Leaf {
    std::string common_name = "leaf";
    std::string alternative_names = {};  // "DNS:localhost,IP:127.0.0.1"; empty: none
    long first_second = -3600;           // from now
    long last_second = 3600;
};

class Authority {
  public:
    explicit Authority(const TemporaryFolder& folder, const std::string& name = "ca");
    const std::filesystem::path& file() const { return file_; }
    CertificateFiles issue(const std::string& name, const Leaf& leaf) const;

  private:
    struct Free {
        void operator()(X509* it) const { X509_free(it); }
        void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
    };
    const TemporaryFolder& folder_;
    std::unique_ptr<EVP_PKEY, Free> key_;
    std::unique_ptr<X509, Free> certificate_;
    std::filesystem::path file_;
};

}  // namespace dvcsync::portal::test
