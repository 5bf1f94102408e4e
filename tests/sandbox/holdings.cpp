#include "tests/sandbox/holdings.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "tests/sandbox/contract.h"

namespace dvcsandbox {
namespace {

constexpr std::string_view kAccepted = "Đồng bộ thành công (accepted)";
constexpr const char* kPortalBorn =
    "hồ sơ sinh ra trên Cổng: dùng DongBoTrangThaiHoSo (portal-born dossier sent as an ordinary "
    "one)";

// The record's own code if it can be shown: a short text, as far as we know not personal.
std::string key_of(const Json& item, std::string_view name) {
    const auto text = text_of(item, name);
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c > ' ' && c < 0x7F && c != '<'; });
    return plain && text.size() <= kCodeLimit ? std::string(text) : std::string();
}

std::string store_message(Code code, std::string_view noun, std::string_view key) {
    switch (code) {
        case Code::Exists:
            return fmt::format("{} {} đã tồn tại (exists)", noun, key);
        case Code::NotKnown:
            return fmt::format("{} {} không tồn tại (not known)", noun, key);
        case Code::Older:
            return fmt::format("{} {}: cũ hơn dữ liệu đang giữ (older than what is held)", noun,
                               key);
        default:
            return std::string(kAccepted);
    }
}

std::vector<std::string> rules_of(const Faults& notes) {
    std::vector<std::string> rules;
    for (const Fault& note : notes.list())
        rules.push_back(note.rule);
    return rules;
}

}  // namespace

std::vector<ItemAnswer> Holdings::take_each(Service service, const Json& items, bool updating) {
    const std::shared_lock lock(gate_);
    std::vector<ItemAnswer> answers;
    if (!items.IsArray()) {
        answers.push_back(take(service, items, updating, nullptr));
    } else {
        answers.reserve(items.Size());
        for (const Json& item : items.GetArray())
            answers.push_back(take(service, item, updating, nullptr));
    }
    for (const ItemAnswer& answer : answers) {
        items_.add(service, answer.code);
        keep_notes(answer);
    }
    return answers;
}

std::vector<ItemAnswer> Holdings::take_all(Service service, const Json& items, bool updating) {
    const std::unique_lock lock(gate_);
    Undo undo;
    std::vector<ItemAnswer> answers;
    answers.reserve(items.Size());
    bool refused = false;
    for (const Json& item : items.GetArray()) {
        answers.push_back(take(service, item, updating, &undo));
        refused = refused || answers.back().code != Code::Ok;
    }
    for (const ItemAnswer& answer : answers)
        items_.add(service, refused && answer.code == Code::Ok ? Code::SomeRefused : answer.code);
    if (refused) {
        for (auto step = undo.rbegin(); step != undo.rend(); ++step)
            (*step)();
    } else {
        for (const ItemAnswer& answer : answers)
            keep_notes(answer);
    }
    return answers;
}

ItemAnswer Holdings::take(Service service, const Json& item, bool updating, Undo* undo) {
    if (!item.IsObject()) {
        Faults faults(info(service).name);
        faults.add("data[]", "type", "sai kiểu JSON, cần object (JSON object expected)");
        return refuse(faults, {});
    }
    switch (service) {
        case Service::DongBoHoSoMC:
            return take_dossier(item, updating, undo);
        case Service::CapNhatTienDoHoSoMC:
            return take_step(item, undo);
        case Service::DongBoTTHC:
            return take_procedure(item, updating, undo);
        case Service::DongBoThongKeHoSo:
            return take_statistics(item, undo);
        case Service::XacNhanHoSoMoi:
            return take_confirmation(item);
        default:
            return take_portal_status(item);
    }
}

ItemAnswer Holdings::take_dossier(const Json& item, bool updating, Undo* undo) {
    Faults faults(info(Service::DongBoHoSoMC).name, generation_);
    Faults notes(info(Service::DongBoHoSoMC).name);
    Dossier dossier = judge_dossier(item, list_, faults, notes);
    std::string key = key_of(item, "MaHoSo");
    if (!faults.empty()) return refuse(faults, std::move(key));
    if (submissions_.born_here(key)) {
        faults.add("MaHoSo", "portal-born", kPortalBorn);
        return refuse(faults, std::move(key));
    }
    const Taken taken = dossiers_.put(key, std::move(dossier), updating, undo);
    repeats_.add(Service::DongBoHoSoMC, taken);
    if (taken.earlier_version)
        notes.add("(…)", "earlier", "bản đã bị thay thế trước đó (a version replaced before)");
    auto message = store_message(taken.code, "Hồ sơ", key);
    return {taken.code, std::move(key), std::move(message), rules_of(notes)};
}

ItemAnswer Holdings::take_step(const Json& item, Undo* undo) {
    Faults faults(info(Service::CapNhatTienDoHoSoMC).name);
    const Step step = judge_step(item, faults);
    std::string key = key_of(item, "MaHoSo");
    if (!faults.empty()) return refuse(faults, std::move(key));
    const Taken taken = dossiers_.add_step(key, step, undo);
    repeats_.add(Service::CapNhatTienDoHoSoMC, taken);
    Faults notes(info(Service::CapNhatTienDoHoSoMC).name);
    if (taken.before != 0 && !usual_order(taken.before, step.status))
        notes.add("TrangThai", "order", fmt::format("{} → {}", taken.before, step.status));
    auto message = store_message(taken.code,
                                 taken.code == Code::NotKnown ? "Hồ sơ" : "Tiến độ của hồ sơ", key);
    return {taken.code, std::move(key), std::move(message), rules_of(notes), taken.row};
}

ItemAnswer Holdings::take_procedure(const Json& item, bool updating, Undo* undo) {
    Faults faults(info(Service::DongBoTTHC).name);
    Faults notes(info(Service::DongBoTTHC).name);
    Procedure procedure = judge_procedure(item, list_, faults, notes);
    std::string key = key_of(item, "MATTHC");
    if (!faults.empty()) return refuse(faults, std::move(key));
    const Taken taken = procedures_.put(key, std::move(procedure), updating, undo);
    repeats_.add(Service::DongBoTTHC, taken);
    auto message = store_message(taken.code, "Thủ tục", key);
    return {taken.code, std::move(key), std::move(message), rules_of(notes)};
}

ItemAnswer Holdings::take_statistics(const Json& item, Undo* undo) {
    Faults faults(info(Service::DongBoThongKeHoSo).name);
    StatisticsRow judged = judge_statistics(item, faults);
    std::string key = key_of(item, "Madonvi");
    if (!faults.empty()) return refuse(faults, std::move(key));
    statistics_.put(judged.key, std::move(judged.row), undo);
    return {Code::Ok, std::move(key), std::string(kAccepted), {}};
}

ItemAnswer Holdings::take_portal_status(const Json& item) {
    Faults faults(info(Service::DongBoTrangThaiHoSo).name);
    check(portal_status_type(), item, faults);
    const auto status = text_of(item, "TrangThai");
    const auto unit_code = text_of(item, "MaHoSoDonVi");
    // Refused, sent back or withdrawn at once: the province may have given it no code of its own.
    if (faults.empty() && unit_code.empty() && status != "5" && status != "7" && status != "11")
        faults.add("MaHoSoDonVi", "empty",
                   "chỉ được trống với 5, 7 và 11 (empty only with 5, 7 and 11)");
    std::string key = key_of(item, "MaHoSo");
    if (!faults.empty()) return refuse(faults, std::move(key));
    const PortalStatus row = judge_portal_status(item);
    const Taken taken = submissions_.add_status(text_of(item, "MaHoSo"), unit_code, row);
    if (taken.code == Code::Bad)
        faults.add("MaHoSoDonVi", "changed", "khác mã đã báo trước (differs from the code told)");
    if (taken.code == Code::NotKnown)
        faults.add("MaHoSo", "not-known", "không có hồ sơ này (no such submission)");
    if (taken.code == Code::Older)
        faults.add("NgayXuLy", "order", "trước trạng thái đang giữ (before the status held)");
    ItemAnswer answer = answer_to(Service::DongBoTrangThaiHoSo, taken, faults, std::move(key));
    if (taken.code != Code::Ok) return answer;
    Faults notes(info(Service::DongBoTrangThaiHoSo).name);
    if (const auto held = submissions_.find(text_of(item, "MaHoSo"));
        held && text_of(item, "MaDoiTuong") != held->technical_id)
        notes.add("MaDoiTuong", "differs", "khác người nộp (not the applicant's)");
    if (taken.before != 0 && !usual_portal_order(taken.before, row.status))
        notes.add("TrangThai", "order", fmt::format("{} → {}", taken.before, row.status));
    if (!unit_code.empty() && dossiers_.find(unit_code)) {
        Faults ordinary(info(Service::DongBoHoSoMC).name);
        ordinary.add("MaHoSo", "portal-born", kPortalBorn);
        refuse(ordinary, std::string(unit_code));
    }
    answer.notes = rules_of(notes);
    return answer;
}

ItemAnswer Holdings::take_confirmation(const Json& item) {
    Faults faults(info(Service::XacNhanHoSoMoi).name);
    check(confirmation_type(), item, faults);
    std::string key = key_of(item, "MaHoSo");
    if (!faults.empty()) return refuse(faults, std::move(key));
    const Taken taken = submissions_.confirm(text_of(item, "MaHoSo"), sha256(compact(item)),
                                             text_of(item, "KetQua")[0]);
    if (taken.code == Code::Bad)
        faults.add("KetQua", "changed", "khác kết quả đã xác nhận (another result than before)");
    if (taken.code == Code::NotKnown)
        faults.add("MaHoSo", "not-known", "không có hồ sơ này (no such submission)");
    if (taken.code == Code::Older)
        faults.add("MaHoSo", "not-fetched",
                   "xác nhận trước khi lấy hồ sơ (confirmed before it was fetched)");
    ItemAnswer answer = answer_to(Service::XacNhanHoSoMoi, taken, faults, std::move(key));
    submissions_.count(taken.code == Code::Ok       ? "confirmations"
                       : taken.code == Code::Exists ? "confirmed_again"
                                                    : "confirmations_refused");
    // What is confirmed stays so: to say it again is no mistake, only no use.
    if (answer.code == Code::Exists) answer.code = Code::Ok;
    return answer;
}

ItemAnswer Holdings::answer_to(Service service, const Taken& taken, Faults& faults,
                               std::string key) {
    repeats_.add(service, taken);
    if (!faults.empty()) {
        ItemAnswer answer = refuse(faults, std::move(key));
        answer.code = taken.code == Code::Older && service == Service::XacNhanHoSoMoi ? Code::Bad
                                                                                      : taken.code;
        return answer;
    }
    auto message = store_message(taken.code, "Trạng thái hồ sơ", key);
    return {taken.code, std::move(key), std::move(message), {}, taken.row};
}

ItemAnswer Holdings::refuse(const Faults& faults, std::string key) {
    for (const Fault& fault : faults.list())
        violations_.add(fault.rule, key);
    return {Code::Bad, std::move(key), describe(faults.list()), {}};
}

void Holdings::keep_notes(const ItemAnswer& answer) {
    if (answer.code != Code::Ok) return;
    for (const std::string& rule : answer.notes)
        notes_.add(rule, answer.key);
}

void Holdings::tell(Service service, const ItemAnswer& answer, bool whole) {
    switch (service) {
        case Service::TraCuuHoSo:
        case Service::DongBoHoSoMC:
            return dossiers_.tell(answer.key, answer.code, whole);
        case Service::CapNhatTienDoHoSoMC:
            return dossiers_.tell_step(answer.key, answer.row, whole);
        case Service::DongBoTTHC:
            return procedures_.tell(answer.key, answer.code, whole);
        case Service::LayHoSoMoi:
            return submissions_.tell_fetched(answer.key, answer.row, whole);
        case Service::XacNhanHoSoMoi:
            return submissions_.tell_confirmed(answer.key, answer.row, whole);
        case Service::DongBoTrangThaiHoSo:
            return submissions_.tell_status(answer.key, answer.row, whole);
        default:
            return;  // what replaces the same row cannot be doubled
    }
}

void Holdings::clear() {
    const std::unique_lock lock(gate_);
    dossiers_.clear();
    procedures_.clear();
    statistics_.clear();
    submissions_.clear();
    violations_.clear();
    notes_.clear();
    items_.clear();
    repeats_.clear();
}

}  // namespace dvcsandbox
