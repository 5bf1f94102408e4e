#include "connector/base/csv.h"

#include <gtest/gtest.h>

#include "tests/unit/base/temporary_folder.h"

namespace dvcsync {
namespace {

using Cells = std::vector<std::string>;

std::string fault(std::string_view text, std::initializer_list<std::string_view> header = {}) {
    const auto table = parse_csv(text, "t.csv", header);
    if (table) return "no fault";
    EXPECT_EQ(table.error().kind, ErrorKind::Config);
    return table.error().message;
}

TEST(Csv, ReadsCellsQuotesAndLineNumbers) {
    const auto table = parse_csv(
        "\xEF\xBB\xBF"
        "code,name\r\n\n# a note\nA1,\"Sở, \"\"Nội\"\"\nvụ\"\r\n,\"\"\nlast,",
        "t.csv", {"code", "name"});
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->header, (Cells{"code", "name"}));
    ASSERT_EQ(table->rows.size(), 3u);
    EXPECT_EQ(table->rows[0].cells, (Cells{"A1", "Sở, \"Nội\"\nvụ"}));
    EXPECT_EQ(table->rows[0].line, 4u);
    EXPECT_EQ(table->rows[1].cells, (Cells{"", ""}));
    EXPECT_EQ(table->rows[1].line, 6u);
    EXPECT_EQ(table->rows[2].cells, (Cells{"last", ""}));
}

TEST(Csv, FaultsNameFileAndLine) {
    EXPECT_EQ(fault("", {}).substr(0, 8), "t.csv:1:");
    EXPECT_EQ(fault("# only a note", {}).substr(0, 8), "t.csv:1:");
    EXPECT_EQ(fault("a,c\n", {"a", "b"}), "t.csv:1: the first line must be a,b");
    EXPECT_EQ(fault("a\n", {"a", "b"}), "t.csv:1: the first line must be a,b");
    EXPECT_EQ(fault("a,a\n"), "t.csv:1: a column name comes twice");
    EXPECT_EQ(fault("a,b\n1,2\n3\n"), "t.csv:3: 1 cells, but the first line names 2");
    EXPECT_EQ(fault("a,b\n1,2,3\n"), "t.csv:2: 3 cells, but the first line names 2");
    EXPECT_EQ(fault("a,b\n1,x\"y\"\n").substr(0, 16), "t.csv:2: a quote");
    EXPECT_EQ(fault("a,b\n1,\"x\ny\n"), "t.csv:2: a quote is never closed");
    EXPECT_EQ(fault("a,b\n1,\"x\"y\n"), "t.csv:2: text after a closing quote");
    EXPECT_EQ(fault("a,b\n1,\xFF\n"), "t.csv:2: not UTF-8; save the file as UTF-8");
    EXPECT_EQ(fault("a,b\n1,Nguy\xD4n V\xA8n\n"),
              "t.csv:2: not UTF-8; it looks like TCVN3 (ABC); save the file as UTF-8");
}

TEST(Csv, ReadsAFileAndReportsItsName) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(read_csv(folder.write("x.csv", "a\n1\n")).value().rows.size(), 1u);
    const auto bad = read_csv(folder.write("y.csv", "a\n1,2\n"));
    ASSERT_FALSE(bad);
    EXPECT_NE(bad.error().message.find("y.csv:2: "), std::string::npos);
    EXPECT_FALSE(read_csv(folder.path() / "none.csv"));
}

}  // namespace
}  // namespace dvcsync
