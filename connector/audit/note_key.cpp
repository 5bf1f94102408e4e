// Ed25519 keys: the part of signed notes that needs OpenSSL.
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "connector/audit/note.h"
#include "connector/audit/openssl.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

constexpr std::size_t signature_size = 64;

using Pkey = Owned<EVP_PKEY, EVP_PKEY_free>;
using Context = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

tl::unexpected<Error> bad_pem(std::string_view why) {
    ERR_clear_error();  // what OpenSSL has to say could quote the key
    return fail(ErrorKind::Config,
                fmt::format("the log's private key {}; make one with: openssl genpkey -algorithm "
                            "ed25519",
                            why));
}

// Never asks at the terminal: a service has none.
int no_password(char*, int, int, void*) {
    return -1;
}

}  // namespace

bool good_signature(const VerifierKey& key, std::string_view text, std::string_view signature) {
    const Pkey pkey(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.key_.data(), key.key_.size()));
    const Context context(EVP_MD_CTX_new());
    const bool good =
        pkey && context && signature.size() == signature_size &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
        EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(text), text.size()) ==
            1;
    if (!good) ERR_clear_error();
    return good;
}

struct Signer::Key {
    Pkey pkey;
};

Signer::Signer(VerifierKey verifier, std::unique_ptr<Key> key)
    : verifier_(std::move(verifier)), key_(std::move(key)) {}
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;
Signer::~Signer() = default;

Result<Signer> Signer::from_pem(std::string_view name, std::string_view pem) {
    DVC_TRY(check_key_name(name));
    if (pem.size() > limits::max_pem_file) return bad_pem("is too large to be one");
    const Owned<BIO, BIO_free_all> input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    require(input != nullptr, "out of memory");
    auto key = std::make_unique<Key>();
    key->pkey.reset(PEM_read_bio_PrivateKey(input.get(), nullptr, no_password, nullptr));
    if (!key->pkey) return bad_pem("is not an unencrypted PEM private key");
    if (EVP_PKEY_get_id(key->pkey.get()) != EVP_PKEY_ED25519)
        return bad_pem("is not an Ed25519 key");
    VerifierKey::PublicKey public_key;
    std::size_t size = public_key.size();
    require(EVP_PKEY_get_raw_public_key(key->pkey.get(), public_key.data(), &size) == 1 &&
                size == public_key.size(),
            "OpenSSL does not give the public part of an Ed25519 key");
    return Signer(VerifierKey(std::string(name), public_key), std::move(key));
}

std::string Signer::sign(std::string_view text) const {
    const Context context(EVP_MD_CTX_new());
    std::string signature(signature_size, '\0');
    std::size_t size = signature.size();
    require(
        context &&
            EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->pkey.get()) == 1 &&
            EVP_DigestSign(context.get(), raw(signature.data()), &size, raw(text), text.size()) ==
                1 &&
            size == signature_size,
        "Ed25519 signing failed");
    return signature;
}

std::string new_private_key() {
    const Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    // Memory that OpenSSL wipes when it is freed.
    const Owned<BIO, BIO_free_all> output(BIO_new(BIO_s_secmem()));
    require(key && output &&
                PEM_write_bio_PKCS8PrivateKey(output.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                              nullptr) == 1,
            "OpenSSL does not make an Ed25519 key");
    char* data = nullptr;
    const long size = BIO_get_mem_data(output.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace dvcsync::audit
