#include "connector/portal/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace dvcsync::portal {

namespace {

int trace_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

TlsTrace* trace_of(const SSL* ssl) {
    return static_cast<TlsTrace*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), trace_index()));
}

std::string why_refused(X509_STORE_CTX* check) {
    const int error = X509_STORE_CTX_get_error(check);
    X509* certificate = X509_STORE_CTX_get_current_cert(check);
    switch (error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return fmt::format("the portal's certificate expired on {}",
                               not_after_text(certificate));
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "the portal's certificate is not valid yet; check this machine's clock";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the portal's certificate is for another host; its alternative names do not "
                   "hold the host of base_url";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "the portal's certificate comes from an unknown authority; ca_file does not "
                   "hold it";
        default:
            return fmt::format("the portal's certificate is refused: {}",
                               X509_verify_cert_error_string(error));
    }
}

// Takes the whole decision: cpprestsdk's own check falls back to the common name, so it is unhooked
// here.
int verify_chain(X509_STORE_CTX* check, void* trace) {
    X509_STORE_CTX_set_verify_cb(check, [](int ok, X509_STORE_CTX*) { return ok; });
    const int ok = X509_verify_cert(check);
    if (ok != 1) static_cast<TlsTrace*>(trace)->refuse(why_refused(check));
    return ok == 1 ? 1 : 0;
}

void on_info(const SSL* ssl, int where, int value) {
    auto* trace = trace_of(ssl);
    if (trace == nullptr) return;
    if (where == SSL_CB_HANDSHAKE_START) trace->handshake_begins();
    if (where == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL) trace->alert(value & 0xff);
}

// Called when the portal asks for a client certificate, whether or not we have one.
int on_certificate_request(SSL* ssl, void*) {
    if (auto* trace = trace_of(ssl)) trace->request_certificate();
    return 1;
}

bool is_address(const std::string& host) {
    ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
    ASN1_OCTET_STRING_free(address);
    return address != nullptr;
}

}  // namespace

void TlsTrace::restart() {
    const std::lock_guard lock(mutex_);
    refusal_.clear();
    alert_ = -1;
}

void TlsTrace::refuse(std::string reason) {
    const std::lock_guard lock(mutex_);
    refusal_ = std::move(reason);
}

std::string TlsTrace::refusal() const {
    const std::lock_guard lock(mutex_);
    return refusal_;
}

Result<std::unique_ptr<Tls>> Tls::open(const ClientSettings& settings, std::string host) {
    auto tls = std::make_unique<Tls>();
    tls->host_ = std::move(host);
    tls->host_is_address_ = is_address(tls->host_);
    if (settings.ca_file.empty())
        return fail(ErrorKind::Config,
                    "[portal] ca_file is missing: https needs the file of authorities to trust");
    DVC_TRY_ASSIGN(authorities, read_certificates(settings.ca_file));
    tls->authorities_.reset(X509_STORE_new());
    for (int i = 0; i < sk_X509_num(authorities.get()); ++i)
        X509_STORE_add_cert(tls->authorities_.get(), sk_X509_value(authorities.get(), i));
    DVC_TRY(tls->read_own_certificate(settings));
    return tls;
}

Status Tls::read_own_certificate(const ClientSettings& settings) {
    if (settings.client_certificate.empty() != settings.client_key.empty())
        return fail(ErrorKind::Config,
                    "[portal] client_certificate and client_key go together: give both or none");
    if (settings.client_certificate.empty()) return {};
    DVC_TRY_ASSIGN(chain, read_certificates(settings.client_certificate));
    DVC_TRY_ASSIGN(key, read_key(settings.client_key));
    certificate_.reset(sk_X509_shift(chain.get()));
    chain_ = std::move(chain);
    key_ = std::move(key);
    if (X509_check_private_key(certificate_.get(), key_.get()) != 1) {
        ERR_clear_error();
        return fail(
            ErrorKind::Config,
            fmt::format("{} is not the key of the first certificate in {}",
                        settings.client_key.string(), settings.client_certificate.string()));
    }
    return {};
}

void Tls::apply(SSL_CTX* context, TlsTrace* trace) const {
    SSL_CTX_set1_cert_store(context, authorities_.get());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_ex_data(context, trace_index(), trace);
    SSL_CTX_set_cert_verify_callback(context, verify_chain, trace);
    SSL_CTX_set_info_callback(context, on_info);
    SSL_CTX_set_cert_cb(context, on_certificate_request, nullptr);

    X509_VERIFY_PARAM* demands = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(
        demands, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (host_is_address_)
        X509_VERIFY_PARAM_set1_ip_asc(demands, host_.c_str());
    else
        X509_VERIFY_PARAM_set1_host(demands, host_.c_str(), host_.size());

    if (certificate_) {
        SSL_CTX_use_certificate(context, certificate_.get());
        SSL_CTX_use_PrivateKey(context, key_.get());
        if (chain_) SSL_CTX_set1_chain(context, chain_.get());
    }
}

void Tls::name_host(SSL* ssl) const {
    if (!host_is_address_) SSL_set_tlsext_host_name(ssl, host_.c_str());
}

std::string alert_words(int description) {
    return fmt::format("the portal rejects our certificate or TLS connection: {}",
                       SSL_alert_desc_string_long(description));
}

bool alert_rejects_handshake(int description) {
    constexpr int rejections[] = {
        SSL_AD_HANDSHAKE_FAILURE,       SSL_AD_BAD_CERTIFICATE,
        SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
        SSL_AD_CERTIFICATE_EXPIRED,     SSL_AD_CERTIFICATE_UNKNOWN,
        SSL_AD_ILLEGAL_PARAMETER,       SSL_AD_UNKNOWN_CA,
        SSL_AD_ACCESS_DENIED,           SSL_AD_PROTOCOL_VERSION,
        SSL_AD_INSUFFICIENT_SECURITY,   SSL_AD_UNRECOGNIZED_NAME,
        SSL_AD_CERTIFICATE_REQUIRED,    SSL_AD_DECRYPT_ERROR,
    };
    return std::find(std::begin(rejections), std::end(rejections), description) !=
           std::end(rejections);
}

}  // namespace dvcsync::portal
