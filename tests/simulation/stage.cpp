#include "tests/simulation/stage.h"

#include <fstream>

#include "connector/portal/portal.h"
#include "tests/simulation/records.h"

namespace dvcsync::simulation {

namespace fs = std::filesystem;

Result<std::unique_ptr<Stage>> Stage::set() {
    const fs::path shipped = fs::path(DVC_SOURCE_DIR) / "mappings";
    test::TemporaryFolder folder;
    const fs::path key = folder.path() / "key";
    DVC_TRY(Sealer::create_key(key));
    DVC_TRY_ASSIGN(sealer, Sealer::load(key));
    DVC_TRY_ASSIGN(mappings, mapping::MappingSet::load(shipped, "reference", "mapi-2024"));
    fs::copy(shipped, folder.path() / "mended", fs::copy_options::recursive);
    std::ofstream(folder.path() / "mended" / "codes" / "procedures.csv", std::ios::app)
        << unmapped_procedure << ',' << unmapped_procedure << ",,\n";
    DVC_TRY_ASSIGN(mended,
                   mapping::MappingSet::load(folder.path() / "mended", "reference", "mapi-2024"));
    DVC_TRY_ASSIGN(profile,
                   portal::Profile::load(shipped / "portal" / "mapi-2024" / "profile.xml"));
    const auto callbacks = profile.callbacks();
    if (!callbacks) return fail(ErrorKind::Config, "the profile has no callbacks");
    return std::unique_ptr<Stage>(
        new Stage{{}, std::move(sealer), std::move(mappings), std::move(mended), *callbacks});
}

std::unique_ptr<sync::Recorder> Stage::recorder(ledger::Ledger& ledger, const Clock& clock) const {
    const auto seal = [this](std::string_view plain, std::string_view context) {
        return sealer.seal(plain, context);
    };
    return std::make_unique<sync::Recorder>(ledger, clock, seal, "simulation");
}

}  // namespace dvcsync::simulation
