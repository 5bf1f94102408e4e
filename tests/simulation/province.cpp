#include "tests/simulation/province.h"

#include <algorithm>
#include <charconv>

namespace dvcsync::simulation {
namespace {

Fate fate_of(const DossierText& text) {
    if (text.broken) return Fate::Unreadable;
    if (text.status == "draft") return Fate::Held;
    if (text.refused) return Fate::Refused;
    if (text.refused_step != 0) return Fate::StepRefused;
    return Fate::Delivered;
}

std::string exported_text(UtcTime at) {
    static const auto form = *TimeFormat::compile("dd/MM/yyyy HH:mm:ss");
    return form.format(to_vietnam(at));
}

}  // namespace

// What the connector reads: every arrival in its order; a position is how many were read.
class SimulatedSource final : public province::Source {
  public:
    SimulatedSource(Province& province, std::size_t at)
        : province_(province), process_(province.disk_.current()), at_(at) {}

    Result<province::Batch> next(std::size_t max) override {
        if (process_->dead || province_.source_fails)
            return fail(ErrorKind::Retry, "the drop folder cannot be read now");
        province::Batch batch;
        const auto& arrivals = province_.arrivals_;
        const auto few = static_cast<std::size_t>(province_.rng_.between(1, 12));
        const std::size_t end = std::min({arrivals.size(), at_ + max, at_ + few});
        for (; at_ < end; ++at_) {
            const Province::Arrival& one = arrivals[at_];
            province::RawRecord raw;
            raw.kind = one.version->kind;
            raw.code = one.version->code;
            raw.xml = one.version->xml;
            raw.file = *one.file;
            raw.line = one.line;
            if (province_.traits_.dated) raw.exported = exported_text(one.made);
            batch.records.push_back(std::move(raw));
        }
        batch.position = std::to_string(at_);
        batch.end = at_ == arrivals.size();
        return batch;
    }

    Status acknowledge(const std::string& position) override {
        if (process_->dead) return fail(ErrorKind::Retry, "the drop folder cannot be written now");
        std::size_t at = 0;
        std::from_chars(position.data(), position.data() + position.size(), at);
        province_.acknowledged_ = std::max(province_.acknowledged_, at);
        province_.stored_up_to(at);
        return {};
    }

    Result<std::vector<province::RejectedFile>> incomplete() override {
        return std::vector<province::RejectedFile>{};
    }
    Result<std::size_t> waiting_files() override { return province_.arrivals_.size() - at_; }

  private:
    Province& province_;
    std::shared_ptr<Process> process_;
    std::size_t at_;
};

Province::Province(Rng rng, SimulatedClock& clock, Disk& disk, Log& log, ProvinceTraits traits)
    : rng_(rng), clock_(clock), disk_(disk), log_(log), traits_(traits) {
    for (int i = 0; i < traits.procedures; ++i) {
        Procedure procedure;
        procedure.text.code = fmt::format("1.1{:05}", i);
        procedures_.push_back(std::move(procedure));
    }
}

UtcTime Province::time() const {
    // A day that lies after every date in the records.
    constexpr auto begin = std::chrono::local_days{std::chrono::year{2019} / 5 / 1};
    return from_vietnam(begin) + std::chrono::floor<Millis>(clock_.steady());
}

const Version* Province::store(Version version) {
    versions_.push_back(std::make_unique<Version>(std::move(version)));
    current_[{versions_.back()->kind, versions_.back()->code}] = versions_.back().get();
    return versions_.back().get();
}

const Version* Province::version_of(const Dossier& dossier) {
    const DossierText& text = dossier.text;
    Version version{"dossier",         text.code, xml_of(text), text.mark, fate_of(text),
                    text.steps.size(), 0};
    for (std::size_t i = 0; i < text.steps.size(); ++i) {
        if (text.steps[i] == text.refused_step) version.refused_step = i + 1;
    }
    return store(std::move(version));
}

const Version* Province::version_of(const Procedure& procedure) {
    const ProcedureText& text = procedure.text;
    const bool undecided = text.state == "abolished" && text.action == "amended";
    const Fate fate = undecided ? Fate::Unreadable : text.refused ? Fate::Refused : Fate::Delivered;
    return store({"procedure", text.code, xml_of(text), text.mark, fate, 0, 0});
}

void Province::add_dossier() {
    Dossier dossier;
    DossierText& text = dossier.text;
    text.day = rng_.between(1, 28);
    text.agency = fmt::format("000.00.{:02}.H22", rng_.between(1, 3));
    text.code = fmt::format("{}-1903{:02}-{:04}", text.agency, text.day, dossiers_.size() + 1);
    const int steps = rng_.between(0, 3);
    for (int i = 1; i <= steps; ++i)
        text.steps.push_back(i);
    if (traits_.drafts && rng_.chance(0.1)) text.status = "draft";
    if (traits_.unmapped && rng_.chance(0.08)) text.procedure = unmapped_procedure;
    dossiers_.push_back(std::move(dossier));
}

void Province::change(Dossier& dossier) {
    DossierText& text = dossier.text;
    const DossierText before = text;
    text.broken = false;
    const double kind = rng_.unit();
    if (kind < 0.15) {
        ++text.aside;
        return;
    }
    if (kind < 0.22 && traits_.reverts && !dossier.past.empty()) {
        const DossierText& old = dossier.past[rng_.below(dossier.past.size())];
        // A step back in the steps is another matter.
        if (old.steps == text.steps && old.refused_step == text.refused_step) {
            text = old;
            return;
        }
    }
    text.mark = dossier.next_mark++;
    const int last = text.steps.empty() ? 0 : text.steps.back();
    if (kind < 0.55) {
        const int more = rng_.between(1, 3);
        for (int i = 1; i <= more; ++i)
            text.steps.push_back(last + i);
        text.status = rng_.chance(0.2) ? "finished" : "processing";
        if (traits_.refused && text.refused_step == 0 && rng_.chance(0.05))
            text.refused_step = last + rng_.between(1, more);
    } else if (kind < 0.62 && traits_.unreadable) {
        text.broken = true;
    } else if (kind < 0.68 && traits_.drafts) {
        text.status = text.status == "draft" ? "received" : "draft";
    } else if (kind < 0.74 && traits_.refused) {
        text.refused = !text.refused;
    } else if (kind < 0.78 && traits_.unmapped) {
        text.procedure = text.procedure == unmapped_procedure ? "1.005129" : unmapped_procedure;
    } else if (kind < 0.80 && traits_.steps_vanish && !text.steps.empty()) {
        text.steps.erase(text.steps.begin() +
                         static_cast<std::ptrdiff_t>(rng_.below(text.steps.size())));
    }
    dossier.past.push_back(before);
}

void Province::change(Procedure& procedure) {
    ProcedureText& text = procedure.text;
    text.mark = procedure.next_mark++;
    const double kind = rng_.unit();
    text.refused = traits_.refused && kind > 0.95;
    text.state = kind < 0.7 ? "amended" : "abolished";
    text.action = kind < 0.7                           ? "amended"
                  : kind < 0.85 || !traits_.unreadable ? "abolished"
                                                       : "amended";
}

void Province::live() {
    auto made = std::make_unique<Export>();
    made->made = time();
    made->name = fmt::format("export-{:03}.xml", exports_.size());
    if (exports_.empty()) {
        for (const Procedure& procedure : procedures_)
            made->records.push_back(version_of(procedure));
    }
    const int changes = rng_.between(1, 6);
    for (int i = 0; i < changes; ++i) {
        const bool young = static_cast<int>(dossiers_.size()) < traits_.dossiers;
        if (young && (dossiers_.empty() || rng_.chance(0.5))) {
            add_dossier();
            made->records.push_back(version_of(dossiers_.back()));
        } else if (!procedures_.empty() && rng_.chance(0.15)) {
            Procedure& procedure = procedures_[rng_.below(procedures_.size())];
            change(procedure);
            made->records.push_back(version_of(procedure));
        } else {
            Dossier& dossier = dossiers_[rng_.below(dossiers_.size())];
            change(dossier);
            made->records.push_back(version_of(dossier));
        }
    }
    add_more(*made);
    for (const auto& [name, version] : current_) {  // nothing new about these
        if (rng_.chance(0.15)) made->records.push_back(version);
    }
    exports_.push_back(std::move(made));
    const bool late = traits_.dated && rng_.chance(0.2);
    on_their_way_.push_back(exports_.size() - 1);
    if (!late) arrive(exports_.size() - 1);
    while (rng_.chance(0.2) && !on_their_way_.empty())
        arrive(on_their_way_[rng_.below(on_their_way_.size())]);
    // The same file comes again.
    if (traits_.dated && rng_.chance(0.05)) {
        const std::size_t again = rng_.below(exports_.size());
        if (std::find(on_their_way_.begin(), on_their_way_.end(), again) == on_their_way_.end())
            arrive(again);
    }
    clock_.sleep(Millis{1'000});  // two exports never carry the same second
}

void Province::add_more(Export& made) {
    for (Version& version : std::exchange(more_, {}))
        made.records.push_back(store(std::move(version)));
}

void Province::arrive(std::size_t number) {
    const Export& file = *exports_[number];
    std::erase(on_their_way_, number);
    std::size_t line = 1;
    for (const Version* version : file.records)
        arrivals_.push_back({version, file.made, &file.name, line++});
    log_.say("province: {} with {} records arrives, made at {}", file.name, file.records.size(),
             vietnam_text(file.made));
}

void Province::deliver_late() {
    while (!on_their_way_.empty())
        arrive(on_their_way_.front());
}

void Province::mend() {
    auto made = std::make_unique<Export>();
    made->made = time();
    made->name = "export-mended.xml";
    for (Dossier& dossier : dossiers_) {
        DossierText& text = dossier.text;
        text.mark = dossier.next_mark++;
        text.broken = text.refused = false;
        text.refused_step = 0;
        text.procedure = "1.005129";
        text.status = "processing";
        made->records.push_back(version_of(dossier));
    }
    for (Procedure& procedure : procedures_) {
        procedure.text.mark = procedure.next_mark++;
        procedure.text.refused = false;
        procedure.text.state = procedure.text.action = "amended";
        made->records.push_back(version_of(procedure));
    }
    add_more(*made);
    exports_.push_back(std::move(made));
    arrive(exports_.size() - 1);
    clock_.sleep(Millis{1'000});
}

Result<std::unique_ptr<province::Source>> Province::open(const std::string& position) {
    std::size_t at = 0;
    std::from_chars(position.data(), position.data() + position.size(), at);
    if (at < acknowledged_ && !disk_.current()->dead) {
        log_.violated(Invariant::NothingLost,
                      fmt::format("{} records were acknowledged to the province, but the ledger "
                                  "remembers only {}",
                                  acknowledged_, at));
    }
    stored_up_to(at);
    return std::make_unique<SimulatedSource>(*this, at);
}

void Province::stored_up_to(std::size_t position) {
    for (; ranked_ < position; ++ranked_) {
        const Arrival& one = arrivals_[ranked_];
        const auto later = traits_.dated ? one.made.time_since_epoch().count() * 1'000 +
                                               static_cast<std::int64_t>(one.line)
                                         : static_cast<std::int64_t>(ranked_);
        auto& rank = ranks_[{one.version->kind, one.version->code}][one.version->mark];
        rank = std::max<std::int64_t>(rank, later);
    }
}

std::int64_t Province::rank(const RecordName& name, int mark) const {
    const auto record = ranks_.find(name);
    if (record == ranks_.end()) return -1;
    const auto found = record->second.find(mark);
    return found == record->second.end() ? -1 : found->second;
}

std::map<RecordName, const Version*> Province::newest() const {
    std::map<RecordName, const Version*> newest;
    std::map<RecordName, std::pair<std::int64_t, std::size_t>> best;
    for (std::size_t i = 0; i < arrivals_.size(); ++i) {
        const Arrival& one = arrivals_[i];
        const RecordName name{one.version->kind, one.version->code};
        const std::pair<std::int64_t, std::size_t> at{
            traits_.dated ? one.made.time_since_epoch().count() : 0, i};
        auto [found, fresh] = best.try_emplace(name, at);
        if (!fresh && at < found->second) continue;
        found->second = at;
        newest[name] = one.version;
    }
    return newest;
}

}  // namespace dvcsync::simulation
