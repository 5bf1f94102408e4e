// Composed citizens and their files: the same seed, the same submissions.
#include "tests/sandbox/citizen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/sandbox/citizen_files.h"
#include "tests/unit/sandbox/program.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Citizen : public ::testing::Test {
  protected:
    CitizenSpec spec(std::string_view query) {
        std::string error;
        auto parsed = parse_citizen(query, list_, error);
        EXPECT_TRUE(parsed) << error;
        return parsed.value_or(CitizenSpec{});
    }
    std::string refused(std::string_view query) {
        std::string error;
        EXPECT_FALSE(parse_citizen(query, list_, error)) << query;
        return error;
    }
    Submission made(std::string_view query, std::uint64_t index, bool callbacks = true) {
        return compose(spec(query), index,
                       {.national = list_,
                        .faults = faults_,
                        .files_url = "http://127.0.0.1:1/files/",
                        .callbacks = callbacks});
    }
    void fault(const std::string& text) {
        std::string error;
        auto plan = parse_plan(text, "", 1, error);
        ASSERT_TRUE(plan) << error;
        faults_.use(*plan);
    }

    NationalList list_ = small_list();
    Injector faults_;
};

TEST_F(Citizen, TheSameSeedMakesTheSameBytes) {
    for (std::uint64_t i = 0; i < 30; ++i) {
        const auto one = made("seed=7&supplements=0.5&payments=0.5&promotions=0.3", i);
        const auto two = made("seed=7&supplements=0.5&payments=0.5&promotions=0.3", i);
        ASSERT_EQ(one.deeds.size(), two.deeds.size());
        for (std::size_t deed = 0; deed < one.deeds.size(); ++deed) {
            EXPECT_EQ(one.deeds[deed].document, two.deeds[deed].document);
            EXPECT_EQ(one.deeds[deed].body, two.deeds[deed].body);
        }
    }
    EXPECT_NE(made("seed=7", 0).deeds[0].document, made("seed=8", 0).deeds[0].document);
}

TEST_F(Citizen, BothRoadsCarryTheSame) {
    const auto one = made("roads=both&supplements=1&withdrawals=0", 3);
    ASSERT_EQ(one.deeds.size(), 2U);
    for (const Deed& deed : one.deeds) {
        Document polled;
        Document called;
        polled.Parse(deed.document.c_str());
        called.Parse(deed.body.c_str());
        ASSERT_TRUE(polled.IsObject() && called.IsObject());
        EXPECT_EQ(polled["isUpdating"].GetBool(), deed.act == Act::Supplement);
        EXPECT_EQ(called["isUpdating"], polled["isUpdating"]);
        EXPECT_EQ(called["data"]["MaHoSoQG"], polled["MaHoSo"]);
        polled.RemoveMember("MaHoSo");
        polled.RemoveMember("isUpdating");
        called["data"].RemoveMember("MaHoSoQG");
        EXPECT_EQ(called["data"], polled);
    }
}

TEST_F(Citizen, FilesAreWhatTheRecordSays) {
    std::size_t checked = 0;
    for (std::uint64_t i = 0; i < 20; ++i) {
        Document polled;
        const auto one = made("base64=1&files=3", i);
        polled.Parse(one.deeds[0].document.c_str());
        for (const auto& component : polled["ThanhPhanHoSo"].GetArray())
            for (const auto& file : component["GiayToDinhKem"].GetArray()) {
                const std::string hash = file["HashTepTin"].GetString();
                const std::string id = file["IdGiayTo"].GetString();
                const std::string name = file["TenGiayTo"].GetString();
                const auto type = id.starts_with("pdf")   ? FileType::Pdf
                                  : id.starts_with("png") ? FileType::Png
                                                          : FileType::Docx;
                const auto bytes =
                    file_bytes(type, std::stoull(id.substr(id.find('-') + 1), nullptr, 16));
                EXPECT_EQ(file["Base64"].GetString(), base64(bytes));
                EXPECT_TRUE(hash.empty() || hash == hex(sha256(bytes)));
                EXPECT_TRUE(name.ends_with(extension_of(type))) << name;
                EXPECT_THAT(bytes, StartsWith(type == FileType::Pdf   ? "%PDF-1."
                                              : type == FileType::Png ? "\x89PNG\r\n\x1a\n"
                                                                      : "PK\x03\x04"));
                ++checked;
            }
    }
    EXPECT_GT(checked, 20U);
}

TEST_F(Citizen, NamesAndTypesAreSpoiledWhenAsked) {
    EXPECT_THAT(made("seed=1", 0).deeds[0].document, Not(HasSubstr("passwd")));
    fault("citizen-name=1");
    std::string all;
    for (std::uint64_t i = 0; i < 30; ++i)
        all += made("seed=1", i).deeds[0].document;
    EXPECT_THAT(all, HasSubstr("../../etc/passwd"));
    EXPECT_THAT(all, HasSubstr("\\u001B"));
    EXPECT_THAT(all, HasSubstr(std::string(5000, 'a')));
    fault("citizen-file-wrong-type=1");
    EXPECT_THAT(made("seed=1&base64=0", 0).deeds[0].document,
                ::testing::ContainsRegex("exe-|sh-|png-"));
}

TEST_F(Citizen, FilesWhatAListAsksFor) {
    const auto file = certificates().folder / "online.csv";
    std::ofstream(file) << "code,procedure,agency,filed\n"
                        << "000.00.01.H22-190301-0001,1.000178,000.00.01.H22,20190301\n"
                        << "X-2,2.002492,000.00.05.H22,20190302101112\n";
    const auto two = spec("list=" + file.string());
    EXPECT_EQ(submissions_of(two), 2U);
    const auto made_two = made("list=" + file.string(), 1);
    EXPECT_EQ(made_two.code, "X-2");
    EXPECT_THAT(made_two.deeds[0].document,
                ::testing::AllOf(HasSubstr(R"("MaTTHC":"2.002492","TenTTHC":"Bốn")"),
                                 HasSubstr(R"("MaDonViTiepNhan":"000.00.05.H22")"),
                                 HasSubstr(R"("NgayNop":"20190302101112")")));
    std::ofstream(file) << "X\",2.002492,000.00.05.H22,20190302\n";
    EXPECT_THAT(refused("list=" + file.string()), HasSubstr("line 1"));
    EXPECT_THAT(refused("list=/nonexistent"), HasSubstr("cannot be read"));
}

TEST_F(Citizen, RefusesWhatItCannotRead) {
    EXPECT_THAT(refused("count=0"), HasSubstr("count"));
    EXPECT_THAT(refused("supplements=1.5"), HasSubstr("supplements"));
    EXPECT_THAT(refused("roads=sea"), HasSubstr("roads"));
    EXPECT_THAT(refused("from=2019-02-30"), HasSubstr("from"));
    EXPECT_THAT(refused("from=2019-02-02&until=2019-02-01"), HasSubstr("until"));
    EXPECT_THAT(refused("nonsense=1"), HasSubstr("there are"));
}

TEST_F(Citizen, WithdrawalsAndPaymentsNeedCallbacks) {
    const auto with = made("supplements=0&withdrawals=1&payments=1&notices=1", 0);
    ASSERT_EQ(with.deeds.size(), 4U);
    EXPECT_THAT(with.deeds.back().body, HasSubstr(R"("service":"RutHoSo")"));
    EXPECT_EQ(made("supplements=0&withdrawals=1&payments=1&notices=1", 0, false).deeds.size(), 1U);
}

Request get(const std::string& path) {
    Request request;
    request.method = "GET";
    request.path = path;
    return request;
}

TEST(CitizenFiles, TokensStandBehindEveryLinkOfAFile) {
    EXPECT_EQ(with_tokens(R"({"a":"http://h/files/pdf-1","b":["http://h/files/png-2","x"]})", 7),
              R"({"a":"http://h/files/pdf-1?token=0000000000000007",)"
              R"("b":["http://h/files/png-2?token=0000000000000007","x"]})");
    EXPECT_EQ(with_tokens(R"({"a":"b"})", 7), R"({"a":"b"})");
}

TEST(CitizenFiles, FaultsOfFetchesPassOrStay) {
    Injector faults;
    SubmissionStore store;
    FileServer files(faults, store, {.huge = 1U << 20U}, 2);
    const auto serve = [&](const std::string& fault) {
        std::string error;
        faults.use(*parse_plan(fault, "", 1, error));
        return files.serve(get("/files/" + file_id(FileType::Pdf, 5)));
    };
    const auto whole = file_bytes(FileType::Pdf, 5);
    EXPECT_EQ(serve("citizen-file-missing=1").status, 404);
    const auto damaged = serve("citizen-file-wrong-hash=1");
    EXPECT_NE(damaged.body, whole);
    EXPECT_EQ(damaged.body.size(), whole.size());
    EXPECT_EQ(serve("citizen-file-missing=1,citizen-file-truncated=1").body, whole);
    EXPECT_EQ(serve("citizen-file-never=1").status, 404);
    EXPECT_THAT(serve("citizen-file-metadata=1").location, HasSubstr("169.254.169.254"));
    EXPECT_EQ(serve("citizen-file-loopback=1").status, 302);
    EXPECT_EQ(serve("citizen-file-huge=1").padding, 1U << 20U);
    EXPECT_EQ(serve("").content_type, "application/pdf");
    EXPECT_EQ(files.serve(get("/files/../etc")).status, 404);
    Request post = get("/files/pdf-1");
    post.method = "POST";
    EXPECT_EQ(files.serve(post).status, 405);
}

TEST(CitizenFiles, ABombIsSmallAndSaysHowLargeItIs) {
    const auto bomb = file_bytes(FileType::Bomb, 0);
    EXPECT_LT(bomb.size(), 3U << 20U);
    const auto size = static_cast<unsigned char>(bomb[25]);  // of the 4 bytes at 22, the highest
    EXPECT_EQ(size, 0x0F);                                   // 255 MiB and more
    // A stored end, and nothing but fixed codes before it: see RFC 1951, 3.2.6.
    EXPECT_EQ(bomb.substr(0, 4), "PK\x03\x04");
    EXPECT_NE(bomb.find("PK\x05\x06"), bomb.npos);
}

}  // namespace
}  // namespace dvcsandbox::testing
