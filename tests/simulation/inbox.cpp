#include "tests/simulation/inbox.h"

#include <algorithm>

#include "connector/base/points.h"

namespace dvcsync::simulation {

// -- files ---------------------------------------------------------------------------------------

sync::Gathering SimulatedFiles::gathering() {
    sync::Gathering gathering;
    gathering.gather = [this](const std::string& key, const mapping::National& document,
                              ledger::Without without, const std::function<bool()>& in_time) {
        auto gathered = gather(key, document, without, in_time);
        if (meanwhile && !disk_.current()->dead) meanwhile();
        return gathered;
    };
    gathering.forget = [this](const std::string& key) -> Status {
        const std::lock_guard lock(mutex_);
        if (disk_.current()->dead) return fail(ErrorKind::Retry, "cut off");
        std::erase_if(staged_, [&](const auto& one) { return one.first.starts_with(key + '/'); });
        reach(Point::StagingRemoved);
        return {};
    };
    return gathering;
}

const std::string* SimulatedFiles::staged(const std::string& path) {
    const auto found = staged_.find(path);
    return found == staged_.end() ? nullptr : &found->second;
}

std::string SimulatedFiles::stage(const std::string& path, Attachment& file) {
    if (staged_.contains(path)) return "";
    clock_.sleep(Millis{rng_.between(1, 200)});
    if (file.misses != 0) {
        if (file.misses > 0) --file.misses;
        return "it cannot be had";
    }
    if (rng_.chance(faults_)) return "the download was cut off";
    staged_[path] = file.bytes;
    reach(Point::FileStaged);
    return "";
}

sync::Gathered SimulatedFiles::gather(const std::string& key, const mapping::National& document,
                                      ledger::Without without,
                                      const std::function<bool()>& in_time) {
    const std::lock_guard lock(mutex_);
    sync::Gathered out;
    int number = 0;
    int begun = 0;
    for (const auto& one : document.files) {
        ++number;
        out.files.emplace_back();
        if (disk_.current()->dead) {
            out.waits = "cut off";
            continue;
        }
        Attachment* const file = citizens_.file_of(one.url.empty() ? one.base64 : one.url);
        if (file == nullptr) {
            log_.violated(Invariant::Agreement,
                          fmt::format("{} names a file that nobody has filed", document.code));
            continue;
        }
        const std::string path = fmt::format("{}/{}", key, number);
        if (!file->hostile && !staged_.contains(path) && begun++ > 0 && !in_time()) {
            out.cut = true;
            return out;
        }
        std::string& reason = file->hostile ? out.holds : out.waits;
        const std::string fault = file->hostile ? "it breaks a rule" : stage(path, *file);
        const auto least = file->hostile ? ledger::Without::Forbidden : ledger::Without::Missing;
        if (!fault.empty() && without < least) {
            reason = fmt::format("file {}: {}", number, fault);
            continue;
        }
        auto& kept = out.files.back();
        kept.note = fault;
        if (!fault.empty()) continue;
        kept.name = fmt::format("files/{:02}.pdf", number);
        kept.size = file->bytes.size();
        kept.sha256 = sha256(file->bytes);
        kept.type = "application/pdf";
        kept.checked = file->hashed;
        out.contents.push_back({kept.name, path, kept.size, kept.sha256});
    }
    return out;
}

// -- the inbox -----------------------------------------------------------------------------------

class SimulatedInbox final : public province::Inbox {
  public:
    SimulatedInbox(InboxRoom& room, int run)
        : room_(room), process_(room.disk_.current()), run_(run) {}

    Result<province::Put> put(const province::Delivery& delivery) override {
        if (process_->dead) return fail(ErrorKind::Retry, "the inbox cannot be written now");
        auto done = room_.put(delivery, run_);
        if (process_->dead) return fail(ErrorKind::Retry, "the inbox cannot be written now");
        if (room_.meanwhile) room_.meanwhile();
        return done;
    }
    Status check() override { return {}; }

  private:
    InboxRoom& room_;
    std::shared_ptr<Process> process_;
    int run_;
};

std::unique_ptr<province::Inbox> InboxRoom::open(int run) {
    return std::make_unique<SimulatedInbox>(*this, run);
}

// Laid out, marked by its key, published: as connector/province/drop_inbox.cpp does.
Result<province::Put> InboxRoom::put(const province::Delivery& delivery, int run) {
    const RevisionName name{delivery.code, delivery.revision};
    if (overtaken && overtaken())
        log_.violated(Invariant::OneInFlight,
                      fmt::format("{} was put into the inbox by a run that has lost its lease",
                                  delivery.code));
    clock_.sleep(Millis{rng_.between(1, 50)});
    const auto trouble = [&](double share) -> Status {
        if (!rng_.chance(share)) return {};
        log_.say("  inbox: {} revision {} fails", name.first, name.second);
        if (rng_.chance(0.1)) return fail(ErrorKind::Config, "the inbox folder is missing");
        return fail(ErrorKind::Retry, "the inbox's disk is full");
    };
    const std::string mark = mark_in(delivery.xml);
    auto found = entries_.find(name);
    if (found == entries_.end()) {
        DVC_TRY(trouble(faults_));
        reach(Point::InboxBuilt);
        if (disk_.current()->dead) return fail(ErrorKind::Retry, "cut off");
        found = entries_.emplace(name, Entry{mark, delivery.kind}).first;
        reach(Point::InboxMarked);
        if (disk_.current()->dead) return fail(ErrorKind::Retry, "cut off");
    } else if (found->second.mark != mark) {
        log_.violated(Invariant::NothingLost,
                      fmt::format("{} revision {} is {} now, but the inbox holds {} as this",
                                  name.first, name.second, mark, found->second.mark));
    }
    Entry& entry = found->second;
    const std::string place = fmt::format("new/{}-r{}", name.first, name.second);
    if (entry.published) {
        log_.say("  inbox: {} revision {} was there", name.first, name.second);
        return province::Put{true, place};
    }
    DVC_TRY(trouble(faults_ / 2));
    publish(delivery, entry, run);
    DVC_TRY(trouble(faults_ / 2));  // its folder could not be synced: it is there, perhaps
    reach(Point::InboxPublished);
    return province::Put{false, place};
}

void InboxRoom::publish(const province::Delivery& delivery, Entry& entry, int run) {
    entry.published = true;
    ++taken_;
    const std::string what =
        fmt::format("{} of {}, revision {}", entry.mark, delivery.code, delivery.revision);
    log_.say("  inbox: {}", what);
    const auto* filed = citizens_.find(entry.mark);
    if (filed == nullptr || strange(filed->filing.kind)) {
        log_.violated(Invariant::Agreement,
                      fmt::format("the province was given {}, which nobody has filed", what));
        return;
    }
    const Filing& filing = filed->filing;
    const bool own_code = filing.code.empty() || filing.code == delivery.code;
    if (!own_code || delivery.kind != to_string(filing.kind))
        log_.violated(Invariant::Agreement,
                      fmt::format("the province was given {} as a {}, but it is a {} of {}", what,
                                  delivery.kind, to_string(filing.kind), filing.code));
    const auto before = before_.find(delivery.code);
    if (before == before_.end() || !marks_.contains(entry.mark) ||
        !Citizens::overtook(*before->second, *filed))
        marks_.insert(entry.mark);
    if (filing.kind == FilingKind::Filing || filing.kind == FilingKind::Supplement)
        before_[delivery.code] = filed;
    if (static_cast<int>(marks_.count(entry.mark)) > 1 + filed->returns)
        log_.violated(Invariant::StepsOnce,
                      fmt::format("the province was given {}, which it has had before", what));
    int& last = last_[delivery.code];
    if (delivery.revision <= last)
        log_.violated(Invariant::Order,
                      fmt::format("the province was given {} after revision {}", what, last));
    last = std::max(last, delivery.revision);
    const auto gone = decisions_.gone.find({delivery.code, delivery.revision});
    if (gone != decisions_.gone.end() && gone->second < run)
        log_.violated(Invariant::Agreement,
                      fmt::format("the province was given {}, which a person has dismissed", what));
    judge_files(delivery, filing);
}

void InboxRoom::judge_files(const province::Delivery& delivery, const Filing& filing) {
    const auto released = decisions_.released.find({delivery.code, delivery.revision});
    const auto without =
        released == decisions_.released.end() ? ledger::Without::Nothing : released->second;
    std::multiset<std::string> wanted, had;
    for (const auto& file : filing.files)
        if (!file.hostile || without == ledger::Without::Nothing) wanted.insert(file.bytes);
    for (const auto& file : delivery.files) {
        const std::string* const bytes = files_.staged(file.content.string());
        const bool told = delivery.xml.find(file.name) != std::string::npos &&
                          delivery.xml.find(hex(file.sha256)) != std::string::npos;
        if (bytes == nullptr || sha256(*bytes) != file.sha256 || bytes->size() != file.size ||
            !told) {
            log_.violated(Invariant::Agreement,
                          fmt::format("{} has a file that is not what its XML says", filing.mark));
            return;
        }
        had.insert(*bytes);
    }
    const bool whole = had == wanted;
    const bool part = std::includes(wanted.begin(), wanted.end(), had.begin(), had.end());
    if (whole || (part && without == ledger::Without::Missing)) return;
    log_.violated(Invariant::NothingLost,
                  fmt::format("{} has {} of its {} files, and nobody has released it from others",
                              filing.mark, had.size(), wanted.size()));
}

}  // namespace dvcsync::simulation
