#include "connector/portal/certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <time.h>

#include <optional>

#include "connector/base/crypto.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/portal/portal.h"

namespace dvcsync::portal {

namespace {

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio memory_bio(const std::string& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without it OpenSSL would ask on the terminal and wait.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

std::optional<UtcTime> not_after(const X509* certificate) {
    std::tm parts{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
        return std::nullopt;
    return UtcTime(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

Result<std::unique_ptr<STACK_OF(X509), FreeCertificates>> read_certificates(
    const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(text, read_file(file, limits::max_pem_file));
    const auto bio = memory_bio(text);
    std::unique_ptr<STACK_OF(X509), FreeCertificates> list(sk_X509_new_null());
    while (X509* certificate = PEM_read_bio_X509_AUX(bio.get(), nullptr, no_passphrase, nullptr))
        sk_X509_push(list.get(), certificate);
    // The loop ends with "no start line" after the last one; anything else is a damaged file.
    const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (sk_X509_num(list.get()) == 0 || !end)
        return fail(
            ErrorKind::Config,
            fmt::format("{}: {}; it must hold PEM blocks \"BEGIN CERTIFICATE\"", file.string(),
                        end ? "holds no certificate" : "a certificate in it is damaged"));
    return list;
}

Result<std::unique_ptr<EVP_PKEY, FreeKey>> read_key(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(text, read_file(file, limits::max_pem_file));
    const auto bio = memory_bio(text);
    std::unique_ptr<EVP_PKEY, FreeKey> key(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    const bool sealed = text.find("ENCRYPTED") != std::string::npos;
    OPENSSL_cleanse(text.data(), text.size());
    ERR_clear_error();
    if (!key)
        return fail(
            ErrorKind::Config,
            fmt::format("{}: {}", file.string(),
                        sealed ? "the key is protected by a passphrase; store it without one, "
                                 "readable by this program's user only"
                               : "holds no private key in PEM form"));
    return key;
}

std::string not_after_text(const X509* certificate) {
    const auto at = not_after(certificate);
    return at ? iso_date(date_of(to_vietnam(*at))) : "an unknown day";
}

Result<CertificateFacts> read_certificate(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(list, read_certificates(file));
    const X509* first = sk_X509_value(list.get(), 0);
    const auto until = not_after(first);
    if (!until)
        return fail(ErrorKind::Config,
                    fmt::format("{}: the certificate's last day cannot be read", file.string()));
    const Bio name(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(name.get(), X509_get_subject_name(first), 0,
                       (XN_FLAG_RFC2253 | ASN1_STRFLGS_UTF8_CONVERT) & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const long size = BIO_get_mem_data(name.get(), &text);
    return CertificateFacts{std::string(text, static_cast<std::size_t>(size)), *until};
}

}  // namespace dvcsync::portal
