// The portal's desk for confirmations and statuses.
#include <rapidjson/document.h>

#include <algorithm>

#include "tests/simulation/clerks.h"

namespace dvcsync::simulation {
namespace {

using portal::Outcome;
using portal::Verdict;

Outcome outcome(Verdict verdict, std::string code, std::string message) {
    Outcome one;
    one.verdict = verdict;
    one.code = std::move(code);
    one.message = std::move(message);
    return one;
}

struct Document {
    explicit Document(std::string_view json) { members.Parse(json.data(), json.size()); }
    std::string text(const char* name) const {
        if (!members.IsObject() || !members.HasMember(name) || !members[name].IsString()) return "";
        return members[name].GetString();
    }
    rapidjson::Document members;
};

Desk::Status status_of(const Document& document, std::string_view json) {
    const std::string content = document.text("NoiDung");
    constexpr std::string_view before = "event ";
    const auto at = content.find(before);
    const int number = at == content.npos ? 0 : std::atoi(content.c_str() + at + before.size());
    return {number, std::string(json), document.text("NgayXuLy"), document.text("TrangThai"),
            document.text("MaHoSoDonVi")};
}

}  // namespace

Outcome Desk::answer(Operation operation, const portal::Item& item, bool unsure) {
    return operation == Operation::ConfirmSubmission ? confirm(item, unsure)
                                                     : take_status(item, unsure);
}

Outcome Desk::confirm(const portal::Item& item, bool unsure) {
    const std::string name(item.code);
    const auto slash = name.rfind('/');
    const std::string code = name.substr(0, slash);
    const int revision = slash == name.npos ? 0 : std::atoi(name.c_str() + slash + 1);
    const Document document(item.document);
    if (document.text("MaHoSo") != code || document.text("KetQua") != "1")
        return outcome(Verdict::Refused, "-1", "MaHoSo or KetQua is wrong");
    if (!citizens_.knows(code)) {
        log_.violated(Invariant::Agreement,
                      fmt::format("{} was confirmed, but the portal knows no such code", name));
        return outcome(Verdict::Missing, "-4", "the dossier does not exist");
    }
    if (!room_.has({code, revision}))
        log_.violated(Invariant::NothingLost,
                      fmt::format("{} was confirmed, but the province does not have it", name));
    if (confirmed_.contains(name) && !unsure)
        log_.violated(Invariant::StepsOnce,
                      fmt::format("{} was confirmed twice without a doubt", name));
    return outcome(Verdict::Accepted, "0", "");
}

Outcome Desk::take_status(const portal::Item& item, bool unsure) {
    const std::string code(item.code);
    const Document document(item.document);
    const Status status = status_of(document, item.document);
    const bool may_lack_code = status.word == "5" || status.word == "7" || status.word == "11";
    if (document.text("MaHoSo") != code || status.at.size() != 14 || status.number == 0 ||
        (status.local_code.empty() && !may_lack_code))
        return outcome(Verdict::Refused, "-1", "a member is wrong");
    if (document.text("NoiDung").find(refused_words) != std::string::npos)
        return outcome(Verdict::Refused, "-1", "NoiDung is wrong");
    if (!citizens_.knows(code)) {
        log_.violated(Invariant::Agreement,
                      fmt::format("a status of {} came, but the portal knows no such code", code));
        return outcome(Verdict::Missing, "-4", "the dossier does not exist");
    }
    const auto& kept = statuses_[code];
    const bool same = std::any_of(kept.begin(), kept.end(), [&](const Status& one) {
        return one.document == status.document;
    });
    if (same) {
        if (!unsure)
            log_.violated(
                Invariant::StepsOnce,
                fmt::format("status {} of {} was sent twice without a doubt", status.number, code));
        return outcome(Verdict::Exists, "-3", "this status exists");
    }
    if (!kept.empty() && status.at < kept.back().at)
        return outcome(Verdict::Refused, "-5", "NgayXuLy is older than the last");
    return outcome(Verdict::Accepted, "0", "");
}

void Desk::keep(Operation operation, const portal::Item& item) {
    const std::string code(item.code);
    if (operation == Operation::ConfirmSubmission) {
        confirmed_.insert(code);
        return;
    }
    const Document document(item.document);
    const Status status = status_of(document, item.document);
    auto& kept = statuses_[code];
    for (const Status& one : kept) {
        if (one.number == status.number)
            log_.violated(Invariant::StepsOnce,
                          fmt::format("status {} of {} is there twice", one.number, code));
        if (one.number > status.number)
            log_.violated(Invariant::StepsOnce, fmt::format("status {} of {} came after status {}",
                                                            status.number, code, one.number));
    }
    kept.push_back(status);
}

}  // namespace dvcsync::simulation
