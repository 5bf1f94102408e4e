// An office that takes submissions in: real ledger, mappings, staging and inbox, and a portal whose
// list and documents the test writes.
#pragma once

#include <set>

#include "connector/sync/gather.h"
#include "connector/sync/pull.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {

// A submission as the portal gives it; "aGVsbG8K" is the text "hello\n".
inline std::string document(const std::string& code, const std::string& summary = "x",
                            const std::string& file = R"("Base64": "aGVsbG8K")",
                            const std::string& hash = "") {
    return fmt::format(
        R"({{"MaHoSo": "{}", "MaTTHC": "1.005129", "TenTTHC": "Thủ tục", )"
        R"("MaDonViTiepNhan": "000.00.01.H22", "TenDonViTiepNhan": "Sở", )"
        R"("NgayNop": "20190701070000", "LoaiDoiTuong": "1", "MaDoiTuong": "", "ChuHoSo": "A", )"
        R"("SoDinhDanh": "", "LoaiDinhDanh": "", "TrichYeuHoSo": "{}", "HinhThuc": "0", )"
        R"("LePhi": "0", "TrangThaiThanhToan": "0", "URLTepDangKy": "", )"
        R"("EformThongTinChiTiet": {{}}, "ThanhPhanHoSo": [{{"MaThanhPhanHoSo": "TP", )"
        R"("TenThanhPhanHoSo": "Đơn", "SoLuong": 1, "LoaiBan": 2, "GiayToDinhKem": [)"
        R"({{"IdGiayTo": "1", "TenGiayTo": "don.txt", {}, "HashTepTin": "{}"}}]}}]}})",
        code, summary, file, hash);
}

inline std::string callback(const std::string& code, const std::string& summary = "x") {
    std::string data = document(code, summary);
    data.replace(data.find("MaHoSo"), 6, "MaHoSoQG");
    return fmt::format(R"({{"service": "NhanHoSo", "isUpdating": false, "data": {}}})", data);
}

struct PullOffice : Office {
    PullOffice() {
        EXPECT_TRUE(province::create_drop_inbox(folder.path() / "inbox"));
        inbox = *province::open_drop_inbox(folder.path() / "inbox");
        std::filesystem::create_directory(folder.path() / "staging");
        GatherSettings settings;
        settings.staging = folder.path() / "staging";
        settings.fetch.hosts = {"files.invalid"};  // a name that leads nowhere, for certain
        settings.max_file = 1u << 20;
        settings.max_submission = 2u << 20;
        gathering = gathering_of(settings, stop);
        rules.workers = 2;
        rules.province = "H22";
        rules.lease = Millis{1'000'000};
        calls_.reading = "submission";
        calls_.fetch =
            [this](std::string_view code) -> tl::expected<portal::Fetched, portal::Outcome> {
            const std::lock_guard lock(mutex);
            fetched.emplace_back(code);
            if (const auto found = documents.find(std::string(code)); found != documents.end())
                return portal::Fetched{found->second, 0};
            portal::Outcome outcome;
            outcome.verdict = portal::Verdict::Refused;
            outcome.message = "no such submission";
            return tl::make_unexpected(outcome);
        };
        calls_.news = [this](LocalTime since,
                             int page) -> tl::expected<portal::News, portal::Outcome> {
            listed_since = since;
            if (list_failure) return tl::make_unexpected(*list_failure);
            const auto index = static_cast<std::size_t>(page) - 1;
            portal::News news;
            if (index < pages.size()) news.rows = pages[index];
            news.more = index + 1 < pages.size();
            return news;
        };
    }

    PullCounts run() {
        Gates gates([](std::string_view) { return GateRules{}; });
        const PullParts parts{*ledger,   *sealer, *mappings, calls_,   *inbox,
                              gathering, gates,   clock,     progress, stop};
        PullCounts counts;
        auto done = pull(parts, rules, counts);
        if (done) done = hand_over(parts, rules, counts);
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        return counts;
    }

    void file(const std::string& code, const std::string& json, LocalTime at) {
        documents[code] = json;
        if (pages.empty()) pages.emplace_back();
        pages.back().push_back({code, at});
    }

    std::set<std::string> handed_over() const {
        std::set<std::string> names;
        for (const auto& entry :
             std::filesystem::directory_iterator(folder.path() / "inbox" / "new"))
            names.insert(entry.path().filename());
        return names;
    }

    std::vector<ledger::Submission> all() const {
        return ledger->submissions().list({}, 100).value_or(std::vector<ledger::Submission>{});
    }
    ledger::SubmissionTally tally() const { return *ledger->submissions().tally(); }

    LocalTime day(unsigned d) const {
        return std::chrono::local_days{std::chrono::year{2019} / 6 / d};
    }

    std::unique_ptr<province::Inbox> inbox;
    Gathering gathering;
    PullCalls calls_;
    PullRules rules;
    std::mutex mutex;
    std::map<std::string, std::string> documents;
    std::vector<std::vector<portal::NewsRow>> pages;
    std::optional<portal::Outcome> list_failure;
    std::optional<LocalTime> listed_since;
    std::vector<std::string> fetched;
};

}  // namespace dvcsync::sync
