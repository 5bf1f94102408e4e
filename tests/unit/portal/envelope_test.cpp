// The bytes of each call, to the byte.
#include "connector/portal/envelope.h"

#include <gmock/gmock.h>
#include <rapidjson/document.h>

namespace dvcsync::portal::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class Envelope : public ::testing::Test {
  protected:
    void SetUp() override {
        settings.settings = {{"dstcode", "VN:GOV:000.00.00.G22:vpcpdvcprovider"},
                             {"agency", "000.00.00.H22"}};
        settings.username = "000.00.00.H22";
        settings.password = "p\"w\\";
    }
    static std::shared_ptr<const ProfileData> load(const std::string& file) {
        auto data = read_profile(DVC_SOURCE_DIR "/" + file);
        EXPECT_TRUE(data) << (data ? "" : data.error().message);
        return *data;
    }
    std::string push(Operation operation, std::initializer_list<Item> items,
                     std::optional<bool> updating) {
        const auto& push = *mapi->push(operation);
        const std::vector<Item> all(items);
        return push_body(push, all, {*mapi, settings, "s-1", push.service, {}, updating});
    }
    std::shared_ptr<const ProfileData> mapi = load("mappings/portal/mapi-2024/profile.xml");
    std::shared_ptr<const ProfileData> hagiang = load("tests/data/portal/hagiang.xml");
    ClientSettings settings;
};

TEST_F(Envelope, DossiersAsNew) {
    EXPECT_EQ(
        push(Operation::PushDossier,
             {{"1", R"({"MaHoSo":"1","TenTTHC":"Cấp đổi"})"}, {"2", R"({"MaHoSo":"2"})"}}, false),
        R"({"session":"s-1","madonvi":"000.00.00.H22","service":"DongBoHoSoMC",)"
        R"("isUpdating":"False","data":[{"MaHoSo":"1","TenTTHC":"Cấp đổi"},{"MaHoSo":"2"}]})");
}

TEST_F(Envelope, DossierAsUpdate) {
    EXPECT_EQ(push(Operation::PushDossier, {{"1", "{}"}}, true),
              R"({"session":"s-1","madonvi":"000.00.00.H22","service":"DongBoHoSoMC",)"
              R"("isUpdating":"True","data":[{}]})");
}

TEST_F(Envelope, ProgressSaysNothingOfUpdating) {
    EXPECT_EQ(push(Operation::PushProgress, {{"1", "{}"}}, std::nullopt),
              R"({"session":"s-1","madonvi":"000.00.00.H22","service":"CapNhatTienDoHoSoMC",)"
              R"("data":[{}]})");
}

TEST_F(Envelope, OneObjectInsteadOfAnArray) {
    Push single = *mapi->push(Operation::PushDossier);
    single.single = true;
    const std::vector<Item> items{{"1", R"({"a":1})"}};
    EXPECT_EQ(push_body(single, items, {*mapi, settings, "s", "X", {}, std::nullopt}),
              R"({"session":"s","madonvi":"000.00.00.H22","service":"X","data":{"a":1}})");
}

TEST_F(Envelope, LoginEscapesWhatJsonNeeds) {
    EXPECT_EQ(object_of(mapi->login->members, {*mapi, settings, {}, {}, {}, {}}),
              R"({"username":"000.00.00.H22","password":"p\"w\\"})");
}

TEST_F(Envelope, QuestionForADossier) {
    const auto& ask = *mapi->ask;
    EXPECT_EQ(object_of(ask.members,
                        {*mapi, settings, "s-1", ask.service, "000.00.01.H22-190301-0001", {}}),
              R"({"session":"s-1","madonvi":"000.00.00.H22","service":"TraCuuHoSo",)"
              R"("mahoso":"000.00.01.H22-190301-0001"})");
}

TEST_F(Envelope, HostileSessionStaysOneString) {
    const std::string session = "a\",\"service\":\"X\n\x01";
    const auto body = object_of(mapi->ask->members, {*mapi, settings, session, "S", "c", {}});
    rapidjson::Document document;
    ASSERT_FALSE(document.Parse(body.data(), body.size()).HasParseError()) << body;
    EXPECT_EQ(document.MemberCount(), 4u);
    EXPECT_EQ(document["session"].GetString(), session);
}

TEST_F(Envelope, HeadersOfTheContract) {
    EXPECT_THAT(headers_of(mapi->parameters, {*mapi, settings, {}, {}, {}, {}}),
                ElementsAre(Pair("Accept", "application/json"),
                            Pair("Content-Type", "application/json"), Pair("Charset", "utf-8"),
                            Pair("dstcode", "VN:GOV:000.00.00.G22:vpcpdvcprovider")));
    EXPECT_EQ(target_of("/forward/mapi/login", mapi->parameters, {*mapi, settings, {}, {}, {}, {}}),
              "/forward/mapi/login");
}

TEST_F(Envelope, DestinationAsQueryParameter) {
    auto parameters = mapi->parameters;
    for (auto& parameter : parameters)
        if (parameter.name == "dstcode") parameter.in_query = true;
    const Values values{*mapi, settings, {}, {}, {}, {}};
    EXPECT_EQ(target_of("/mapi/login", parameters, values),
              "/mapi/login?dstcode=VN%3AGOV%3A000.00.00.G22%3Avpcpdvcprovider");
    EXPECT_EQ(target_of("/mapi/login?x=1", parameters, values),
              "/mapi/login?x=1&dstcode=VN%3AGOV%3A000.00.00.G22%3Avpcpdvcprovider");
    EXPECT_EQ(headers_of(parameters, values).size(), 3u);
}

TEST_F(Envelope, WrapperTakesABareArrayAndQueryParameters) {
    settings.settings = {{"agency", "000.00.01.H22"}};
    const auto& push = *hagiang->push(Operation::PushDossier);
    const std::vector<Item> items{{"1", "{\"a\":1}"}, {"2", "{\"b\":2}"}};
    const Values values{*hagiang, settings, {}, push.service, {}, true};
    EXPECT_EQ(push_body(push, items, values), R"([{"a":1},{"b":2}])");
    EXPECT_EQ(target_of("/api/SynsTTHCC/DongBoHoSoMC", hagiang->parameters, values),
              "/api/SynsTTHCC/DongBoHoSoMC?MaDinhDanhDV=000.00.01.H22&isUpdating=True");
}

TEST_F(Envelope, QueryValuesAreEncodedToTheLastByte) {
    settings.settings["agency"] = "a b&c=ữ/%";
    EXPECT_EQ(target_of("/p", hagiang->parameters, {*hagiang, settings, {}, {}, {}, std::nullopt}),
              "/p?MaDinhDanhDV=a%20b%26c%3D%E1%BB%AF%2F%25");
}

TEST(IsObject, LooksAtBothEnds) {
    EXPECT_TRUE(is_object("{}"));
    for (const std::string_view text : {"", "{", "}", "[]", "{}]", " {}", "{} "})
        EXPECT_FALSE(is_object(text)) << text;
}

}  // namespace
}  // namespace dvcsync::portal::test
