// Files that go to the portal before what names them: the form of the call, and what its answer is
// worth.
#include <gmock/gmock.h>

#include <mutex>

#include "connector/base/crypto.h"
#include "tests/unit/portal/support_portal.h"
#include "tests/unit/portal/support_profile.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using V = Verdict;

constexpr char bytes[] = "%PDF-1.4\r\n\0\xff--dvcsync\r\n";
const std::string content(bytes, sizeof(bytes) - 1);

std::string taken(const std::string& id, const std::string& sum) {
    return http(200, R"({"code":0,"message":"","data":{"id":)" + id + R"(,"sum":)" + sum + "}}");
}
const std::string right_sum = "\"" + hex(sha256(content)) + "\"";

// Gives a token, and answers everything else with what the test says, one after the other; the last
// one again and again.
struct Files {
    std::mutex mutex;
    std::vector<std::string> answers{taken("\"F-1\"", right_sum)};
    Server server{Server::answering([this](const HttpRequest& request) {
        const std::lock_guard lock(mutex);
        if (request.line.find("/token") != std::string::npos)
            return http(200, R"({"access_token":"t"})");
        auto answer = answers.front();
        if (answers.size() > 1) answers.erase(answers.begin());
        return answer;
    })};
    std::unique_ptr<Client> client = client_for(token_settings(server.url()), token_profile);

    tl::expected<UploadedFile, Outcome> upload(const std::vector<std::string>& with) {
        {
            const std::lock_guard lock(mutex);
            answers = with;
        }
        return client->upload({content, "file.pdf", "application/pdf"});
    }
};

TEST(Upload, IsAFormOfSeveralPartsWithTheFileAsItIs) {
    Files portal;
    const auto file = portal.upload({taken("\"F-1\"", right_sum)});
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->id, "F-1");
    EXPECT_EQ("\"" + file->hash + "\"", right_sum);
    const auto call = portal.server.requests().back();
    EXPECT_THAT(call.line, HasSubstr("POST /files"));
    const std::string type = call.headers.at("content-type");
    constexpr std::string_view start = "multipart/form-data; boundary=";
    ASSERT_TRUE(type.starts_with(start)) << type;
    const auto line = "--" + type.substr(start.size());
    EXPECT_EQ(call.body, line +
                             "\r\nContent-Disposition: form-data; name=\"loai\"\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n\r\nđơn\r\n" +
                             line +
                             "\r\nContent-Disposition: form-data; name=\"dv\"\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n\r\nt\r\n" +
                             line +
                             "\r\nContent-Disposition: form-data; name=\"tep\"; "
                             "filename=\"file.pdf\"\r\nContent-Type: application/pdf\r\n\r\n" +
                             content + "\r\n" + line + "--\r\n");
    EXPECT_EQ(call.headers.at("authorization"), "Bearer t");
}

TEST(Upload, AHashOfOtherBytesIsNotTakenAndSaysSo) {
    Files portal;
    const auto file = portal.upload({taken("\"F-1\"", "\"" + hex(sha256("x")) + "\"")});
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().verdict, V::Retry);
    EXPECT_EQ(file.error().code, "hash");
    EXPECT_FALSE(file.error().endpoint) << "counts against the item, so it ends";
    EXPECT_THAT(file.error().message, AllOf(HasSubstr("data/sum"), HasSubstr("check=")));
}

TEST(Upload, AHashMayBeInCapitals) {
    Files portal;
    auto sum = right_sum;
    for (char& c : sum)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_TRUE(portal.upload({taken("\"F-1\"", sum)}));
}

TEST(Upload, WhatTheAnswerDoesNotNameIsNotGuessed) {
    Files portal;
    for (const std::string id : {"\"\"", "null", "{}", "\"a b\"", "\"ô\"", "\"a\\\"b\""}) {
        const auto file = portal.upload({taken(id, right_sum)});
        ASSERT_FALSE(file) << id;
        EXPECT_EQ(file.error().verdict, V::Retry) << id;
        EXPECT_EQ(file.error().code, "answer") << id;
    }
    EXPECT_FALSE(portal.upload({taken("\"" + std::string(300, 'x') + "\"", right_sum)}));
    EXPECT_FALSE(portal.upload({taken("\"F-1\"", "null")}));
}

TEST(Upload, ALostAnswerIsNoDoubtAndANoIsANo) {
    Files portal;
    for (const auto& [answer, verdict] :
         {std::pair(http(200, R"({"code":5,"message":"no such type"})"), V::Refused),
          std::pair(http(200, "<html>"), V::Retry), std::pair(std::string(), V::Retry),
          std::pair(http(502, ""), V::Retry), std::pair(http(413, ""), V::Refused)}) {
        const auto file = portal.upload({answer});
        ASSERT_FALSE(file) << answer;
        EXPECT_EQ(file.error().verdict, verdict) << answer;
    }
}

TEST(Upload, GoesAgainWithANewTokenWhenTheOldOneHasEnded) {
    Files portal;
    const auto file = portal.upload({http(401, ""), taken("\"F-2\"", right_sum)});
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->id, "F-2");
    const auto requests = portal.server.requests();
    ASSERT_EQ(requests.size(), 4u) << "token, file, token, file";
    EXPECT_EQ(requests[1].body, requests[3].body);
}

TEST(Upload, AProfileWithoutItSaysSo) {
    const auto client = client_for(wrapper_at("http://127.0.0.1:1"), wrapper_profile);
    EXPECT_FALSE(client->profile().takes_files());
    const auto file = client->upload({content, "file.pdf", "application/pdf"});
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().verdict, V::Misconfigured);
}

const std::string whole = R"(<profile name="p">
  <endpoint name="a"/>
  <push body="data">
    <operation name="push-dossier" endpoint="a" batch="1" key="K"/>
  </push>
  <upload endpoint="a" part="p" id="i" hash="h" check="sha-256"><member name="m" value="1"/></upload>
  <answer code="c"><rule codes="0" outcome="accepted"/></answer>
</profile>
)";

class UploadFault : public ::testing::TestWithParam<Faulty> {};

TEST_P(UploadFault, IsToldWithFileAndLine) {
    expect_fault(whole, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, UploadFault,
                         ::testing::Values(Faulty{"NoPart", R"(part="p")", "", "6: "},
                                           Faulty{"NoId", R"(id="i")", "", "6: "},
                                           Faulty{"QuotedPart", R"(part="p")", R"(part="p&quot;")",
                                                  "6: part=\"p\"\": plain ASCII without quotes"},
                                           Faulty{"QuotedMember", R"(name="m")", R"(name="&quot;")",
                                                  "6: a part of a form has a name of plain ASCII"},
                                           Faulty{"EmptyStep", R"(id="i")", R"(id="a//b")",
                                                  "6: id=\"a//b\": members from the outside in"},
                                           Faulty{"NothingToCheck", R"(hash="h" )", "",
                                                  "6: check=\"sha-256\" needs hash"},
                                           Faulty{"AnotherCheck", "sha-256", "md5",
                                                  "6: check=\"md5\": say"}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace dvcsync::portal::test
