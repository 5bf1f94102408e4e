#include "connector/base/crypto.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "connector/base/limits.h"

namespace dvcsync {
namespace {

namespace fs = std::filesystem;

class CryptoTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "crypto-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path key_file(const std::string& content, mode_t mode = 0600) {
        fs::path file = folder_ / "written.key";
        std::ofstream(file, std::ios::binary) << content;
        ::chmod(file.c_str(), mode);
        return file;
    }
    Sealer new_sealer(const char* name = "a.key") {
        EXPECT_TRUE(Sealer::create_key(folder_ / name));
        auto sealer = Sealer::load(folder_ / name);
        EXPECT_TRUE(sealer);
        return *std::move(sealer);
    }

    fs::path folder_;
};

std::string bytes_of(std::size_t count) {
    std::string text(count, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
        state = state * 1664525 + 1013904223;
        c = static_cast<char>(state >> 24);
    }
    return text;
}

std::string unhex(std::string_view digits) {
    std::string bytes;
    for (std::size_t at = 0; at < digits.size(); at += 2)
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, 16));
    return bytes;
}

std::string known_key() {
    std::array<std::uint8_t, 32> key;
    std::iota(key.begin(), key.end(), std::uint8_t{0});
    return hex(key.data(), key.size()) + "\n";
}

// FIPS 180-4 examples, and the one of a million letters.
TEST(Sha256, MatchesThePublishedVectors) {
    EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hex, WritesTwoLowerCaseDigitsAByte) {
    const std::uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    EXPECT_EQ(hex(bytes, 4), "000fa5ff");
    EXPECT_EQ(hex(bytes, 0), "");
}

TEST_F(CryptoTest, WhatIsSealedOpensAgainWhateverItsSize) {
    const Sealer sealer = new_sealer();
    for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 2'000UL, 300'000UL, 4UL << 20}) {
        const std::string plain = bytes_of(size);
        const auto opened = sealer.open(sealer.seal(plain, "dossier/1"), "dossier/1");
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(*opened, plain);
    }
}

TEST_F(CryptoTest, ThePayloadIsCompressedAndNotReadable) {
    const Sealer sealer = new_sealer();
    std::string plain;
    while (plain.size() < 10'000)
        plain += "<name>somebody</name>";
    const std::string sealed = sealer.seal(plain, "c");
    EXPECT_LT(sealed.size(), plain.size() / 10);
    EXPECT_EQ(sealed[0], 1);
    EXPECT_EQ(sealed.find("somebody"), std::string::npos);
}

TEST_F(CryptoTest, TheSameTextIsNeverSealedTheSameTwice) {
    const Sealer sealer = new_sealer();
    std::set<std::string> nonces;
    for (int i = 0; i < 1'000; ++i)
        nonces.insert(sealer.seal("text", "c").substr(1, 12));
    EXPECT_EQ(nonces.size(), 1'000U);
}

TEST_F(CryptoTest, AChangeAtAnyByteIsNoticed) {
    const Sealer sealer = new_sealer();
    const std::string sealed = sealer.seal("a record of the province", "dossier/1");
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        for (const int mask : {0x01, 0x80, 0xff}) {
            std::string changed = sealed;
            changed[at] = static_cast<char>(changed[at] ^ mask);
            const auto opened = sealer.open(changed, "dossier/1");
            ASSERT_FALSE(opened) << "byte " << at;
            EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
        }
    }
}

TEST_F(CryptoTest, APayloadCutOrLengthenedAnywhereIsNoticed) {
    const Sealer sealer = new_sealer();
    const std::string sealed = sealer.seal("a record of the province", "dossier/1");
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        const auto opened = sealer.open(std::string_view(sealed).substr(0, size), "dossier/1");
        ASSERT_FALSE(opened) << "cut to " << size;
        EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
    }
    EXPECT_FALSE(sealer.open(sealed + '\0', "dossier/1"));
}

TEST_F(CryptoTest, APayloadMovedToAnotherRecordDoesNotOpen) {
    const Sealer sealer = new_sealer();
    const std::string sealed = sealer.seal("text", "dossier/1");
    for (const char* context : {"", "dossier/2", "dossier/1 ", "dossier/"}) {
        const auto opened = sealer.open(sealed, context);
        ASSERT_FALSE(opened) << context;
        EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
    }
}

TEST_F(CryptoTest, AnotherKeyDoesNotOpenIt) {
    const Sealer one = new_sealer("one.key");
    const Sealer two = new_sealer("two.key");
    const auto opened = two.open(one.seal("text", "c"), "c");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
    EXPECT_NE(one.key_id(), two.key_id());
}

TEST_F(CryptoTest, APayloadOfTheLargestSizeOpensAndALargerOneIsNeverSealed) {
    const Sealer sealer = new_sealer();
    const std::string most(limits::max_payload, 'a');
    const auto opened = sealer.open(sealer.seal(most, "c"), "c");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->size(), limits::max_payload);
    EXPECT_DEATH(sealer.seal(most + 'a', "c"), "max_payload");
}

TEST_F(CryptoTest, ManyThreadsSealAndOpenAtOnce) {
    const Sealer sealer = new_sealer();
    std::vector<std::thread> threads;
    std::vector<int> good(4);
    for (std::size_t t = 0; t < good.size(); ++t)
        threads.emplace_back([&sealer, &good, t] {
            for (int i = 0; i < 500; ++i) {
                const std::string plain = bytes_of(100 * t + static_cast<std::size_t>(i));
                const auto opened = sealer.open(sealer.seal(plain, "c"), "c");
                good[t] += opened && *opened == plain;
            }
        });
    for (auto& thread : threads)
        thread.join();
    for (const int count : good)
        EXPECT_EQ(count, 500);
}

// The payloads below were made by another implementation (Python cryptography's AESGCM): key
// 00..1f, nonce a0..ab, additional data = version byte 1 and the context "dossier/1".
TEST_F(CryptoTest, AKnownKeyOpensAKnownPayload) {
    const auto sealer = Sealer::load(key_file(known_key()));
    ASSERT_TRUE(sealer) << sealer.error().message;
    EXPECT_EQ(sealer->key_id(), "630dcd2966c43366");
    const auto opened =
        sealer->open(unhex("01a0a1a2a3a4a5a6a7a8a9aaabcead53d065c47bbf6204a7b86915b7b050dc3869fed8"
                           "2308707f5d393932dfb91bc588b661cfed58"),
                     "dossier/1");
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(*opened, "a known payload");
}

TEST_F(CryptoTest, AGenuinePayloadThatClaimsAnAbsurdOrNoSizeIsNotInflated) {
    const auto sealer = Sealer::load(key_file(known_key()));
    ASSERT_TRUE(sealer) << sealer.error().message;
    const std::string gibibyte = unhex(
        "01a0a1a2a3a4a5a6a7a8a9aaabcead53d0a5cb02bf226587d30779c0de116f749dd1c7"
        "668755e0e7a5022f4074ee");
    const std::string unknown = unhex(
        "01a0a1a2a3a4a5a6a7a8a9aaabcead53d045930bbf620435da98cbc9bbced6ad5d9df3"
        "7c397d7b");
    for (const std::string& sealed : {gibibyte, unknown}) {
        const auto opened = sealer->open(sealed, "dossier/1");
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
        EXPECT_NE(opened.error().message.find("allowed size"), std::string::npos);
    }
}

TEST_F(CryptoTest, ANewKeyFileIsPrivateAndOfTheDocumentedForm) {
    ASSERT_TRUE(Sealer::create_key(folder_ / "k"));
    struct stat info {};
    ASSERT_EQ(::stat((folder_ / "k").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600U);
    EXPECT_EQ(info.st_size, 65);
    EXPECT_EQ(Sealer::load(folder_ / "k")->key_id().size(), 16U);
}

TEST_F(CryptoTest, AnExistingKeyIsNeverOverwritten) {
    const std::string before = new_sealer("k").key_id();
    const auto again = Sealer::create_key(folder_ / "k");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, ErrorKind::Config);
    EXPECT_EQ(Sealer::load(folder_ / "k")->key_id(), before);
}

TEST_F(CryptoTest, AKeyThatOthersMayReadIsRefused) {
    const std::string good(64, 'a');
    for (const mode_t mode : {0640, 0604, 0644, 0660, 0666, 0601}) {
        const auto sealer = Sealer::load(key_file(good + "\n", mode));
        ASSERT_FALSE(sealer) << mode;
        EXPECT_EQ(sealer.error().kind, ErrorKind::Config);
        EXPECT_NE(sealer.error().message.find("chmod 600"), std::string::npos);
    }
    EXPECT_TRUE(Sealer::load(key_file(good + "\n", 0400)));
}

TEST_F(CryptoTest, AKeyFileOfAnotherFormIsRefused) {
    const std::string digits(64, 'A');
    for (const std::string& content :
         {std::string(), std::string("\n"), digits, digits + "\r\n", digits + "\n\n",
          digits.substr(1) + "\n", digits.substr(1) + "g\n", ' ' + digits.substr(1) + "\n",
          digits + digits + "\n", std::string(5'000, 'a')}) {
        const auto sealer = Sealer::load(key_file(content));
        ASSERT_FALSE(sealer) << content.size();
        EXPECT_EQ(sealer.error().kind, ErrorKind::Config);
        EXPECT_EQ(sealer.error().message.find("AAAA"), std::string::npos) << "reveals the key";
    }
    EXPECT_TRUE(Sealer::load(key_file(digits + "\n")));
}

TEST_F(CryptoTest, AMissingKeyOrFolderIsNamed) {
    const auto sealer = Sealer::load(folder_ / "none.key");
    ASSERT_FALSE(sealer);
    EXPECT_EQ(sealer.error().kind, ErrorKind::Config);
    EXPECT_NE(sealer.error().message.find("none.key"), std::string::npos);
    EXPECT_FALSE(Sealer::load(folder_));
    const auto created = Sealer::create_key(folder_ / "no-folder" / "k");
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().kind, ErrorKind::Config);
}

}  // namespace
}  // namespace dvcsync
