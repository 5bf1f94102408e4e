// Procedures, dossiers and statistics: one document an item.
#include <algorithm>
#include <optional>
#include <utility>

#include "connector/sync/worker.h"

namespace dvcsync::sync {
namespace {

using ledger::Claimed;
using ledger::Settlement;
using ledger::State;
using portal::Verdict;

struct Form {
    std::string json;
    Digest digest{};
};

struct Draft {
    const Claimed* item;
    std::optional<Form> first{};   // nullopt: the portal knows it, and takes another document then
    std::optional<Form> second{};  // for what the portal knows; nullopt: the first is for both
    bool progress = false;         // there is something to say about its steps
    Rows rows{};
    std::optional<bool> known{};  // what the portal has said in this task
    bool updating = false;        // how it goes out now

    const Form& form(bool is_known) const { return is_known && second ? *second : *first; }
};
using Drafts = std::span<Draft*>;

class Documents : public Worker {
  public:
    using Worker::Worker;

    void run() {
        std::vector<Draft> drafts;
        drafts.reserve(task_.items.size());
        for (const auto& item : task_.items) {
            if (!worn_out(item)) draft(item, drafts);
        }
        std::vector<Draft*> left;
        for (auto& one : drafts)
            left.push_back(&one);
        const auto limit = batch_limit();
        for (std::size_t i = 0; i < left.size(); i += limit) {
            send(Drafts(left).subspan(i, std::min(limit, left.size() - i)), task_.updating, 0);
        }
    }

  private:
    void draft(const Claimed& item, std::vector<Draft>& drafts) {
        if (!item.known && item.steps_done > 0) {
            forget_steps(item, {});
            out_.settlements.back().called = false;
            return;
        }
        auto record = reopen(item);
        if (!record) return;
        const auto* const plan = with_.mappings.plan(item.operation);
        if (with_.calls.next_code && item.given.empty() && plan->takes_given_code())
            return ask_for_code(item);
        Draft one{&item};
        one.updating = task_.updating;
        const auto* const second =
            two_forms(item.operation) ? with_.mappings.plan(item.operation, true) : nullptr;
        if (second && !give_files(item, *second, *record)) return;
        if (!(second != nullptr && task_.updating) && !give_files(item, *plan, *record)) return;
        if (second && !make(item, *second, *record, one.second)) return;
        // Made when the portal turns out not to know it after all.
        const bool left_out = second != nullptr && task_.updating;
        if (!left_out && !make(item, *plan, *record, one.first)) return;
        if (item.operation == Operation::PushDossier && with_.rules.progress_follows) {
            auto rows = with_.mappings.plan(Operation::PushProgress)->run(*record);
            // Rows that the mapping refuses are refused again, and told, when their turn comes.
            one.progress = !rows || rows->size() != item.steps_done ||
                           steps_digest(*rows) != item.steps_digest;
            if (rows) one.rows = {item.record, item.version, *std::move(rows)};
        }
        if (item.known && !item.again && one.form(true).digest == item.document) {
            // Something changed in the province's record that the portal does not ask for.
            Settlement settlement = delivered(one);
            settlement.called = false;
            settle(std::move(settlement));
            return;
        }
        drafts.push_back(std::move(one));
    }

    // False: a file that the document names is not at the portal yet, and the item is settled.
    bool give_files(const Claimed& item, const mapping::Plan& plan, mapping::Record& record) {
        if (!plan.takes_files() || !with_.calls.upload) return true;
        const auto files = plan.files(record);
        if (!files) {
            settle(parked(item, ledger::Cause::Mapping, "mapping", files.error().text()));
            return false;
        }
        for (const auto& file : *files) {
            const Digest link = sha256(file.link);
            const auto there =
                std::find_if(item.uploads.begin(), item.uploads.end(),
                             [&](const ledger::Upload& one) { return one.link == link; });
            if (there == item.uploads.end()) {
                upload(item, file);
                return false;
            }
            record.give(file.link, {there->id, there->hash});
        }
        return true;
    }

    bool two_forms(Operation operation) const {
        return with_.calls.known_batch && with_.calls.known_batch(operation) > 0;
    }

    // False: the mapping refuses the record, and the item is parked.
    bool make(const Claimed& item, const mapping::Plan& plan, const mapping::Record& record,
              std::optional<Form>& form) {
        auto documents = plan.run(record);
        if (!documents) {
            settle(parked(item, ledger::Cause::Mapping, "mapping", documents.error().text()));
            return false;
        }
        form.emplace(Form{std::move(documents->front().json)});
        form->digest = sha256(form->json);
        return true;
    }

    // What the portal has lost it has lost with its steps and files. The ledger must know before
    // the dossier goes as new: if the answer to that got lost, the portal would say that it knows
    // the dossier, and nobody would miss the steps.
    void forget_steps(const Claimed& item, const portal::Outcome& outcome) {
        Settlement settlement = about(item);
        settlement.state = State::Ready;
        settlement.code = outcome.code;
        settlement.reason = outcome.message;
        settlement.exchange = outcome.exchange;
        settlement.known = false;
        settlement.steps_done = 0;
        settlement.steps_digest = Digest{};
        settle(std::move(settlement));
    }

    // Whatever becomes of the item, what the portal has said of the record is kept: an update that
    // is then in doubt must not go as new once more.
    void settle_draft(const Draft& one, Settlement settlement) {
        settlement.known = one.known;
        settlement.tried = one.form(one.updating).digest;
        settle(std::move(settlement));
    }

    Settlement delivered(Draft& one) {
        Settlement settlement = about(*one.item);
        settlement.state = State::Delivered;
        settlement.known = true;
        settlement.document = one.form(true).digest;
        if (one.progress) {
            settlement.then = Operation::PushProgress;
            if (!one.rows.rows.empty()) out_.rows.push_back(std::move(one.rows));
        }
        return settlement;
    }

    // It is there, and what is told of it from now on goes another way: with the next task, so that
    // the ledger knows first, and an auditor finds either call by itself.
    void created(Draft& one, const portal::Outcome& outcome) {
        one.known = true;
        Settlement settlement = untouched(*one.item);
        settlement.created = true;
        settlement.code = outcome.code;
        settlement.exchange = outcome.exchange;
        settle_draft(one, std::move(settlement));
    }

    // `flips` counts how often the portal has already made us change between new and update.
    void send(Drafts drafts, bool updating, int flips) {
        if (drafts.empty()) return;
        if (halted()) {
            for (const auto* one : drafts)
                settle_draft(*one, untouched(*one->item));
            return;
        }
        std::vector<portal::Item> items;
        items.reserve(drafts.size());
        for (auto* one : drafts) {
            one->updating = updating;
            items.push_back({one->item->code, one->form(updating).json});
        }
        const auto outcomes = push(items, updating);
        std::vector<Draft*> flipped;
        std::vector<Draft*> unnamed;
        for (std::size_t i = 0; i < drafts.size(); ++i) {
            const auto& outcome = outcomes[i];
            const bool missing = outcome.verdict == Verdict::Missing && updating;
            const bool flip = missing || (outcome.verdict == Verdict::Exists && !updating);
            if (flip) drafts[i]->known = !missing;
            if (outcome.verdict == Verdict::Accepted && !updating && drafts[i]->second) {
                created(*drafts[i], outcome);
            } else if (outcome.verdict == Verdict::Accepted) {
                Settlement settlement = delivered(*drafts[i]);
                settlement.code = outcome.code;
                settlement.exchange = outcome.exchange;
                settle(std::move(settlement));
            } else if (missing && (drafts[i]->item->steps_done > 0 || drafts[i]->second)) {
                forget_steps(*drafts[i]->item, outcome);
            } else if (flip && flips < 2) {
                flipped.push_back(drafts[i]);
            } else if (outcome.verdict == Verdict::Alone && drafts.size() > 1) {
                unnamed.push_back(drafts[i]);
            } else {
                settle_draft(*drafts[i], not_delivered(*drafts[i]->item, outcome));
            }
        }
        send(flipped, !updating, flips + 1);
        split(unnamed, outcomes.front(), updating, flips);
    }

    // The batch was refused as a whole: each half goes by itself, until the culprit is alone.
    void split(Drafts drafts, const portal::Outcome& outcome, bool updating, int flips) {
        if (drafts.empty()) return;
        const std::size_t half = (drafts.size() + 1) / 2;
        for (const auto part : {drafts.first(half), drafts.subspan(half)}) {
            if (part.empty() || may_split()) {
                send(part, updating, flips);
                continue;
            }
            for (const auto* one : part)
                settle_draft(*one, undecided(*one->item, outcome));
        }
    }
};

}  // namespace

Handled send_documents(const Task& task, const Worker::Setting& setting, std::uint64_t random) {
    Documents documents(task, setting, random);
    documents.run();
    return documents.take();
}

}  // namespace dvcsync::sync
