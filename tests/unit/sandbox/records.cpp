#include "tests/unit/sandbox/records.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <stdexcept>

namespace dvcsandbox::testing {
namespace {

Document parsed(const std::string& json) {
    Document document;
    document.Parse(json.data(), json.size());
    if (document.HasParseError()) throw std::runtime_error("test record is not JSON: " + json);
    return document;
}

rapidjson::Value name_value(Document& record, std::string_view name) {
    return {name.data(), static_cast<rapidjson::SizeType>(name.size()), record.GetAllocator()};
}

PortalSettings with_login(PortalSettings settings) {
    settings.username = "u";
    settings.password = "p";
    return settings;
}

}  // namespace

NationalList small_list() {
    std::string error;
    auto list = NationalList::parse(
        "code,name\n1.000178,Một\n1.005129,\"Hai, \"\"ba\"\"\"\n2.002492,Bốn\n", error);
    if (!list) throw std::runtime_error(error);
    return *list;
}

Document good_dossier(std::string_view code) {
    Document record = parsed(R"({"MaHoSo":"","MaTTHC":"1.000178","TenTTHC":"Tên thủ tục",
    "MaLinhVuc":"LV-012","TenLinhVuc":"Đất đai","SoBienNhan":"BN-1","KenhThucHien":"2",
    "ChuHoSo":"Người nộp","LoaiDoiTuong":"1","MaDoiTuong":"TECH","ThongTinKhac":"khác",
    "Email":"a@example.invalid","Fax":"0","SoDienThoai":"0","TrichYeuHoSo":"trích yếu",
    "NgayTiepNhan":"20190301080000","NgayHenTra":"20190320170000","TrangThaiHoSo":"10",
    "NgayTra":"20190319090000","ThongTinTra":"đã trả","HinhThuc":"0",
    "NgayKetThucXuLy":"20190318160000","DonViXuLy":"Sở Tư pháp","GhiChu":"ghi chú",
    "TaiLieuNop":[{"TepDinhKemId":"1","TenTepDinhKem":"đơn","IsDeleted":"False",
      "MaThanhPhanHoSo":"TP1","DuongDanTaiTepTin":"https://files.invalid/1","DuocSoHoa":"1",
      "DuocTaiSuDung":"0","DuocLayTuKhoDMQG":"1","MaKetQuaThayThe":"K"}],
    "DanhSachLePhi":[{"TenPhiLePhi":"phí","MaPhiLePhi":"P1","HinhThucThu":"1","Gia":"50000",
      "LoaiPhiLePhi":"2"}],
    "DanhSachTepDinhKemKhac":[{"TenGiayTo":"giấy","SoLuong":2,"LoaiGiayTo":1}],
    "DanhSachHoSoBoSung":[{"HoSoBoSungId":7,"NguoiYeuCauBoSung":"A","NoiDungBoSung":"bổ sung",
      "NgayBoSung":"20190305080000","NguoiTiepNhanBoSung":"B","ThongTinTiepNhan":"đủ",
      "NgayTiepNhanBoSung":"20190307080000","TrangThaiBoSung":true,
      "DanhSachGiayToBoSung":[{"TenGiayTo":"giấy","SoLuong":1,"LoaiGiayTo":0}],
      "DanhSachLePhiBoSung":[{"TenPhiLePhi":"phí","MaPhiLePhi":"P2","HinhThucThu":"2","Gia":"0",
        "LoaiPhiLePhi":"1"}],
      "NgayHenTraTruoc":"20190318170000","NgayHenTraMoi":"20190320170000"}],
    "DanhSachGiayToKetQua":[{"TenGiayTo":"kết quả","MaThanhPhanHoSo":"TP9","GiayToId":"9",
      "DuongDanTepTinKetQua":"https://files.invalid/9","MaGiayToKetQua":"KQ1"}],
    "NoiNopHoSo":"2","HoSoCoThanhPhanSoHoa":"1","TaiKhoanDuocXacThucVoiVNeID":"0",
    "DuocThanhToanTrucTuyen":"2","NgayTuChoi":"20190302080000",
    "DinhDanhCHS":[{"LoaiDinhDanh":"1","SoDinhDanh":"000000000000"}],
    "NgayNopHoSo":"20190301075900","DSKetNoiCSDL":[{"MaCSDL":"7"}]})");
    set(record, "MaHoSo", code);
    return record;
}

Document good_step(std::string_view code, std::string_view at) {
    Document record = parsed(R"({"MaHoSo":"","NguoiXuLy":"Cán bộ","ChucDanh":"Chuyên viên",
    "ThoiDiemXuLy":"","PhongBanXuLy":"Phòng","NoiDungXuLy":"Thụ lý","TrangThai":"4",
    "NgayBatDau":"20190301080000","NgayKetThucTheoQuyDinh":"20190320170000"})");
    set(record, "MaHoSo", code);
    set(record, "ThoiDiemXuLy", at);
    return record;
}

Document good_procedure(std::string_view code) {
    Document record = parsed(R"({"ID":"1","MATTHC":"","TENTTHC":"Tên","MACOQUANCONGBO":"H22",
    "LOAITTHC":"TTHC","MOTADOITUONGTHUCHIEN":"a","DIACHITIEPNHAN":"b","YEUCAU":"c","TUKHOA":"d",
    "IDQUYETDINHCONGBO":"5","TRANGTHAI":"1","MOTACOQUANTHUCHIEN":"e","MOTACOQUANTHAMQUYEN":"f",
    "MOTA":"g","MUCDO":"2","LIENTHONG":"1",
    "LINHVUCTHUCHIEN":[{"MALINHVUC":"LV-1","TENLINHVUC":"Đất đai"}],
    "CAPTHUCHIEN":[{"CAPTHUCHIEN":"1","TENCAP":"Tỉnh"}],
    "TRINHTUTHUCHIEN":[{"TRUONGHOP":"","TRINHTU":[{"TENTRINHTU":"Bước 1"}]}],
    "CACHTHUCTHUCHIEN":[{"KENH":"1","THOIGIAN":[{"THOIGIANGIAIQUYET":"10","DONVITINH":"ngày",
      "MOTA":"x","PHILEPHI":[{"MAPHILEPHI":"P","SOTIEN":"100.000","DONVI":"đồng","MOTA":"m",
      "URL":"u","TENTEP":"t"}]}]}],
    "THANHPHANHOSO":[{"TRUONGHOP":"","GIAYTO":[{"MAGIAYTO":"G","TENGIAYTO":"Đơn","SOBANCHINH":"1",
      "SOBANSAO":"","TENMAUDON":"M","URL":"u","MA_KQ_THAYTHE":""}]}],
    "KETQUATHUCHIEN":[{"MAKETQUA":"K","TENKETQUA":"KQ","TENTEP":"t","URL":"u"}],
    "DOITUONGTHUCHIEN":[{"MADOITUONG":"1","TENDOITUONG":"Công dân"}],
    "CANCUPHAPLY":[{"SOVANBAN":"1/2018","TENVANBAN":"Thông tư","COQUANBANHANH":"VPCP",
      "NGAYBANHANH":"20181123","NGAYHIEULUC":"20190107000000","DIACHITRUYCAP":"u"}],
    "COQUANTHUCHIEN":[{"MADONVI":"000.00.01.H22","TENDONVI":"Sở"}],
    "COQUANCOTHAMQUYEN":[{"MADONVI":"000.00.01.H22","TENDONVI":"Sở"}],
    "COQUANDUOCUYQUYEN":[{"MADONVI":"000.00.01.H22","TENDONVI":"Sở"}],
    "COQUANPHOIHOP":[{"MADONVI":"000.00.01.H22","TENDONVI":"Sở"}],
    "TTHCLIENTHONG":[{"MATTHC":"2.002492"}],"TTHCLIENQUAN":[{"MATTHC":"2.002492"}],
    "QUYETDINHCONGBO":{"IDQUYETDINH":"5","SOQUYETDINH":"123/QĐ-UBND","NGAYBANHANH":"20190110",
      "NGAYHIEULUC":"20190120","NGAYCONGKHAI":"20190115","LOAICONGBO":"1"}})");
    set(record, "MATTHC", code);
    return record;
}

Document good_statistics() {
    return parsed(R"({"Thang":"3","Nam":"2019","SoNhanTrongKy":"90","SoTonKyTruoc":"10",
    "TongSoXuLy":"100","TongDaXuLy":"60","TongXuLyDungHan":"40","PhanTramXuLyDungHan":"66.67",
    "TongXuLyTreHan":"20","PhanTramXuLyTreHan":"33.33","TongChuaXuLy":"40",
    "TongChuaXuLyTrongHan":"30","PhanTramChuaXuLyTrongHan":"75","TongChuaXuLyTreHan":"10",
    "PhanTramChuaXuLyTreHan":"25","GhiChu":"","Madonvi":"000.00.01.H22","TenDonVi":"Sở Tư pháp",
    "LoaiThongKe":"1"})");
}

Document good_portal_status() {
    return parsed(R"({"MaHoSo":"G22.99-190301-0001","MaHoSoDonVi":"000.00.01.H22-190301-0001",
    "MaDoiTuong":"T","NoiDung":"bổ sung","NgayXuLy":"20190301080000","TrangThai":"5",
    "TaiLieuXuLy":[{"TenTepDinhKem":"a","MaThanhPhanHoSo":"T","TepDinhKemId":"1",
      "DuongDanTaiTepTin":"https://files.invalid/1","IsDeleted":"False"}]})");
}

Document good_confirmation() {
    return parsed(R"({"MaHoSo":"G22.99-190301-0001","KetQua":"1","NgayXuLy":"20190301080000",
    "NoiDung":""})");
}

Submission good_submission(std::string_view code, std::size_t deeds) {
    Submission made{.code = std::string(code), .technical_id = "T"};
    for (std::size_t i = 0; i < deeds; ++i)
        made.deeds.push_back(
            {.act = i == 0 ? Act::Filing : Act::Supplement,
             .document = R"({"MaHoSo":")" + made.code + R"(","n":)" + std::to_string(i) + "}"});
    return made;
}

rapidjson::Value& owner_of(Document& record, std::string_view path) {
    rapidjson::Value* at = &record;
    for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
        auto name = path.substr(0, dot);
        const bool list = name.ends_with("[]");
        if (list) name.remove_suffix(2);
        at = &(*at)[name_value(record, name)];
        if (list) at = &(*at)[0];
        path.remove_prefix(dot + 1);
    }
    return *at;
}

std::string last_name(std::string_view path) {
    const auto dot = path.rfind('.');
    return std::string(dot == path.npos ? path : path.substr(dot + 1));
}

void set(Document& record, std::string_view path, rapidjson::Value value) {
    remove(record, path);
    owner_of(record, path)
        .AddMember(name_value(record, last_name(path)), value, record.GetAllocator());
}

void set(Document& record, std::string_view path, std::string_view text) {
    set(record, path, name_value(record, text));
}

void remove(Document& record, std::string_view path) {
    owner_of(record, path).RemoveMember(name_value(record, last_name(path)));
}

std::string to_json(const rapidjson::Value& value) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return buffer.GetString();
}

Document array_of(const std::vector<const Document*>& records) {
    Document array(rapidjson::kArrayType);
    for (const Document* record : records)
        array.PushBack(rapidjson::Value(*record, array.GetAllocator()), array.GetAllocator());
    return array;
}

ItemAnswer take(Holdings& holdings, Service service, const Document& record, bool updating) {
    return holdings.take_each(service, array_of({&record}), updating).front();
}

std::vector<std::string> broken_rules(const Holdings& holdings) {
    std::vector<std::string> rules;
    for (const auto& [rule, entry] : holdings.violations().all())
        rules.push_back(rule);
    return rules;
}

Client::Client(PortalSettings settings) : portal(with_login(std::move(settings)), small_list()) {
    const auto answer = send("login", R"({"username":"u","password":"p"})");
    Document parsed_answer = parsed(answer.raw);
    if (parsed_answer.HasMember("session")) session = parsed_answer["session"].GetString();
}

std::string Client::envelope(std::string_view service, std::string_view data,
                             std::string_view updating) const {
    std::string body = R"({"session":")" + session + R"(","madonvi":"000.00.00.H22","service":")";
    body.append(service).append(R"(",)");
    if (!updating.empty()) body.append(R"("isUpdating":")").append(updating).append(R"(",)");
    return body.append(R"("data":)").append(data).append("}");
}

Client::Answer Client::push(std::string_view service, const std::vector<const Document*>& records,
                            std::string_view updating) {
    const bool has_updating = service == "DongBoHoSoMC" || service == "DongBoTTHC";
    return send("integration", envelope(service, to_json(array_of(records)),
                                        has_updating ? updating : std::string_view()));
}

Client::Answer Client::read(std::string_view service, std::string_view members) {
    std::string body = R"({"session":")" + session + R"(","madonvi":"000.00.00.H22","service":")";
    return send("share", body.append(service).append("\"").append(members).append("}"));
}

Client::Answer Client::send(std::string_view endpoint, std::string body) {
    Request request;
    request.method = "POST";
    request.path = std::string("/XrdAdapter/RestService/forward/mapi/").append(endpoint);
    request.content_type = "application/json; charset=utf-8";
    request.dstcode = "VN:GOV:000.00.00.G22:vpcpdvcprovider";
    request.body = std::move(body);
    return send(std::move(request));
}

Client::Answer Client::send(Request request) {
    const Reply reply = portal.handle(request);
    if (reply.told) reply.told(true);  // as the server does when the answer goes out whole
    Answer answer;
    answer.status = reply.status;
    answer.raw = reply.body;
    const Document body = parsed(reply.body);
    const auto code = [](const rapidjson::Value& value) {
        return value.IsString() ? std::stoi(value.GetString()) : value.GetInt();
    };
    answer.code = code(body["error_code"]);
    answer.code_is_string = body["error_code"].IsString();
    answer.message = body["message"].GetString();
    if (!body.HasMember("result")) return answer;
    for (const auto& line : body["result"].GetArray())
        if (line.HasMember("error_code"))
            answer.lines.push_back({line.MemberBegin()->value.GetString(), code(line["error_code"]),
                                    line["message"].GetString()});
    return answer;
}

}  // namespace dvcsandbox::testing
