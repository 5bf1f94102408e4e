// [inbound] and [serve]: what they mean, and every key's fault with its line.
#include <gmock/gmock.h>

#include "tests/unit/config/folder.h"

namespace dvcsync::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Inbound : public FolderTest {
  protected:
    // The sample with more lines in [inbound].
    static std::string with(std::string_view lines) {
        return sample_with("inbox_folder = \"inbox\"",
                           fmt::format("inbox_folder = \"inbox\"\n{}", lines));
    }
    static std::string serving(std::string_view lines) {
        return sample_with("[catalogue]", fmt::format("[serve]\n{}\n[catalogue]", lines));
    }
};

TEST_F(Inbound, the_sample_takes_submissions_into_a_folder_and_no_callbacks) {
    const auto config = load_text(sample());
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_TRUE(config->inbound);
    EXPECT_EQ(config->inbox, "folder");
    EXPECT_EQ(config->inbox_folder, folder / "inbox");
    EXPECT_EQ(config->staging, folder / "ledger.db.staging") << "the ledger's disk and rights";
    EXPECT_THAT(config->file_hosts, IsEmpty());
    EXPECT_FALSE(config->private_addresses);
    EXPECT_FALSE(config->plain_http_files);
    EXPECT_TRUE(config->scanner.empty());
    EXPECT_EQ(config->max_file_mib, 100);
    EXPECT_EQ(config->max_submission_mib, 500);
    EXPECT_FALSE(config->serve);
}

TEST_F(Inbound, every_comment_in_the_sample_is_a_line_that_works) {
    std::string text = sample();
    for (const std::string_view line :
         {"staging = ", "file_hosts = ", "file_ca = ", "allow_private_addresses = ", "scanner = ",
          "max_file_mib = ", "max_submission_mib = ", "[serve]",
          "port = ", "poll_seconds = ", "downloads = "}) {
        const std::size_t at = text.find(fmt::format("\n# {}", line));
        ASSERT_NE(at, std::string::npos) << line;
        text.erase(at + 1, 2);
    }
    write("certs/files-ca.pem", "ca");
    const auto config = load_text(text);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->file_hosts, ElementsAre("files.example.gov.vn", "*.example.gov.vn"));
    EXPECT_EQ(config->file_ca, folder / "certs/files-ca.pem");
    EXPECT_EQ(config->staging, folder / "ledger.db.staging");
    EXPECT_EQ(config->scanner, "/run/clamav/clamd.ctl");
    EXPECT_TRUE(config->serve);
    EXPECT_EQ(config->listen_port, 8090);
    EXPECT_EQ(config->poll_every, std::chrono::seconds(60));
    EXPECT_EQ(config->downloads, folder / "downloads");
}

TEST_F(Inbound, without_the_section_no_submissions_are_taken) {
    std::string text = sample();
    text.erase(text.find("\n[inbound]"),
               text.find("inbox_folder = \"inbox\"") + 22 - text.find("\n[inbound]"));
    const auto config = load_text(text);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_FALSE(config->inbound);
    EXPECT_TRUE(config->staging.empty());
}

TEST_F(Inbound, a_database_has_its_password_in_a_file_of_its_own) {
    const std::string text = sample_with(
        "inbox = \"folder\"\n",
        "inbox = \"postgres\"\nconnection = \"host=db\"\npassword_file = \"db.password\"\n");
    EXPECT_THAT(faults(text), HasSubstr("[inbound] password_file names db.password, which does"));
    write("db.password", "secret of the database\n", 0600);
    const auto config = load_text(text);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->inbox, "postgres");
    EXPECT_EQ(config->inbox_connection, "host=db");
    EXPECT_EQ(config->inbox_password, "secret of the database");
    EXPECT_EQ(config->password, "not a real password") << "the portal's is another";
}

TEST_F(Inbound, hosts_are_separated_by_blanks_or_commas) {
    const auto config = load_text(with("file_hosts = \" a.vn, *.b.vn,c.vn  192.0.2.7 \""));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->file_hosts, ElementsAre("a.vn", "*.b.vn", "c.vn", "192.0.2.7"));
}

struct Case {
    const char* lines;  // the first is the one that is told
    const char* fault;
    bool serve = false;
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.fault;
}

class InboundFault : public Inbound, public testing::WithParamInterface<Case> {};

TEST_P(InboundFault, is_told_alone_with_file_and_line) {
    const Case& one = GetParam();
    const std::string text = one.serve ? serving(one.lines) : with(one.lines);
    const std::string message = faults(text);
    const std::size_t section =
        one.serve ? line_of(text, "\n[serve]\n") + 1 : line_of(text, "inbox_folder = \"inbox\"");
    EXPECT_THAT(message, StartsWith(fmt::format("dvcsync.toml:{}: {}", section + 1, one.fault)));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Keys, InboundFault,
    testing::Values(
        Case{"file_host = \"a.vn\"", "[inbound] has no key file_host: did you mean file_hosts?"},
        Case{"folder = \"inbox\"", "[inbound] has no key folder: it belongs to [mappings]"},
        Case{"file_hosts = 5", "[inbound] file_hosts must be text in quotes, but is a whole"},
        Case{"file_ca = \"no.pem\"", "[inbound] file_ca names no.pem, which does not exist"},
        Case{"allow_private_addresses = 1",
             "[inbound] allow_private_addresses must be true or false without quotes"},
        Case{"allow_plain_http = \"yes\"",
             "[inbound] allow_plain_http must be true or false without quotes"},
        Case{"scanner = true", "[inbound] scanner must be text in quotes, but is true"},
        Case{"staging = \"\"", "[inbound] staging is empty"},
        Case{"max_file_mib = 0", "[inbound] max_file_mib is 0: use 1–"},
        Case{"max_file_mib = 1000000", "[inbound] max_file_mib is 1000000: use 1–"},
        Case{"max_submission_mib = 0", "[inbound] max_submission_mib is 0: use 1–"},
        Case{"max_submission_mib = \"5\"", "[inbound] max_submission_mib must be a whole number"},
        Case{"password = \"x\"", "[inbound] password must not stand in this file"}));

INSTANTIATE_TEST_SUITE_P(
    Serve, InboundFault,
    testing::Values(
        Case{"port = 65536", "[serve] port is 65536: use 0–65535", true},
        Case{"port = \"80\"", "[serve] port must be a whole number", true},
        Case{"poll_seconds = -1\nport = 80", "[serve] poll_seconds is -1: use 0–86400", true},
        Case{"poll_seconds = 86401\nport = 80", "[serve] poll_seconds is 86401", true},
        Case{"downloads = 5\nport = 80", "[serve] downloads must be text in quotes", true},
        Case{"host = \"0.0.0.0\"\nport = 80", "[serve] has no key host", true},
        Case{"downloads = \".\"\nport = 80", "[serve] downloads is ", true}));

TEST_F(Inbound, a_section_for_callbacks_without_a_port_is_told_with_its_line) {
    for (const char* lines : {"", "poll_seconds = 0"}) {
        const std::string text = serving(lines);
        EXPECT_THAT(faults(text),
                    StartsWith(fmt::format("dvcsync.toml:{}: [serve] port is missing: write port",
                                           line_of(text, "\n[serve]\n") + 1)))
            << lines;
    }
}

TEST_F(Inbound, folders_lie_beside_one_another) {
    const auto told = [&](const char* key, const char* path) {
        return faults(with(fmt::format("{} = \"{}\"", key, path)));
    };
    EXPECT_THAT(told("staging", "inbox/staging"),
                HasSubstr("[inbound] staging is inbox/staging, which lies in inbox_folder of "
                          "[inbound], inbox: give each a folder of its own"));
    EXPECT_THAT(told("staging", "."), HasSubstr("[inbound] staging is "));
    EXPECT_THAT(told("staging", "inbox"), HasSubstr("which lies in inbox_folder"));
    EXPECT_THAT(told("staging", "inbox/../drop/in/x"), HasSubstr("lies in drop_folder of [prov"));
    EXPECT_THAT(faults(sample_with("inbox_folder = \"inbox\"", "inbox_folder = \"drop/inbox\"")),
                HasSubstr("[inbound] inbox_folder is drop/inbox, which lies in drop_folder"));
    EXPECT_THAT(faults(sample_with("drop_folder = \"drop\"", "drop_folder = \"inbox/drop\"")),
                HasSubstr("[inbound] inbox_folder is inbox, which holds drop_folder"));
    EXPECT_THAT(faults(serving("downloads = \"drop/in\"\nport = 80")),
                HasSubstr("[serve] downloads is drop/in, which lies in drop_folder"));
    EXPECT_EQ(told("staging", "inboxes"), "") << "another folder whose name begins alike";
    std::filesystem::create_directories(folder / "inbox");
    std::filesystem::create_directory_symlink(folder / "inbox", folder / "link");
    EXPECT_THAT(told("staging", "link/staging"), HasSubstr("which lies in inbox_folder"));
}

TEST_F(Inbound, results_lie_in_a_folder_without_anything_that_others_must_not_have) {
    const auto told = [&](const char* path) {
        return faults(serving(fmt::format("downloads = \"{}\"\nport = 80", path)));
    };
    EXPECT_EQ(told("downloads"), "");
    EXPECT_THAT(told("certs"), HasSubstr("[serve] downloads is certs, which holds client_key of "
                                         "[portal]: the portal could fetch what lies there; name"));
    EXPECT_THAT(told("mappings"), HasSubstr("which holds folder of [mappings]"));
    EXPECT_THAT(told("/"), HasSubstr("[serve] downloads is /, which"));
    std::string keys = serving("downloads = \"keys\"\nport = 80");
    const std::string key = "key_file = \"ledger.key\"";
    keys.replace(keys.find(key), key.size(), "key_file = \"keys/key\"");
    EXPECT_THAT(faults(keys), HasSubstr("which holds key_file of [ledger]"));
    write("secret/word", "word\n", 0600);
    std::string words = serving("downloads = \"secret\"\nport = 80");
    const std::string word = "password_file = \"portal.password\"";
    words.replace(words.find(word), word.size(), "password_file = \"secret/word\"");
    EXPECT_THAT(faults(words), HasSubstr("which holds password_file of [portal]"));
}

TEST_F(Inbound, a_key_can_be_named_with_file_and_line_later) {
    const std::string text = serving("port = 8090");
    const auto config = load_text(text);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->where("serve", "port"),
              fmt::format("{}:{}: [serve] port", (folder / "dvcsync.toml").string(),
                          line_of(text, "\nport = 8090") + 1));
    EXPECT_EQ(config->where("serve", "downloads"),
              fmt::format("{}:{}: [serve] downloads", (folder / "dvcsync.toml").string(),
                          line_of(text, "\n[serve]") + 1));
}

TEST_F(Inbound, an_inbox_of_another_kind_is_told_with_those_there_are) {
    EXPECT_THAT(faults(sample_with("inbox = \"folder\"", "inbox = \"oracle\"")),
                HasSubstr("[inbound] inbox is \"oracle\": use one of folder, postgres"));
}

TEST_F(Inbound, what_an_inbox_needs_is_missed) {
    EXPECT_THAT(faults(sample_with("inbox_folder = ", "# inbox_folder = ")),
                HasSubstr("[inbound] inbox_folder is missing"));
    EXPECT_THAT(faults(sample_with("inbox = \"folder\"", "inbox = \"postgres\"")),
                HasSubstr("[inbound] connection is missing"));
}

TEST_F(Inbound, a_password_in_the_connection_is_refused_and_not_repeated) {
    const std::string message = faults(sample_with(
        "inbox = \"folder\"", "inbox = \"postgres\"\nconnection = \"host=db password=s3cret\""));
    EXPECT_THAT(message, HasSubstr("[inbound] connection holds a password"));
    EXPECT_EQ(message.find("s3cret"), std::string::npos);
}

TEST_F(Inbound, a_section_that_does_not_say_where_submissions_go_is_refused) {
    EXPECT_THAT(faults(sample_with("inbox = \"folder\"\n", "")),
                HasSubstr("[inbound] inbox_folder is given without inbox"));
}

TEST_F(Inbound, callbacks_need_an_inbox) {
    std::string text = serving("port = 8090");
    text.erase(text.find("inbox = \"folder\"\n"), 17);
    text.erase(text.find("inbox_folder = \"inbox\"\n"), 23);
    EXPECT_THAT(faults(text), HasSubstr(fmt::format("dvcsync.toml:{}: [serve] port is given, but "
                                                    "there is no [inbound]",
                                                    line_of(text, "\nport = 8090") + 1)));
}

}  // namespace
}  // namespace dvcsync::config
