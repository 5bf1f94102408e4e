// A whole small office for tests of the sync core: the shipped mappings, a real ledger and a real
// drop folder in a temporary place, a clock that the test moves, and a portal whose answers the
// test writes.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "connector/ledger/submissions.h"
#include "connector/sync/connector.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::sync {

class TestClock final : public Clock {
  public:
    UtcTime now() const override {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    std::chrono::nanoseconds steady() const override { return now().time_since_epoch(); }
    void sleep(Millis how_long) override {
        const std::lock_guard lock(mutex_);
        now_ += how_long;
        slept += how_long;
    }
    Millis slept{0};

  private:
    mutable std::mutex mutex_;
    UtcTime now_ = from_vietnam(std::chrono::local_days{std::chrono::year{2019} / 7 / 1} +
                                std::chrono::hours{8});
};

class NoProgress final : public Progress {
  public:
    void begin(std::string_view, std::size_t) override {}
    void at(std::size_t) override {}
    void end(std::size_t) override {}
};

// A portal that remembers what it was sent and answers as the test says (default: yes).
class ScriptedPortal {
  public:
    using Answer = std::function<portal::Outcome(Operation, const portal::Item&, bool updating)>;
    struct Seen {
        Operation operation;
        std::string code;
        std::string document;
        bool updating;
    };

    PortalCalls calls() {
        PortalCalls calls;
        calls.push = [this](Operation operation, std::span<const portal::Item> items,
                            bool updating) {
            const std::lock_guard lock(mutex_);
            ++calls_made;
            std::vector<portal::Outcome> outcomes;
            for (const auto& item : items) {
                seen.push_back(
                    {operation, std::string(item.code), std::string(item.document), updating});
                outcomes.push_back(answer
                                       ? answer(operation, item, updating)
                                       : portal::Outcome{portal::Verdict::Accepted, "0", "", {}});
            }
            return outcomes;
        };
        calls.look =
            [this](std::string_view code) -> tl::expected<portal::Holding, portal::Outcome> {
            const std::lock_guard lock(mutex_);
            asked.emplace_back(code);
            if (look) return look(code);
            return portal::Holding{knows, {}};
        };
        calls.has = [this](Operation operation) { return !lacks.contains(operation); };
        calls.batch = [this](Operation) { return batch; };
        if (next_code)
            calls.next_code = [this] {
                const std::lock_guard lock(mutex_);
                ++codes_asked;
                return next_code();
            };
        if (upload) {
            calls.upload = [this](const portal::FileToSend& file) {
                const std::lock_guard lock(mutex_);
                files_seen.push_back(fmt::format("{} {} {}", file.name, file.type, file.content));
                return upload(file);
            };
            calls.fetch_file = [this](std::string_view link) {
                const std::lock_guard lock(mutex_);
                fetched.emplace_back(link);
                return fetch_file(link);
            };
        }
        calls.known_batch = [this](Operation operation) {
            return operation == Operation::PushDossier ? known_batch : 0;
        };
        calls.repeatable = [this](Operation) { return repeatable; };
        calls.endpoint = [](Operation) { return std::string("push"); };
        calls.ask_endpoint = "ask";
        calls.pace = [this](std::string_view) { return pace; };
        calls.can_ask = can_ask;
        return calls;
    }

    Answer answer;
    std::function<tl::expected<portal::Holding, portal::Outcome>(std::string_view)> look;
    std::function<tl::expected<portal::GivenCode, portal::Outcome>()> next_code;
    std::function<tl::expected<portal::UploadedFile, portal::Outcome>(const portal::FileToSend&)>
        upload;  // empty: it takes no files
    std::function<Result<std::string>(std::string_view link)> fetch_file;  // the province's
    std::vector<std::string> files_seen;  // "file.pdf application/pdf %PDF…"
    std::vector<std::string> fetched;
    int codes_asked = 0;
    int known_batch = 0;  // what it knows goes another way
    bool can_ask = true;
    bool knows = false;
    portal::Profile::Pace pace;
    bool repeatable = true;
    std::set<Operation> lacks;  // what it does not offer
    int batch = 10;
    int calls_made = 0;
    std::vector<Seen> seen;
    std::vector<std::string> asked;

    std::vector<std::string> codes(Operation operation) const {
        std::vector<std::string> out;
        for (const auto& one : seen) {
            if (one.operation == operation) out.push_back(one.code);
        }
        return out;
    }

  private:
    std::mutex mutex_;
};

inline DeliveryRules few_workers() {
    DeliveryRules rules;
    rules.workers = 2;
    rules.lease = Millis{0};
    return rules;
}

class Office {
  public:
    Office() {
        const auto key = folder.path() / "ledger.key";
        EXPECT_TRUE(Sealer::create_key(key));
        sealer = std::make_unique<Sealer>(*Sealer::load(key));
        reopen();
        EXPECT_TRUE(province::create_drop_folder(folder.path() / "drop"));
        auto set = mapping::MappingSet::load(std::filesystem::path(DVC_SOURCE_DIR) / "mappings",
                                             "reference", "mapi-2024");
        EXPECT_TRUE(set) << (set ? "" : set.error().message);
        mappings = std::make_unique<mapping::MappingSet>(*set);
    }

    void reopen() {
        ledger.reset();
        auto opened = ledger::open_sqlite(folder.path() / "ledger.db", sealer->key_id());
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        ledger = *std::move(opened);
    }

    void drop(const std::string& name, const std::string& records) const {
        std::ofstream(folder.path() / "drop" / "in" / name)
            << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<province-export>\n"
            << records << "</province-export>\n";
    }

    IntakeCounts read() {
        auto source = province::open_drop_folder(
            drop_folder_settings(folder.path() / "drop", "H22", mappings->vocabulary()),
            *ledger->position(drop_folder_source), clock);
        EXPECT_TRUE(source) << (source ? "" : source.error().message);
        auto counts =
            take_in(**source, *ledger, mappings->vocabulary(), *sealer, clock, progress, stop);
        EXPECT_TRUE(counts) << (counts ? "" : counts.error().message);
        return counts.value_or(IntakeCounts{});
    }

    // As a run does it: what the last one left behind is in doubt first.
    DeliveryCounts push(std::vector<Operation> operations = {Operation::PushProgress,
                                                             Operation::PushDossier}) {
        return push(portal.calls(), std::move(operations));
    }
    DeliveryCounts push(const PortalCalls& calls, std::vector<Operation> operations) {
        Gates gates([&calls](std::string_view endpoint) {
            const auto pace = calls.pace(endpoint);
            return GateRules{pace.per_second, pace.burst};
        });
        EXPECT_TRUE(ledger->recover(clock.now()));
        auto counts = deliver(*ledger, calls, *mappings, *sealer, clock, gates, operations, rules,
                              progress, stop);
        EXPECT_TRUE(counts) << (counts ? "" : counts.error().message);
        return counts.value_or(DeliveryCounts{});
    }

    // Something of this code of the portal has come, whatever it is.
    void arrive(const std::string& code) {
        ledger::Arrival one;
        one.code = code;
        one.reading = "submission";
        one.kind = "filing";
        one.digest = sha256(code);
        one.sealed = "sealed";
        EXPECT_TRUE(ledger->submissions().receive(one, clock.now()));
    }

    std::vector<ledger::ItemRow> parked() const {
        ledger::Filter filter;
        filter.state = ledger::State::Parked;
        return ledger->list(filter, 100).value_or(std::vector<ledger::ItemRow>{});
    }

    test::TemporaryFolder folder;
    TestClock clock;
    NoProgress progress;
    std::atomic<bool> stop{false};
    ScriptedPortal portal;
    DeliveryRules rules = few_workers();
    std::unique_ptr<Sealer> sealer;
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<mapping::MappingSet> mappings;
};

// What the province answers; the events' ids are their words.
std::string answer_xml(const std::string& portal_code, const std::string& code,
                       std::initializer_list<std::pair<const char*, const char*>> events);
// A dossier that the contract accepts. `steps` of them; further elements replace what is inside.
std::string dossier_xml(const std::string& code, int steps = 2,
                        const std::string& status = "processing", const std::string& note = "");

}  // namespace dvcsync::sync
