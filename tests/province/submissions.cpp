#include "tests/province/submissions.h"

#include <fmt/format.h>

#include "connector/base/files.h"
#include "tests/province/dossier_xml.h"

namespace dvcsync::year {

namespace {

constexpr mode_t file_mode = 0644;

std::string digits(Moment at) {
    const Date date = date_of(day_of(at));
    const auto second = static_cast<int>(at % 86'400);
    return fmt::format("{:04d}{:02d}{:02d}{:02d}{:02d}{:02d}", int(date.year()),
                       unsigned(date.month()), unsigned(date.day()), second / 3'600,
                       second / 60 % 60, second % 60);
}

}  // namespace

Result<std::uint64_t> write_submissions(const World& world, const SubmissionOptions& options) {
    if (options.since && *options.since >= options.until)
        return fail(ErrorKind::Config, "--since must lie before --until");
    DVC_TRY_ASSIGN(year, draw_year(options.seed, options.dossiers, options.procedures, world));
    std::string lines = "code,procedure,agency,filed\n";
    std::uint64_t count = 0;
    Life life;
    for (const Job& job : year.jobs) {
        if (job.portal_serial == 0) continue;
        live(options.seed, job, world, year.catalogue, life);
        if (life.submitted > end_of(options.until)) continue;
        if (options.since && life.submitted <= end_of(*options.since)) continue;
        lines += fmt::format("{},{},{},{}\n", portal_code(job, life),
                             procedure_of(job, world, year.catalogue).code,
                             world.agencies.list[job.agency].code, digits(life.submitted));
        ++count;
    }
    DVC_TRY(write_atomically(options.out, lines, file_mode));
    return count;
}

}  // namespace dvcsync::year
