#include "tests/province/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include "tests/province/dossier_xml.h"
#include "tests/province/export_file.h"
#include "tests/province/procedure_xml.h"

namespace dvcsync::year {

namespace {

class Generator {
  public:
    Generator(const World& world, const Options& options, const CatalogueYear& catalogue,
              const std::vector<Job>& jobs)
        : world_(world), options_(options), catalogue_(catalogue), jobs_(jobs) {}

    Status run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
        DVC_TRY(write_catalogue());
        choose_faults();
        for (std::size_t i = 0; i < jobs_.size();) {
            const std::string name = dossier_file(jobs_[i].received);
            std::size_t end = i;
            while (end < jobs_.size() && dossier_file(jobs_[end].received) == name)
                ++end;
            DVC_TRY(write_dossiers(name, i, end));
            i = end;
            if (progress) progress(i, jobs_.size());
        }
        if (options_.faults > 0) return write_fault_list();
        return {};
    }

    Summary summary;

  private:
    // An export of changes carries the day up to which it speaks, so it never takes the name of an
    // earlier export of the same day of reception.
    std::string suffix() const {
        return options_.since ? "-until-" + iso_date(date_of(options_.until)) : "";
    }
    std::string dossier_file(Day received) const {
        const std::string day = iso_date(date_of(received));
        return fmt::format("dossiers-{}{}.xml", options_.by_month ? day.substr(0, 7) : day,
                           suffix());
    }

    Status write_catalogue() {
        const ProcedureWriter writer{options_.seed, world_, catalogue_};
        const Day eve = year_begin - 1;
        if (options_.until >= eve && (!options_.since || *options_.since < eve)) {
            const auto before = [](const ProcedureYear& procedure) { return procedure.existed; };
            DVC_TRY(write_procedures(
                fmt::format("procedures-{}-start{}.xml", iso_date(date_of(eve)), suffix()), writer,
                false, before));
        }
        // In the order of publication: files are read in the order of their names.
        for (std::size_t i = 0; i < catalogue_.decisions.size(); ++i) {
            const Decision& decision = catalogue_.decisions[i];
            if (decision.published > options_.until) continue;
            if (options_.since && decision.published <= *options_.since) continue;
            DVC_TRY(write_procedures(
                fmt::format("procedures-{}-decision-{:02d}{}.xml",
                            iso_date(date_of(decision.published)), i + 1, suffix()),
                writer, true, [&](const ProcedureYear& procedure) {
                    return procedure.touched && procedure.decision == i;
                }));
        }
        return {};
    }

    template <class Wanted>
    Status write_procedures(std::string name, const ProcedureWriter& writer, bool decided,
                            Wanted wanted) {
        ExportFile file(options_.out, std::move(name), exported(options_.until), options_.shape);
        for (const ProcedureYear& procedure : catalogue_.procedures) {
            if (!wanted(procedure)) continue;
            writer.write(file.text, procedure, decided);
            file.flush_if_full();
            ++summary.procedures;
        }
        return close(file);
    }

    Status write_dossiers(const std::string& name, std::size_t begin, std::size_t end) {
        const Moment until = end_of(options_.until);
        std::unique_ptr<ExportFile> file;  // made with the first record: no empty files
        const DossierWriter writer{options_.seed, world_, catalogue_, options_.portal,
                                   options_.files};
        for (std::size_t i = begin; i < end; ++i) {
            const Job& job = jobs_[i];
            if (job.received > options_.until) break;
            live(options_.seed, job, world_, catalogue_, life_);
            if (options_.since && !life_.changed(end_of(*options_.since), until)) continue;
            if (!file)
                file = std::make_unique<ExportFile>(options_.out, name, exported(options_.until),
                                                    options_.shape);
            const std::size_t start = file->text.size();
            writer.write(file->text, job, life_, until);
            ++summary.dossiers;
            if (const auto fault = faulty_.find(i); fault != faulty_.end())
                add_fault(*file, job, fault->second, file->text.substr(start));
            file->flush_if_full();
        }
        return file ? close(*file) : Status{};
    }

    void choose_faults() {
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < jobs_.size(); ++i)
            // A twin of one that was born on the portal would claim its code there.
            if (jobs_[i].portal_serial == 0 && jobs_[i].received <= options_.until &&
                (!options_.since || jobs_[i].received > *options_.since))
                places.push_back(i);
        Rng rng(options_.seed, 11);
        rng.shuffle(places);
        places.resize(std::min<std::size_t>(places.size(), options_.faults));
        for (std::size_t i = 0; i < places.size(); ++i)
            faulty_[places[i]] = static_cast<FaultKind>(i % fault_kinds);
    }

    // A spoiled twin of a good record, right after it, under a serial of its own.
    void add_fault(ExportFile& file, const Job& job, FaultKind kind, std::string record) {
        const std::string code = dossier_code(job, world_.agencies);
        Job twin = job;
        twin.serial = 9'000 + job.serial;
        const std::string bad_code = dossier_code(twin, world_.agencies);
        file.text += spoiled(std::move(record), code, bad_code, kind);
        faults_.push_back({bad_code, file.name(), kind});
    }

    Status write_fault_list() {
        summary.faults = faults_.size();
        const auto path = options_.out / "faults.json";
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out << faults_json(faults_);
        out.close();
        if (!out) return fail(ErrorKind::Config, "cannot write " + path.string());
        return {};
    }

    Status close(ExportFile& file) {
        DVC_TRY_ASSIGN(bytes, file.finish());
        ++summary.files;
        summary.bytes += bytes;
        return {};
    }

    const World& world_;
    const Options& options_;
    const CatalogueYear& catalogue_;
    const std::vector<Job>& jobs_;
    Life life_;
    std::map<std::size_t, FaultKind> faulty_;
    std::vector<Fault> faults_;
};

}  // namespace

Result<Summary> generate(const World& world, const Options& options,
                         const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    if (options.faults > 0 && !options.shape.is_reference())
        return fail(ErrorKind::Config,
                    "--faults needs --vocabulary reference: bad records are "
                    "spoiled in that form");
    if (options.since && *options.since >= options.until)
        return fail(ErrorKind::Config, "--since must lie before --until");
    std::error_code error;
    std::filesystem::create_directories(options.out, error);
    if (error)
        return fail(ErrorKind::Config,
                    "cannot make the folder " + options.out.string() + ": " + error.message());
    DVC_TRY_ASSIGN(year, draw_year(options.seed, options.dossiers, options.procedures, world));
    Generator generator(world, options, year.catalogue, year.jobs);
    DVC_TRY(generator.run(progress));
    generator.summary.wanted = year.figures;
    return generator.summary;
}

}  // namespace dvcsync::year
