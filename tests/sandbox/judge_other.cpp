#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cstdlib>

#include "tests/sandbox/contract.h"
#include "tests/sandbox/judge.h"

namespace dvcsandbox {
namespace {

std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// "87.5" is 8750 hundredths, given in steps of 10.
struct Hundredths {
    std::int64_t value = 0;
    std::int64_t step = 100;
};

Hundredths hundredths(std::string_view text) {
    const auto point = text.find('.');
    Hundredths result{number(text.substr(0, point)) * 100, 100};
    if (point == std::string_view::npos) return result;
    const auto part = text.substr(point + 1);
    result.step = part.size() == 1 ? 10 : 1;
    result.value += number(part) * result.step;
    return result;
}

// Rounded or cut to its own last digit; a share of nothing is 0 or 100.
bool is_share(std::string_view percent, std::int64_t part, std::int64_t whole) {
    const auto given = hundredths(percent);
    if (whole == 0) return given.value == 0 || given.value == 10'000;
    return std::llabs(given.value * whole - part * 10'000) < given.step * whole;
}

}  // namespace

std::string_view compact(const Json& value) {
    thread_local rapidjson::StringBuffer buffer;
    buffer.Clear();
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

Procedure judge_procedure(const Json& item, const NationalList& list, Faults& faults,
                          Faults& notes) {
    check(procedure_type(), item, faults);
    const auto code = text_of(item, "MATTHC");
    // A province's own service carries its agency as a suffix and is not in the national list.
    if (national_procedure(code) && !list.find(code))
        faults.add("MATTHC", "catalogue",
                   "không có trong CSDL quốc gia về TTHC (not in the national catalogue)");
    if (!faults.empty()) return {};

    const Json& told = item["QUYETDINHCONGBO"];
    Decision decision{std::string(text_of(told, "SOQUYETDINH")),
                      date_or_unset(text_of(told, "NGAYBANHANH")),
                      static_cast<std::uint8_t>(text_of(told, "LOAICONGBO")[0] - '0')};
    Procedure procedure;
    procedure.state = static_cast<std::uint8_t>(text_of(item, "TRANGTHAI")[0] - '0');
    // Abolished by a decision that says so, and by nothing else.
    if ((decision.action == 4) != (procedure.state == 0))
        faults.add("TRANGTHAI", "decision",
                   "0 khi và chỉ khi LOAICONGBO là 4 (0 if and only if LOAICONGBO is 4)");
    if (!faults.empty()) return {};
    const Stamp effective = date_or_unset(text_of(told, "NGAYHIEULUC"));
    if (effective != 0 && effective < decision.issued)
        notes.add("QUYETDINHCONGBO.NGAYHIEULUC", "order", "trước NGAYBANHANH (before NGAYBANHANH)");
    procedure.name = text_of(item, "TENTTHC");
    procedure.document = compact(item);
    procedure.inter_agency = text_of(item, "LIENTHONG") == "1";
    if (const Json* fields = list_of(item, "LINHVUCTHUCHIEN"))
        for (const Json& field : fields->GetArray())
            procedure.fields.emplace_back(text_of(field, "MALINHVUC"),
                                          text_of(field, "TENLINHVUC"));
    procedure.decisions.push_back(std::move(decision));
    return procedure;
}

StatisticsRow judge_statistics(const Json& item, Faults& faults) {
    check(statistics_type(), item, faults);
    if (!faults.empty()) return {};
    const auto count = [&](std::string_view name) { return number(text_of(item, name)); };
    const auto sum = [&](std::string_view total, std::int64_t wanted, std::string_view parts) {
        if (count(total) != wanted)
            faults.add(std::string(total), "sum",
                       std::string("khác ").append(parts).append(" (is not ").append(parts) + ")");
    };
    const auto share = [&](std::string_view percent, std::string_view part,
                           std::string_view whole) {
        if (!is_share(text_of(item, percent), count(part), count(whole)))
            faults.add(std::string(percent), "share",
                       std::string("khác tỷ lệ ").append(part).append("/").append(whole) +
                           " (is not that share)");
    };
    StatisticsRow result;
    result.key = {static_cast<int>(count("Nam")), static_cast<int>(count("Thang")),
                  std::string(text_of(item, "Madonvi"))};
    Statistics& row = result.row;
    row.agency_name = text_of(item, "TenDonVi");
    row.received = count("SoNhanTrongKy");
    row.carried_over = count("SoTonKyTruoc");
    row.total = count("TongSoXuLy");
    row.done = count("TongDaXuLy");
    row.done_on_time = count("TongXuLyDungHan");
    row.done_late = count("TongXuLyTreHan");
    row.open = count("TongChuaXuLy");
    row.open_in_time = count("TongChuaXuLyTrongHan");
    row.open_late = count("TongChuaXuLyTreHan");
    if (result.key.year < 2000 || result.key.year > 2199)
        faults.add("Nam", "code", "ngoài 2000..2199 (not a year)");
    sum("TongSoXuLy", row.received + row.carried_over, "SoNhanTrongKy + SoTonKyTruoc");
    sum("TongSoXuLy", row.done + row.open, "TongDaXuLy + TongChuaXuLy");
    sum("TongDaXuLy", row.done_on_time + row.done_late, "TongXuLyDungHan + TongXuLyTreHan");
    sum("TongChuaXuLy", row.open_in_time + row.open_late,
        "TongChuaXuLyTrongHan + TongChuaXuLyTreHan");
    share("PhanTramXuLyDungHan", "TongXuLyDungHan", "TongDaXuLy");
    share("PhanTramXuLyTreHan", "TongXuLyTreHan", "TongDaXuLy");
    share("PhanTramChuaXuLyTrongHan", "TongChuaXuLyTrongHan", "TongChuaXuLy");
    share("PhanTramChuaXuLyTreHan", "TongChuaXuLyTreHan", "TongChuaXuLy");
    return result;
}

}  // namespace dvcsandbox
