// How a delivery report looks: text, CSV, JSON, and the page to print.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <regex>

#include "connector/base/csv.h"
#include "connector/cli/delivery_report.h"

namespace dvcsync::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const UtcTime first =
    from_vietnam(LocalTime{std::chrono::local_days{std::chrono::year{2019} / 3 / 1}});

sync::DeliveryReport sample() {
    sync::DeliveryReport report;
    report.rules.from = first;
    report.rules.until = first + std::chrono::days{31};
    report.rules.now = first + std::chrono::days{31} + hours{9};
    report.trail_begins = first;
    sync::DeliveryLine line;
    line.records = {1'234, 1'200, 4, 10, 20, 0, 0};
    line.acknowledged = 2'345;
    line.late = 1;
    line.late_open = 1;
    line.median = minutes{12};
    line.p95 = hours{5} + minutes{30};
    report.agencies.push_back(
        {"000.00.01.H22", "Sở \"Tài nguyên\" & <Môi trường>", line, {{"=1.005129", line}}});
    report.total = line;
    report.late.push_back({"000.00.01.H22-190301-0001", "000.00.01.H22", "=1.005129",
                           Operation::PushDossier, first, first + hours{26}, "", hours{2}});
    report.late.push_back({"<b>D2</b>", "000.00.01.H22", "=1.005129", Operation::PushProgress,
                           first, std::nullopt, "refused", hours{1}});
    return report;
}

std::string without_mark(const std::string& csv) {
    EXPECT_THAT(csv, StartsWith(std::string(csv_mark)));
    return csv.substr(csv_mark.size());
}

TEST(DurationText, ShowsTheTwoLargestUnits) {
    const auto text = [](auto duration) { return duration_text(duration, english_durations); };
    EXPECT_EQ(text(std::optional<seconds>{}), "-");
    EXPECT_EQ(text(std::optional<seconds>{0}), "0 s");
    EXPECT_EQ(text(std::optional<seconds>{59}), "59 s");
    EXPECT_EQ(text(std::optional<seconds>{minutes{59} + seconds{59}}), "59 min");
    EXPECT_EQ(text(std::optional<seconds>{hours{5} + minutes{12}}), "5 h 12 min");
    EXPECT_EQ(text(std::optional<seconds>{hours{49}}), "2 d 1 h");
    EXPECT_EQ(duration_text(hours{24}, vietnamese_durations), "1 ngày");
}

TEST(DeliveryText, TellsPlacesTotalAndLateOnes) {
    const std::string text = delivery_text(sample(), 1);
    EXPECT_THAT(text, HasSubstr("2019-03-01 to 2019-03-31"));
    EXPECT_THAT(text, HasSubstr("more than 24 hours after"));
    EXPECT_THAT(text, HasSubstr("total"));
    EXPECT_THAT(text, HasSubstr("5 h 30 min"));
    EXPECT_THAT(text, HasSubstr("000.00.01.H22-190301-0001"));
    EXPECT_THAT(text, HasSubstr("2 h too late"));
    EXPECT_THAT(text, HasSubstr("1 more: --late --format csv"));
    EXPECT_THAT(text, Not(HasSubstr("<b>D2</b>")));  // beyond the limit
    EXPECT_THAT(delivery_text(sample(), 9), HasSubstr("still open, refused"));
}

TEST(DeliveryCsv, ReadsBackWithItsNumbersAndNoFormula) {
    const std::string csv = without_mark(delivery_csv(sample()));
    const auto table = parse_csv(csv, "report");
    ASSERT_TRUE(table) << table.error().message;
    ASSERT_EQ(table->rows.size(), 1U);
    const auto& cells = table->rows[0].cells;
    EXPECT_EQ(cells[1], "Sở \"Tài nguyên\" & <Môi trường>");
    EXPECT_EQ(cells[2], "'=1.005129");
    EXPECT_EQ(cells[3], "1234");
    EXPECT_EQ(cells[11], "720");
    EXPECT_THAT(csv, testing::EndsWith("\r\n"));
}

TEST(DeliveryCsv, ListsEveryLateOne) {
    const auto table = parse_csv(without_mark(late_csv(sample())), "late");
    ASSERT_TRUE(table) << table.error().message;
    ASSERT_EQ(table->rows.size(), 2U);
    EXPECT_EQ(table->rows[0].cells[7], "7200");
    EXPECT_EQ(table->rows[1].cells[5], "");
    EXPECT_EQ(table->rows[1].cells[6], "refused");
}

TEST(DeliveryJson, HoldsTheSameFigures) {
    Json json;
    json.open();
    add_delivery(json, sample());
    json.close();
    rapidjson::Document read;
    ASSERT_FALSE(read.Parse(json.text().c_str()).HasParseError());
    EXPECT_EQ(read["total"]["received"].GetInt(), 1'234);
    EXPECT_EQ(read["agencies"][0]["procedures"][0]["p95_seconds"].GetInt(), 19'800);
    EXPECT_EQ(read["late_ones"][0]["late_by_seconds"].GetInt(), 7'200);
    EXPECT_STREQ(read["late_ones"][1]["open"].GetString(), "refused");
    EXPECT_EQ(read["late_after_hours"].GetInt(), 24);
}

TEST(DeliveryPage, NothingOfTheDataIsMarkup) {
    const std::string page = delivery_html(sample(), "UBND tỉnh <Hà Giang>");
    EXPECT_THAT(page, HasSubstr("UBND tỉnh &lt;Hà Giang&gt;"));
    EXPECT_THAT(page, HasSubstr("Sở &quot;Tài nguyên&quot; &amp; &lt;Môi trường&gt;"));
    EXPECT_THAT(page, HasSubstr("&lt;b&gt;D2&lt;/b&gt;"));
    EXPECT_THAT(page, Not(HasSubstr("<b>")));
    EXPECT_EQ(html_text("a\x01'b"), "a&#39;b");
}

TEST(DeliveryPage, StandsAloneAndSaysWhatItsHeadersMean) {
    const std::string page = delivery_html(sample(), "UBND tỉnh Hà Giang");
    EXPECT_THAT(page, StartsWith("<!DOCTYPE html>\n<html lang=\"vi\">"));
    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
    for (const char* fetched :
         {"<script", "src=", "href=", "url(", "@import", "http://", "https://"})
        EXPECT_THAT(page, Not(HasSubstr(fetched)));
    const auto count = [&page](const char* what) {
        const std::regex wanted(what);
        return std::distance(std::sregex_iterator(page.begin(), page.end(), wanted), {});
    };
    EXPECT_EQ(count("<th>"), 0);  // every header says of what
    EXPECT_EQ(count("<th "), count("<th scope=\"(col|row|rowgroup)\""));
    EXPECT_EQ(count("<tr[ >]"), count("</tr>"));
    EXPECT_EQ(count("<table>"), count("</table>"));
    EXPECT_THAT(page, HasSubstr("1.234"));
    EXPECT_THAT(page, HasSubstr("5 giờ 30 phút"));
    EXPECT_THAT(page, HasSubstr("chưa (Cổng từ chối)"));
}

TEST(DeliveryPage, SaysWhatCouldNotBeMeasured) {
    auto report = sample();
    report.undated = 7;
    report.trail_begins = first + hours{1};
    report.late.clear();
    report.total.late = report.total.late_open = 0;
    const std::string page = delivery_html(report, "UBND tỉnh Hà Giang");
    EXPECT_THAT(page, HasSubstr("7 lượt không đo được"));
    EXPECT_THAT(page, HasSubstr("Nhật ký bắt đầu từ 01/03/2019 01:00"));
    EXPECT_THAT(page, HasSubstr("Không có lượt nào trễ."));
}

}  // namespace
}  // namespace dvcsync::cli
