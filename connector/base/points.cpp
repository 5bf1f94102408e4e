#include "connector/base/points.h"

namespace dvcsync {

namespace detail {
std::atomic<PointHook> point_hook{nullptr};
}

void set_point_hook(PointHook hook) {
    detail::point_hook.store(hook, std::memory_order_relaxed);
}

const std::array<PointText, point_count>& point_texts() {
    static constexpr std::array<PointText, point_count> texts{{
        {"backup/written", "a copy of the old ledger is written under a draft's name"},
        {"backup/in-place", "the copy has its name; the ledger is still the old one"},
        {"migration/written", "the new schema is written, not committed"},
        {"migration/durable", "the new schema is committed; nothing else has begun"},
        {"lease-acquired/written", "the run takes a free lease, not committed"},
        {"lease-acquired/durable", "the run holds the lease and has done nothing"},
        {"lease-taken-over/written", "the run takes over a dead run's lease, not committed"},
        {"lease-taken-over/durable", "the run holds a dead run's lease"},
        {"lease-renewed/written", "a sign of life, not committed"},
        {"lease-renewed/durable", "a sign of life, committed"},
        {"lease-released", "the lease is free; the process still lives"},
        {"run-begun", "the run has its line in the ledger"},
        {"run-ended", "the run's outcome is in the ledger"},
        {"batch/prepared", "records are read and sealed; nothing is written"},
        {"batch/written", "records and the source's position are written, not committed"},
        {"batch/durable", "records and position are committed; the files still lie in in/"},
        {"reason/in-place", "the reason lies in rejected/, its file still in in/"},
        {"file/moved", "one file is moved, others that were read are not"},
        {"folders/synced", "every file that was read is moved for good"},
        {"month/taken", "one month's statistics are in the ledger, the next month's are not"},
        {"queued/written", "a new version asks for sending, not committed"},
        {"queued/durable", "a new version asks for sending"},
        {"superseded/written", "a new version restarts an item it does not ask for, not committed"},
        {"superseded/durable", "a new version has restarted an item it does not ask for"},
        {"withdrawn/written", "a new version is not to be sent: its item goes, not committed"},
        {"withdrawn/durable", "a new version is not to be sent: its item is gone"},
        {"faulty/written", "a version that cannot be read is parked, not committed"},
        {"faulty/durable", "a version that cannot be read is parked"},
        {"claimed/written", "items are marked as being sent, not committed"},
        {"claimed/durable", "items are marked as being sent; no worker has them yet"},
        {"crashed/written", "what the last run was sending is put in doubt, not committed"},
        {"crashed/durable", "what the last run was sending is in doubt"},
        {"released/written", "parked items are to be tried again, not committed"},
        {"released/durable", "parked items are to be tried again"},
        {"dismissed/written", "an item needs no sending any more, not committed"},
        {"dismissed/durable", "an item needs no sending any more"},
        {"resent/written", "a resync makes a delivered item ready again, not committed"},
        {"resent/durable", "a resync has made a delivered item ready again"},
        {"put back/written", "an item is ready again after a call or a question, not committed"},
        {"put back/durable", "an item is ready again after a call or a question"},
        {"postponed/written", "an item waits for its next time, not committed"},
        {"postponed/durable", "an item waits for its next time"},
        {"unsure/written", "nobody knows what the portal kept: in doubt, not committed"},
        {"unsure/durable", "nobody knows what the portal kept: in doubt"},
        {"refused/written", "an item is parked with the reason, not committed"},
        {"refused/durable", "an item is parked with the reason"},
        {"accepted/written", "an item is delivered, not committed"},
        {"accepted/durable", "an item is delivered"},
        {"overtaken/written", "settled while a newer version came: ready again, not committed"},
        {"overtaken/durable", "settled while a newer version came: ready again"},
        {"overtaken withdrawn/written", "settled, the newer version not to be sent, not committed"},
        {"overtaken withdrawn/durable", "settled, the newer version not to be sent"},
        {"overtaken faulty/written", "settled, the newer version not readable, not committed"},
        {"overtaken faulty/durable", "settled, the newer version not readable"},
        {"procedures/calling", "procedures are about to leave"},
        {"procedures/called", "the portal has answered on procedures; nothing is settled"},
        {"dossiers/calling", "dossiers are about to leave"},
        {"dossiers/called", "the portal has answered on dossiers; nothing is settled"},
        {"progress/calling", "steps are about to leave"},
        {"progress/called", "the portal has answered on steps; nothing is settled"},
        {"statistics/calling", "statistics are about to leave"},
        {"statistics/called", "the portal has answered on statistics; nothing is settled"},
        {"ask/calling", "the portal is about to be asked what it kept"},
        {"ask/called", "the portal has said what it kept; nothing is settled"},
        {"settled/not-claimed", "results are written, what goes out next is not claimed yet"},
        {"resync-started/written", "a resync and its records are written, not committed"},
        {"resync-started/durable", "a resync and its records are committed; nothing is fed"},
        {"resync-changed/written", "a resync is paused, resumed or stopped, not committed"},
        {"resync-changed/durable", "a resync is paused, resumed or stopped"},
        {"resync-fed/written", "a chunk of a resync is handed to delivery, not committed"},
        {"resync-fed/durable", "a chunk of a resync is handed to delivery"},
        {"act/written", "what a person did, and why, is written with it, not committed"},
        {"act/durable", "what a person did is committed; the command has not said so yet"},
    }};
    return texts;
}

}  // namespace dvcsync
