#include "tests/sandbox/reads.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace dvcsandbox {
namespace {

constexpr std::size_t kMaxPage = 999'999;
constexpr std::size_t kMaxRows = 500;

using Members = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Rows {
  public:
    Rows() : writer_(buffer_) { writer_.StartArray(); }

    void add(Members members) {
        writer_.StartObject();
        for (const auto& [name, text] : members) {
            writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
            writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        }
        writer_.EndObject();
    }
    void add_raw(const std::string& object) {
        writer_.RawValue(object.data(), object.size(), rapidjson::kObjectType);
    }
    std::string take() {
        writer_.EndArray();
        return {buffer_.GetString(), buffer_.GetSize()};
    }

  private:
    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

// CAPTHUCHIEN's numbers, told from the code: 000.00.NN is of the province's centre or a district.
std::string_view level_of(std::string_view agency) {
    const auto parts = split(agency, '.');
    if (parts.size() != 4) return "1";
    if (parts[1] != "00") return "3";
    return parts[2] >= "31" && parts[2] <= "60" ? "2" : "1";
}

std::string agencies(const Holdings& holdings, std::string_view madonvi) {
    std::map<std::string, std::string, std::less<>> names{{std::string(madonvi), ""}};
    holdings.statistics().each([&](const MonthOfAgency& key, const Statistics& row) {
        names.insert_or_assign(key.agency, row.agency_name);
    });
    Rows rows;
    for (const auto& [code, name] : names)
        rows.add({{"MADONVI", code}, {"TENDONVI", name}, {"CAPDONVI", level_of(code)}});
    return rows.take();
}

std::string fields(const Holdings& holdings) {
    std::map<std::string, std::string> names;
    holdings.procedures().each([&](std::string_view, const Procedure& procedure) {
        for (const auto& [code, name] : procedure.fields)
            if (!code.empty()) names.insert_or_assign(code, name);
    });
    Rows rows;
    for (const auto& [code, name] : names)
        rows.add({{"MALINHVUC", code}, {"TENLINHVUC", name}, {"MANGANH", ""}});
    return rows.take();
}

std::string procedures(const Holdings& holdings) {
    Rows rows;
    const NationalList& list = holdings.national_list();
    for (std::uint32_t i = 0; i < list.size(); ++i)
        rows.add({{"MATTHC", list.code(i)}, {"TENTTHC", list.name(i)}});
    holdings.procedures().each([&](std::string_view code, const Procedure& procedure) {
        if (!list.find(code)) rows.add({{"MATTHC", code}, {"TENTTHC", procedure.name}});
    });
    return rows.take();
}

std::string procedure(const Holdings& holdings, std::string_view code) {
    Rows rows;
    const NationalList& list = holdings.national_list();
    if (const auto held = holdings.procedures().find(code))
        rows.add_raw(held->document);
    else if (const auto known = list.find(code))
        rows.add({{"MATTHC", code}, {"TENTTHC", list.name(*known)}, {"TRANGTHAI", "1"}});
    return rows.take();
}

void add_dossier(Rows& rows, const Holdings& holdings, std::string_view code) {
    const auto text = [](Stamp stamp) {
        return stamp == 0 ? std::string() : std::to_string(stamp);
    };
    if (const auto held = holdings.dossiers().find(code))
        rows.add({{"MaHoSo", code},
                  {"MaTTHC", holdings.national_list().code(held->procedure)},
                  {"TrangThaiHoSo", std::to_string(held->status)},
                  {"NgayTiepNhan", text(held->received)},
                  {"NgayHenTra", text(held->due)},
                  {"NgayKetThucXuLy", text(held->finished)},
                  {"NgayTra", text(held->returned)}});
}

std::string dossier(const Holdings& holdings, std::string_view code) {
    Rows rows;
    add_dossier(rows, holdings, code);
    return rows.take();
}

// The dossiers received from the day `tungay` to the day `denngay`, both included, in the order of
// their reception; page `trang` of `sokq` each. A page that is shorter is the last one.
std::string dossiers(const Holdings& holdings, const Json& body, Faults& faults) {
    const auto day = [&](std::string_view name) {
        const auto date = parse_date(text_of(body, name));
        if (!date)
            faults.add(std::string(name), "date",
                       "không phải ngày có thật dạng yyyyMMdd (not a real date yyyyMMdd)");
        return day_of(date.value_or(0));
    };
    const auto from = day("tungay");
    const auto until = day("denngay");
    const Page page = page_of(body, faults);
    if (faults.empty() && until < from)
        faults.add("denngay", "order", "trước tungay (before tungay)");
    if (!faults.empty()) return {};

    std::vector<std::pair<Stamp, std::string>> found;
    holdings.dossiers().each([&](std::string_view code, const Dossier& held) {
        const auto received = day_of(held.received);
        if (received >= from && received <= until) found.emplace_back(held.received, code);
    });
    std::sort(found.begin(), found.end());
    Rows rows;
    for (std::size_t i = page.first(); i < found.size() && i < page.first() + page.rows; ++i)
        add_dossier(rows, holdings, found[i].second);
    return rows.take();
}

// CCCD of 12 digits, CMND of 9, tax code of 10 or 10-3.
bool identity(std::string_view text) {
    if (text.size() == 14)
        return text[10] == '-' && digits(text.substr(0, 10)) && digits(text.substr(11));
    return digits(text) && (text.size() == 9 || text.size() == 10 || text.size() == 12);
}

std::string technical_id(std::string_view question, Faults& faults) {
    if (!identity(question)) {
        faults.add("mstorcmnd", "form",
                   "cần 9, 10, 12 chữ số hoặc 10-3 (9, 10 or 12 digits, or 10-3)");
        return {};
    }
    // Always the same for the same person, and nothing is kept.
    const std::string digest = hex(sha256(question));
    Rows rows;
    rows.add({{"TECHNICALID",
               fmt::format("{}-{}-{}-{}-{}", digest.substr(0, 8), digest.substr(8, 4),
                           digest.substr(12, 4), digest.substr(16, 4), digest.substr(20, 12))}});
    return rows.take();
}

}  // namespace

Page page_of(const Json& body, Faults& faults) {
    // "1" to the greatest; 0 for anything else.
    const auto positive = [&](std::string_view name, std::size_t greatest) {
        const auto text = text_of(body, name);
        std::size_t value = 0;
        if (digits(text) && text.size() <= 6)
            std::from_chars(text.data(), text.data() + text.size(), value);
        if (value > greatest) value = 0;
        if (value == 0)
            faults.add(std::string(name), "form", fmt::format("cần 1..{0} (1..{0})", greatest));
        return value;
    };
    const auto number = positive("trang", kMaxPage);
    return {number, positive("sokq", kMaxRows)};
}

std::string read_service(Service service, const Json& body, const Holdings& holdings,
                         std::string_view madonvi, Faults& faults) {
    const auto question = text_of(body, info(service).question);
    switch (service) {
        case Service::LayDanhMucCoQuan:
            return agencies(holdings, madonvi);
        case Service::LayDanhMucLinhVuc:
            return fields(holdings);
        case Service::LayDanhSachTTHC:
            return procedures(holdings);
        case Service::LayThuTuc:
            return procedure(holdings, question);
        case Service::TraCuuHoSo:
            return dossier(holdings, question);
        case Service::LayDanhSachHoSo:
            return dossiers(holdings, body, faults);
        default:
            return technical_id(question, faults);
    }
}

}  // namespace dvcsandbox
