// Monthly statistics, and what comes back for a dossier born on the portal: contract section 2.
#include "tests/sandbox/contract.h"

namespace dvcsandbox {
namespace {

using enum Need;
using enum Mark;

constexpr std::size_t kCountDigits = 9;

constexpr Field count(std::string_view name) {
    return {name, Required, Kind::Digits, kCountDigits};
}
constexpr Field percent(std::string_view name) {
    return {name, Required, Kind::Percent, 6, Assumed};
}

constexpr std::array kStatistics{
    Field{"Thang", Required, Kind::Code, 0, Certain, "1 2 3 4 5 6 7 8 9 10 11 12"},
    Field{"Nam", Required, Kind::Digits, 4},
    count("SoNhanTrongKy"),
    count("SoTonKyTruoc"),
    count("TongSoXuLy"),
    count("TongDaXuLy"),
    count("TongXuLyDungHan"),
    percent("PhanTramXuLyDungHan"),
    count("TongXuLyTreHan"),
    percent("PhanTramXuLyTreHan"),
    count("TongChuaXuLy"),
    count("TongChuaXuLyTrongHan"),
    percent("PhanTramChuaXuLyTrongHan"),
    count("TongChuaXuLyTreHan"),
    percent("PhanTramChuaXuLyTreHan"),
    Field{"GhiChu", Optional, Kind::Text, kTextLimit},
    Field{"Madonvi", Required, Kind::Agency, kCodeLimit},
    Field{"TenDonVi", Required, Kind::Text, kTextLimit},
    Field{"LoaiThongKe", Required, Kind::Code, 0, Assumed, "1"},
};
constexpr RecordType kStatisticsType{"DongBoThongKeHoSo", kStatistics};

constexpr std::array kDocument{
    Field{"TenTepDinhKem", Required, Kind::Text, kTextLimit, Assumed},
    Field{"MaThanhPhanHoSo", Optional, Kind::Text, kCodeLimit},
    Field{"TepDinhKemId", Optional, Kind::Text, kCodeLimit},
    Field{"DuongDanTaiTepTin", Optional, Kind::Url, kTextLimit},
    Field{"IsDeleted", Optional, Kind::Code, 0, Certain, "True False 0 1"},
};
constexpr RecordType kDocumentType{"TaiLieuXuLy[]", kDocument};

constexpr std::array kPortalStatus{
    Field{"MaHoSo", Required, Kind::Text, kCodeLimit},
    Field{"MaHoSoDonVi", Present, Kind::Text, kCodeLimit, Assumed},
    Field{"MaDoiTuong", Optional, Kind::Text, kCodeLimit},
    Field{"NoiDung", Optional, Kind::Text, kTextLimit},
    Field{"NgayXuLy", Required, Kind::Stamp, 0, Assumed},
    // Sources disagree: 2 and 5 in one, 11 in another; the further life as for dossiers.
    Field{"TrangThai", Required, Kind::Code, 0, Assumed, "2 4 5 6 7 8 9 10 11"},
    Field{"TaiLieuXuLy", Optional, Kind::List, kListLimit, Certain, {}, &kDocumentType},
};
constexpr RecordType kPortalStatusType{"DongBoTrangThaiHoSo", kPortalStatus};

constexpr std::array kConfirmation{
    Field{"MaHoSo", Required, Kind::Text, kCodeLimit, Assumed},
    // 1 received, 0 could not be taken.
    Field{"KetQua", Required, Kind::Code, 0, Assumed, "0 1"},
    Field{"NgayXuLy", Required, Kind::Stamp, 0, Assumed},
    Field{"NoiDung", Present, Kind::Text, kTextLimit, Assumed},
};
constexpr RecordType kConfirmationType{"XacNhanHoSoMoi", kConfirmation};

}  // namespace

const RecordType& statistics_type() {
    return kStatisticsType;
}
const RecordType& portal_status_type() {
    return kPortalStatusType;
}
const RecordType& confirmation_type() {
    return kConfirmationType;
}

}  // namespace dvcsandbox
