#include "connector/base/crypto.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <zstd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "connector/base/files.h"
#include "connector/base/limits.h"

namespace dvcsync {
namespace {

constexpr char format_version = 1;
constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t envelope_size = 1 + nonce_size + tag_size;
constexpr std::size_t max_key_file = 1024;
constexpr int compression_level = 1;  // higher levels cost more time than they save

// A cryptographic library that cannot work leaves nothing to go on with: carrying on could write
// payloads in the clear or under a repeated nonce.
void require(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "dvcsync: stopped: %s\n", what);
    std::abort();
}

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};

// Fetched once and never freed: a fetch takes locks and costs more than hashing a record.
const EVP_MD* sha256_method() {
    static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(method != nullptr, "OpenSSL has no SHA-256");
    return method;
}

const EVP_CIPHER* gcm_method() {
    static EVP_CIPHER* const method = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    require(method != nullptr, "OpenSSL has no AES-256-GCM");
    return method;
}

// One set of working memory a thread: creating them costs more than sealing a small record.
EVP_MD_CTX* digest_context() {
    thread_local const std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>> context(
        EVP_MD_CTX_new());
    require(context != nullptr, "out of memory");
    return context.get();
}

EVP_CIPHER_CTX* cipher_context() {
    thread_local const std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>> context(
        EVP_CIPHER_CTX_new());
    require(context != nullptr, "out of memory");
    return context.get();
}

std::string& scratch() {
    thread_local std::string bytes;
    return bytes;
}

// After use: a thread that has once had a large payload must not keep its size for ever.
void let_go(std::string& bytes) {
    if (bytes.size() > limits::kept_working_memory) bytes = std::string();
}

std::string_view compressed(std::string_view plain) {
    thread_local const std::unique_ptr<ZSTD_CCtx, Deleter<ZSTD_freeCCtx>> context(
        ZSTD_createCCtx());
    require(context != nullptr, "out of memory");
    std::string& out = scratch();
    const std::size_t bound = ZSTD_compressBound(plain.size());
    if (out.size() < bound) out.resize(bound);
    const std::size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), plain.data(),
                                               plain.size(), compression_level);
    require(ZSTD_isError(size) == 0, "zstd cannot compress");
    return {out.data(), size};
}

std::optional<std::string> decompressed(std::string_view packed) {
    thread_local const std::unique_ptr<ZSTD_DCtx, Deleter<ZSTD_freeDCtx>> context(
        ZSTD_createDCtx());
    require(context != nullptr, "out of memory");
    // The frame names its own size; unknown and error are the largest values, so one test holds
    // all.
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size > limits::max_payload) return std::nullopt;
    std::string plain(static_cast<std::size_t>(size), '\0');
    if (ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(), packed.data(),
                            packed.size()) != plain.size())
        return std::nullopt;
    return plain;
}

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(char* bytes) {
    return reinterpret_cast<unsigned char*>(bytes);
}

std::optional<unsigned> nibble(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return std::nullopt;
}

tl::unexpected<Error> key_fault(const std::filesystem::path& file, std::string_view what) {
    return fail(ErrorKind::Config, fmt::format("key file {}: {}", file.string(), what));
}

tl::unexpected<Error> does_not_open(std::string_view why) {
    return fail(ErrorKind::Corrupt, fmt::format("a sealed payload does not open: {}", why));
}

}  // namespace

Digest sha256(std::string_view bytes) {
    Digest digest;
    EVP_MD_CTX* const context = digest_context();
    require(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1 &&
                EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1 &&
                EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1,
            "SHA-256 failed");
    return digest;
}

std::string hex(const std::uint8_t* bytes, std::size_t count) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(2 * count, '0');
    for (std::size_t i = 0; i < count; ++i) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return text;
}

struct Sealer::Key {
    std::array<unsigned char, key_size> bytes{};
    ~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

Sealer::Sealer(std::unique_ptr<Key> key) : key_(std::move(key)) {}
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

Result<Sealer> Sealer::load(const std::filesystem::path& key_file) {
    struct stat info {};
    if (::stat(key_file.c_str(), &info) != 0 && errno == ENOENT)
        return key_fault(key_file,
                         "it does not exist; restore it from your backup: a new key cannot "
                         "open what the ledger holds. For a new ledger, run `dvcsync init --dir` "
                         "with an empty folder");
    if ((info.st_mode & 077) != 0)
        return key_fault(key_file, fmt::format("group or others may use it (mode {:04o}); run: "
                                               "chmod 600 {}",
                                               info.st_mode & 07777, key_file.string()));
    DVC_TRY_ASSIGN(text, read_file(key_file, max_key_file));
    auto key = std::make_unique<Key>();
    bool good = text.size() == 2 * key_size + 1 && text.back() == '\n';
    for (std::size_t i = 0; good && i < key_size; ++i) {
        const auto high = nibble(text[2 * i]);
        const auto low = nibble(text[2 * i + 1]);
        good = high && low;
        if (good) key->bytes[i] = static_cast<unsigned char>(*high << 4 | *low);
    }
    OPENSSL_cleanse(text.data(), text.size());
    if (!good)
        return key_fault(key_file,
                         "is not 64 hexadecimal digits and a line feed; restore it from "
                         "your backup: payloads sealed under it open with no other key");
    return Sealer(std::move(key));
}

Status Sealer::create_key(const std::filesystem::path& key_file) {
    Key key;
    require(RAND_bytes(key.bytes.data(), static_cast<int>(key.bytes.size())) == 1,
            "the system gives no random bytes");
    std::string text = hex(key.bytes.data(), key.bytes.size()) + "\n";
    const Status written = create_secret(key_file, text);
    OPENSSL_cleanse(text.data(), text.size());
    return written;
}

std::string Sealer::seal(std::string_view plain, std::string_view context) const {
    require(plain.size() <= limits::max_payload, "a payload larger than limits::max_payload");
    const std::string_view packed = compressed(plain);
    std::string sealed(envelope_size + packed.size(), '\0');
    sealed[0] = format_version;
    unsigned char* const nonce = raw(sealed.data() + 1);
    unsigned char* const text = nonce + nonce_size;
    unsigned char* const tag = text + packed.size();
    // 96 random bits: safe for 2^32 payloads under one key (NIST SP 800-38D, 8.3), which is over a
    // thousand years of a merged province.
    require(RAND_bytes(nonce, nonce_size) == 1, "the system gives no random bytes");

    EVP_CIPHER_CTX* const cipher = cipher_context();
    int count = 0;
    // The version byte is bound too: a payload of a later format cannot be passed off as this one.
    require(EVP_EncryptInit_ex2(cipher, gcm_method(), key_->bytes.data(), nonce, nullptr) == 1 &&
                EVP_EncryptUpdate(cipher, nullptr, &count, raw(sealed.data()), 1) == 1 &&
                EVP_EncryptUpdate(cipher, nullptr, &count, raw(context),
                                  static_cast<int>(context.size())) == 1 &&
                EVP_EncryptUpdate(cipher, text, &count, raw(packed),
                                  static_cast<int>(packed.size())) == 1 &&
                EVP_EncryptFinal_ex(cipher, tag, &count) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, tag_size, tag) == 1,
            "AES-256-GCM failed");
    let_go(scratch());
    return sealed;
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view context) const {
    if (sealed.size() < envelope_size) return does_not_open("it is cut short");
    if (sealed.size() > envelope_size + ZSTD_COMPRESSBOUND(limits::max_payload))
        return does_not_open("it is larger than any payload may be");
    if (sealed[0] != format_version)
        return does_not_open(fmt::format("its format is {}, this program knows {}",
                                         static_cast<unsigned char>(sealed[0]),
                                         int{format_version}));
    const std::string_view nonce = sealed.substr(1, nonce_size);
    const std::string_view text = sealed.substr(1 + nonce_size, sealed.size() - envelope_size);
    std::array<unsigned char, tag_size> tag;
    std::memcpy(tag.data(), sealed.data() + sealed.size() - tag_size, tag_size);

    std::string& packed = scratch();
    if (packed.size() < text.size()) packed.resize(text.size());
    EVP_CIPHER_CTX* const cipher = cipher_context();
    int count = 0;
    const bool genuine =
        EVP_DecryptInit_ex2(cipher, gcm_method(), key_->bytes.data(), raw(nonce), nullptr) == 1 &&
        EVP_DecryptUpdate(cipher, nullptr, &count, raw(sealed), 1) == 1 &&
        EVP_DecryptUpdate(cipher, nullptr, &count, raw(context),
                          static_cast<int>(context.size())) == 1 &&
        EVP_DecryptUpdate(cipher, raw(packed.data()), &count, raw(text),
                          static_cast<int>(text.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher, tag.data(), &count) == 1;
    if (!genuine)
        return does_not_open("it was changed, belongs to another record, or is under another key");
    auto plain = decompressed({packed.data(), text.size()});
    let_go(packed);
    if (!plain) return does_not_open("its content is not a compressed payload of allowed size");
    return *std::move(plain);
}

std::string Sealer::key_id() const {
    const Digest digest =
        sha256({reinterpret_cast<const char*>(key_->bytes.data()), key_->bytes.size()});
    return hex(digest.data(), 8);
}

}  // namespace dvcsync
