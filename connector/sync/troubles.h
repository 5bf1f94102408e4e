// What keeps a service's runs from working, told when it begins and when it ends. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "connector/sync/run.h"

namespace dvcsync::sync {

// One thread at a time.
class Troubles {
  public:
    struct News {
        std::vector<std::string> begun;  // for the log: without the portal's own words
        std::vector<std::string> ended;
    };
    // After each run. A run says nothing of what it has not come to: those troubles stay.
    News after(const Result<RunReport>& run);
    bool any() const { return !known().empty(); }

  private:
    std::set<std::string> known() const;

    std::string run_;  // it ended with an error
    std::string pull_;
    std::string delivery_;
};

}  // namespace dvcsync::sync
