// A portal that gives codes, wants files first and is told of states apart, with every call lost,
// refused or cut off by the death of the process: a seed at a time, until all is calm. Nothing
// lost, nothing twice, and no document names what the portal does not have.
#include <map>
#include <set>

#include "connector/ledger/control.h"
#include "tests/province/random.h"
#include "tests/unit/sync/new_office.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using ::testing::IsEmpty;

struct Killed {};

// The JSON string behind the first `"name":"`, from `at` on.
std::string text_at(const std::string& json, const std::string& name, std::size_t& at) {
    const std::string start = "\"" + name + "\":\"";
    const auto found = json.find(start, at);
    if (found == json.npos) {
        at = json.npos;
        return "";
    }
    const auto from = found + start.size();
    at = json.find('"', from);
    return json.substr(from, at - from);
}
std::string text_of(const std::string& json, const std::string& name) {
    std::size_t at = 0;
    return text_at(json, name, at);
}

class Storm : public NewOffice {
  public:
    explicit Storm(std::uint64_t seed) : rng_(seed, 26), trouble_(rng_.unit() * rng_.unit()) {
        rules.workers = 0;
        rules.call.max_attempts = 1'000;  // whom the storm wears out is another test's matter
        portal.next_code = [this] { return next_code(); };
        portal.upload = [this](const portal::FileToSend& file) { return upload(file); };
        portal.fetch_file = [this](std::string_view link) -> Result<std::string> {
            if (rng_.chance(trouble_ / 2)) return fail(ErrorKind::Retry, "kho: away");
            return "%PDF " + std::string(link);
        };
        portal.answer = [this](Operation operation, const portal::Item& item, bool updating) {
            return call([&] { return take(operation, item, updating); });
        };
    }

    // The province moves on: every record may get steps, a state, other links.
    void live() {
        std::string xml;
        for (int i = 1; i <= records_; ++i) {
            auto& record = truth_[fmt::format("H22-{}", i)];
            if (record.steps != 0 && rng_.chance(0.5)) continue;
            record.steps = std::min(record.steps + rng_.between(1, 2), 8);
            record.status = rng_.chance(0.4) ? "finished" : "processing";
            if (rng_.chance(0.5)) record.links.push_back(rng_.between(1, 6));
            xml += xml_of(fmt::format("H22-{}", i), record);
        }
        if (xml.empty()) return;
        drop(fmt::format("{}.xml", ++files), xml);
        read();
    }

    void run() {
        try {
            push();
        } catch (const Killed&) {
            reopen();
        }
        clock.sleep(Millis{rng_.between(1, 3'600) * 1'000});
        if (rng_.chance(trouble_ / 4) && !held_.empty()) lose(held_.begin()->first);
    }

    void come_to_rest() {
        trouble_ = 0;
        for (int i = 0; i < 30; ++i) {
            push();
            clock.sleep(std::chrono::hours{2});
        }
    }

    // What is wrong at rest.
    std::vector<std::string> judge() {
        for (const auto& [code, record] : truth_) {
            // Of what the portal has lost only what it has said meanwhile can be known.
            if (lost_.contains(code)) continue;
            const auto held = held_.find(code);
            if (held == held_.end()) {
                wrong_.push_back(code + " is not there");
                continue;
            }
            auto parsed = mappings->vocabulary().parse("dossier", xml_of(code, record));
            parsed->give(held->second.given);
            const auto state =
                mappings->plan(Operation::PushDossier, true)->run(*parsed)->front().json;
            if (held->second.state != state) wrong_.push_back(code + " has another state");
            if (held->second.steps != record.steps)
                wrong_.push_back(
                    fmt::format("{} has {} of {} steps", code, held->second.steps, record.steps));
        }
        ledger::Filter parked;
        parked.state = ledger::State::Parked;
        // Whose steps find that it is gone has to be sent again by a person.
        const auto rows = ledger->list(parked, 10);
        if (!rows) wrong_.push_back(rows.error().message);
        for (const auto& row : rows.value_or(std::vector<ledger::ItemRow>{}))
            if (!lost_.contains(row.code)) wrong_.push_back(row.code + " is parked: " + row.reason);
        return wrong_;
    }

    int deaths() const { return deaths_; }
    bool lost() const { return !lost_.empty(); }

  private:
    struct Truth {
        int steps = 0;
        std::string status;
        std::vector<int> links;
    };
    struct Held {
        std::string given;
        std::string state;
        int steps = 0;
        std::vector<std::string> files{};
    };

    static std::string xml_of(const std::string& code, const Truth& record) {
        auto xml = dossier_xml(code, record.steps, record.status);
        std::string components;
        for (const int link : record.links)
            components += fmt::format(
                "<component><name>A paper</name><url>https://kho/{}</url></component>", link);
        constexpr std::string_view none = "<components/>";
        return xml.replace(xml.find(none), none.size(),
                           "<components>" + components + "</components>");
    }

    // The portal does its part, or not, and its answer arrives, or not.
    template <class Do>
    auto call(Do part) -> decltype(part()) {
        using Answer = decltype(part());
        const auto failed = [](Verdict verdict, bool endpoint) -> Answer {
            auto one = outcome(verdict);
            one.endpoint = endpoint;
            if constexpr (std::is_same_v<Answer, Outcome>)
                return one;
            else
                return tl::make_unexpected(one);
        };
        // Only a push can be in doubt: the client calls a lost question one to repeat.
        constexpr auto unclear =
            std::is_same_v<Answer, Outcome> ? Verdict::InDoubt : Verdict::Retry;
        if (!rng_.chance(trouble_)) return part();
        switch (rng_.between(0, 5)) {
            case 0:
                return failed(Verdict::Retry, true);
            case 1:
                return failed(unclear, false);
            case 2:
                (void)part();
                return failed(unclear, false);
            case 3:
                return failed(Verdict::Retry, false);
            case 4:
                ++deaths_;
                throw Killed{};
            default:
                (void)part();
                ++deaths_;
                throw Killed{};
        }
    }

    tl::expected<portal::GivenCode, Outcome> next_code() {
        return call([&]() -> tl::expected<portal::GivenCode, Outcome> {
            const auto code = fmt::format("GIVEN-{}", ++given);
            given_.insert(code);
            return portal::GivenCode{code, 0};
        });
    }
    tl::expected<portal::UploadedFile, Outcome> upload(const portal::FileToSend& file) {
        return call([&]() -> tl::expected<portal::UploadedFile, Outcome> {
            const auto id = fmt::format("FILE-{}", ++uploaded);
            files_[id] = hex(sha256(file.content));
            return portal::UploadedFile{id, files_[id], 0};
        });
    }

    Outcome take(Operation operation, const portal::Item& item, bool updating) {
        const std::string code(item.code);
        const std::string json(item.document);
        const auto held = held_.find(code);
        if (operation == Operation::PushProgress) {
            if (held == held_.end()) return outcome(Verdict::Missing);
            const int number = std::stoi(text_of(json, "NoiDungXuLy").substr(5));
            if (number <= held->second.steps) return outcome(Verdict::Exists);
            if (number != held->second.steps + 1) wrong_.push_back(code + ": a step is left out");
            held->second.steps = number;
        } else if (updating) {
            if (held == held_.end()) return outcome(Verdict::Missing);
            if (text_of(json, "MaHoSo") != held->second.given)
                wrong_.push_back(code + ": a state under another code");
            held->second.state = json;
        } else {
            return create(code, json);
        }
        return outcome(Verdict::Accepted);
    }

    Outcome create(const std::string& code, const std::string& json) {
        const auto given = text_of(json, "MaHoSo");
        if (!given_.contains(given)) wrong_.push_back(code + ": a code that was not given");
        Held created{given, "", 0};
        for (std::size_t at = 0; at != json.npos;) {
            const auto id = text_at(json, "IdGiayTo", at);
            if (at == json.npos) break;
            const auto hash = text_at(json, "HashTepTin", at);
            const auto file = files_.find(id);
            if (file == files_.end() || file->second != hash)
                wrong_.push_back(code + ": a file that is not there");
            created.files.push_back(id);
        }
        const auto held = held_.find(code);
        if (held != held_.end()) {
            if (held->second.given != given) wrong_.push_back(code + " would be there twice");
            return outcome(Verdict::Exists);
        }
        held_[code] = std::move(created);
        return outcome(Verdict::Accepted);
    }

    // As when a backup is put back: the dossier with its steps and its files.
    void lose(std::string code) {
        for (const auto& id : held_.at(code).files)
            files_.erase(id);
        held_.erase(code);
        lost_.insert(std::move(code));
    }

    year::Rng rng_;
    double trouble_;
    const int records_ = rng_.between(1, 5);
    std::map<std::string, Truth> truth_;
    std::set<std::string> given_;
    std::map<std::string, std::string> files_;  // id → hash
    std::map<std::string, Held> held_;          // by the province's code
    std::set<std::string> lost_;
    std::vector<std::string> wrong_;
    int deaths_ = 0;
};

TEST(NewPortalStorm, NothingIsLostNothingIsThereTwiceAndNoFileIsNamedThatIsNot) {
    int deaths = 0, losses = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Storm storm(seed);
        for (int round = 0; round < 4; ++round) {
            storm.live();
            storm.run();
            storm.run();
        }
        storm.come_to_rest();
        EXPECT_THAT(storm.judge(), IsEmpty()) << "seed " << seed;
        deaths += storm.deaths();
        losses += storm.lost();
    }
    // A storm in which nothing happens proves nothing.
    EXPECT_GT(deaths, 30);
    EXPECT_GT(losses, 3);
}

}  // namespace
}  // namespace dvcsync::sync
