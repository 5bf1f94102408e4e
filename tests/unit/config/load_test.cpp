#include <gmock/gmock.h>

#include "tests/unit/config/folder.h"

namespace dvcsync::config {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Load = FolderTest;

TEST_F(Load, the_sample_loads_once_the_files_that_it_names_are_there) {
    const auto config = load_text(sample());
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->file, folder / "dvcsync.toml");
    EXPECT_EQ(config->province_code, "H22");
    EXPECT_EQ(config->agency, "000.00.00.H22");
    EXPECT_EQ(config->agency_name, "UBND tỉnh Hà Giang");
    EXPECT_EQ(config->vocabulary, "reference");
    EXPECT_EQ(config->drop_folder, folder / "drop");
    EXPECT_EQ(config->profile, "mapi-2024");
    EXPECT_EQ(config->base_url, "https://localhost:8443");
    EXPECT_EQ(config->username, "dvcsync");
    EXPECT_EQ(config->password, "not a real password");
    EXPECT_EQ(config->ca_file, folder / "certs/ca.pem");
    EXPECT_EQ(config->client_certificate, folder / "certs/client.pem");
    EXPECT_EQ(config->client_key, folder / "certs/client.key");
    EXPECT_EQ(config->endpoints.at("auth"), "/XrdAdapter/RestService/forward/mapi/login");
    EXPECT_EQ(config->settings.at("dstcode"), "VN:GOV:000.00.00.G22:vpcpdvcprovider");
    EXPECT_EQ(config->ledger_file, folder / "ledger.db");
    EXPECT_EQ(config->key_file, folder / "ledger.key");
    EXPECT_EQ(config->mappings, folder / "mappings");
}

TEST_F(Load, a_comment_in_the_sample_shows_the_value_that_is_used_without_it) {
    const auto shown = load_text(sample());
    std::string text = sample();
    for (const std::string_view key : {"stale_after_seconds", "deadline_seconds", "in_flight",
                                       "max_attempts", "allow_plain_http", "level", "format"}) {
        const std::size_t at = text.find(fmt::format("\n# {} = ", key));
        ASSERT_NE(at, std::string::npos) << key;
        text.erase(at + 1, 2);
    }
    const auto given = load_text(text);
    ASSERT_TRUE(shown && given) << given.error().message;
    EXPECT_EQ(shown->stale_after, given->stale_after);
    EXPECT_EQ(shown->deadline, given->deadline);
    EXPECT_EQ(shown->in_flight, given->in_flight);
    EXPECT_EQ(shown->max_attempts, given->max_attempts);
    EXPECT_EQ(shown->allow_plain_http, given->allow_plain_http);
    EXPECT_EQ(shown->log_level, given->log_level);
    EXPECT_EQ(shown->log_format, given->log_format);
    EXPECT_TRUE(shown->log_file.empty());
}

TEST_F(Load, given_values_replace_the_defaults) {
    const auto config =
        load_text(sample_with("# deadline_seconds = 30", "deadline_seconds = 7\nin_flight = 64"));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->deadline, std::chrono::milliseconds(7000));
    EXPECT_EQ(config->in_flight, 64);
}

TEST_F(Load, the_agency_is_a_setting_of_the_profile_without_being_written_twice) {
    const auto same = load_text(sample());
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(same->settings.at("agency"), "000.00.00.H22");
    const auto other = load_text(sample_with("dstcode = ", "agency = \"H22.00\"\ndstcode = "));
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_EQ(other->settings.at("agency"), "H22.00");
}

TEST_F(Load, an_absolute_path_stays_as_it_is) {
    const auto config = load_text(sample_with("\"drop\"", "\"/srv/export/../drop\""));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->drop_folder, "/srv/drop");
}

TEST_F(Load, a_missing_file_says_how_to_make_one) {
    const auto config = load(folder / "absent.toml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().kind, ErrorKind::Config);
    EXPECT_THAT(config.error().message, HasSubstr("absent.toml"));
    EXPECT_THAT(config.error().message, HasSubstr("dvcsync init"));
}

TEST_F(Load, a_folder_a_huge_file_and_bytes_that_are_no_text_are_refused) {
    EXPECT_FALSE(load(folder));
    EXPECT_FALSE(load_text(std::string(2u << 20, '#')));
    EXPECT_THAT(faults("[province]\ncode = \"\xff\xfe\"\n"), StartsWith("dvcsync.toml:2: "));
    EXPECT_FALSE(load_text(std::string("[log]\nlevel = \"in\0fo\"\n", 21)));
}

TEST_F(Load, a_line_that_is_not_toml_is_named) {
    EXPECT_THAT(faults("[province]\ncode = H22\n"), StartsWith("dvcsync.toml:2: not valid TOML"));
    EXPECT_THAT(faults("[log]\nlevel = \"info\"\nlevel = \"warn\"\n"),
                StartsWith("dvcsync.toml:3: not valid TOML"));
}

TEST_F(Load, an_empty_file_names_every_section_that_is_needed) {
    const std::string message = faults("");
    for (const char* section : {"[province]", "[portal]", "[ledger]", "[mappings]"})
        EXPECT_THAT(message,
                    HasSubstr(fmt::format("dvcsync.toml:1: the section {} is missing", section)));
    EXPECT_THAT(message, Not(HasSubstr("[log]")));
}

TEST_F(Load, an_empty_section_names_every_key_that_is_needed) {
    const std::string message = faults("\n[ledger]\n");
    EXPECT_THAT(message, HasSubstr("dvcsync.toml:2: [ledger] file is missing"));
    EXPECT_THAT(message, HasSubstr("dvcsync.toml:2: [ledger] key_file is missing"));
}

TEST_F(Load, all_faults_come_at_once_and_in_the_order_of_the_file) {
    std::string text = sample_with("profile = \"mapi-2024\"", "profile = 5");
    text.replace(text.find("code = \"H22\""), 4, "cod_");
    text += "level = \"loud\"\n[extra]\nkey = 1\n";
    const std::string message = faults(text);
    const std::vector<std::string> expected{
        fmt::format("dvcsync.toml:{}: [province] code is missing", line_of(text, "[province]")),
        fmt::format("dvcsync.toml:{}: [province] has no key cod_: did you mean code?",
                    line_of(text, "cod_ =")),
        fmt::format(
            "dvcsync.toml:{}: [portal] profile must be text in quotes, but is a whole number",
            line_of(text, "profile = 5")),
        fmt::format("dvcsync.toml:{}: [log] level is \"loud\": use one of trace, debug",
                    line_of(text, "level = \"loud\"")),
        fmt::format("dvcsync.toml:{}: unknown section extra", line_of(text, "[extra]"))};
    std::size_t at = 0;
    for (const std::string& fault : expected) {
        const std::size_t found = message.find(fault, at);
        EXPECT_NE(found, std::string::npos) << fault << "\nin\n" << message;
        at = found == std::string::npos ? at : found;
    }
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 4) << message;
}

TEST_F(Load, a_key_where_a_section_belongs_is_told_so) {
    EXPECT_THAT(
        faults("log = 5\n" + sample_with("[log]", "")),
        HasSubstr("dvcsync.toml:1: log must be a section: write [log] on a line by itself"));
}

TEST_F(Load, https_needs_an_authority_and_plain_http_does_not) {
    const std::string text = sample_with("ca_file = ", "# ca_file = ");
    EXPECT_THAT(faults(text), StartsWith(fmt::format("dvcsync.toml:{}: [portal] ca_file is missing",
                                                     line_of(text, "\n[portal]\n") + 1)));
    std::string plain = text;
    plain.replace(plain.find("https://"), 8, "http://");
    plain.replace(plain.find("# allow_plain_http = false"), 26, "allow_plain_http = true");
    EXPECT_EQ(faults(plain), "");
}

TEST_F(Load, a_certificate_without_its_key_or_a_key_without_its_certificate_is_refused) {
    EXPECT_THAT(faults(sample_with("client_key = ", "# client_key = ")),
                HasSubstr("[portal] client_key is missing although client_certificate is given"));
    EXPECT_THAT(faults(sample_with("client_certificate = ", "# client_certificate = ")),
                HasSubstr("[portal] client_certificate is missing although client_key is given"));
}

TEST_F(Load, the_password_may_come_from_the_environment) {
    const std::string text =
        sample_with("password_file = \"portal.password\"", "password_env = \"DVC_TEST_SECRET\"");
    ::unsetenv("DVC_TEST_SECRET");
    EXPECT_THAT(faults(text), StartsWith(fmt::format("dvcsync.toml:{}: [portal] password_env names "
                                                     "the environment variable DVC_TEST_SECRET, "
                                                     "which is not set",
                                                     line_of(text, "password_env = \"DVC_TEST"))));
    ::setenv("DVC_TEST_SECRET", "from outside", 1);
    const auto config = load_text(text);
    ::unsetenv("DVC_TEST_SECRET");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->password, "from outside");
}

TEST_F(Load, exactly_one_place_holds_the_password) {
    EXPECT_THAT(faults(sample_with("# password_env", "password_env")),
                HasSubstr("[portal] password_env and password_file are both given"));
    EXPECT_THAT(faults(sample_with("password_file = ", "# password_file = ")),
                HasSubstr("[portal] password_file is missing: name a file of mode 0600"));
}

TEST_F(Load, a_password_in_the_file_itself_is_refused_and_not_repeated) {
    const std::string message = faults(sample_with("# in_flight", "password = \"s3cret\" #"));
    EXPECT_THAT(message, HasSubstr("password must not stand in this file"));
    EXPECT_THAT(message, Not(HasSubstr("s3cret")));
}

TEST_F(Load, a_secret_that_others_may_read_is_refused) {
    write("portal.password", "x", 0640);
    write("certs/client.key", "x", 0604);
    const std::string message = faults(sample());
    EXPECT_THAT(message, HasSubstr("[portal] password_file names portal.password, which others may "
                                   "read or write: run chmod 600 portal.password"));
    EXPECT_THAT(message, HasSubstr("[portal] client_key names certs/client.key, which others may"));
}

TEST_F(Load, a_password_file_must_hold_one_line_of_text) {
    for (const std::string_view content : {"\n", "\r\nsecond", "a\tb", "a\x01"}) {
        write("portal.password", content, 0600);
        EXPECT_THAT(faults(sample()), HasSubstr("whose first line is not a password"));
    }
    write("portal.password", "", 0600);
    EXPECT_THAT(faults(sample()), HasSubstr("which is empty"));
    write("portal.password", std::string(5000, 'a'), 0600);
    EXPECT_THAT(faults(sample()), HasSubstr("whose first line is not a password"));
    write("portal.password", "  blanks count \r\nnot this\n", 0600);
    const auto config = load_text(sample());
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->password, "  blanks count ");
}

struct Wrong {
    const char* from;
    const char* to;
    const char* fault;  // follows "dvcsync.toml:<line of `to`>: "
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
    *out << wrong.fault;
}

class WrongValue : public FolderTest, public testing::WithParamInterface<Wrong> {};

TEST_P(WrongValue, is_the_only_fault_and_has_its_line_and_advice) {
    const Wrong& wrong = GetParam();
    const std::string text = sample_with(wrong.from, wrong.to);
    const std::string message = faults(text);
    EXPECT_THAT(message, StartsWith(fmt::format("dvcsync.toml:{}: {}", line_of(text, wrong.to),
                                                wrong.fault)));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Names, WrongValue,
    testing::Values(Wrong{"[log]", "[lgo]", "unknown section lgo: did you mean [log]?"},
                    Wrong{"[log]", "[metrics]", "unknown section metrics: remove it"},
                    Wrong{"[province]", "colour = 1\n[province]",
                          "unknown key outside of a section colour"},
                    Wrong{"# in_flight", "inflight = 8 #",
                          "[portal] has no key inflight: did you mean in_flight?"},
                    Wrong{"# in_flight", "level = \"info\" #",
                          "[portal] has no key level: it belongs to [log]"},
                    Wrong{"# in_flight", "velocity = 1 #",
                          "[portal] has no key velocity: remove it; its keys are"},
                    Wrong{"# in_flight", "password = \"x\" #",
                          "[portal] password must not stand in this file"}));

INSTANTIATE_TEST_SUITE_P(
    Types, WrongValue,
    testing::Values(
        Wrong{"code = \"H22\"", "code = true",
              "[province] code must be text in quotes, but is true"},
        Wrong{"code = \"H22\"", "code = \"\"", "[province] code is empty"},
        Wrong{"code = \"H22\"", "code = \"H\\n22\"", "[province] code holds a line break"},
        Wrong{"# in_flight", "in_flight = \"8\" #",
              "[portal] in_flight must be a whole number 1–64"},
        Wrong{"# in_flight", "in_flight = 8.0 #", "[portal] in_flight must be a whole number 1–64"},
        Wrong{"# allow_plain_http", "allow_plain_http = \"no\" #",
              "[portal] allow_plain_http must be true or false without quotes"},
        Wrong{"dstcode = \"VN:GOV:000.00.00.G22:vpcpdvcprovider\"", "dstcode = 5",
              "[portal.settings] dstcode must be text in quotes, but is a whole number"}));

INSTANTIATE_TEST_SUITE_P(
    Ranges, WrongValue,
    testing::Values(
        Wrong{"# in_flight", "in_flight = 0 #", "[portal] in_flight is 0: use 1–64"},
        Wrong{"# in_flight", "in_flight = 65 #", "[portal] in_flight is 65: use 1–64"},
        Wrong{"# deadline_seconds", "deadline_seconds = 0 #", "[portal] deadline_seconds is 0"},
        Wrong{"# deadline_seconds", "deadline_seconds = 601 #", "[portal] deadline_seconds is 601"},
        Wrong{"# max_attempts", "max_attempts = -1 #", "[portal] max_attempts is -1: use 1–1000"},
        Wrong{"# stale_after_seconds", "stale_after_seconds = 86401 #", "[province] stale_after"},
        Wrong{"# format", "format = \"xml\" #", "[log] format is \"xml\": use one of auto, human"},
        Wrong{"\"https://localhost:8443\"", "\"http://localhost:8443\"",
              "[portal] base_url is plain HTTP"},
        Wrong{"auth = \"/", "auth = \"", "[portal.endpoints] auth must begin with '/'"}));

INSTANTIATE_TEST_SUITE_P(
    Paths, WrongValue,
    testing::Values(
        Wrong{"\"certs/ca.pem\"", "\"certs/cb.pem\"",
              "[portal] ca_file names certs/cb.pem, which does"},
        Wrong{"\"certs/ca.pem\"", "\"certs\"", "[portal] ca_file names certs, which is not a file"},
        Wrong{"\"certs/client.pem\"", "\"client.pem\"",
              "[portal] client_certificate names client.pem"},
        Wrong{"\"certs/client.key\"", "\"client.key\"",
              "[portal] client_key names client.key, which"},
        Wrong{"\"portal.password\"", "\"password\"",
              "[portal] password_file names password, which"},
        Wrong{"folder = \"mappings\"", "folder = \"maps\"",
              "[mappings] folder names maps, which is not"},
        Wrong{"vocabulary = \"reference\"", "vocabulary = \"other\"",
              "[province] vocabulary is \"other\", but there is no mappings/province/other.xml; "
              "there "
              "are: reference"},
        Wrong{
            "profile = \"mapi-2024\"", "profile = \"mapx\"",
            "[portal] profile is \"mapx\", but there is no mappings/portal/mapx/profile.xml; there "
            "are: mapi-2024"},
        Wrong{"profile = \"mapi-2024\"", "profile = \"../mapi\"",
              "[portal] profile is not a plain name"}));

}  // namespace
}  // namespace dvcsync::config
