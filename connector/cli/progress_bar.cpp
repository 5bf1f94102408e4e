#include "connector/cli/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace dvcsync::cli {
namespace {

constexpr auto bar_interval = std::chrono::milliseconds{100};
constexpr auto line_interval = std::chrono::seconds{5};

std::string duration_text(double seconds) {
    const auto whole = static_cast<long>(seconds);
    return whole < 60 ? fmt::format("{} s", whole)
                      : fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

}  // namespace

ProgressBar::Style ProgressBar::style_for(bool quiet) {
    if (quiet) return Style::Quiet;
    return ::isatty(STDERR_FILENO) != 0 ? Style::Bar : Style::Lines;
}

void ProgressBar::begin(std::string_view what, std::size_t total) {
    what_ = what;
    total_ = total;
    began_ = shown_ = Steady::now();
}

void ProgressBar::at(std::size_t done) {
    if (style_ == Style::Quiet) return;
    const auto now = Steady::now();
    const auto interval =
        style_ == Style::Bar ? Steady::duration(bar_interval) : Steady::duration(line_interval);
    if (now - shown_ < interval) return;
    shown_ = now;
    show(done, false);
}

void ProgressBar::end(std::size_t done) {
    if (style_ != Style::Quiet) show(done, true);
}

void ProgressBar::show(std::size_t done, bool last) {
    const double seconds = std::chrono::duration<double>(Steady::now() - began_).count();
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    // The total is an estimate (progress follows dossiers), so the bar never claims to be beyond
    // it.
    const auto total = std::max(total_, done);
    std::string text = fmt::format("  {}: {}", what_, done);
    if (total_ > 0 && !last) text += fmt::format(" of about {}", total);
    text += fmt::format(", {:.0f}/s, {}", rate, duration_text(seconds));
    if (style_ == Style::Bar) {
        constexpr std::size_t width = 24;
        const std::size_t full = total == 0 ? (last ? width : 0) : width * done / total;
        std::string bar(last ? width : full, '#');
        bar.resize(width, '.');
        fmt::print(stderr, "\r\033[K[{}]{}{}", bar, text, last ? "\n" : "");
    } else {
        fmt::print(stderr, "{}{}\n", text, last ? ", done" : "");
    }
    std::fflush(stderr);
}

}  // namespace dvcsync::cli
