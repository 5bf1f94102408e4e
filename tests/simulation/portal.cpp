#include "tests/simulation/portal.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "tests/simulation/clerks.h"

namespace dvcsync::simulation {
namespace {

using portal::Outcome;
using portal::Verdict;

constexpr std::string_view push_endpoint = "integration";
constexpr std::string_view ask_endpoint = "share";

Outcome outcome(Verdict verdict, std::string code, std::string message, bool endpoint = false) {
    Outcome one;
    one.verdict = verdict;
    one.code = std::move(code);
    one.message = std::move(message);
    one.endpoint = endpoint;
    return one;
}

// A document as the portal reads it.
class Reading {
  public:
    explicit Reading(std::string_view json) { document_.Parse(json.data(), json.size()); }

    std::string_view text(const char* name) const {
        if (!document_.IsObject() || !document_.HasMember(name)) return {};
        const auto& value = document_[name];
        if (!value.IsString()) return {};
        return {value.GetString(), value.GetStringLength()};
    }
    std::string_view inner(const char* object, const char* name) const {
        if (!document_.IsObject() || !document_.HasMember(object)) return {};
        const auto& value = document_[object];
        if (!value.IsObject() || !value.HasMember(name) || !value[name].IsString()) return {};
        return value[name].GetString();
    }

  private:
    rapidjson::Document document_;
};

// The number behind the last `before`: "About v12" → 12; 0: none.
int number_after(std::string_view text, std::string_view before) {
    const auto at = text.rfind(before);
    if (at == text.npos) return 0;
    int number = 0;
    const char* const begin = text.data() + at + before.size();
    std::from_chars(begin, text.data() + text.size(), number);
    return number;
}

bool is_moment(std::string_view text) {
    return text.size() == 14 && text.find_first_not_of("0123456789") == text.npos;
}

// What the contract demands of a document; "" if nothing is missing.
std::string fault_of(Operation operation, const Reading& document, std::string_view code) {
    switch (operation) {
        case Operation::PushDossier:
            if (document.text("MaHoSo") != code) return "MaHoSo";
            if (document.text("MaTTHC").empty()) return "MaTTHC";
            if (!is_moment(document.text("NgayTiepNhan"))) return "NgayTiepNhan";
            if (document.text("TrangThaiHoSo").empty()) return "TrangThaiHoSo";
            if (document.text("TrichYeuHoSo").find(refused_words) != std::string_view::npos)
                return "TrichYeuHoSo";
            return "";
        case Operation::PushProgress:
            if (document.text("MaHoSo") != code) return "MaHoSo";
            if (!is_moment(document.text("ThoiDiemXuLy"))) return "ThoiDiemXuLy";
            if (document.text("NoiDungXuLy").find(refused_words) != std::string_view::npos)
                return "NoiDungXuLy";
            return "";
        case Operation::PushProcedure:
            if (document.text("MATTHC") != code) return "MATTHC";
            if (document.text("TENTTHC").find(refused_words) != std::string_view::npos)
                return "TENTTHC";
            return "";
        case Operation::PushStatistics:
            return document.text("Madonvi").empty() ? "Madonvi" : "";
        case Operation::ConfirmSubmission:
        case Operation::PushStatus:
            return "";  // the desk knows (clerks.h)
    }
    return "";
}

std::string statistics_key(const Reading& document) {
    return fmt::format("{}/{}-{:0>2}", document.text("Madonvi"), document.text("Nam"),
                       document.text("Thang"));
}

}  // namespace

std::string_view to_string(Mishap mishap) {
    constexpr std::string_view names[mishap_count] = {
        "answered",      "unreachable", "too many",      "lost before", "lost after", "half kept",
        "half answered", "failed",      "misconfigured", "dies before", "dies after"};
    return names[static_cast<int>(mishap)];
}

SimulatedPortal::SimulatedPortal(Rng rng, SimulatedClock& clock, Disk& disk, Log& log,
                                 const Province& province, PortalTraits traits)
    : rng_(rng), clock_(clock), disk_(disk), log_(log), province_(province), traits_(traits) {}

sync::PortalCalls SimulatedPortal::calls() {
    sync::PortalCalls calls;
    calls.push = [this](Operation operation, std::span<const portal::Item> items, bool updating) {
        // The process may die in the call: then nobody has heard of it.
        portal::Exchange exchange;
        exchange.id = portal::next_exchange_id();
        exchange.operation = to_string(operation);
        exchange.items = items.size();
        exchange.began = clock_.now();
        auto outcomes = push(operation, items, updating);
        exchange.ended = clock_.now();
        for (auto& one : outcomes)
            one.exchange = exchange.id;
        if (exchanges != nullptr) exchanges->put(std::move(exchange));
        return outcomes;
    };
    calls.look = [this](std::string_view code) { return look(code); };
    calls.list = [](auto, auto, int) -> tl::expected<portal::Page, Outcome> {
        return tl::make_unexpected(outcome(Verdict::Refused, "-1", "there is no such service"));
    };
    calls.batch = [this](Operation operation) { return batch(operation); };
    calls.repeatable = [this](Operation operation) {
        return traits_.repeatable || operation != Operation::PushProgress;
    };
    calls.endpoint = [](Operation) { return std::string(push_endpoint); };
    calls.pace = [this](std::string_view) { return portal::Profile::Pace{traits_.per_second, 3}; };
    calls.ask_endpoint = ask_endpoint;
    calls.can_ask = true;
    calls.traffic = [this] { return portal::Client::Traffic{pushes_, 0, 0}; };
    return calls;
}

void SimulatedPortal::go_down(Millis how_long) {
    down_until_ = clock_.steady() + how_long;
}

void SimulatedPortal::calm() {
    traits_.faults = 0;
    down_until_ = std::chrono::nanoseconds{-1};
}

void SimulatedPortal::in_hand(const Work& work, bool again) {
    const std::lock_guard lock(mutex_);
    in_hand_[disk_.current().get()][work] = {again, false};
}

void SimulatedPortal::settled(const Work& work, ledger::State state) {
    const std::lock_guard lock(mutex_);
    in_hand_[disk_.current().get()].erase(work);
    if (state == ledger::State::InDoubt) {
        doubts_.insert(work);
        delivered_.erase(work);
    }
    if (state != ledger::State::Delivered) return;
    clear(work);
    if (work.first == Operation::PushDossier) {
        const auto held = dossiers_.find(work.second);
        if (held != dossiers_.end()) delivered_[work] = held->second.document;
    } else if (work.first == Operation::PushProcedure) {
        const auto held = procedures_.find(work.second);
        if (held != procedures_.end()) delivered_[work] = held->second.document;
    }
}

void SimulatedPortal::perhaps_settled(const Work& work) {
    const std::lock_guard lock(mutex_);
    if (in_hand_[disk_.current().get()].erase(work) > 0) perhaps_.insert(work);
    delivered_.erase(work);
}

void SimulatedPortal::give_up(std::map<Work, Sent>& in_hand) {
    for (auto& [work, sent] : in_hand) {
        if (sent.sent) doubts_.insert(work);
        sent.sent = false;
        delivered_.erase(work);  // the sync core cannot know what became of it
    }
}

void SimulatedPortal::ended() {
    const std::lock_guard lock(mutex_);
    give_up(in_hand_[disk_.current().get()]);
    in_hand_.erase(disk_.current().get());
    in_call_.clear();
}

void SimulatedPortal::taken_over() {
    const std::lock_guard lock(mutex_);
    for (auto& [process, in_hand] : in_hand_) {
        if (process != disk_.current().get()) give_up(in_hand);
    }
}

bool SimulatedPortal::lose(const std::string& code) {
    lost_.insert(code);
    clear({Operation::PushDossier, code});
    clear({Operation::PushProgress, code});
    delivered_.erase({Operation::PushDossier, code});
    return dossiers_.erase(code) > 0;
}

Mishap SimulatedPortal::draw(bool asking) {
    if (down()) return Mishap::Unreachable;
    if (!rng_.chance(traits_.faults)) return Mishap::None;
    const int last = static_cast<int>(asking ? Mishap::LostBefore : Mishap::DiesAfter);
    const auto mishap = static_cast<Mishap>(rng_.between(1, last));
    if (mishap == Mishap::Unreachable && rng_.chance(0.3))
        go_down(Millis{rng_.between(1, 120'000)});
    return mishap;
}

// Whatever the portal then does with it: a call that should not have been made.
void SimulatedPortal::judge_call(Operation operation, std::span<const portal::Item> items) {
    if (items.empty() || items.size() > static_cast<std::size_t>(batch(operation))) {
        log_.violated(Invariant::Agreement, fmt::format("a batch of {} items", items.size()));
    }
    auto& in_hand = in_hand_[disk_.current().get()];
    for (const auto& item : items) {
        const Work work{operation, item.code};
        const auto what = [&] { return fmt::format("{} of {}", to_string(operation), item.code); };
        const auto hand = in_hand.find(work);
        if (hand == in_hand.end()) {
            log_.violated(Invariant::OneInFlight,
                          fmt::format("{} was sent, but nobody has it in hand", what()));
            continue;
        }
        const bool may_repeat = operation != Operation::PushDossier &&
                                (traits_.repeatable || operation != Operation::PushProgress);
        if (doubts_.contains(work) && !may_repeat) {
            log_.violated(
                Invariant::Agreement,
                fmt::format("{} was sent blindly: it is in doubt, and nobody asked", what()));
        }
        const auto known = delivered_.find(work);
        if (known != delivered_.end() && known->second == item.document && !hand->second.again &&
            !unsure(work)) {
            log_.violated(
                Invariant::Agreement,
                fmt::format("{} was sent though it is delivered and has not changed", what()));
        }
        hand->second.sent = true;
    }
}

std::vector<Outcome> SimulatedPortal::push(Operation operation, std::span<const portal::Item> items,
                                           bool updating) {
    std::set<std::string> codes;
    for (const auto& item : items)
        codes.emplace(item.code);
    const std::vector<Outcome> nothing(items.size(), outcome(Verdict::InDoubt, "", "cut off"));
    {
        const std::lock_guard lock(mutex_);
        if (disk_.current()->dead) return nothing;
        judge_call(operation, items);
        for (const auto& code : codes) {
            if (!in_call_.insert(code).second) {
                log_.violated(Invariant::OneInFlight,
                              fmt::format("two calls at once are about {}", code));
            }
        }
    }
    std::this_thread::yield();
    std::vector<Outcome> outcomes;
    {
        const std::lock_guard lock(mutex_);
        ++pushes_;
        clock_.sleep(Millis{rng_.between(5, 400)});
        const Mishap mishap = draw(false);
        log_.say("  call: {} of {} {}, {}", to_string(operation), items.size(),
                 updating ? "updates" : "new", to_string(mishap));
        outcomes = carry_out(mishap, operation, items, updating);
        for (std::size_t i = 0; i < items.size(); ++i) {
            log_.say("    {} {}: {} {}", items[i].code,
                     Reading(items[i].document).text("NoiDungXuLy"), to_string(outcomes[i].verdict),
                     outcomes[i].message);
            if (outcomes[i].verdict == Verdict::InDoubt)
                doubts_.insert({operation, std::string(items[i].code)});
        }
        for (const auto& code : codes)
            in_call_.erase(code);
        if (mishap == Mishap::DiesBefore || mishap == Mishap::DiesAfter) disk_.kill_current();
    }
    if (meanwhile && !disk_.current()->dead) meanwhile();
    return outcomes;
}

std::vector<Outcome> SimulatedPortal::carry_out(Mishap mishap, Operation operation,
                                                std::span<const portal::Item> items,
                                                bool updating) {
    const auto all = [&](Outcome one) { return std::vector<Outcome>(items.size(), one); };
    const Outcome lost = outcome(Verdict::InDoubt, "", "no answer", rng_.chance(0.5));
    switch (mishap) {
        case Mishap::None:
            return take(operation, items, updating);
        case Mishap::Unreachable:
            return all(outcome(Verdict::Retry, "HTTP 503", "not available", true));
        case Mishap::TooMany: {
            auto one = outcome(Verdict::Retry, "HTTP 429", "too many calls", true);
            one.retry_after = Millis{rng_.between(0, 90) * 1'000};
            return all(one);
        }
        case Mishap::Failed:
            return all(outcome(Verdict::Retry, "HTTP 500", "failed", false));
        case Mishap::Misconfigured:
            return all(outcome(Verdict::Misconfigured, "login", "the password has expired"));
        case Mishap::LostBefore:
        case Mishap::DiesBefore:
            return all(lost);
        case Mishap::LostAfter:
        case Mishap::DiesAfter:
            take(operation, items, updating);
            return all(lost);
        case Mishap::HalfKept:
            take(operation, items.first(items.size() / 2), updating);
            return all(lost);
        case Mishap::HalfAnswered:
            break;
    }
    auto outcomes = take(operation, items.first(items.size() / 2), updating);
    outcomes.resize(items.size(), outcome(Verdict::Retry, "HTTP 503", "busy", rng_.chance(0.5)));
    return outcomes;
}

std::vector<Outcome> SimulatedPortal::take(Operation operation, std::span<const portal::Item> items,
                                           bool updating) {
    if (traits_.whole && items.size() > 1) {
        const bool good = std::all_of(items.begin(), items.end(), [&](const auto& item) {
            return answer(operation, item, updating).verdict == Verdict::Accepted;
        });
        if (!good) {
            return std::vector<Outcome>(
                items.size(), outcome(Verdict::Alone, "-1", "a record of this batch is wrong"));
        }
    }
    std::vector<Outcome> outcomes;
    std::set<std::string_view> refused;
    for (const auto& item : items) {
        outcomes.push_back(answer(operation, item, updating));
        if (outcomes.back().verdict == Verdict::Accepted) {
            keep(operation, item, refused.contains(item.code));
        } else if (outcomes.back().verdict != Verdict::Exists) {  // what is there is no gap
            refused.insert(item.code);
        }
    }
    return outcomes;
}

Outcome SimulatedPortal::answer(Operation operation, const portal::Item& item, bool updating) {
    const std::string code(item.code);
    if (operation == Operation::ConfirmSubmission || operation == Operation::PushStatus)
        return desk->answer(operation, item, unsure({operation, code}));
    if (desk->is_born(code))
        log_.violated(Invariant::Agreement,
                      fmt::format("{} was born on the portal, but its {} was sent as of others",
                                  code, to_string(operation)));
    const Reading document(item.document);
    if (const std::string fault = fault_of(operation, document, code); !fault.empty())
        return outcome(Verdict::Refused, "-1", fmt::format("{} is wrong", fault));
    const bool held = operation == Operation::PushProcedure ? procedures_.contains(code)
                                                            : dossiers_.contains(code);
    if (operation == Operation::PushProgress) {
        if (!held) {
            if (!lost_.contains(code)) {
                log_.violated(Invariant::StepsOnce,
                              fmt::format("a step of {} came before its dossier", code));
            }
            return outcome(Verdict::Missing, "-4", "the dossier does not exist");
        }
        const auto& steps = dossiers_[code].steps;
        const auto there = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
            return step.document == item.document;
        });
        if (there != steps.end() && traits_.repeatable) {
            ++repeated_steps_;
            // The portal goes on after a step that it refuses; the sync core cannot, and comes back
            // to what follows it.
            // A step that the province took back while it was in doubt, and wrote down again.
            const bool came_back = province_.steps_may_vanish();
            if (!there->ahead && !came_back && !unsure({operation, code})) {
                log_.violated(Invariant::StepsOnce,
                              fmt::format("a step of {} was sent twice without a doubt", code));
            }
            return outcome(Verdict::Exists, "-3", "this step exists");
        }
    } else if (operation != Operation::PushStatistics && held != updating) {
        return held ? outcome(Verdict::Exists, "-3", "it exists")
                    : outcome(Verdict::Missing, "-4", "it does not exist");
    }
    return outcome(Verdict::Accepted, "0", "");
}

void SimulatedPortal::keep(Operation operation, const portal::Item& item, bool ahead) {
    const std::string code(item.code);
    const Reading document(item.document);
    kept_[{operation, code}].insert(hex(sha256(item.document)));
    switch (operation) {
        case Operation::PushDossier: {
            Dossier& dossier = dossiers_[code];
            const int mark = number_after(document.text("GhiChu"), "v");
            check_order({"dossier", code}, dossier.mark, mark);
            dossier.document = item.document;
            dossier.mark = mark;
            return;
        }
        case Operation::PushProcedure: {
            Procedure& procedure = procedures_[code];
            const int mark = number_after(document.text("TENTTHC"), " v");
            check_order({"procedure", code}, procedure.mark, mark);
            const std::string_view action = document.inner("QUYETDINHCONGBO", "LOAICONGBO");
            if (document.text("TRANGTHAI") == "0" && action != "3" && action != "4") {
                log_.violated(Invariant::Agreement,
                              fmt::format("{} was abolished without a decision", code));
            }
            procedure.document = item.document;
            procedure.mark = mark;
            return;
        }
        case Operation::PushProgress:
            keep_step(item, ahead);
            return;
        case Operation::PushStatistics:
            statistics_[statistics_key(document)] = item.document;
            return;
        case Operation::ConfirmSubmission:
        case Operation::PushStatus:
            desk->keep(operation, item);
            return;
    }
}

void SimulatedPortal::keep_step(const portal::Item& item, bool ahead) {
    const std::string code(item.code);
    auto& steps = dossiers_[code].steps;
    const int number = number_after(Reading(item.document).text("NoiDungXuLy"), "step ");
    for (const Step& step : steps) {
        if (step.number == number) {
            log_.violated(Invariant::StepsOnce,
                          fmt::format("step {} of {} is there twice", number, code));
        } else if (step.number > number && !step.ahead) {
            log_.violated(Invariant::StepsOnce, fmt::format("step {} of {} came after step {}",
                                                            number, code, step.number));
        }
    }
    steps.push_back({number, std::string(item.document), ahead});
}

void SimulatedPortal::check_order(const RecordName& name, int held, int offered) {
    const std::int64_t before = province_.rank(name, held);
    const std::int64_t after = province_.rank(name, offered);
    if (held == 0 || before < 0 || after < 0 || before <= after) return;
    log_.violated(Invariant::Order, fmt::format("version {} of {} {} replaced version {}, which "
                                                "is newer",
                                                offered, name.first, name.second, held));
}

tl::expected<portal::Holding, Outcome> SimulatedPortal::look(std::string_view code) {
    const std::lock_guard lock(mutex_);
    if (disk_.current()->dead)
        return tl::make_unexpected(outcome(Verdict::Retry, "", "cut off", true));
    clock_.sleep(Millis{rng_.between(5, 200)});
    const Mishap mishap = draw(true);
    log_.say("  ask: {}, {}", code, to_string(mishap));
    if (mishap == Mishap::TooMany) {
        auto one = outcome(Verdict::Retry, "HTTP 429", "too many calls", true);
        one.retry_after = Millis{rng_.between(0, 90) * 1'000};
        return tl::make_unexpected(one);
    }
    if (mishap != Mishap::None)
        return tl::make_unexpected(
            outcome(Verdict::Retry, "HTTP 503", "not available", rng_.chance(0.7)));
    const std::string name(code);
    const bool known = dossiers_.contains(name);
    clear({Operation::PushDossier, name});
    if (!known) clear({Operation::PushProgress, name});
    return portal::Holding{known, {}};
}

}  // namespace dvcsync::simulation
