#include "tests/simulation/filing.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/crypto.h"

namespace dvcsync::simulation {
namespace {

std::string moment(LocalTime at) {
    static const auto form = *TimeFormat::compile("yyyyMMddHHmmss");
    return form.format(at);
}

std::string paper(const Attachment& file, std::size_t number) {
    return fmt::format(
        R"({{"IdGiayTo":"F{}","TenGiayTo":"paper {}.pdf","{}":"{}","HashTepTin":"{}"}})", number,
        number, file.by_address ? "URL" : "Base64", file.source,
        file.hashed ? hex(sha256(file.bytes)) : "");
}

// The members of a dossier, without its code.
std::vector<std::string> members(const Filing& filing, Wording wording) {
    std::string papers;
    for (std::size_t i = 0; i < filing.files.size(); ++i)
        papers += fmt::format("{}{}", i == 0 ? "" : ",", paper(filing.files[i], i));
    const bool other = wording == Wording::Other;
    std::vector<std::string> all = {
        R"("MaTTHC":"1.005129")",
        R"("TenTTHC":"A procedure")",
        R"("MaDonViTiepNhan":"000.00.01.H22")",
        R"("TenDonViTiepNhan":"Agency")",
        fmt::format(R"("NgayNop":"{}")", moment(filing.at)),
        R"("LoaiDoiTuong":"1")",
        R"("ChuHoSo":"A Person")",
        R"("HinhThuc":"1")",
        R"("TrangThaiThanhToan":"0")",
        fmt::format(R"("TrichYeuHoSo":"About {}")", filing.mark),
        fmt::format(R"("EformThongTinChiTiet":{})",
                    other ? R"({ "b" : "2", "a" : 1.0 })" : R"({"a":1,"b":2})"),
        fmt::format(R"("ThanhPhanHoSo":[{{"MaThanhPhanHoSo":"P1","TenThanhPhanHoSo":"Papers",)"
                    R"("SoLuong":{},"LoaiBan":1,"GiayToDinhKem":[{}]}}])",
                    other ? "\"1\"" : "1", papers),
    };
    if (other) std::reverse(all.begin(), all.end());
    return all;
}

std::string object(std::vector<std::string> first, const std::vector<std::string>& more,
                   Wording wording) {
    first.insert(first.end(), more.begin(), more.end());
    const std::string_view between = wording == Wording::Other ? " ,\n  " : ",";
    return fmt::format("{{{}}}", fmt::join(first, between));
}

std::string address_of(const Filing& filing) {
    return filing.files.empty() ? "" : filing.files.front().source;
}

}  // namespace

std::string_view to_string(FilingKind kind) {
    constexpr std::string_view names[] = {"filing", "supplement", "withdrawal", "payment",
                                          "notice", "unknown",    "unknown"};
    return names[static_cast<int>(kind)];
}

std::string listed_json(const Filing& filing, Wording wording) {
    return object({fmt::format(R"("MaHoSo":"{}")", filing.code),
                   fmt::format(R"("isUpdating":{})", filing.kind == FilingKind::Supplement)},
                  members(filing, wording), wording);
}

CallbackText callback_text(const Filing& filing, Wording wording) {
    // Both prefixes lead to the same place.
    const std::string prefix = wording == Wording::Plain ? "/XrdAdapter/RestService/forward/"
                                                         : "/VXPAdapter/RestService/forward/";
    const auto body = [&](std::string_view service, std::string_view data) {
        return fmt::format(R"({{"service":"{}","isUpdating":{},"data":{}}})", service,
                           filing.kind == FilingKind::Supplement, data);
    };
    const std::string code = fmt::format(R"("MaHoSoQG":"{}")", filing.code);
    switch (filing.kind) {
        case FilingKind::Filing:
        case FilingKind::Supplement:
            return {prefix + "nhanhsdvcqg",
                    body("NhanHoSo", object({code}, members(filing, wording), wording))};
        case FilingKind::Withdrawal:
            return {prefix + "nhanhsdvcqg",
                    body("RutHoSo", object({code},
                                           {fmt::format(R"("NgayRut":"{}")", moment(filing.at)),
                                            fmt::format(R"("LyDo":"Because {}")", filing.mark)},
                                           wording))};
        case FilingKind::Payment:
            return {prefix + "nhanhsdvcqg",
                    body("NhanChungTuThueDat",
                         fmt::format(R"({{"MaHoSo":"{}","UrlFileChungTu":"{}","ThongTinThanhToan":)"
                                     R"({{"NoiDungThanhToan":"For {}","SoTien":"1000"}}}})",
                                     filing.code, address_of(filing), filing.mark))};
        case FilingKind::Notice:
            return {prefix + "nhantbthuedvcqg",
                    fmt::format(R"({{"service":"NhanThongBaoThueDat","isUpdating":false,)"
                                R"("data":{{"FileThongBaoThue":"{}","about":"{}"}}}})",
                                address_of(filing), filing.mark)};
        case FilingKind::UnknownService:
            return {prefix + "nhanhsdvcqg",
                    body("DichVuMoi",
                         fmt::format(R"({{"MaHoSo":"{}","x":"{}"}})", filing.code, filing.mark))};
        case FilingKind::Unparsable:
            break;
    }
    return {prefix + "nhanhsdvcqg", fmt::format(R"({{"service":"NhanHoSo","x":"{}")", filing.mark)};
}

std::string mark_in(std::string_view text) {
    const auto begin = text.find('#');
    const auto end = begin == text.npos ? begin : text.find('#', begin + 1);
    return std::string(end == text.npos ? "" : text.substr(begin, end - begin + 1));
}

std::string base64_of(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = i; j < i + 3; ++j)
            group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += i + j <= bytes.size() ? digits[group >> (18 - 6 * j) & 63u] : '=';
    }
    return out;
}

}  // namespace dvcsync::simulation
