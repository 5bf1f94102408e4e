// The page to print. Its words are Vietnamese: whoever reads it on paper is an office of the
// province.
#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/cli/delivery_report.h"

namespace dvcsync::cli {
namespace {

using sync::DeliveryLine;
using sync::DeliveryReport;

// No address in it: the page is one file and fetches nothing; the policy makes sure.
constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="dvcsync">
)";

constexpr std::string_view style = R"(<style>
@page { size: A4 landscape; margin: 14mm 12mm 16mm;
  @bottom-right { content: "Trang " counter(page) "/" counter(pages); font: 8pt sans-serif; } }
:root { color-scheme: light; }
body { font: 10pt/1.4 "Be Vietnam Pro", "Noto Sans", "DejaVu Sans", "Segoe UI", Arial, sans-serif;
  color: #1a1a1a; background: #fff; margin: 0 auto; max-width: 273mm; padding: 8mm; }
header { border-bottom: 2pt solid #7a1f1f; margin-bottom: 5mm; padding-bottom: 3mm; }
header p { margin: 0; }
.province { text-transform: uppercase; font-weight: 600; font-size: 9.5pt; letter-spacing: .03em; }
h1 { font-size: 16pt; margin: 2mm 0 1mm; line-height: 1.25; }
h2 { font-size: 12pt; margin: 7mm 0 2mm; break-after: avoid; }
.figures { display: grid; grid-template-columns: repeat(6, 1fr); gap: 3mm; margin: 0; }
.figures div { border: .6pt solid #bbb; border-radius: 1.5mm; padding: 2mm 3mm; }
.figures dt { font-size: 8.5pt; color: #444; }
.figures dd { margin: 0; font-size: 12.5pt; font-weight: 600; white-space: nowrap; }
.figures .bad dd { color: #8f1313; }
table { border-collapse: collapse; width: 100%; font-size: 8.5pt; line-height: 1.3; }
caption { text-align: left; font-size: 8.5pt; color: #444; padding-bottom: 1.5mm; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: .5pt solid #aaa; padding: 1mm 1.6mm; vertical-align: top; }
thead th { background: #efe9e4; font-weight: 600; text-align: center; vertical-align: middle; }
th[scope=row], th[scope=rowgroup] { text-align: left; font-weight: 400; }
th[scope=rowgroup] { background: #f7f4f1; font-weight: 600; break-after: avoid; }
td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.text { text-align: left; }
tr.sum th, tr.sum td { font-weight: 600; background: #f7f4f1; }
td.bad { color: #8f1313; font-weight: 600; }
.code { color: #444; white-space: nowrap; }
.notes { font-size: 8.5pt; color: #333; }
.notes li { margin-bottom: 1mm; }
@media print { body { padding: 0; max-width: none; } thead th, tr.sum th, tr.sum td,
  th[scope=rowgroup] { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
@media (max-width: 700px) { .figures { grid-template-columns: repeat(2, 1fr); }
  .wide { overflow-x: auto; } }
</style>
</head>
)";

std::string number(std::size_t count) {
    const std::string digits = std::to_string(count);
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) out += '.';
        out += digits[i];
    }
    return out;
}

std::string day(UtcTime at) {
    const Date date = date_of(to_vietnam(at));
    return fmt::format("{:02}/{:02}/{:04}", static_cast<unsigned>(date.day()),
                       static_cast<unsigned>(date.month()), static_cast<int>(date.year()));
}

std::string moment(UtcTime at) {
    const LocalTime local = to_vietnam(at);
    const auto seconds = (local - std::chrono::floor<std::chrono::days>(local)).count();
    return fmt::format("{} {:02}:{:02}", day(at), seconds / 3'600, seconds / 60 % 60);
}

std::string duration(const std::optional<std::chrono::seconds>& value) {
    return value ? duration_text(value, vietnamese_durations) : "–";
}

// By the names of sync::LateDelivery::state.
std::string_view state_words(std::string_view state) {
    constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"ready", "chờ gửi"},        {"sending", "đang gửi"},
        {"waiting", "chờ gửi lại"},  {"in doubt", "chưa rõ kết quả"},
        {"refused", "Cổng từ chối"}, {"parked", "chờ cán bộ xử lý"},
    };
    for (const auto& [name, word] : words)
        if (name == state) return word;
    return state;
}

std::string_view operation_words(Operation operation) {
    switch (operation) {
        case Operation::PushDossier:
            return "hồ sơ";
        case Operation::PushProgress:
            return "tiến độ";
        case Operation::PushStatus:
            return "trạng thái";
        default:
            return to_string(operation);
    }
}

constexpr std::string_view line_heads =
    "<th scope=\"col\">Đã nhận</th><th scope=\"col\">Đã đồng bộ</th>"
    "<th scope=\"col\">Cổng từ chối</th><th scope=\"col\">Chờ xử lý lỗi</th>"
    "<th scope=\"col\">Chờ gửi</th><th scope=\"col\">Bỏ qua</th>"
    "<th scope=\"col\">Không gửi</th><th scope=\"col\">Lượt xác nhận</th>"
    "<th scope=\"col\">Trung vị</th><th scope=\"col\">95% không quá</th>"
    "<th scope=\"col\">Trễ</th>";

std::string cells(const DeliveryLine& line) {
    const auto& r = line.records;
    std::string out;
    for (const std::size_t count : {r.records, r.delivered, r.refused, r.parked, r.waiting,
                                    r.dismissed, r.held, line.acknowledged})
        out += fmt::format("<td>{}</td>", number(count));
    return out + fmt::format("<td>{}</td><td>{}</td><td{}>{}</td></tr>\n", duration(line.median),
                             duration(line.p95), line.all_late() > 0 ? " class=\"bad\"" : "",
                             number(line.all_late()));
}

std::string unknown(std::string_view text) {
    return text.empty() ? "(chưa đọc được)" : html_text(text);
}

std::string agency_name(const sync::AgencyLine& agency) {
    if (agency.name.empty()) return unknown(agency.agency);
    return fmt::format("{} <span class=\"code\">({})</span>", html_text(agency.name),
                       html_text(agency.agency));
}

std::string figures(const DeliveryReport& report) {
    const auto& total = report.total;
    const auto one = [](std::string_view name, const std::string& value, bool bad) {
        return fmt::format("<div{}><dt>{}</dt><dd>{}</dd></div>\n", bad ? " class=\"bad\"" : "",
                           name, value);
    };
    const auto& r = total.records;
    return "<dl class=\"figures\">\n" + one("Hồ sơ đã nhận", number(r.records), false) +
           one("Đã đồng bộ", number(r.delivered), false) +
           one("Từ chối, chờ xử lý lỗi", number(r.refused + r.parked), r.refused + r.parked > 0) +
           one("Thời gian trung vị", duration(total.median), false) +
           one("95% không quá", duration(total.p95), false) +
           one("Lượt trễ", number(total.all_late()), total.all_late() > 0) + "</dl>\n";
}

std::string by_agency(const DeliveryReport& report) {
    std::string out =
        "<h2>1. Theo cơ quan</h2>\n<div class=\"wide\"><table>\n<caption>Đã nhận = đã đồng bộ + "
        "Cổng từ chối + chờ xử lý lỗi + chờ gửi + bỏ qua + không gửi.</caption>\n"
        "<thead><tr><th scope=\"col\">Cơ quan</th>";
    out += line_heads;
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& agency : report.agencies)
        out +=
            fmt::format("<tr><th scope=\"row\">{}</th>", agency_name(agency)) + cells(agency.line);
    return out + "<tr class=\"sum\"><th scope=\"row\">Tổng cộng</th>" + cells(report.total) +
           "</tbody></table></div>\n";
}

std::string by_procedure(const DeliveryReport& report) {
    std::string out =
        "<h2>2. Theo cơ quan và thủ tục</h2>\n<div class=\"wide\"><table>\n"
        "<thead><tr><th scope=\"col\">Thủ tục</th>";
    out += line_heads;
    out += "</tr></thead>\n";
    for (const auto& agency : report.agencies) {
        out += fmt::format("<tbody>\n<tr><th scope=\"rowgroup\" colspan=\"12\">{}</th></tr>\n",
                           agency_name(agency));
        for (const auto& one : agency.procedures)
            out += fmt::format("<tr><th scope=\"row\">{}</th>", unknown(one.procedure)) +
                   cells(one.line);
        out += "<tr class=\"sum\"><th scope=\"row\">Cộng</th>" + cells(agency.line) + "</tbody>\n";
    }
    return out + "</table></div>\n";
}

std::string late_ones(const DeliveryReport& report) {
    std::string out = "<h2>3. Các lượt trễ</h2>\n";
    if (report.late.empty()) return out + "<p>Không có lượt nào trễ.</p>\n";
    const std::size_t count = std::min(report.late.size(), limits::printed_late);
    if (count < report.total.all_late())
        out += fmt::format(
            "<p>{} lượt trễ nhiều nhất trong tổng số {}; danh sách đầy đủ: "
            "<code>dvcsync report delivery --late --format csv</code>.</p>\n",
            number(count), number(report.total.all_late()));
    out +=
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Mã hồ sơ</th>"
        "<th scope=\"col\">Cơ quan</th><th scope=\"col\">Thủ tục</th>"
        "<th scope=\"col\">Nội dung</th><th scope=\"col\">Sự việc lúc</th>"
        "<th scope=\"col\">Cổng xác nhận lúc</th><th scope=\"col\">Trễ so với hạn</th>"
        "</tr></thead>\n<tbody>\n";
    for (std::size_t i = 0; i < count; ++i) {
        const auto& one = report.late[i];
        out += fmt::format(
            "<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td><td class=\"text\">{}</td>"
            "<td class=\"text\">{}</td><td>{}</td><td>{}</td><td class=\"bad\">{}</td></tr>\n",
            html_text(one.code), unknown(one.agency), unknown(one.procedure),
            operation_words(one.operation), moment(one.event),
            one.acknowledged ? moment(*one.acknowledged)
                             : fmt::format("chưa ({})", html_text(state_words(one.state))),
            duration(one.over));
    }
    return out + "</tbody></table></div>\n";
}

std::string notes(const DeliveryReport& report) {
    std::string out = fmt::format(
        "<h2>Cách tính</h2>\n<ul class=\"notes\">\n"
        "<li>Số hồ sơ tính theo ngày tiếp nhận trong kỳ, ở trạng thái lúc lập báo cáo; hồ sơ chưa "
        "đọc được tính theo ngày hệ thống nhận tệp.</li>\n"
        "<li>Thời gian tính từ lúc sự việc xảy ra tại địa phương đến lúc Cổng xác nhận lần đầu, "
        "lấy từ nhật ký kiểm toán; sự việc xảy ra trong kỳ. Một hồ sơ có thể có nhiều lượt: bản "
        "thân hồ sơ và tiến độ xử lý.</li>\n"
        "<li>Trễ: Cổng xác nhận, hoặc đến nay vẫn chưa xác nhận, quá {} giờ sau khi sự việc xảy ra "
        "(<code>late_after_hours</code> trong mục <code>[report]</code>).</li>\n"
        "<li>Trung vị và mức 95% là giá trị nhỏ nhất mà ít nhất 50%, 95% số lượt không vượt "
        "quá.</li>\n",
        report.rules.limit.count());
    if (report.undated > 0)
        out += fmt::format(
            "<li>{} lượt không đo được vì hồ sơ không ghi thời điểm hợp lệ của sự "
            "việc.</li>\n",
            number(report.undated));
    if (!report.trail_begins)
        out += "<li>Nhật ký chưa có mục nào nên không đo được thời gian.</li>\n";
    else if (*report.trail_begins > report.rules.from)
        out += fmt::format("<li>Nhật ký bắt đầu từ {}; những gì gửi trước đó không đo được.</li>\n",
                           moment(*report.trail_begins));
    return out + "</ul>\n";
}

}  // namespace

std::string delivery_html(const DeliveryReport& report, std::string_view province) {
    const auto& rules = report.rules;
    const std::string period =
        fmt::format("từ {} đến {}", day(rules.from), day(rules.until - Millis{1}));
    const std::string_view what = rules.kind == "answer" ? "hồ sơ nộp trên Cổng" : "hồ sơ một cửa";
    return fmt::format("{}<title>Đồng bộ {} {}</title>\n{}", head, what, period, style) +
           fmt::format(
               "<body>\n<header>\n<p class=\"province\">{}</p>\n"
               "<h1>Báo cáo đồng bộ {} với Cổng Dịch vụ công Quốc gia</h1>\n"
               "<p>Kỳ báo cáo: {}. Lập lúc {}. Hạn đồng bộ: {} giờ.</p>\n</header>\n"
               "<main>\n",
               html_text(province), what, period, moment(rules.now), rules.limit.count()) +
           figures(report) + by_agency(report) + by_procedure(report) + late_ones(report) +
           notes(report) + "</main>\n</body>\n</html>\n";
}

}  // namespace dvcsync::cli
