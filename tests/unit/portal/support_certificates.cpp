#include "tests/unit/portal/support_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace dvcsync::portal::test {

namespace {

void need(bool ok) {
    if (!ok) throw std::runtime_error("cannot make a test certificate");
}

X509* blank(EVP_PKEY* key, const std::string& common_name, long first, long last) {
    static std::atomic<long> serial{1};
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), first);
    X509_gmtime_adj(X509_getm_notAfter(certificate), last);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    return certificate;
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    need(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

std::FILE* create(const std::filesystem::path& file) {
    std::FILE* out = std::fopen(file.c_str(), "w");
    need(out != nullptr);
    return out;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dvc-portal-XXXXXX").string();
    need(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(const std::string& name,
                                             const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
}

Authority::Authority(const TemporaryFolder& folder, const std::string& name)
    : folder_(folder), key_(EVP_EC_gen("P-256")), file_(folder.path() / (name + ".pem")) {
    certificate_.reset(blank(key_.get(), "test authority " + name, -86400, 86400));
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    extend(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign");
    need(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) != 0);
    std::FILE* out = create(file_);
    PEM_write_X509(out, certificate_.get());
    std::fclose(out);
}

CertificateFiles Authority::issue(const std::string& name, const Leaf& leaf) const {
    const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Free> certificate(
        blank(key.get(), leaf.common_name, leaf.first_second, leaf.last_second));
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    if (!leaf.alternative_names.empty())
        extend(certificate.get(), certificate_.get(), NID_subject_alt_name, leaf.alternative_names);
    need(X509_sign(certificate.get(), key_.get(), EVP_sha256()) != 0);
    CertificateFiles files{folder_.path() / (name + ".pem"), folder_.path() / (name + ".key")};
    std::FILE* out = create(files.certificate);
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
    out = create(files.key);
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    return files;
}

}  // namespace dvcsync::portal::test
