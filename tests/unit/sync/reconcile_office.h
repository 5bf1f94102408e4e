// A portal that holds what it accepts, and the office that is compared with it.
#pragma once

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "connector/sync/reconcile.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {

inline constexpr std::array compared{"TrangThaiHoSo", "NgayTiepNhan", "NgayHenTra"};

// A portal that holds what it accepts, can be asked and lists by the day of reception.
class HoldingPortal {
  public:
    using Members = std::map<std::string, std::string>;

    PortalCalls calls() {
        PortalCalls calls;
        calls.push = [this](Operation operation, std::span<const portal::Item> items, bool) {
            const std::lock_guard lock(mutex_);
            std::vector<portal::Outcome> outcomes;
            for (const auto& item : items) {
                if (operation == Operation::PushDossier) {
                    held[std::string(item.code)] = members_of(item.document);
                }
                outcomes.push_back({portal::Verdict::Accepted, "0", "", {}});
            }
            return outcomes;
        };
        calls.look =
            [this](std::string_view code) -> tl::expected<portal::Holding, portal::Outcome> {
            const std::lock_guard lock(mutex_);
            asked.emplace_back(code);
            if (look_failure) {
                if (auto failure = look_failure(code)) return tl::make_unexpected(*failure);
            }
            const auto found = held.find(std::string(code));
            if (found == held.end()) return portal::Holding{};
            return portal::Holding{true, found->second};
        };
        calls.list = [this](std::chrono::local_days from, std::chrono::local_days until,
                            int page) -> tl::expected<portal::Page, portal::Outcome> {
            const std::lock_guard lock(mutex_);
            ++pages_read;
            if (before_page) before_page();
            if (page_answer) return page_answer(page);
            return listed(from, until, page);
        };
        calls.batch = [](Operation) { return 10; };
        calls.repeatable = [](Operation) { return true; };
        calls.endpoint = [](Operation) { return std::string("push"); };
        calls.pace = [this](std::string_view) { return pace; };
        calls.ask_endpoint = calls.list_endpoint = "share";
        calls.can_ask = can_ask;
        calls.can_list = can_list;
        return calls;
    }

    std::map<std::string, Members> held;
    std::vector<std::string> asked;
    int pages_read = 0;
    bool can_ask = true;
    bool can_list = true;
    portal::Profile::Pace pace;
    std::function<std::optional<portal::Outcome>(std::string_view)> look_failure;
    std::function<tl::expected<portal::Page, portal::Outcome>(int page)> page_answer;
    std::function<void()> before_page;

    static Members members_of(std::string_view document) {
        rapidjson::Document json;
        json.Parse(document.data(), document.size());
        Members members;
        for (const char* name : compared)
            members[name] = json[name].GetString();
        return members;
    }

  private:
    // Two rows a page, so that a few dossiers already need several.
    tl::expected<portal::Page, portal::Outcome> listed(std::chrono::local_days from,
                                                       std::chrono::local_days until, int page) {
        const auto form = *TimeFormat::compile("yyyyMMddHHmmss");
        std::vector<portal::Listed> rows;
        for (const auto& [code, members] : held) {
            const auto received = form.parse(members.at("NgayTiepNhan"));
            if (received && *received >= from && *received < until) rows.push_back({code, members});
        }
        portal::Page out;
        for (std::size_t i = 2 * (static_cast<std::size_t>(page) - 1);
             i < rows.size() && out.rows.size() < 2; ++i) {
            out.rows.push_back(rows[i]);
        }
        out.more = rows.size() > 2 * static_cast<std::size_t>(page);
        return out;
    }

    std::mutex mutex_;
};

inline std::string code_of(int number, std::string_view agency = "000.00.01.H22") {
    return fmt::format("{}-190301-{:04}", agency, number);
}

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

class Reconcile : public testing::Test {
  protected:
    // Dossiers 1 to `count`, delivered.
    void deliver_dossiers(int count) {
        std::string records;
        for (int i = 1; i <= count; ++i)
            records += dossier_xml(code_of(i));
        hand_over(records);
    }
    void hand_over(const std::string& records) {
        office.drop(fmt::format("{}.xml", ++files_), records);
        office.read();
        const auto counts =
            office.push(portal.calls(), {Operation::PushProgress, Operation::PushDossier});
        EXPECT_EQ(counts.refused + counts.parked + counts.waiting, 0U);
    }
    Result<ReconcileReport> run() {
        const auto calls = portal.calls();
        return reconcile(*office.ledger, calls, *office.mappings, *office.sealer, office.clock,
                         rules, office.progress, office.stop);
    }
    ReconcileReport report() {
        auto result = run();
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? *std::move(result) : ReconcileReport{};
    }
    static std::vector<std::string> codes(const ReconcileReport& report, Match match) {
        std::vector<std::string> out;
        for (const auto& one : report.differences) {
            if (one.match == match) out.push_back(one.code);
        }
        return out;
    }
    // What must hold whatever was found.
    static void expect_sums(const ReconcileReport& report, std::size_t dossiers) {
        EXPECT_EQ(report.dossiers(), dossiers);
        std::size_t in_table = 0;
        for (const auto& [place, line] : report.table)
            in_table += line.of_province();
        EXPECT_EQ(in_table + report.unreached, dossiers);
        EXPECT_EQ(report.differences.size() + report.unreached,
                  report.at(Match::Missing) + report.at(Match::Stale) + report.at(Match::Unknown) +
                      report.at(Match::NotAsked));
    }

    Office office;
    HoldingPortal portal;
    ReconcileRules rules = [] {
        ReconcileRules few;
        few.workers = 3;
        return few;
    }();

  private:
    int files_ = 0;
};

}  // namespace dvcsync::sync
