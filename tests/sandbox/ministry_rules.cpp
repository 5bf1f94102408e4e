#include "tests/sandbox/ministry_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dvcsandbox {
namespace {

enum class Kind { Text, Moment, Iso, Stamp14, Number, List, Object };

struct Member {
    std::string_view name;
    Kind kind = Kind::Text;
    bool required = false;
    int from = 0;  // of numbers
    int to = 1'000'000;
    std::size_t max = 2'000;  // code points
    const std::vector<Member>* members = nullptr;
};

// The sample gives a file's members; what can be had only by UploadFile is looked at in file_rules.
const std::vector<Member> kFile{
    {.name = "IdGiayTo", .required = true},
    {"MaKetQua"},
    {.name = "TenGiayTo", .required = true},
    {.name = "HashTepTin", .required = true},
};
const std::vector<Member> kComponent{
    {"MaThanhPhanHoSo"},
    {.name = "TenThanhPhanHoSo", .required = true},
    {.name = "SoLuong", .kind = Kind::Number, .required = true, .from = 1, .to = 10'000},
    {.name = "LoaiBan", .kind = Kind::Number, .required = true, .to = 2},
    {.name = "GiayToDinhKem", .kind = Kind::List, .members = &kFile},
};
const std::vector<Member> kPerson{
    {.name = "TenNguoiNop", .required = true},
    {"SoDinhDanh"},
    {.name = "NgayCapDinhDanh", .kind = Kind::Stamp14},
    {.name = "NgaySinh", .kind = Kind::Stamp14},
    {"SoDienThoai"},
    {"Email"},
    {"Fax"},
    {"MaTinh"},
    {"MaHuyen"},
    {"MaXa"},
    {"DiaChiChiTiet"},
    {"TenChuHs"},
    {"SoDinhDanhChuHs"},
    {"MaTinhChuHs"},
    {"MaXaChuHs"},
    {"DiaChiChiTietChuHs"},
};
const std::vector<Member> kApplicant{
    {.name = "LoaiDoiTuong", .kind = Kind::Number, .required = true, .to = 2},
    {"IdDoiTuong"},
    {.name = "ThongTinChiTiet", .kind = Kind::Object, .required = true, .members = &kPerson},
};
const std::vector<Member> kDossier{
    {.name = "MaHoSo", .required = true, .max = 100},
    {.name = "MaTTHC", .required = true},
    {"MaDichVuCong"},
    {.name = "ChuHoSo", .required = true},
    {.name = "LoaiDoiTuong", .kind = Kind::Number, .required = true, .to = 2},
    {.name = "MaDonViTiepNhan", .required = true},
    {.name = "NgayNop", .kind = Kind::Moment},
    {.name = "NgayTiepNhan", .kind = Kind::Moment, .required = true},
    {.name = "ThanhPhanHoSo", .kind = Kind::List, .members = &kComponent},
    {.name = "ThongTinNguoiNop", .kind = Kind::Object, .required = true, .members = &kApplicant},
};
// Members of both were not seen; those of section 3.
const std::vector<Member> kFee{{"TenPhiLePhi"},
                               {"MaPhiLePhi"},
                               {"HinhThucThu"},
                               {.name = "Gia", .required = true},
                               {"LoaiPhiLePhi"}};
const std::vector<Member> kResult{{.name = "TenGiayTo", .required = true},
                                  {"MaThanhPhanHoSo"},
                                  {"GiayToId"},
                                  {"DuongDanTepTinKetQua"},
                                  {"MaGiayToKetQua"}};
const std::vector<Member> kState{
    {"IdHoSo"},
    {.name = "MaHoSo", .required = true, .max = 100},
    {.name = "TrangThai", .kind = Kind::Number, .required = true, .from = 1, .to = 10},
    {.name = "DanhSachLePhi", .kind = Kind::List, .members = &kFee},
    {.name = "DanhSachGiayToKetQua", .kind = Kind::List, .members = &kResult},
};
const std::vector<Member> kStep{
    {"IDHoSo"},
    {.name = "MaHoSo", .required = true, .max = 100},
    {.name = "NguoiXuLy", .required = true, .max = 50},
    {.name = "ThoiDiemXuLy", .kind = Kind::Iso, .required = true},
    {"PhongBanXuLy"},
    {.name = "NoiDungXuLy", .required = true},
    {.name = "TrangThai", .kind = Kind::Number, .required = true, .from = 1, .to = 10},
    {.name = "NgayBatDau", .kind = Kind::Iso},
    {.name = "NgayKetThucTheoQuyDinh", .kind = Kind::Iso},
};

void check(const Json& object, const std::vector<Member>& members, const std::string& around,
           Broken& broken);

void check_text(std::string_view text, const Member& member, const std::string& name,
                Broken& broken) {
    if (blank(text)) {
        if (member.required) broken.push_back(name + ":empty");
        return;
    }
    if (longer_than(text, member.max)) broken.push_back(name + ":length");
    const bool good = member.kind == Kind::Moment    ? parse_moment(text).has_value()
                      : member.kind == Kind::Iso     ? parse_iso(text).has_value()
                      : member.kind == Kind::Stamp14 ? parse_stamp(text).has_value()
                                                     : true;
    if (!good) broken.push_back(name + ":time");
}

void check_value(const Json& value, const Member& member, const std::string& name, Broken& broken) {
    switch (member.kind) {
        case Kind::Number:
            if (!value.IsInt())
                broken.push_back(name + ":type");
            else if (value.GetInt() < member.from || value.GetInt() > member.to)
                broken.push_back(name + ":code");
            return;
        case Kind::List:
            if (!value.IsArray()) return broken.push_back(name + ":type");
            for (const auto& item : value.GetArray())
                check(item, *member.members, name + "[].", broken);
            return;
        case Kind::Object:
            return check(value, *member.members, name + ".", broken);
        default:
            if (!value.IsString()) return broken.push_back(name + ":type");
            return check_text(view(value), member, name, broken);
    }
}

void check(const Json& object, const std::vector<Member>& members, const std::string& around,
           Broken& broken) {
    if (!object.IsObject()) return broken.push_back(around + ":type");
    std::size_t found = 0;
    for (const auto& member : members) {
        const auto at = object.FindMember(
            Json(member.name.data(), static_cast<rapidjson::SizeType>(member.name.size())));
        if (at != object.MemberEnd()) {
            ++found;
            check_value(at->value, member, fmt::format("{}{}", around, member.name), broken);
        } else if (member.required) {
            broken.push_back(fmt::format("{}{}:missing", around, member.name));
        }
    }
    if (found == object.MemberCount()) return;
    for (const auto& one : object.GetObject()) {
        const auto name = view(one.name);
        const auto same = [&](const Member& member) { return member.name == name; };
        if (std::none_of(members.begin(), members.end(), same))
            broken.push_back(fmt::format("{}{}:unknown", around, name));
        else if (&object[one.name] != &one.value)
            broken.push_back(fmt::format("{}{}:twice", around, name));
    }
}

std::optional<Stamp> parse_parts(std::string_view text, char between) {
    if (text.size() != 19 || text[4] != '-' || text[7] != '-' || text[10] != between ||
        text[13] != ':' || text[16] != ':')
        return std::nullopt;
    std::string digits(text);
    std::erase_if(digits, [&](char c) { return c == '-' || c == ':' || c == between; });
    return parse_stamp(digits);
}

}  // namespace

std::optional<Stamp> parse_moment(std::string_view text) {
    return parse_parts(text, ' ');
}

std::optional<Stamp> parse_iso(std::string_view text) {
    if (text.size() != 23 || text[19] != '.' || !digits(text.substr(20))) return std::nullopt;
    return parse_parts(text.substr(0, 19), 'T');
}

Broken broken_of_dossier(const Json& dossier) {
    Broken broken;
    check(dossier, kDossier, "", broken);
    if (broken.empty() && !national_procedure(text_of(dossier, "MaTTHC")))
        broken.emplace_back("MaTTHC:code");
    return broken;
}

Broken broken_of_state(const Json& state) {
    Broken broken;
    check(state, kState, "", broken);
    if (!broken.empty()) return broken;
    const int status = state["TrangThai"].GetInt();
    if (status == 5 || status == 6 || status == 9) return broken;
    for (const char* const name : {"DanhSachLePhi", "DanhSachGiayToKetQua"})
        if (const Json* const list = list_of(state, name); list != nullptr && !list->Empty())
            broken.push_back(fmt::format("{}:status", name));
    return broken;
}

Broken broken_of_step(const Json& step) {
    Broken broken;
    check(step, kStep, "", broken);
    return broken;
}

}  // namespace dvcsandbox
