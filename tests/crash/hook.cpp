// Makes dvcsync-crash out of dvcsync: the same sources, and this file, which kills the process at a
// point or counts the points it passes. What it does is said by two variables of the environment:
//
//   DVC_CRASH_AT=accepted/durable#3   killed with SIGKILL when it reaches the point for the third
//   time DVC_CRASH_COUNT=FILE              every point reached is written to FILE: "name count", at
//   the end
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "connector/base/points.h"

namespace {

std::array<std::atomic<long>, dvcsync::point_count> counts;
std::size_t fatal = dvcsync::point_count;  // none
long occurrence = 1;

void on_point(dvcsync::Point point) {
    const auto at = static_cast<std::size_t>(point);
    if (++counts[at] == occurrence && at == fatal) {
        ::kill(::getpid(), SIGKILL);
        for (;;)
            ::pause();
    }
}

[[noreturn]] void misused(const std::string& why) {
    std::fprintf(stderr, "dvcsync-crash: %s\n", why.c_str());
    std::_Exit(99);
}

struct Hook {
    std::string counted_in;

    Hook() {
        if (const char* file = std::getenv("DVC_CRASH_COUNT")) counted_in = file;
        if (const char* at = std::getenv("DVC_CRASH_AT")) aim(at);
        dvcsync::set_point_hook(on_point);
    }
    ~Hook() {
        dvcsync::set_point_hook(nullptr);
        if (counted_in.empty()) return;
        std::FILE* file = std::fopen(counted_in.c_str(), "w");
        if (file == nullptr) misused(counted_in + ": cannot be written");
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const std::string name(dvcsync::point_texts()[i].name);
            if (counts[i] > 0) std::fprintf(file, "%s\t%ld\n", name.c_str(), counts[i].load());
        }
        std::fclose(file);
    }

    static void aim(const std::string& at) {
        const auto mark = at.find('#');
        if (mark == std::string::npos) misused("DVC_CRASH_AT: POINT#OCCURRENCE is expected");
        const auto& texts = dvcsync::point_texts();
        for (fatal = 0; fatal < texts.size(); ++fatal)
            if (texts[fatal].name == at.substr(0, mark)) break;
        occurrence = std::atol(at.c_str() + mark + 1);
        if (fatal == texts.size() || occurrence < 1) misused("DVC_CRASH_AT: no such point");
    }
} hook;

}  // namespace
