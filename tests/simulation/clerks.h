// The simulated clerks: they take submissions out of the province's inbox, make dossiers of them
// and answer; and the portal's desk that hears the answers and the confirmations, strictly.
//
// The desk may be called from several threads, one at a time; the rest belongs to one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/province/random.h"
#include "tests/simulation/inbox.h"
#include "tests/simulation/log.h"
#include "tests/simulation/province.h"

namespace dvcsync::simulation {

// The province's word on one code of the portal: events that are only ever added.
struct AnswerText {
    struct Event {
        int number = 0;
        std::string status;
        LocalTime at{};
    };
    std::string portal_code;
    std::string local_code;  // "": not accepted yet
    std::vector<Event> events;
    int refused_event = 0;  // what the portal does not accept
};
std::string xml_of(const AnswerText& text);

class Clerks {
  public:
    Clerks(Rng rng, SimulatedClock& clock, Log& log, const InboxRoom& room, Province& province,
           bool refused, bool dated)
        : rng_(rng),
          clock_(clock),
          log_(log),
          room_(room),
          province_(province),
          refused_(refused),
          dated_(dated) {}

    // Some hours of work; what they say leaves with the province's next export.
    void work();
    // Nothing that they say is refused any more.
    void mend();

    struct Case {
        AnswerText answer;
        DossierText dossier;
        bool tells = true;    // the dossier's record names the portal's code
        bool closed = false;  // no more events
    };
    const std::map<std::string, Case>& cases() const { return cases_; }
    bool is_born(const std::string& local_code) const { return born_.contains(local_code); }

  private:
    void add_event(Case& one);
    void say(Case& one);
    LocalTime time();

    Rng rng_;
    SimulatedClock& clock_;
    Log& log_;
    const InboxRoom& room_;
    Province& province_;
    bool refused_;
    bool dated_;
    std::map<std::string, Case> cases_;  // by the portal's code
    std::set<std::string> born_;         // codes of the province
};

// Where the portal takes confirmations and statuses.
class Desk {
  public:
    Desk(Log& log, const Citizens& citizens, const InboxRoom& room, const Clerks& clerks)
        : log_(log), citizens_(citizens), room_(room), clerks_(clerks) {}

    // `unsure`: the same may have come before, and nobody could know.
    portal::Outcome answer(Operation operation, const portal::Item& item, bool unsure);
    void keep(Operation operation, const portal::Item& item);
    bool is_born(const std::string& local_code) const { return clerks_.is_born(local_code); }

    struct Status {
        int number = 0;  // of the event
        std::string document;
        std::string at;    // as the portal writes it
        std::string word;  // its number for the status
        std::string local_code;
    };
    const std::map<std::string, std::vector<Status>>& statuses() const { return statuses_; }
    const std::set<std::string>& confirmed() const { return confirmed_; }  // "code/revision"

  private:
    portal::Outcome confirm(const portal::Item& item, bool unsure);
    portal::Outcome take_status(const portal::Item& item, bool unsure);

    Log& log_;
    const Citizens& citizens_;
    const InboxRoom& room_;
    const Clerks& clerks_;
    std::map<std::string, std::vector<Status>> statuses_;
    std::set<std::string> confirmed_;
};

}  // namespace dvcsync::simulation
