// The services of the portal and the codes of its answers: contract sections 1 and 2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dvcsandbox {

enum class Service : std::uint8_t {
    Login,  // not a service name on the wire: the login endpoint
    LayDanhMucCoQuan,
    LayDanhMucLinhVuc,
    LayDanhSachTTHC,
    LayThuTuc,
    TraCuuHoSo,
    TraCuuTechID,
    LayDanhSachHoSo,
    DongBoHoSoMC,
    CapNhatTienDoHoSoMC,
    DongBoTTHC,
    DongBoThongKeHoSo,
    DongBoTrangThaiHoSo,
    LayDanhSachHoSoMoi,
    LayHoSoMoi,
    XacNhanHoSoMoi,
    Token,  // of the 2026 generation, see ministry.h: the token endpoint
    GetNextValue,
    NoiHoSo,
    CapNhatTrangThai,
    CapNhatTienTrinh,
    UploadFile,
    Unknown,  // calls whose service could not be told
};
inline constexpr std::size_t kServices = static_cast<std::size_t>(Service::Unknown) + 1;

enum class Endpoint : std::uint8_t { Login, Share, Integration, Ministry };

struct ServiceInfo {
    std::string_view name;
    Endpoint endpoint;
    bool updating = false;           // the envelope says "True" or "False"
    bool batch = false;              // data is an array
    std::string_view question = {};  // the member of the envelope that a read asks about
    std::string_view key = {};       // the member that names an item in the answer
};

const ServiceInfo& info(Service service);
std::optional<Service> service_named(std::string_view name);  // never Login or Unknown

// error_code of an answer and of its lines. The official table is not public.
enum class Code : std::int8_t {
    Ok = 0,
    SomeRefused = 1,  // the lines of the answer tell which
    Bad = -1,         // the message names field and rule
    NoSession = -2,   // missing, unknown or expired
    Exists = -3,      // sent as new, but known; for a progress row: the same row again
    NotKnown = -4,    // sent as an update, or progress of it, but not known
    Older = -5,       // older than what is held
};
inline constexpr std::array kCodes{Code::Ok,     Code::SomeRefused, Code::Bad,  Code::NoSession,
                                   Code::Exists, Code::NotKnown,    Code::Older};

}  // namespace dvcsandbox
