// The suite that every implementation of Ledger must pass. A test opens the ledger through Backend
// and knows nothing else of it; sqlite_test.cpp adds SQLite to the list.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "connector/ledger/ledger.h"

namespace dvcsync::ledger {

struct Backend {
    std::string name;
    // Opens, or opens again, the ledger that lives in this folder.
    std::function<Result<std::unique_ptr<Ledger>>(const std::filesystem::path&)> open;
};

std::vector<Backend> backends();

inline void PrintTo(const Backend& backend, std::ostream* out) {
    *out << backend.name;
}

inline const UtcTime noon = UtcTime{Millis{1'551'416'400'000}};  // 2019-03-01 12:00 in Vietnam

// Vietnam wall-clock time.
inline UtcTime vietnam(int year, unsigned month, unsigned day, int hour = 8, int minute = 0,
                       int second = 0) {
    using namespace std::chrono;
    const auto date = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
    return from_vietnam(LocalTime{local_days{date}} + hours{hour} + minutes{minute} +
                        seconds{second});
}

inline Intake dossier(const std::string& code, const std::string& content = "v1") {
    Intake intake;
    intake.facts.kind = "dossier";
    intake.facts.code = code;
    intake.facts.agency = "000.00.01.H22";
    intake.facts.agency_name = "Office one";
    intake.facts.status = "received";
    intake.facts.received = noon;
    intake.digest = sha256(code + content);
    intake.sealed = "sealed " + content;
    intake.origin = "dossiers.xml:1";
    intake.queue = {Operation::PushDossier};
    return intake;
}

inline Intake unreadable(const std::string& code, const std::string& content = "bad") {
    Intake intake = dossier(code, content);
    intake.facts = {};
    intake.facts.kind = "dossier";
    intake.facts.code = code;
    intake.fault = "the due date is no date";
    return intake;
}

inline Filter in_state(std::optional<State> state) {
    Filter filter;
    filter.state = state;
    return filter;
}

inline Settlement settled(const Claimed& item, State state) {
    Settlement settlement;
    settlement.item = item.item;
    settlement.version = item.version;
    settlement.state = state;
    settlement.next_at = noon + std::chrono::hours{1};
    if (state == State::Parked) {
        settlement.cause = Cause::Portal;
        settlement.code = "-1";
        settlement.reason = "refused";
    }
    return settlement;
}

inline Act act(const std::string& what, const std::string& reason = "asked for by the office") {
    Act act;
    act.actor = "officer";
    act.what = what;
    act.reason = reason;
    act.selection = "--all";
    return act;
}

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "ledger-XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

class LedgerTest : public testing::TestWithParam<Backend> {
  protected:
    void SetUp() override { reopen(); }

    void reopen() {
        ledger_.reset();
        auto opened = GetParam().open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        ledger_ = *std::move(opened);
    }
    Ledger& ledger() { return *ledger_; }

    Taken take(const std::vector<Intake>& records, UtcTime now = noon) {
        const auto taken = ledger().take(records, "drop", "position", now);
        EXPECT_TRUE(taken) << taken.error().message;
        return taken.value_or(Taken{});
    }
    std::vector<Claimed> claim(Operation operation = Operation::PushDossier, UtcTime now = noon,
                               std::size_t max = 100) {
        auto items = ledger().claim(operation, max, now);
        EXPECT_TRUE(items) << items.error().message;
        return items ? *std::move(items) : std::vector<Claimed>{};
    }
    Claimed claim_one(Operation operation = Operation::PushDossier, UtcTime now = noon) {
        auto items = claim(operation, now);
        EXPECT_EQ(items.size(), 1U);
        return items.empty() ? Claimed{} : items.front();
    }
    void settle(const Settlement& settlement, UtcTime now = noon) {
        const auto status = ledger().settle(std::span(&settlement, 1), now);
        EXPECT_TRUE(status) << status.error().message;
    }
    std::vector<ItemRow> list(std::optional<State> state = std::nullopt) {
        auto rows = ledger().list(in_state(state), 1'000);
        EXPECT_TRUE(rows) << rows.error().message;
        return rows ? *std::move(rows) : std::vector<ItemRow>{};
    }
    std::vector<ItemCount> counts() {
        auto rows = ledger().counts();
        EXPECT_TRUE(rows) << rows.error().message;
        return rows ? *std::move(rows) : std::vector<ItemCount>{};
    }
    // The only item there is.
    ItemRow only() {
        auto rows = list();
        EXPECT_EQ(rows.size(), 1U);
        return rows.empty() ? ItemRow{} : rows.front();
    }
    std::optional<State> state_of(Operation operation) {
        for (const ItemRow& row : list())
            if (row.operation == operation) return row.state;
        return std::nullopt;
    }
    // One dossier, brought into a state by the way that leads there.
    Claimed dossier_in(State state, const std::string& code = "D") {
        take({dossier(code)});
        if (state == State::Ready) return {};
        Claimed item = claim_one();
        if (state != State::Sending) settle(settled(item, state));
        return item;
    }

    TemporaryFolder folder_;
    std::unique_ptr<Ledger> ledger_;
};

}  // namespace dvcsync::ledger
