#include "connector/audit/note.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"
#include "tests/unit/audit/audit_test.h"

namespace dvcsync::audit {
namespace {

// The example of C2SP signed-note v1.0.0 (https://c2sp.org/signed-note, CC BY 4.0).
constexpr std::string_view example_key =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view example_text = "This is an example message.\n";
constexpr std::string_view example_signature =
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwH"
    "jG1Yu72IneyaQM=\n";
// Its other example, which has a blank line in its text; no key is given for it.
constexpr std::string_view poem =
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0"
    "xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

std::string example_note() {
    return std::string(example_text) + '\n' + std::string(example_signature);
}

std::vector<VerifierKey> trusting(const VerifierKey& key) {
    return {key};
}

std::string line_of(const std::string& note) {
    return note.substr(note.rfind("\n\n") + 2);
}

TEST(Note, TheExampleOfTheSpecificationVerifies) {
    const auto key = VerifierKey::parse(example_key);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->name(), "example.com/foo");
    EXPECT_EQ(key->id(), 0x530d903au);
    EXPECT_EQ(key->text(), example_key);
    const auto note = verify_note(example_note(), trusting(*key));
    ASSERT_TRUE(note) << note.error().message;
    EXPECT_EQ(note->text, example_text);
    EXPECT_EQ(note->signatures.size(), 1u);
}

TEST(Note, ATextMayHaveBlankLines) {
    const auto note = parse_note(poem);
    ASSERT_TRUE(note);
    EXPECT_TRUE(note->text.ends_with("sole:\n\ned è subito sera.\n"));
    EXPECT_EQ(note->signatures.front().name, "quasimodo.example/salvatore");
}

TEST(Note, WhatWasSignedVerifiesAndAnyChangedCharacterDoesNot) {
    const auto signer = test::new_signer();
    const auto signed_note = sign_note("one\n\ntwo\n", signer);
    ASSERT_TRUE(signed_note);
    const auto trusted = trusting(signer.verifier());
    ASSERT_TRUE(verify_note(*signed_note, trusted));
    for (std::size_t i = 0; i < signed_note->size(); ++i) {
        std::string changed = *signed_note;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(verify_note(changed, trusted)) << i;
    }
}

TEST(Note, SignaturesOfUnknownKeysAreIgnoredButOneOfATrustedKeyIsDemanded) {
    const auto ours = test::new_signer();
    const auto namesake = test::new_signer();
    const auto note = *sign_note("text\n", ours);
    const auto both = note + line_of(*sign_note("text\n", namesake)) +
                      std::string(example_signature) + "— witness.example AAAAAAE=\n";
    const auto verified = verify_note(both, trusting(ours.verifier()));
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->signatures.size(), 1u);
    EXPECT_FALSE(verify_note(note, trusting(namesake.verifier())));
    const auto nobody = verify_note(note, {});
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().kind, ErrorKind::Corrupt);
}

TEST(Note, ABadSignatureOfATrustedKeySpoilsTheNoteAlthoughAnotherIsGood) {
    const auto first = test::new_signer("a.example");
    const auto second = test::new_signer("b.example");
    const std::vector<VerifierKey> trusted{first.verifier(), second.verifier()};
    const auto note = *sign_note("text\n", first);
    EXPECT_TRUE(verify_note(note + line_of(*sign_note("text\n", second)), trusted));
    const auto status = verify_note(note + line_of(*sign_note("other\n", second)), trusted);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("b.example"), std::string::npos);
}

TEST(Note, WhatIsNotANoteIsRefused) {
    const std::string good = example_note();
    const std::string signature(example_signature);
    const std::string text(example_text);
    for (const std::string& bad : {std::string(),
                                   text,
                                   text + "\n",
                                   text + signature,
                                   good.substr(0, good.size() - 1),
                                   good + "\n",
                                   good + "more\n",
                                   "\xEF\xBB" + good,
                                   "a\tb\n\n" + signature,
                                   "a\r\n\n" + signature,
                                   std::string("a\0b\n\n", 5) + signature,
                                   text + "\n- example.com/foo Uw2QOg==\n",
                                   text + "\n— example.com/foo\n",
                                   text + "\n— example.com/foo Uw2QOg==\n",
                                   text + "\n— example.com/foo Uw2QO\n",
                                   text + "\n—  Uw2QOkk=\n",
                                   text + "\n— a+b Uw2QOkk=\n",
                                   text + "\n— a b Uw2QOkk=\n",
                                   text + "\n— a Uw2QOkl=\n",
                                   text + "\n— a\xC2\xA0z Uw2QOkk=\n"}) {
        const auto note = parse_note(bad);
        ASSERT_FALSE(note) << bad;
        EXPECT_EQ(note.error().kind, ErrorKind::Corrupt);
    }
    EXPECT_TRUE(parse_note(text + "\n— a Uw2QOkk=\n"));
}

TEST(Note, LimitsHoldOnItsSizeAndItsSignatures) {
    std::string note = "text\n\n";
    for (std::size_t i = 0; i < limits::max_note_signatures; ++i)
        note += "— a Uw2QOkk=\n";
    EXPECT_TRUE(parse_note(note));
    EXPECT_FALSE(parse_note(note + "— a Uw2QOkk=\n"));
    const std::string end = "\n\n— a Uw2QOkk=\n";
    EXPECT_TRUE(parse_note(std::string(limits::max_note - end.size(), 'x') + end));
    EXPECT_FALSE(parse_note(std::string(limits::max_note - end.size() + 1, 'x') + end));
}

TEST(Note, OnlyProperTextIsSigned) {
    const auto signer = test::new_signer();
    for (const std::string& bad : {std::string(), std::string("no end"), std::string("a\tb\n"),
                                   std::string("\xFF\n"), std::string("a\r\n")})
        EXPECT_FALSE(sign_note(bad, signer)) << bad;
}

TEST(Keys, NamesHaveNoBlanksOfAnyKindNoPlusAndNoControlCharacters) {
    EXPECT_TRUE(check_key_name("dvcsync.tỉnh.example/nhật-ký/2026"));
    EXPECT_TRUE(check_key_name(std::string(limits::max_key_name, 'x')));
    for (const std::string& bad :
         {std::string(), std::string("a b"), std::string("a+b"), std::string("a\nb"),
          std::string("a\tb"), std::string("a\xC2\xA0z"), std::string("a\xC2\x85z"),
          std::string("a\xE2\x80\x83z"), std::string("a\xE3\x80\x80"), std::string("a\xFF"),
          std::string(limits::max_key_name + 1, 'x')}) {
        const auto status = check_key_name(bad);
        ASSERT_FALSE(status) << bad;
        EXPECT_EQ(status.error().kind, ErrorKind::Config);
    }
}

TEST(Keys, AVerifierKeyHasOneSpelling) {
    const std::string good(example_key);
    for (const std::string& bad :
         {std::string(), std::string("example.com/foo"), std::string("example.com/foo+530d903a"),
          "x" + good, good + "=", good + "A", good.substr(0, good.size() - 1),
          std::string("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
          std::string("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
          std::string("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")}) {
        const auto key = VerifierKey::parse(bad);
        ASSERT_FALSE(key) << bad;
        EXPECT_EQ(key.error().kind, ErrorKind::Config);
    }
}

// RFC 8032, section 7.1, TEST 2.
TEST(Keys, TheExampleOfTheSignatureStandardIsMadeAlike) {
    // PKCS #8 (RFC 8410) around the private key of the example.
    const std::string der = std::string(
                                "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22"
                                "\x04\x20",
                                16) +
                            "\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e\x0f"
                            "\x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8\xa6\xfb";
    const auto signer = Signer::from_pem(
        "t", "-----BEGIN PRIVATE KEY-----\n" + base64(der) + "\n-----END PRIVATE KEY-----\n");
    ASSERT_TRUE(signer) << signer.error().message;
    const std::string signature = signer->sign("\x72");
    EXPECT_EQ(hex(reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    EXPECT_TRUE(good_signature(signer->verifier(), "\x72", signature));
    EXPECT_FALSE(good_signature(signer->verifier(), "\x73", signature));
    EXPECT_FALSE(good_signature(signer->verifier(), "\x72", signature + '\0'));
}

TEST(Keys, ANewKeyIsReadBackAndNoTwoAreAlike) {
    const std::string pem = new_private_key();
    EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const auto signer = Signer::from_pem("a.example", pem);
    ASSERT_TRUE(signer);
    EXPECT_EQ(VerifierKey::parse(signer->verifier().text()), signer->verifier());
    EXPECT_NE(new_private_key(), pem);
}

TEST(Keys, WhatIsNotAnEd25519KeyIsRefusedWithoutShowingIt) {
    std::string spoilt = new_private_key();
    std::swap(spoilt[40], spoilt[50]);
    const std::string body = spoilt.substr(28, 64);
    for (const std::string& bad :
         {std::string(), std::string("-----BEGIN PRIVATE KEY-----\n"), spoilt.substr(0, 60),
          std::string("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA6TJ5GubnqECkYWTJBHhkJtXngh3YspoA"
                      "1hyucq/dTaQ=\n-----END PUBLIC KEY-----\n")}) {
        const auto signer = Signer::from_pem("a.example", bad);
        ASSERT_FALSE(signer);
        EXPECT_EQ(signer.error().kind, ErrorKind::Config);
        EXPECT_EQ(signer.error().message.find(body.substr(0, 8)), std::string::npos);
    }
}

}  // namespace
}  // namespace dvcsync::audit
