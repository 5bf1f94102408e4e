// TLS as this client wants it, on OpenSSL alone: our authorities only, TLS 1.2 or newer, the name
// checked against the certificate's alternative names, the reason of a refusal in words.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "connector/base/error.h"
#include "connector/portal/certificate.h"
#include "connector/portal/portal.h"

namespace dvcsync::portal {

// What happened on one connection, told by OpenSSL's callbacks on whatever thread runs them.
class TlsTrace {
  public:
    void restart();                   // before an exchange
    void refuse(std::string reason);  // we refused the portal's certificate
    void alert(int description) { alert_ = description; }
    void request_certificate() { certificate_requested_ = true; }
    void handshake_begins() const {
        if (on_handshake) on_handshake();
    }

    std::function<void()> on_handshake;  // set before the first connection, then left alone

    std::string refusal() const;          // empty: none
    int alert() const { return alert_; }  // fatal alert that the portal sent, or -1
    bool certificate_requested() const { return certificate_requested_; }

  private:
    mutable std::mutex mutex_;
    std::string refusal_;
    std::atomic<int> alert_{-1};
    std::atomic<bool> certificate_requested_{false};
};

// The pinned authorities and our certificate, read once and shared by all connections. Immutable
// and thread-safe after open().
class Tls {
  public:
    // Config error: files missing, unreadable, without certificates, or a key that does not fit.
    static Result<std::unique_ptr<Tls>> open(const ClientSettings& settings, std::string host);

    // Makes a fresh SSL_CTX ours. The trace must outlive every connection made from it.
    void apply(SSL_CTX* context, TlsTrace* trace) const;
    // Names the host that we want (SNI), unless it is an address.
    void name_host(SSL* ssl) const;

  private:
    struct FreeStore {
        void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    };
    struct FreeCertificate {
        void operator()(X509* certificate) const { X509_free(certificate); }
    };

    Status read_own_certificate(const ClientSettings& settings);

    std::string host_;
    bool host_is_address_ = false;
    std::unique_ptr<X509_STORE, FreeStore> authorities_;
    std::unique_ptr<X509, FreeCertificate> certificate_;  // null: no mutual TLS
    std::unique_ptr<EVP_PKEY, FreeKey> key_;
    std::unique_ptr<STACK_OF(X509), FreeCertificates> chain_;  // above the certificate
};

// A TLS alert in words; and whether it means that the portal rejects our certificate or handshake.
std::string alert_words(int description);
bool alert_rejects_handshake(int description);

}  // namespace dvcsync::portal
