// The simulated province: dossiers and procedures that live, exports of them that arrive in order,
// late or twice, and the truth that is held against ledger and portal at the end.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connector/province/source.h"
#include "tests/province/random.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/log.h"
#include "tests/simulation/records.h"

namespace dvcsync::simulation {

// What must become of a record whose newest version this is, once the mapping files are mended.
enum class Fate {
    Delivered,    // at the portal, with its steps
    Held,         // a draft: not to be sent
    Unreadable,   // parked at intake
    Refused,      // parked with the portal's words
    StepRefused,  // the dossier is delivered, the steps up to the refused one too
};

struct Version {
    std::string kind;
    std::string code;
    std::string xml;
    int mark = 0;
    Fate fate{};
    std::size_t steps = 0;         // that it has
    std::size_t refused_step = 0;  // 1-based place among them; StepRefused
};

using RecordName = std::pair<std::string, std::string>;  // kind, code

struct ProvinceTraits {
    int dossiers = 8;
    int procedures = 2;
    bool dated = true;  // exports say when they were made (then they may arrive late)
    bool drafts = true;
    bool unreadable = true;
    bool unmapped = true;
    bool refused = true;
    bool reverts = true;  // a record becomes again what it was
    bool steps_vanish = false;
};

class Province {
  public:
    Province(Rng rng, SimulatedClock& clock, Disk& disk, Log& log, ProvinceTraits traits);

    // Some hours of life, and an export of what has changed (and of some that has not).
    void live();
    // One more record for the next export.
    void add(Version version) { more_.push_back(std::move(version)); }
    // What is still held up on its way arrives.
    void deliver_late();
    // Every record's newest version is mended, so that nothing but the connector stands in its way.
    void mend();

    // What the connector opens. Sources die with the process that opened them.
    Result<std::unique_ptr<province::Source>> open(const std::string& position);

    // Records that the connector has acknowledged, by the version that counts: of the latest
    // export, or the last one where exports are not dated.
    std::map<RecordName, const Version*> newest() const;
    // The later, the higher, as far as the connector has stored it; -1: never heard of.
    std::int64_t rank(const RecordName& name, int mark) const;
    // The position up to which the connector has said that everything is stored for good.
    std::size_t acknowledged() const { return acknowledged_; }
    std::size_t arrived() const { return arrivals_.size(); }
    bool refuses() const { return traits_.refused; }
    bool dated() const { return traits_.dated; }
    bool steps_may_vanish() const { return traits_.steps_vanish; }
    bool source_fails = false;  // the folder cannot be read now

  private:
    friend class SimulatedSource;
    struct Dossier {
        DossierText text;
        int next_mark = 2;
        std::vector<DossierText> past;
    };
    struct Procedure {
        ProcedureText text;
        int next_mark = 2;
    };
    struct Export {
        UtcTime made{};
        std::string name;
        std::vector<const Version*> records;
    };
    struct Arrival {
        const Version* version;
        UtcTime made;
        const std::string* file;
        std::size_t line;
    };

    const Version* store(Version version);
    const Version* version_of(const Dossier& dossier);
    const Version* version_of(const Procedure& procedure);
    void change(Dossier& dossier);
    void change(Procedure& procedure);
    void add_dossier();
    void add_more(Export& made);
    void arrive(std::size_t number);
    void stored_up_to(std::size_t position);
    UtcTime time() const;  // the province's own clock is right

    Rng rng_;
    SimulatedClock& clock_;
    Disk& disk_;
    Log& log_;
    ProvinceTraits traits_;
    std::vector<std::unique_ptr<Version>> versions_;
    std::vector<Dossier> dossiers_;
    std::vector<Version> more_;  // of the next export
    std::vector<Procedure> procedures_;
    std::map<RecordName, const Version*> current_;
    std::vector<std::unique_ptr<Export>> exports_;
    std::vector<std::size_t> on_their_way_;
    std::vector<Arrival> arrivals_;
    std::size_t acknowledged_ = 0;
    std::size_t ranked_ = 0;
    std::map<RecordName, std::map<int, std::int64_t>> ranks_;
};

}  // namespace dvcsync::simulation
