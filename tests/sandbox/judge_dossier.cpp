#include <algorithm>
#include <array>

#include "tests/sandbox/contract.h"
#include "tests/sandbox/judge.h"

namespace dvcsandbox {
namespace {

std::uint8_t small_number(std::string_view text) {
    std::uint8_t value = 0;
    for (const char c : text)
        value = static_cast<std::uint8_t>(value * 10 + (c - '0'));
    return value;
}

std::uint16_t count_of(const Json& item, std::string_view name) {
    const Json* list = list_of(item, name);
    return list == nullptr ? std::uint16_t{0} : static_cast<std::uint16_t>(list->Size());
}

void before(Faults& faults, std::string_view field, std::string_view other) {
    faults.add(std::string(field), "order",
               std::string("trước ").append(other).append(" (before ").append(other).append(")"));
}

void judge_identities(const Json& item, Faults& faults) {
    const Json* list = list_of(item, "DinhDanhCHS");
    if (list == nullptr) return;
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
        const auto length = text_of((*list)[i], "SoDinhDanh").size();
        const std::size_t wanted = text_of((*list)[i], "LoaiDinhDanh") == "1" ? 12 : 9;
        if (length != wanted)
            faults.add("DinhDanhCHS[" + std::to_string(i) + "].SoDinhDanh", "form",
                       "loại 1 cần 12 chữ số, loại 2 cần 9 (kind 1 has 12 digits, kind 2 has 9)");
    }
}

void judge_supplements(const Json& item, Dossier& dossier, Faults& notes) {
    const Json* list = list_of(item, "DanhSachHoSoBoSung");
    if (list == nullptr) return;
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
        const Stamp asked = stamp_or_unset(text_of((*list)[i], "NgayBoSung"));
        const Stamp done = stamp_or_unset(text_of((*list)[i], "NgayTiepNhanBoSung"));
        dossier.last_event = std::max({dossier.last_event, asked, done});
        if (done != 0 && done < asked)
            before(notes, "DanhSachHoSoBoSung[" + std::to_string(i) + "].NgayTiepNhanBoSung",
                   "NgayBoSung");
    }
}

bool complete_result(const Json& item) {
    const Json* list = list_of(item, "DanhSachGiayToKetQua");
    if (list == nullptr) return false;
    return std::any_of(list->Begin(), list->End(), [](const Json& result) {
        return !text_of(result, "MaGiayToKetQua").empty() &&
               !text_of(result, "DuongDanTepTinKetQua").empty();
    });
}

void judge_dates(const Dossier& dossier, Faults& faults, Faults& notes) {
    const auto is_before = [](Stamp stamp, Stamp other) { return stamp != 0 && stamp < other; };
    if (is_before(dossier.finished, dossier.received))
        before(faults, "NgayKetThucXuLy", "NgayTiepNhan");
    if (is_before(dossier.returned, dossier.received)) before(faults, "NgayTra", "NgayTiepNhan");
    if (dossier.due != 0 && day_of(dossier.due) < day_of(dossier.received))
        before(faults, "NgayHenTra", "NgayTiepNhan");
    if (is_before(dossier.returned, dossier.finished)) before(notes, "NgayTra", "NgayKetThucXuLy");
    if (dossier.submitted > dossier.received) before(notes, "NgayTiepNhan", "NgayNopHoSo");
}

void judge_status(const Dossier& dossier, Faults& notes) {
    const auto without = [&](std::string_view field) {
        notes.add(std::string(field), "status",
                  "trống với trạng thái này (empty with this TrangThaiHoSo)");
    };
    if ((dossier.status == 9 || dossier.status == 10) && dossier.finished == 0)
        without("NgayKetThucXuLy");
    if (dossier.status == 10 && dossier.returned == 0) without("NgayTra");
    if (dossier.status == 3 && dossier.refused == 0) without("NgayTuChoi");
}

}  // namespace

Dossier judge_dossier(const Json& item, const NationalList& list, Faults& faults, Faults& notes) {
    Dossier dossier;
    check(dossier_type(), item, faults);
    const auto procedure = text_of(item, "MaTTHC");
    if (!procedure.empty()) {
        const auto known = list.find(procedure);
        if (known)
            dossier.procedure = *known;
        else
            faults.add("MaTTHC", "catalogue",
                       "không có trong CSDL quốc gia về TTHC (not in the national catalogue)");
    }
    if (!faults.empty()) return {};

    dossier.status = small_number(text_of(item, "TrangThaiHoSo"));
    dossier.channel = small_number(text_of(item, "KenhThucHien"));
    dossier.submitted = stamp_or_unset(text_of(item, "NgayNopHoSo"));
    dossier.received = stamp_or_unset(text_of(item, "NgayTiepNhan"));
    dossier.due = stamp_or_unset(text_of(item, "NgayHenTra"));
    dossier.finished = stamp_or_unset(text_of(item, "NgayKetThucXuLy"));
    dossier.returned = stamp_or_unset(text_of(item, "NgayTra"));
    dossier.refused = stamp_or_unset(text_of(item, "NgayTuChoi"));
    dossier.last_event =
        std::max({dossier.received, dossier.finished, dossier.returned, dossier.refused});
    dossier.components = count_of(item, "TaiLieuNop");
    dossier.supplements = count_of(item, "DanhSachHoSoBoSung");
    dossier.results = count_of(item, "DanhSachGiayToKetQua");
    dossier.complete_result = complete_result(item);
    judge_identities(item, faults);
    judge_supplements(item, dossier, notes);
    judge_dates(dossier, faults, notes);
    judge_status(dossier, notes);
    if (faults.empty()) dossier.digest = sha256(compact(item));
    return dossier;
}

Step judge_step(const Json& item, Faults& faults) {
    check(progress_type(), item, faults);
    if (!faults.empty()) return {};
    Step step;
    step.at = stamp_or_unset(text_of(item, "ThoiDiemXuLy"));
    step.start = stamp_or_unset(text_of(item, "NgayBatDau"));
    step.due = stamp_or_unset(text_of(item, "NgayKetThucTheoQuyDinh"));
    step.status = small_number(text_of(item, "TrangThai"));
    // Field by field: the same row with its members in another order, or with an empty member left
    // out, is the same row.
    thread_local std::string row;
    row.clear();
    for (const Field& field : progress_type().fields) {
        const auto text = text_of(item, field.name);
        row.append(std::to_string(text.size())).append(1, ':').append(text);
    }
    const Digest digest = sha256(row);
    std::copy_n(digest.begin(), step.digest.size(), step.digest.begin());
    return step;
}

bool usual_order(std::uint8_t before, std::uint8_t after) {
    using Pair = std::pair<int, int>;
    // 1→2|3, 2→4, 4↔5, 4↔6, 4→9→10, 4→8, {1,2,4,5}→7; the same again is a step inside a status.
    constexpr std::array usual{Pair{1, 2}, Pair{1, 3}, Pair{2, 4}, Pair{4, 5},  Pair{5, 4},
                               Pair{4, 6}, Pair{6, 4}, Pair{4, 9}, Pair{9, 10}, Pair{4, 8},
                               Pair{1, 7}, Pair{2, 7}, Pair{4, 7}, Pair{5, 7}};
    return before == after ||
           std::find(usual.begin(), usual.end(), Pair{before, after}) != usual.end();
}

}  // namespace dvcsandbox
