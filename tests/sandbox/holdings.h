// All that the portal holds, and the one way in: take() judges an item of a push and keeps it.
// Thread-safe. A group of items that must stand or fall together uses take_all().
#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/findings.h"
#include "tests/sandbox/judge.h"
#include "tests/sandbox/national_list.h"
#include "tests/sandbox/stores.h"
#include "tests/sandbox/submissions.h"
#include "tests/sandbox/tally.h"

namespace dvcsandbox {

struct ItemAnswer {
    Code code = Code::Ok;
    std::string key;                 // code of the record, "" when it has none that can be shown
    std::string message;             // names field and rule, never a value
    std::vector<std::string> notes;  // rules by which an accepted record is odd
    std::uint32_t row = 0;           // of a progress row, a status, a deed: its place
};

class Holdings {
  public:
    explicit Holdings(NationalList list, Generation generation = Generation::Any)
        : list_(std::move(list)), generation_(generation) {}

    // One answer per item; each accepted item is kept, whatever becomes of the others.
    std::vector<ItemAnswer> take_each(Service service, const Json& items, bool updating);
    // As take_each, but nothing is kept unless everything is accepted.
    std::vector<ItemAnswer> take_all(Service service, const Json& items, bool updating);

    // An answer that accepts this record (Code::Ok) or says that it is held (Code::Exists) is about
    // to be delivered whole, or, when `whole` is false, was not after all.
    void tell(Service service, const ItemAnswer& answer, bool whole);

    const NationalList& national_list() const { return list_; }
    const DossierStore& dossiers() const { return dossiers_; }
    const ProcedureStore& procedures() const { return procedures_; }
    const StatisticsStore& statistics() const { return statistics_; }
    SubmissionStore& submissions() { return submissions_; }
    const SubmissionStore& submissions() const { return submissions_; }
    Findings& violations() { return violations_; }
    const Findings& violations() const { return violations_; }
    const Findings& notes() const { return notes_; }
    const Tally& items() const { return items_; }
    const Repeats& repeats() const { return repeats_; }
    void clear();

  private:
    ItemAnswer take(Service service, const Json& item, bool updating, Undo* undo);
    ItemAnswer take_dossier(const Json& item, bool updating, Undo* undo);
    ItemAnswer take_step(const Json& item, Undo* undo);
    ItemAnswer take_procedure(const Json& item, bool updating, Undo* undo);
    ItemAnswer take_statistics(const Json& item, Undo* undo);
    ItemAnswer take_portal_status(const Json& item);
    ItemAnswer take_confirmation(const Json& item);
    ItemAnswer answer_to(Service service, const Taken& taken, Faults& faults, std::string key);
    ItemAnswer refuse(const Faults& faults, std::string key);
    void keep_notes(const ItemAnswer& answer);

    const NationalList list_;
    const Generation generation_;
    DossierStore dossiers_;
    ProcedureStore procedures_;
    StatisticsStore statistics_;
    SubmissionStore submissions_;
    Findings violations_;
    Findings notes_;
    Tally items_;
    Repeats repeats_;
    // Shared by single items, exclusive for a batch that may be taken back.
    std::shared_mutex gate_;
};

}  // namespace dvcsandbox
