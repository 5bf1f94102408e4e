#include "connector/audit/timestamp.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include <ctime>

#include "connector/audit/bytes.h"
#include "connector/audit/openssl.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

using Bio = Owned<BIO, BIO_free_all>;
using Integer = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using Store = Owned<X509_STORE, X509_STORE_free>;
using Certificate = Owned<X509, X509_free>;
using Response = Owned<TS_RESP, TS_RESP_free>;

constexpr long request_version = 1;

// The first thing that OpenSSL found, in its words; they hold no data of ours.
std::string openssl_says() {
    const char* const reason = ERR_reason_error_string(ERR_peek_error());
    std::string text = reason == nullptr ? "no reason given" : reason;
    ERR_clear_error();
    return text;
}

tl::unexpected<Error> bad_stamp(std::string_view why) {
    return fail(ErrorKind::Corrupt, fmt::format("the time stamp {}", why));
}

Integer integer(std::uint64_t value) {
    Integer number(ASN1_INTEGER_new());
    require(number && ASN1_INTEGER_set_uint64(number.get(), value) == 1, "out of memory");
    return number;
}

Result<Store> load_authorities(std::string_view pem, std::time_t at) {
    const auto bad = [] {
        ERR_clear_error();
        return fail(ErrorKind::Config,
                    "the time authorities' certificates are not PEM text with certificates; ask "
                    "the authority for its root certificate");
    };
    if (pem.size() > limits::max_pem_file) return bad();
    const Bio input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Store store(X509_STORE_new());
    require(input && store, "out of memory");
    int count = 0;
    for (;; ++count) {
        const Certificate certificate(PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr));
        if (!certificate) break;
        require(X509_STORE_add_cert(store.get(), certificate.get()) == 1, "out of memory");
    }
    if (count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return bad();
    ERR_clear_error();
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), at);
    return store;
}

Result<std::time_t> time_of(const ASN1_GENERALIZEDTIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return bad_stamp("has no time");
    return ::timegm(&parts);
}

// Whether the stamp is over a SHA-256 digest: OpenSSL compares the bytes alone.
bool over_sha256(TS_TST_INFO* info) {
    const ASN1_OBJECT* method = nullptr;
    X509_ALGOR_get0(&method, nullptr, nullptr,
                    TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(info)));
    return OBJ_obj2nid(method) == NID_sha256;
}

Result<Response> parse_response(std::string_view bytes) {
    if (bytes.size() > limits::max_timestamp)
        return bad_stamp(fmt::format("is longer than {} bytes", limits::max_timestamp));
    const unsigned char* next = raw(bytes);
    Response response(d2i_TS_RESP(nullptr, &next, static_cast<long>(bytes.size())));
    if (!response || next != raw(bytes) + bytes.size()) {
        ERR_clear_error();
        return bad_stamp("is not an answer of a time authority (RFC 3161)");
    }
    if (TS_RESP_get_tst_info(response.get()) == nullptr) {
        const auto* status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response.get()));
        return fail(ErrorKind::Refused,
                    fmt::format("the time authority gave no stamp: status {} (RFC 3161, 2.4.2)",
                                ASN1_INTEGER_get(status)));
    }
    return response;
}

}  // namespace

TimestampRequest make_timestamp_request(const Hash& digest) {
    const Owned<TS_REQ, TS_REQ_free> request(TS_REQ_new());
    const Owned<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free> imprint(TS_MSG_IMPRINT_new());
    const Owned<X509_ALGOR, X509_ALGOR_free> method(X509_ALGOR_new());
    TimestampRequest made;
    std::string nonce(sizeof(made.nonce), '\0');
    require(request && imprint && method &&
                RAND_bytes(raw(nonce.data()), static_cast<int>(nonce.size())) == 1,
            "no memory or no random bytes");
    made.nonce = big_endian(nonce);
    const Integer number = integer(made.nonce);
    auto* const bytes = const_cast<unsigned char*>(raw(view(digest)));  // copied, never written
    require(
        X509_ALGOR_set0(method.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
            TS_MSG_IMPRINT_set_algo(imprint.get(), method.get()) == 1 &&
            TS_MSG_IMPRINT_set_msg(imprint.get(), bytes, static_cast<int>(digest.size())) == 1 &&
            TS_REQ_set_version(request.get(), request_version) == 1 &&
            TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
            TS_REQ_set_nonce(request.get(), number.get()) == 1 &&
            TS_REQ_set_cert_req(request.get(), 1) == 1,
        "OpenSSL does not make a time stamp request");
    made.der.resize(static_cast<std::size_t>(i2d_TS_REQ(request.get(), nullptr)));
    unsigned char* out = raw(made.der.data());
    require(i2d_TS_REQ(request.get(), &out) > 0, "OpenSSL does not write a time stamp request");
    return made;
}

Result<Timestamp> verify_timestamp(std::string_view response, const Hash& digest,
                                   std::string_view authorities,
                                   std::optional<std::uint64_t> nonce) {
    DVC_TRY_ASSIGN(parsed, parse_response(response));
    TS_TST_INFO* const info = TS_RESP_get_tst_info(parsed.get());
    DVC_TRY_ASSIGN(time, time_of(TS_TST_INFO_get_time(info)));
    if (!over_sha256(info)) return bad_stamp("is not over a SHA-256 digest");
    DVC_TRY_ASSIGN(store, load_authorities(authorities, time));

    // What is set into the context belongs to it; its own copy of the digest too.
    const Owned<TS_VERIFY_CTX, TS_VERIFY_CTX_free> context(TS_VERIFY_CTX_new());
    auto* const imprint = static_cast<unsigned char*>(OPENSSL_memdup(digest.data(), digest.size()));
    require(context && imprint != nullptr, "out of memory");
    TS_VERIFY_CTX_set_flags(context.get(), TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_IMPRINT);
    TS_VERIFY_CTX_set_imprint(context.get(), imprint, static_cast<long>(digest.size()));
    TS_VERIFY_CTX_set_store(context.get(), store.release());
    if (TS_RESP_verify_response(context.get(), parsed.get()) != 1)
        return bad_stamp(fmt::format("does not verify: {}", openssl_says()));

    const ASN1_INTEGER* const repeated = TS_TST_INFO_get_nonce(info);
    if (nonce && (repeated == nullptr || ASN1_INTEGER_cmp(repeated, integer(*nonce).get()) != 0))
        return bad_stamp("answers another request: its nonce differs");

    const ASN1_INTEGER* const serial = TS_TST_INFO_get_serial(info);
    char policy[128] = "";
    OBJ_obj2txt(policy, sizeof(policy), TS_TST_INFO_get_policy_id(info), 1);
    return Timestamp{UtcTime(std::chrono::seconds(time)),
                     hex(serial->data, static_cast<std::size_t>(serial->length)), policy};
}

Status check_timestamp_digest(std::string_view response, const Hash& digest) {
    DVC_TRY_ASSIGN(parsed, parse_response(response));
    TS_TST_INFO* const info = TS_RESP_get_tst_info(parsed.get());
    const auto* over = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(info));
    const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(over)),
                                 static_cast<std::size_t>(ASN1_STRING_length(over)));
    if (over_sha256(info) && bytes == view(digest)) return {};
    return bad_stamp("is over something else");
}

}  // namespace dvcsync::audit
