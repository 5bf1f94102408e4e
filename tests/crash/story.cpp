#include "tests/crash/story.h"

#include <fmt/format.h>
#include <signal.h>

#include <stdexcept>

#include "tests/crash/exports.h"
#include "tests/crash/json.h"
#include "tests/crash/old_ledger.h"

namespace crash {
namespace {

const Command sync_all{"sync", "all"};
const Command pull{"sync", "pull-submissions"};
constexpr int parked_dossier = 55;

std::vector<Procedure> catalogue() {
    std::vector<Procedure> procedures;
    for (const auto& code : procedure_codes())
        procedures.push_back({.code = code});
    return procedures;
}

void first_exports(Lane& lane) {
    std::vector<Dossier> dossiers;
    for (int number = 1; number <= 24; ++number)
        dossiers.push_back({.number = number, .steps = 1 + number % 4});
    dossiers[18].steps_back = true;
    dossiers[18].steps = 3;
    dossiers[19].received = false;
    dossiers[20].procedure = "9.999999";
    dossiers[21].ends_early = true;
    dossiers[21].status = "finished";
    dossiers[22].status = "draft";
    dossiers[23].status = "returned";
    lane.hand_over("dossiers-2019-04-01.xml", export_xml("01/04/2019 08:00:00", {}, dossiers));
    lane.hand_over("procedures-2019-04-01.xml", export_xml("01/04/2019 08:00:00", catalogue(), {}));
    lane.hand_over("note.xml", "this is not XML");
}

// The day after: changes of what was delivered, parked and refused, new dossiers, and a file that
// was made before the first one and comes late.
void second_exports(Lane& lane) {
    std::vector<Dossier> dossiers;
    for (int number = 1; number <= 6; ++number)
        dossiers.push_back({.number = number, .steps = 3 + number % 4, .edition = 2});
    dossiers.push_back({.number = 19, .steps = 3, .edition = 2});
    dossiers.push_back({.number = 20, .edition = 2, .received = false});
    dossiers.push_back({.number = 21, .status = "draft"});
    dossiers.push_back({.number = 22, .edition = 2});
    for (int number = 25; number <= 28; ++number)
        dossiers.push_back({.number = number});
    auto procedures = catalogue();
    procedures.resize(3);
    for (auto& procedure : procedures)
        procedure = {procedure.code, "amended", "amended", 2};
    lane.hand_over("dossiers-2019-04-02.xml",
                   export_xml("02/04/2019 08:00:00", procedures, dossiers));
    lane.hand_over("late.xml", export_xml("31/03/2019 08:00:00", {},
                                          {{.number = 7, .steps = 1, .edition = 0},
                                           {.number = 8, .steps = 1, .edition = 0}}));
}

void run_and_kill(Lane& lane, const std::string& at, const Command& command) {
    const Ended ended = lane.dvcsync_crash(command, "DVC_CRASH_AT=" + at);
    if (ended.signal != SIGKILL)
        throw std::runtime_error(at + ": not reached: " + describe(ended) + "\n" + ended.output);
}

// A run is killed while the portal has answered on dossiers; before the next one begins the
// province changes, takes back and spoils what is in doubt.
void cut_off_and_changed(Lane& lane) {
    std::vector<Dossier> dossiers;
    for (int number = 29; number <= 34; ++number)
        dossiers.push_back({.number = number});
    lane.hand_over("dossiers-2019-04-03.xml", export_xml("03/04/2019 08:00:00", {}, dossiers));
    run_and_kill(lane, "dossiers/called#1", sync_all);
    dossiers[0].edition = 2;
    dossiers[0].steps = 4;
    dossiers[1].status = "draft";
    dossiers[2].received = false;
    dossiers.resize(3);
    lane.hand_over("dossiers-2019-04-04.xml", export_xml("04/04/2019 08:00:00", {}, dossiers));
}

// A run is killed while the portal has answered on steps.
void cut_off_at_steps(Lane& lane) {
    std::vector<Dossier> dossiers;
    for (int number = 35; number <= 38; ++number)
        dossiers.push_back({.number = number, .steps = 3});
    lane.hand_over("dossiers-2019-04-05.xml", export_xml("05/04/2019 08:00:00", {}, dossiers));
    run_and_kill(lane, "progress/called#1", sync_all);
}

void more_changes(Lane& lane, int day, int first) {
    std::vector<Dossier> dossiers;
    for (int number = first; number < first + 4; ++number)
        dossiers.push_back({.number = number, .steps = 2});
    // One whose procedure has no national code: parked by the mapping.
    dossiers.push_back({.number = parked_dossier + day - 6, .procedure = "9.999999"});
    dossiers.push_back({.number = 9, .steps = 2 + day - 4, .edition = day});
    lane.hand_over(fmt::format("dossiers-2019-04-{:02}.xml", day),
                   export_xml(fmt::format("{:02}/04/2019 08:00:00", day), {}, dossiers));
}

void demand(Lane& lane, const Command& command) {
    const Ended ended = lane.dvcsync(command);
    if (!ended.exited || ended.code > 1)
        throw std::runtime_error(command.front() + ": " + describe(ended) + "\n" + ended.output);
}

// Eleven of twelve procedures are abolished by decisions: more than goes out unasked.
void abolish(Lane& lane) {
    auto procedures = catalogue();
    procedures.pop_back();
    for (auto& procedure : procedures)
        procedure = {procedure.code, "abolished", "abolished", 5};
    lane.hand_over("procedures-2019-04-20.xml", export_xml("20/04/2019 08:00:00", procedures, {}));
    demand(lane, sync_all);  // says that it needs a person
}

const Command because{"--reason", "the crash test"};

Command with_reason(Command command) {
    command.insert(command.end(), because.begin(), because.end());
    return command;
}

const Command resync_start = with_reason({"resync", "start", "--procedure", procedure_codes()[0]});

void start_resync(Lane& lane) {
    demand(lane, resync_start);
}

// The province answers three submissions: one becomes a dossier, one needs a supplement first, one
// is refused. The dossier of the first one goes into the export too, and not to the portal.
void answer(Lane& lane) {
    const auto all = parse(lane.ask_portal("/submissions"), "the portal's list of submissions");
    std::vector<std::string> codes;
    for (const auto& line : list(all, "submissions").GetArray())
        codes.push_back(text(line, "MaHoSo"));
    if (codes.size() < 3) throw std::runtime_error("too few submissions to be answered");
    lane.hand_over(
        "answers-2019-06-20.xml",
        export_xml("20/06/2019 08:00:00", {},
                   {{.number = 57, .status = "finished", .portal_code = codes[0]}},
                   {{codes[0], dossier_code(57), {"accepted", "processing", "finished"}},
                    {codes[1], dossier_code(58), {"supplement", "accepted", "processing"}},
                    {codes[2], "", {"refused"}}}));
}

void nothing(Lane&) {}

}  // namespace

const std::vector<Scene>& story() {
    static const std::vector<Scene> scenes{
        {"first run", first_exports, sync_all},
        {"changes", second_exports, sync_all},
        {"cut off, then changed", cut_off_and_changed, sync_all},
        {"cut off at steps", cut_off_at_steps, sync_all},
        {"ledger of an older program",
         [](Lane& lane) {
             more_changes(lane, 6, 39);
             make_old(lane.ledger());
         },
         sync_all},
        {"portal loses answers", [](Lane& lane) { more_changes(lane, 7, 43); }, sync_all,
         "lost-after=0.4", true},
        {"portal says later", [](Lane& lane) { more_changes(lane, 8, 47); }, sync_all,
         "too-many=0.6", true},
        {"resync start", nothing, resync_start},
        {"resync", start_resync, sync_all},
        {"resync pause", start_resync, with_reason({"resync", "pause", "3"})},
        {"resync stop", nothing, with_reason({"resync", "stop", "3"})},
        {"retry", nothing, with_reason({"parked", "retry", dossier_code(parked_dossier)})},
        {"dismiss", nothing, with_reason({"parked", "dismiss", dossier_code(parked_dossier)})},
        {"confirm", abolish, with_reason({"sync", "push-catalogue", "--confirm"})},
        {.name = "the portal calls",
         .prepare = nothing,
         .command = serve,
         .citizens = "count=3&seed=1&roads=callback&files=1&supplements=0.7&withdrawals=0.5"
                     "&payments=0.5"},
        {.name = "the portal calls and lists",
         .prepare = nothing,
         .command = serve,
         .citizens = "count=3&seed=2&roads=both&files=1&supplements=0.7&withdrawals=0.3"},
        {.name = "the portal lists",
         .prepare = nothing,
         .command = pull,
         .citizens = "count=3&seed=3&roads=poll&files=1&supplements=0.7&withdrawals=0"},
        // A seed whose damaged files all have a hash: of another, nobody can tell.
        {.name = "files and lists are spoiled",
         .prepare = nothing,
         .command = pull,
         .faults = "citizen-file-truncated=0.4,citizen-file-wrong-hash=0.2,citizen-repeat=0.3,"
                   "citizen-reorder=0.3",
         .citizens = "count=3&seed=5&roads=poll&base64=0&supplements=0&withdrawals=0"},
        {"the province answers", answer, sync_all},
    };
    return scenes;
}

}  // namespace crash
