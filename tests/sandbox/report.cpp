#include "tests/sandbox/report.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "tests/sandbox/figures.h"

namespace dvcsandbox {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, std::string_view name, std::uint64_t value) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.Uint64(value);
}

void put(Writer& writer, std::string_view name, std::string_view value) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void put_counts(Writer& writer, std::string_view name,
                const std::map<std::string, std::size_t>& counts) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.StartObject();
    for (const auto& [key, count] : counts)
        put(writer, key, count);
    writer.EndObject();
}

void put_figures(Writer& writer, const Figures& figures) {
    put(writer, "year", static_cast<std::uint64_t>(figures.year));
    put(writer, "received", figures.received);
    put(writer, "due", figures.due);
    put(writer, "early", figures.early);
    put(writer, "on_time", figures.on_time);
    put(writer, "late", figures.late);
    put(writer, "late_with_apology", figures.late_with_apology);
    put(writer, "online_to_result", figures.online_to_result);
    put(writer, "decisions", figures.decisions);
    put(writer, "procedures_new", figures.procedures_new);
    put(writer, "procedures_amended", figures.procedures_amended);
    put(writer, "procedures_replaced", figures.procedures_replaced);
    put(writer, "procedures_abolished", figures.procedures_abolished);
    put(writer, "published", figures.published);
    put(writer, "inter_agency", figures.inter_agency);
    put(writer, "central_agencies", figures.central_agencies.size());
    put(writer, "districts", figures.districts.size());
    put(writer, "communes", figures.communes.size());
    put(writer, "dossiers_held", figures.dossiers);
    put(writer, "procedures_held", figures.procedures);
    put(writer, "progress_rows", figures.progress_rows);
    put(writer, "duplicate_progress_rows_kept", figures.duplicate_progress_rows);
    put(writer, "look_alike_progress_rows", figures.look_alike_progress_rows);
    put_counts(writer, "by_status", figures.by_status);
    put_counts(writer, "by_agency", figures.by_agency);
    put_counts(writer, "by_month", figures.by_month);
}

void put_statistics(Writer& writer, const Figures& figures, std::size_t held) {
    const auto number = [&](std::string_view name, std::int64_t value) {
        put(writer, name, static_cast<std::uint64_t>(value));
    };
    writer.Key("statistics");
    writer.StartObject();
    put(writer, "rows_held", held);
    put(writer, "rows", figures.statistics_rows);
    number("received", figures.statistics.received);
    number("carried_over", figures.statistics.carried_over);
    number("total", figures.statistics.total);
    number("done", figures.statistics.done);
    number("done_on_time", figures.statistics.done_on_time);
    number("done_late", figures.statistics.done_late);
    number("open", figures.statistics.open);
    number("open_in_time", figures.statistics.open_in_time);
    number("open_late", figures.statistics.open_late);
    writer.EndObject();
}

std::map<std::string, std::size_t> by_number(const std::map<int, std::size_t>& counts) {
    std::map<std::string, std::size_t> named;
    for (const auto& [status, count] : counts)
        named[std::to_string(status)] = count;
    return named;
}

// Dossiers born on the portal, whatever their year.
void put_submissions(Writer& writer, const SubmissionFigures& figures) {
    put_counts(writer, "portal_dossiers_by_status", by_number(figures.by_last_status));
    writer.Key("submissions");
    writer.StartObject();
    put(writer, "filed", figures.filed);
    put(writer, "waiting_to_be_out", figures.waiting);
    put(writer, "fetched", figures.fetched);
    put(writer, "reached_the_province", figures.reached);
    put(writer, "confirmed", figures.confirmed);
    put(writer, "with_both_codes", figures.linked);
    put(writer, "with_status", figures.with_status);
    put(writer, "finished", figures.finished);
    put(writer, "finished_with_result", figures.finished_with_result);
    put(writer, "acknowledged_twice_as_new", figures.taken_twice);
    put_counts(writer, "by_kind", figures.by_kind);
    put_counts(writer, "by_road", figures.by_road);
    put_counts(writer, "statuses", by_number(figures.by_status));
    put_counts(writer, "events", figures.counts);
    writer.EndObject();
}

// {"DongBoHoSoMC":{"0":94954,"-1":3}}: services and outcomes that have occurred.
void put_tally(Writer& writer, std::string_view name, const Tally& tally) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.StartObject();
    for (std::size_t i = 0; i < kServices; ++i) {
        const auto service = static_cast<Service>(i);
        bool open = false;
        for (const Code code : kCodes) {
            const auto count = tally.get(service, code);
            if (count == 0) continue;
            if (!open) {
                const auto key = info(service).name;
                writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
                writer.StartObject();
                open = true;
            }
            put(writer, std::to_string(static_cast<int>(code)), count);
        }
        if (open) writer.EndObject();
    }
    writer.EndObject();
}

void put_findings(Writer& writer, std::string_view name, const Findings& findings) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.StartArray();
    for (const auto& [rule, entry] : findings.all()) {
        writer.StartObject();
        put(writer, "rule", rule);
        put(writer, "count", entry.count);
        writer.Key("examples");
        writer.StartArray();
        for (const auto& code : entry.examples)
            writer.String(code.data(), static_cast<rapidjson::SizeType>(code.size()));
        writer.EndArray();
        writer.EndObject();
    }
    writer.EndArray();
}

void put_duplicates(Writer& writer, const Tally& items) {
    writer.Key("duplicates_refused");
    writer.StartObject();
    put(writer, "dossiers", items.get(Service::DongBoHoSoMC, Code::Exists));
    put(writer, "procedures", items.get(Service::DongBoTTHC, Code::Exists));
    put(writer, "progress_rows", items.get(Service::CapNhatTienDoHoSoMC, Code::Exists));
    writer.EndObject();
}

// Members are counts of records. "…_in_doubt": the client had no whole answer that told it.
void put_repeated(Writer& writer, const Repeats& repeats) {
    using Kind = Repeats::Kind;
    const auto pair = [&](Service service, Kind kind, const std::string& name) {
        put(writer, name + "_after_answer", repeats.get(service, kind, Again::AfterAnswer));
        put(writer, name + "_in_doubt", repeats.get(service, kind, Again::InDoubt));
    };
    const auto known = [&](Service service, std::string_view name) {
        put(writer, name, repeats.get(service, Kind::AsNew, Again::AfterKnown));
    };
    writer.Key("repeated");
    writer.StartObject();
    pair(Service::DongBoHoSoMC, Kind::AsNew, "dossiers_as_new");
    known(Service::DongBoHoSoMC, "dossiers_as_new_after_known");
    pair(Service::DongBoHoSoMC, Kind::Unchanged, "dossiers_unchanged");
    pair(Service::DongBoTTHC, Kind::AsNew, "procedures_as_new");
    known(Service::DongBoTTHC, "procedures_as_new_after_known");
    pair(Service::DongBoTTHC, Kind::Unchanged, "procedures_unchanged");
    pair(Service::CapNhatTienDoHoSoMC, Kind::AsNew, "progress_rows");
    pair(Service::DongBoTrangThaiHoSo, Kind::AsNew, "portal_statuses");
    pair(Service::XacNhanHoSoMoi, Kind::AsNew, "confirmations");
    put(writer, "earlier_versions", repeats.earlier_versions());
    writer.EndObject();
}

// What a good client never does.
void put_blind(Writer& writer, const Holdings& holdings) {
    std::uint64_t resent =
        holdings.repeats().get(Service::DongBoHoSoMC, Repeats::Kind::AsNew, Again::AfterKnown);
    std::uint64_t older = holdings.repeats().earlier_versions();
    for (const Service service :
         {Service::DongBoHoSoMC, Service::DongBoTTHC, Service::CapNhatTienDoHoSoMC,
          Service::DongBoTrangThaiHoSo, Service::XacNhanHoSoMoi}) {
        resent += holdings.repeats().get(service, Repeats::Kind::AsNew, Again::AfterAnswer);
        older += holdings.items().get(service, Code::Older);
    }
    put(writer, "resent_after_answer", resent);
    put(writer, "resent_without_asking",
        holdings.repeats().get(Service::DongBoHoSoMC, Repeats::Kind::AsNew, Again::InDoubt));
    put(writer, "older_after_newer", older);
}

void put_injected(Writer& writer, const Injector& injector) {
    const auto counts = injector.counts();
    std::map<std::string, std::size_t> injected;
    for (std::size_t i = 1; i < kInjections; ++i)
        if (counts[i] > 0) injected[std::string(name_of(static_cast<Injection>(i)))] = counts[i];
    const auto citizen = injector.citizen_counts();
    for (std::size_t i = 0; i < kCitizenFaults; ++i)
        if (citizen[i] > 0)
            injected[std::string(name_of(static_cast<CitizenFault>(i)))] = citizen[i];
    put_counts(writer, "faults_injected", injected);
}

void put_refused(Writer& writer, const Tally& items) {
    std::map<std::string, std::size_t> refused;
    for (std::size_t i = 0; i < kServices; ++i)
        for (const Code code : kCodes)
            if (const auto count = items.get(static_cast<Service>(i), code);
                code != Code::Ok && count != 0)
                refused[std::to_string(static_cast<int>(code))] += count;
    put_counts(writer, "refused", refused);
}

}  // namespace

std::string report_json(const Portal& portal, int year) {
    const Holdings& holdings = portal.holdings();
    const Figures figures = figures_of(holdings, year, portal.settings().madonvi);
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    put_figures(writer, figures);
    put_statistics(writer, figures, holdings.statistics().size());
    put_submissions(writer, holdings.submissions().figures());
    put_tally(writer, "calls", portal.calls());
    put_tally(writer, "items", holdings.items());
    put_refused(writer, holdings.items());
    put_duplicates(writer, holdings.items());
    put_blind(writer, holdings);
    put_repeated(writer, holdings.repeats());
    put_injected(writer, portal.injector());
    put_findings(writer, "violations", holdings.violations());
    put_findings(writer, "notes", holdings.notes());
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

std::string report_json(const MinistryCounts& counts) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    const Tally& items = counts.items;
    writer.StartObject();
    put_figures(writer, counts.figures);
    put_tally(writer, "calls", counts.calls);
    put_tally(writer, "items", items);
    put_refused(writer, items);
    writer.Key("duplicates_refused");
    writer.StartObject();
    put(writer, "dossiers", items.get(Service::NoiHoSo, Code::Exists));
    put(writer, "progress_rows", items.get(Service::CapNhatTienTrinh, Code::Exists));
    writer.EndObject();
    put(writer, "codes_given", counts.codes_given);
    put(writer, "codes_unused", counts.codes_unused);
    put(writer, "files_taken", counts.files_taken);
    put(writer, "files_named", counts.files_named);
    put(writer, "files_unused", counts.files_unused);
    put(writer, "dossiers_without_state", counts.without_state);
    put(writer, "resent_after_answer", counts.resent_after_answer);
    put(writer, "states_unchanged", counts.states_unchanged);
    put_injected(writer, counts.injector);
    put_findings(writer, "violations", counts.violations);
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

std::optional<std::string> dossier_json(const Portal& portal, std::string_view code) {
    const auto held = portal.holdings().dossiers().find(code);
    if (!held) return std::nullopt;
    const auto text = [](Stamp stamp) {
        return stamp == 0 ? std::string() : std::to_string(stamp);
    };
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    put(writer, "MaHoSo", code);
    put(writer, "MaTTHC", portal.holdings().national_list().code(held->procedure));
    put(writer, "TrangThaiHoSo", std::to_string(held->status));
    put(writer, "KenhThucHien", held->channel == 0 ? "" : std::to_string(held->channel));
    put(writer, "NgayNopHoSo", text(held->submitted));
    put(writer, "NgayTiepNhan", text(held->received));
    put(writer, "NgayHenTra", text(held->due));
    put(writer, "NgayKetThucXuLy", text(held->finished));
    put(writer, "NgayTra", text(held->returned));
    put(writer, "NgayTuChoi", text(held->refused));
    put(writer, "components", held->components);
    put(writer, "supplements", held->supplements);
    put(writer, "results", held->results);
    put(writer, "versions", held->versions);
    put(writer, "sha256", hex(held->digest));
    writer.Key("progress");
    writer.StartArray();
    for (const Step& step : held->steps) {
        writer.StartObject();
        put(writer, "ThoiDiemXuLy", text(step.at));
        put(writer, "TrangThai", std::to_string(step.status));
        put(writer, "NgayBatDau", text(step.start));
        put(writer, "NgayKetThucTheoQuyDinh", text(step.due));
        writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
    return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace dvcsandbox
