#include "tests/sandbox/services.h"

namespace dvcsandbox {
namespace {

constexpr std::array<ServiceInfo, kServices> kInfo{{
    {"login", Endpoint::Login},
    {"LayDanhMucCoQuan", Endpoint::Share},
    {"LayDanhMucLinhVuc", Endpoint::Share},
    {"LayDanhSachTTHC", Endpoint::Share},
    {.name = "LayThuTuc", .endpoint = Endpoint::Share, .question = "maTTHC"},
    {.name = "TraCuuHoSo", .endpoint = Endpoint::Share, .question = "mahoso"},
    {.name = "TraCuuTechID", .endpoint = Endpoint::Share, .question = "mstorcmnd"},
    {"LayDanhSachHoSo", Endpoint::Share},
    {.name = "DongBoHoSoMC",
     .endpoint = Endpoint::Integration,
     .updating = true,
     .batch = true,
     .key = "MaHoSo"},
    {.name = "CapNhatTienDoHoSoMC",
     .endpoint = Endpoint::Integration,
     .batch = true,
     .key = "MaHoSo"},
    {.name = "DongBoTTHC",
     .endpoint = Endpoint::Integration,
     .updating = true,
     .batch = true,
     .key = "MATTHC"},
    {.name = "DongBoThongKeHoSo",
     .endpoint = Endpoint::Integration,
     .batch = true,
     .key = "Madonvi"},
    {.name = "DongBoTrangThaiHoSo", .endpoint = Endpoint::Integration, .key = "MaHoSo"},
    {"LayDanhSachHoSoMoi", Endpoint::Share},
    {.name = "LayHoSoMoi", .endpoint = Endpoint::Share, .question = "mahoso"},
    {.name = "XacNhanHoSoMoi", .endpoint = Endpoint::Integration, .key = "MaHoSo"},
    {"token", Endpoint::Ministry},
    {"GetNextValue", Endpoint::Ministry},
    {"NoiHoSo", Endpoint::Ministry},
    {.name = "CapNhatTrangThai", .endpoint = Endpoint::Ministry, .batch = true, .key = "MaHoSo"},
    {.name = "CapNhatTienTrinh", .endpoint = Endpoint::Ministry, .batch = true, .key = "MaHoSo"},
    {"UploadFile", Endpoint::Ministry},
    {"(unknown)", Endpoint::Integration},
}};

}  // namespace

const ServiceInfo& info(Service service) {
    return kInfo[static_cast<std::size_t>(service)];
}

std::optional<Service> service_named(std::string_view name) {
    for (std::size_t i = 1; i + 1 < kServices; ++i)
        if (kInfo[i].name == name) return static_cast<Service>(i);
    return std::nullopt;
}

}  // namespace dvcsandbox
