// Reads certificate and key files (PEM). Internal to the portal module; OpenSSL types.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

#include "connector/base/error.h"

namespace dvcsync::portal {

struct FreeCertificates {
    void operator()(STACK_OF(X509) * list) const { sk_X509_pop_free(list, X509_free); }
};
struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// All certificates of a file, in order, at least one. Config error naming the file.
Result<std::unique_ptr<STACK_OF(X509), FreeCertificates>> read_certificates(
    const std::filesystem::path& file);

// An unencrypted private key. Config error naming the file, never its content.
Result<std::unique_ptr<EVP_PKEY, FreeKey>> read_key(const std::filesystem::path& file);

// "2019-03-01", or "an unknown day".
std::string not_after_text(const X509* certificate);

}  // namespace dvcsync::portal
