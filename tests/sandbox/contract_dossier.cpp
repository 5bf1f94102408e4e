// The dossier and its progress rows: contract sections 3, 4 and 5.
#include "tests/sandbox/contract.h"

namespace dvcsandbox {
namespace {

using enum Need;
using enum Mark;
using enum Era;

constexpr std::array kComponent{
    Field{"TepDinhKemId", Optional, Kind::Text, kCodeLimit},
    Field{"TenTepDinhKem", Required, Kind::Text, kTextLimit, Assumed},
    // Sources disagree: "True"/"False" in 2020, "0"/"1" later.
    Field{"IsDeleted", Optional, Kind::Code, 0, Certain, "True False 0 1"},
    Field{"MaThanhPhanHoSo", Optional, Kind::Text, kCodeLimit},
    Field{"DuongDanTaiTepTin", Optional, Kind::Url, kTextLimit},
    Field{"DuocSoHoa", Optional, Kind::Code, 0, Assumed, "0 1"}.in(Newer),
    Field{"DuocTaiSuDung", Optional, Kind::Code, 0, Assumed, "0 1"}.in(Newer),
    Field{"DuocLayTuKhoDMQG", Optional, Kind::Code, 0, Certain, "0 1"}.in(Newer),
    Field{"MaKetQuaThayThe", Optional, Kind::Text, kCodeLimit}.in(Newer),
};
constexpr RecordType kComponentType{"TaiLieuNop[]", kComponent};

constexpr std::array kFee{
    Field{"TenPhiLePhi", Optional, Kind::Text, kTextLimit},
    Field{"MaPhiLePhi", Optional, Kind::Text, kCodeLimit},
    Field{"HinhThucThu", Optional, Kind::Code, 0, Certain, "1 2 4"},
    Field{"Gia", Required, Kind::Digits, 15, Assumed},
    Field{"LoaiPhiLePhi", Optional, Kind::Code, 0, Certain, "1 2"},
};
constexpr RecordType kFeeType{"DanhSachLePhi[], DanhSachLePhiBoSung[]", kFee};

constexpr std::array kPaper{
    Field{"TenGiayTo", Required, Kind::Text, kTextLimit, Assumed},
    Field{"SoLuong", Required, Kind::Number, 0, Certain},
    Field{"LoaiGiayTo", Required, Kind::Number, 0, Certain},
};
constexpr RecordType kPaperType{"DanhSachTepDinhKemKhac[], DanhSachGiayToBoSung[]", kPaper};

constexpr std::array kSupplement{
    Field{"HoSoBoSungId", Required, Kind::Number, 0, Certain},
    Field{"NguoiYeuCauBoSung", Optional, Kind::Text, kTextLimit},
    Field{"NoiDungBoSung", Optional, Kind::Text, kTextLimit},
    Field{"NgayBoSung", Required, Kind::Stamp, 0, Assumed},
    Field{"NguoiTiepNhanBoSung", Optional, Kind::Text, kTextLimit},
    Field{"ThongTinTiepNhan", Optional, Kind::Text, kTextLimit},
    Field{"NgayTiepNhanBoSung", Optional, Kind::Stamp},
    Field{"TrangThaiBoSung", Required, Kind::Boolean, 0, Certain},
    Field{"DanhSachGiayToBoSung", Optional, Kind::List, kListLimit, Certain, {}, &kPaperType},
    Field{"DanhSachLePhiBoSung", Optional, Kind::List, kListLimit, Certain, {}, &kFeeType},
    Field{"NgayHenTraTruoc", Optional, Kind::Stamp},
    Field{"NgayHenTraMoi", Optional, Kind::Stamp},
};
constexpr RecordType kSupplementType{"DanhSachHoSoBoSung[]", kSupplement};

constexpr std::array kResult{
    Field{"TenGiayTo", Required, Kind::Text, kTextLimit, Assumed},
    Field{"MaThanhPhanHoSo", Optional, Kind::Text, kCodeLimit},
    Field{"GiayToId", Optional, Kind::Text, kCodeLimit},
    Field{"DuongDanTepTinKetQua", Optional, Kind::Url, kTextLimit},
    Field{"MaGiayToKetQua", Optional, Kind::Text, kCodeLimit}.in(Newer),
};
constexpr RecordType kResultType{"DanhSachGiayToKetQua[]", kResult};

constexpr std::array kIdentity{
    Field{"LoaiDinhDanh", Required, Kind::Code, 0, Assumed, "1 2"},
    Field{"SoDinhDanh", Required, Kind::Digits, 12, Certain},
};
constexpr RecordType kIdentityType{"DinhDanhCHS[]", kIdentity};

constexpr std::array kDatabase{
    // Which number is which database is unsettled: any number passes.
    Field{"MaCSDL", Required, Kind::Digits, 3, Assumed},
};
constexpr RecordType kDatabaseType{"DSKetNoiCSDL[]", kDatabase};

constexpr std::string_view kStatuses = "1 2 3 4 5 6 7 8 9 10";

constexpr std::array kDossier{
    Field{"MaHoSo", Required, Kind::Dossier, kCodeLimit},
    Field{"MaTTHC", Required, Kind::Text, kCodeLimit},
    Field{"TenTTHC", Required, Kind::Text, kTextLimit},
    Field{"MaLinhVuc", Required, Kind::Text, kCodeLimit},
    Field{"TenLinhVuc", Required, Kind::Text, kTextLimit},
    Field{"SoBienNhan", Optional, Kind::Text, kCodeLimit}.in(Base),
    Field{"KenhThucHien", Optional, Kind::Code, 0, Certain, "1 2 3"}.in(Newer),
    Field{"ChuHoSo", Optional, Kind::Text, kTextLimit},
    Field{"LoaiDoiTuong", Required, Kind::Code, 0, Certain, "1 2 3 4"},
    Field{"MaDoiTuong", Optional, Kind::Text, kCodeLimit},
    Field{"ThongTinKhac", Optional, Kind::Text, kTextLimit},
    Field{"Email", Optional, Kind::Text, kTextLimit},
    Field{"Fax", Optional, Kind::Text, kCodeLimit},
    Field{"SoDienThoai", Optional, Kind::Text, kCodeLimit},
    Field{"TrichYeuHoSo", Optional, Kind::Text, 1'000},
    Field{"NgayTiepNhan", Required, Kind::Stamp},
    Field{"NgayHenTra", Present, Kind::Stamp},
    Field{"TrangThaiHoSo", Required, Kind::Code, 0, Certain, kStatuses},
    Field{"NgayTra", Optional, Kind::Stamp},
    Field{"ThongTinTra", Optional, Kind::Text, kTextLimit},
    Field{"HinhThuc", Required, Kind::Code, 0, Certain, "0 1"},
    Field{"NgayKetThucXuLy", Optional, Kind::Stamp},
    Field{"DonViXuLy", Required, Kind::Text, kTextLimit},
    Field{"GhiChu", Optional, Kind::Text, 2'000},
    Field{"TaiLieuNop", Optional, Kind::List, kListLimit, Certain, {}, &kComponentType},
    Field{"DanhSachLePhi", Optional, Kind::List, kListLimit, Certain, {}, &kFeeType},
    Field{"DanhSachTepDinhKemKhac", Optional, Kind::List, kListLimit, Certain, {}, &kPaperType},
    Field{"DanhSachHoSoBoSung", Optional, Kind::List, kListLimit, Certain, {}, &kSupplementType},
    Field{"DanhSachGiayToKetQua", Optional, Kind::List, kListLimit, Certain, {}, &kResultType},
    Field{"NoiNopHoSo", Optional, Kind::Code, 0, Assumed, "1 2"}.in(Newer),
    Field{"HoSoCoThanhPhanSoHoa", Optional, Kind::Code, 0, Certain, "0 1"}.in(Newer),
    Field{"TaiKhoanDuocXacThucVoiVNeID", Optional, Kind::Code, 0, Certain, "0 1"}.in(Newer),
    Field{"DuocThanhToanTrucTuyen", Optional, Kind::Code, 0, Certain, "0 1 2 3"}.in(Newer),
    Field{"NgayTuChoi", Optional, Kind::Stamp}.in(Newer),
    Field{"DinhDanhCHS", Optional, Kind::List, kListLimit, Certain, {}, &kIdentityType}.in(Newer),
    Field{"NgayNopHoSo", Optional, Kind::Stamp}.in(Newer),
    Field{"DSKetNoiCSDL", Optional, Kind::List, kListLimit, Certain, {}, &kDatabaseType}.in(Newer),
};
static_assert(kDossier.size() <= 64);
constexpr RecordType kDossierType{"DongBoHoSoMC", kDossier};

constexpr std::array kProgress{
    Field{"MaHoSo", Required, Kind::Dossier, kCodeLimit},
    Field{"NguoiXuLy", Required, Kind::Text, 50},
    Field{"ChucDanh", Optional, Kind::Text, kTextLimit},
    Field{"ThoiDiemXuLy", Required, Kind::Stamp},
    Field{"PhongBanXuLy", Optional, Kind::Text, kTextLimit},
    Field{"NoiDungXuLy", Required, Kind::Text, kTextLimit},
    Field{"TrangThai", Required, Kind::Code, 0, Certain, kStatuses},
    Field{"NgayBatDau", Optional, Kind::Stamp},
    Field{"NgayKetThucTheoQuyDinh", Optional, Kind::Stamp},
};
constexpr RecordType kProgressType{"CapNhatTienDoHoSoMC", kProgress};

}  // namespace

const RecordType& dossier_type() {
    return kDossierType;
}
const RecordType& progress_type() {
    return kProgressType;
}

}  // namespace dvcsandbox
