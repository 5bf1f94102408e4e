// What keeps a service from its work, told when it begins, when it is another, and when it ends.
// Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "connector/sync/run.h"

namespace dvcsync::sync {

// One thing that works or does not. One thread at a time.
class Trouble {
  public:
    enum class News { None, Begun, Over };
    // Begun: tell `what`. Words are told once while the trouble lasts, and it is over only when
    // nothing is wrong any more. Words that differ in their numbers alone are the same ones: a
    // count that grows with every try would be told with every try.
    News is(const std::string& what);
    const std::string& now() const { return now_; }  // empty: it works

  private:
    std::string now_;
    std::set<std::string> told_;
};

// A service's runs. One thread at a time.
class Troubles {
  public:
    struct News {
        std::vector<std::string> begun;  // for the log: without the portal's own words
        std::vector<std::string> ended;
    };
    // After each run. A run says nothing of what it has not come to: those troubles stay.
    News after(const Result<RunReport>& run);
    bool any() const;

  private:
    void becomes(Trouble& one, const std::string& what, News& news);

    Trouble run_;  // it ended with an error
    Trouble pull_;
    Trouble delivery_;
};

}  // namespace dvcsync::sync
