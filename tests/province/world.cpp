#include "tests/province/world.h"

namespace dvcsync::year {

Result<World> World::load(const std::filesystem::path& project) {
    const auto codes = project / "mappings" / "codes";
    const auto data = project / "tests" / "province" / "data";
    DVC_TRY_ASSIGN(phrases, Phrases::load(data / "phrases.csv"));
    DVC_TRY_ASSIGN(catalogue, Catalogue::load(data, phrases));
    DVC_TRY_ASSIGN(agencies, Agencies::load(codes, data));
    DVC_TRY_ASSIGN(people, People::load(data));
    DVC_TRY_ASSIGN(calendar, WorkingDays::load(codes / "calendar.csv"));
    DVC_TRY_ASSIGN(published, published_figures(data / "published-2019.csv"));
    return World{std::move(phrases), std::move(catalogue), std::move(agencies),
                 std::move(people),  std::move(calendar),  published};
}

}  // namespace dvcsync::year
