#include "tests/sandbox/citizen.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <random>

#include "tests/sandbox/citizen_files.h"

namespace dvcsandbox {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;
using Random = std::mt19937_64;

constexpr std::int64_t kDay = 86'400;

constexpr std::array<std::string_view, 8> kFamilies{"Nguyễn", "Vàng", "Lù",   "Hoàng",
                                                    "Trần",   "Sùng", "Phàn", "Đặng"};
constexpr std::array<std::string_view, 6> kMiddles{"Văn", "Thị", "Mí", "Đức", "Ngọc", "Quang"};
constexpr std::array<std::string_view, 8> kGiven{"An",   "Bình", "Chứ",   "Dương",
                                                 "Hạnh", "Páo",  "Quyết", "Ửng"};
constexpr std::array<std::string_view, 4> kPlaces{"Thôn 1", "Tổ 7", "Bản Mới", "Đường số 3"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kAgencies{
    {{"000.00.01.H22", "Sở Công Thương"},
     {"000.00.05.H22", "Sở Tư pháp"},
     {"000.00.09.H22", "Sở Xây dựng"},
     {"000.00.31.H22", "UBND huyện số 1"},
     {"000.03.32.H22", "UBND xã số 3"}}};
constexpr std::array<std::string_view, 3> kComponents{"Đơn đề nghị", "Bản sao giấy tờ tùy thân",
                                                      "Tài liệu kèm theo"};

template <class List>
const auto& any_of(const List& list, Random& random) {
    return list[random() % list.size()];
}

bool chance(Random& random, double rate) {
    return static_cast<double>(random() >> 11U) * 0x1.0p-53 < rate;
}

std::string number(Random& random, std::size_t length) {
    std::string out;
    while (out.size() < length)
        out += static_cast<char>('0' + random() % 10);
    return out;
}

// What a citizen may call a file, and what nobody should make a path of.
std::string hostile_name(std::uint64_t turn) {
    constexpr std::size_t many = 5'000;
    switch (turn % 8) {
        case 0:
            return "../../etc/passwd";
        case 1:
            return "..\\..\\windows\\system32\\drivers.pdf";
        case 2:
            return "don\x01\n\x1B[31m\x7F.pdf";
        case 3:
            return std::string(many, 'a') + ".pdf";
        case 4:
            return "Do\xCC\x9B"
                   "n \xC4\x91\xC3\xAA\xCC\x80 nghi\xCC\xA3.pdf";  // not composed
        case 5:
            return "/etc/shadow";
        case 6:
            return "don\xE2\x80\xAE"
                   "fdp.exe";  // written from right to left
        default:
            return "CON.pdf. ";
    }
}

void put(Writer& writer, std::string_view name, std::string_view text) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(Writer& writer, const char* name, std::uint64_t value) {
    writer.Key(name);
    writer.Uint64(value);
}

// One submission on its way: who, what, and the documents made of it.
class Composer {
  public:
    Composer(const CitizenSpec& spec, std::uint64_t index, const Surroundings& around)
        : spec_(spec), around_(around), random_(spec.seed * 0x9E3779B97F4A7C15U + index + 1) {
        choose(index);
    }

    Submission take() {
        Submission made{.code = wish_.code, .technical_id = technical_id_};
        const bool promotion = chance(random_, spec_.promotions) && around_.callbacks;
        const bool supplement = chance(random_, spec_.supplements);
        const bool payment = chance(random_, spec_.payments) && around_.callbacks;
        const bool withdrawal = chance(random_, spec_.withdrawals) && around_.callbacks;
        const bool notice = chance(random_, spec_.notices) && around_.callbacks;
        made.deeds.push_back(promotion ? this->promotion() : filing(false));
        if (supplement && !promotion) made.deeds.push_back(filing(true));
        if (payment) made.deeds.push_back(this->payment());
        if (notice) made.deeds.push_back(this->notice());
        if (withdrawal) made.deeds.push_back(this->withdrawal());
        return made;
    }

  private:
    void choose(std::uint64_t index) {
        const auto road = spec_.roads == "mixed"      ? random_() % 3
                          : spec_.roads == "callback" ? 1U
                          : spec_.roads == "both"     ? 2U
                                                      : 0U;
        road_ = around_.callbacks ? static_cast<Road>(road) : Road::Poll;
        if (index < spec_.list.size()) {
            wish_ = spec_.list[index];
        } else {
            const auto days = static_cast<std::uint64_t>(days_between());
            wish_.filed =
                later(spec_.from, static_cast<std::int64_t>(random_() % (days + 1)) * kDay +
                                      7 * 3600 + static_cast<std::int64_t>(random_() % 36'000));
            wish_.procedure = around_.national.code(
                static_cast<std::uint32_t>(random_() % around_.national.size()));
            wish_.agency = any_of(kAgencies, random_).first;
            wish_.code = fmt::format("G22.99-{:06}-{:04}{:06}", day_of(wish_.filed) % 1'000'000,
                                     spec_.seed, index + 1);
        }
        for (const auto& [code, name] : kAgencies)
            if (code == wish_.agency) agency_name_ = name;
        if (agency_name_.empty()) agency_name_ = "Đơn vị " + wish_.agency;
        name_ = fmt::format("{} {} {}", any_of(kFamilies, random_), any_of(kMiddles, random_),
                            any_of(kGiven, random_));
        organisation_ = chance(random_, 0.2);
        const bool old = chance(random_, 0.1);
        identity_kind_ = old ? "2" : "1";
        // Of numbers that are given to nobody.
        identity_ = (old ? "0" : "000") + number(random_, old ? 8 : 9);
        const auto id = hex(sha256(identity_));
        technical_id_ = fmt::format("{}-{}", id.substr(0, 8), id.substr(8, 12));
        fee_ = std::to_string(random_() % 20 * 10'000);
        paid_ = chance(random_, 0.5);
    }

    std::int64_t days_between() const {
        std::int64_t days = 0;
        while (days < 36'500 && later(spec_.from, (days + 1) * kDay) <= spec_.until)
            ++days;
        return days;
    }

    // The members of one file, into the object that is open.
    void put_file(Writer& writer, Deed& deed) {
        const auto seed = random_();
        auto type = static_cast<FileType>(random_() % 3);
        std::string name = fmt::format("Tài liệu {}.{}", deed.files.size() + 1, extension_of(type));
        if (around_.faults.strikes(CitizenFault::FileWrongType, seed)) {
            constexpr std::array others{FileType::Program, FileType::Script, FileType::Png};
            type = others[seed % others.size()];
            name = "Tài liệu.pdf";
        }
        if (around_.faults.strikes(CitizenFault::HostileName, seed)) name = hostile_name(seed);
        const std::string bytes = file_bytes(type, seed);
        FileFact fact{file_id(type, seed), hex(sha256(bytes)), !chance(random_, spec_.base64)};
        put(writer, "IdGiayTo", fact.id);
        put(writer, "TenGiayTo", name);
        if (fact.by_url)
            put(writer, "URL", around_.files_url + fact.id);
        else
            put(writer, "Base64", base64(bytes));
        // Not every portal gives a hash.
        put(writer, "HashTepTin", chance(random_, 0.125) ? "" : fact.sha256);
        deed.files.push_back(std::move(fact));
    }

    void put_applicant(Writer& writer) {
        put(writer, "LoaiDoiTuong", organisation_ ? "2" : "1");
        put(writer, "MaDoiTuong", technical_id_);
        put(writer, "ChuHoSo", name_);
        put(writer, "SoDinhDanh", identity_);
        put(writer, "LoaiDinhDanh", identity_kind_);
        put(writer, "SoDienThoai", "0000" + identity_.substr(0, 6));
        put(writer, "Email", technical_id_.substr(0, 8) + "@example.invalid");
        put(writer, "Fax", "");
        put(writer, "MaTinh", "02");
        put(writer, "MaHuyen", "");
        put(writer, "MaXa", "00688");
        put(writer, "DiaChi", any_of(kPlaces, random_));
        put(writer, "TenToChuc", organisation_ ? "Công ty hư cấu " + name_ : "");
        put(writer, "MaSoThue", organisation_ ? "0000000001" : "");
    }

    void put_components(Writer& writer, Deed& deed) {
        writer.Key("ThanhPhanHoSo");
        writer.StartArray();
        const auto components = spec_.files == 0 ? 0 : 1 + random_() % kComponents.size();
        for (std::size_t i = 0; i < components; ++i) {
            writer.StartObject();
            put(writer, "MaThanhPhanHoSo", fmt::format("TP{:02}", i + 1));
            put(writer, "TenThanhPhanHoSo", kComponents[i]);
            put(writer, "SoLuong", 1 + random_() % 2);
            put(writer, "LoaiBan", random_() % 3);
            writer.Key("GiayToDinhKem");
            writer.StartArray();
            for (auto files = 1 + random_() % spec_.files; files > 0; --files) {
                writer.StartObject();
                put_file(writer, deed);
                writer.EndObject();
            }
            writer.EndArray();
            writer.EndObject();
        }
        writer.EndArray();
    }

    // A free object: numbers whose last zeros matter, nesting, members in an order of their own.
    void put_form(Writer& writer, bool supplement) {
        const std::string form =
            fmt::format(R"({{"ThuaDat":{{"So":"{}","DienTich":{}.50,"HeSo":1.0E+2}},)"
                        R"("Z":[1,2.0,null,true],"A":"\u1ED3 \"{}\"","LanNop":{}}})",
                        random_() % 1000, random_() % 5000, wish_.code, supplement ? 2 : 1);
        writer.Key("EformThongTinChiTiet");
        writer.RawValue(form.data(), form.size(), rapidjson::kObjectType);
    }

    Deed filing(bool supplement) {
        Deed deed{.act = supplement ? Act::Supplement : Act::Filing, .road = road_};
        rapidjson::StringBuffer buffer;
        Writer writer(buffer);
        writer.StartObject();
        put(writer, "MaTTHC", wish_.procedure);
        put(writer, "TenTTHC", around_.national.name(*around_.national.find(wish_.procedure)));
        put(writer, "MaDonViTiepNhan", wish_.agency);
        put(writer, "TenDonViTiepNhan", agency_name_);
        put(writer, "NgayNop",
            std::to_string(supplement ? later(wish_.filed, 3 * kDay) : wish_.filed));
        put_applicant(writer);
        put(writer, "TrichYeuHoSo", supplement ? "Bổ sung theo yêu cầu" : "Hồ sơ nộp trên Cổng");
        put(writer, "HinhThuc", random_() % 2 == 0 ? "0" : "1");
        put(writer, "LePhi", fee_);
        put(writer, "TrangThaiThanhToan", paid_ ? "1" : "0");
        put(writer, "URLTepDangKy", spec_.files > 0 && chance(random_, 0.5) ? form_file(deed) : "");
        put_form(writer, supplement);
        put_components(writer, deed);
        writer.EndObject();
        const std::string_view members(buffer.GetString() + 1, buffer.GetSize() - 2);
        const auto flag = supplement ? "true" : "false";
        deed.document =
            fmt::format(R"({{"MaHoSo":"{}",{},"isUpdating":{}}})", wish_.code, members, flag);
        // What nobody sends need not be held twice.
        if (road_ == Road::Poll) return deed;
        deed.callback = "nhanhsdvcqg";
        deed.body =
            fmt::format(R"({{"service":"NhanHoSo","isUpdating":{},"data":{{"MaHoSoQG":"{}",{}}}}})",
                        flag, wish_.code, members);
        return deed;
    }

    std::string form_file(Deed& deed) {
        const auto seed = random_();
        FileFact fact{file_id(FileType::Pdf, seed), hex(sha256(file_bytes(FileType::Pdf, seed))),
                      true};
        const std::string url = around_.files_url + fact.id;
        deed.files.push_back(std::move(fact));
        return url;
    }

    Deed callback(Act act, std::string_view service, std::string data, Deed deed = {}) {
        deed.act = act;
        deed.road = Road::Callback;
        deed.callback = "nhanhsdvcqg";
        deed.body = fmt::format(R"({{"service":"{}","isUpdating":false,{}"data":{}}})", service,
                                act == Act::Payment ? R"("isSync":false,)" : "", data);
        return deed;
    }

    Deed withdrawal() {
        return callback(
            Act::Withdrawal, "RutHoSo",
            fmt::format(R"({{"MaHoSoQG":"{}","LyDo":"Không còn nhu cầu","NgayRut":"{}"}})",
                        wish_.code, later(wish_.filed, 5 * kDay)));
    }

    Deed payment() {
        Deed deed;
        const auto url = form_file(deed);
        return callback(
            Act::Payment, "NhanChungTuThueDat",
            fmt::format(R"({{"MaHoSo":"{}","HoTenNguoiNopTien":"{}","MaSoThue":"0000000001",)"
                        R"("UrlFileChungTu":"{}","ThongTinThanhToan":{{"MaThongBaoThue":"TB{}",)"
                        R"("ThoiGianThanhToan":"{}","SoTien":"{}","NoiDungThanhToan":"Lệ phí",)"
                        R"("TrangThaiThanhToan":1}}}})",
                        wish_.code, name_, url, random_() % 100'000, later(wish_.filed, kDay),
                        fee_),
            std::move(deed));
    }

    Deed notice() {
        const std::string xml = fmt::format("<TB><MA_HSO>{}</MA_HSO></TB>", wish_.code);
        Deed deed = callback(Act::Notice, "NhanThongBaoThueDat",
                             fmt::format(R"({{"FileThongBaoThue":"{}"}})", base64(xml)));
        deed.callback = "nhantbthuedvcqg";
        return deed;
    }

    Deed promotion() {
        Deed deed{.act = Act::Filing, .road = Road::Callback, .callback = "addtthcKhuyenMai"};
        const auto attached = [&](Writer& writer, std::string_view member) {
            const auto seed = random_();
            const std::string bytes = file_bytes(FileType::Pdf, seed);
            put(writer, member, base64(bytes));
            deed.files.push_back({file_id(FileType::Pdf, seed), hex(sha256(bytes)), false});
        };
        rapidjson::StringBuffer buffer;
        Writer writer(buffer);
        writer.StartObject();
        put(writer, "MaHoSo", wish_.code);
        put(writer, "MaTTHC", wish_.procedure);
        put(writer, "SoVanBan", "KM-" + number(random_, 4));
        put(writer, "NgayNopHoSo", std::to_string(wish_.filed));
        put(writer, "TenThuongNhan", "Công ty hư cấu " + name_);
        writer.Key("DiaChiDoanhNghiep");
        writer.StartObject();
        put(writer, "MaTinh", "02");
        put(writer, "MaHuyen", "");
        put(writer, "MaXa", "00688");
        put(writer, "DiaChiChiTiet", any_of(kPlaces, random_));
        writer.EndObject();
        put(writer, "DienThoai", "0000" + identity_.substr(0, 6));
        put(writer, "Fax", "");
        put(writer, "Email", technical_id_.substr(0, 8) + "@example.invalid");
        put(writer, "MaSoThue", "0000000001");
        for (const std::string_view member :
             {"NguoiLienHe", "SoDienThoaiNguoiLienHe", "TenChuongTrinhKhuyenMai",
              "HinhThucKhuyenMai", "ThoiGianKhuyenMaiTu", "ThoiGianKhuyenMaiDen",
              "HangHoaDichVuKhuyenMai", "SoLuongHangHoaDichVu", "KhachHang", "CoCauGiaiThuong",
              "TongGiaTriHangHoa", "NoiDungChiTiet", "TenCacThuongNhanCungThucHien"})
            put(writer, member, "");
        put(writer, "TenTepDonDangKy", "Đơn đăng ký.pdf");
        attached(writer, "TepDonDangKy");
        writer.Key("TaiLieuNop");
        writer.StartArray();
        writer.StartObject();
        put(writer, "TenTepDinhKem", "Thể lệ.pdf");
        attached(writer, "Base64");
        writer.EndObject();
        writer.EndArray();
        writer.EndObject();
        deed.body.assign(buffer.GetString(), buffer.GetSize());
        return deed;
    }

    const CitizenSpec& spec_;
    const Surroundings& around_;
    Random random_;
    Road road_ = Road::Poll;
    Wish wish_;
    std::string agency_name_, name_, identity_kind_, identity_, technical_id_, fee_;
    bool organisation_ = false;
    bool paid_ = false;
};

}  // namespace

Submission compose(const CitizenSpec& spec, std::uint64_t index, const Surroundings& around) {
    return Composer(spec, index, around).take();
}

}  // namespace dvcsandbox
