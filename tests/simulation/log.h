// What one seed's simulation says: every event when somebody replays it, and what was found wrong.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "tests/simulation/clock.h"

namespace dvcsync::simulation {

// The invariants, by the letters of README.md.
enum class Invariant : char {
    NothingLost = 'a',
    StepsOnce = 'b',
    Order = 'c',
    CountsAddUp = 'd',
    Agreement = 'e',
    OneInFlight = 'f',
    Sound = 'g',
    Evidence = 'h',
};

struct Violation {
    Invariant invariant{};
    std::string what;
};

class Log {
  public:
    Log(bool verbose, const SimulatedClock& clock) : verbose_(verbose), clock_(clock) {}

    template <class... Values>
    void say(fmt::format_string<Values...> text, Values&&... values) {
        if (verbose_) line(fmt::format(text, std::forward<Values>(values)...));
    }
    // The first counts: what follows is usually its consequence.
    void violated(Invariant invariant, std::string what) {
        if (verbose_) line(fmt::format("VIOLATED ({}) {}", static_cast<char>(invariant), what));
        if (!first_) first_ = Violation{invariant, std::move(what)};
    }
    const std::optional<Violation>& violation() const { return first_; }
    bool verbose() const { return verbose_; }

  private:
    void line(const std::string& text) const {
        fmt::print("{:>10.3f}  {}\n", std::chrono::duration<double>(clock_.steady()).count(), text);
    }

    bool verbose_;
    const SimulatedClock& clock_;
    std::optional<Violation> first_;
};

}  // namespace dvcsync::simulation
