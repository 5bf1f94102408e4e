// Progress for people: a bar on a terminal, a plain line now and then elsewhere, nothing when
// quiet.
#pragma once

#include <chrono>
#include <string>

#include "connector/sync/progress.h"

namespace dvcsync::cli {

class ProgressBar final : public sync::Progress {
  public:
    enum class Style { Bar, Lines, Quiet };
    explicit ProgressBar(Style style) : style_(style) {}
    // Bar if standard error is a terminal, lines otherwise; quiet if asked.
    static Style style_for(bool quiet);

    void begin(std::string_view what, std::size_t total) override;
    void at(std::size_t done) override;
    void end(std::size_t done) override;

  private:
    using Steady = std::chrono::steady_clock;
    void show(std::size_t done, bool last);

    Style style_;
    std::string what_;
    std::size_t total_ = 0;
    Steady::time_point began_;
    Steady::time_point shown_;
};

}  // namespace dvcsync::cli
