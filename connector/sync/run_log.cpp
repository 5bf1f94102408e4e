#include <fmt/format.h>

#include "connector/sync/run.h"

namespace dvcsync::sync {

std::vector<LogLine> log_lines(Job job, const RunReport& report) {
    const auto& in = report.intake;
    const auto& out = report.delivery;
    std::vector<LogLine> lines;
    lines.push_back(
        {report.attention,
         fmt::format("sync {}: read {}, unchanged {}, outdated {}, delivered {}, refused or given "
                     "up {}, parked {}, put off {} times, in doubt {} times, left for later {}, "
                     "calls {}, {:.1f} s{}{}",
                     to_string(job), in.read, in.unchanged, in.outdated, out.delivered, out.refused,
                     out.parked + in.parked, out.waiting, out.doubtful, report.left,
                     report.traffic.calls, report.seconds,
                     out.stop_log.empty() ? "" : ", stopped: ", out.stop_log)});
    if (!report.unsealed.empty()) lines.push_back({true, report.unsealed});
    if (!report.seal_trouble.empty())
        lines.push_back({true, fmt::format("audit trail: {}", report.seal_trouble)});
    for (const auto& file : in.rejected)
        lines.push_back({true, fmt::format("file {} rejected: {}", file.file, file.reason)});
    for (const auto& file : in.warnings)
        lines.push_back({true, fmt::format("file {} is doubtful: {}", file.file, file.reason)});
    if (!report.catalogue_stop.empty()) lines.push_back({true, report.catalogue_stop});
    if (report.confirmed > 0) {
        lines.push_back({false, fmt::format("the catalogue was confirmed for {} procedures: {}",
                                            report.confirmed, report.confirmed_for)});
    }
    if (!in.left.empty()) {
        lines.push_back(
            {false, fmt::format("{} files not taken yet, the first: {}: {}", in.left.size(),
                                in.left.front().file, in.left.front().reason)});
    }
    return lines;
}

}  // namespace dvcsync::sync
