// The export of a period: see prove.h.
#include <fmt/format.h>

#include <array>
#include <fstream>

#include "connector/audit/canonical.h"
#include "connector/audit/checkpoint.h"
#include "connector/audit/merkle.h"
#include "connector/audit/tiles.h"
#include "connector/audit/verify.h"
#include "connector/base/csv.h"
#include "connector/base/files.h"
#include "connector/files/tar.h"
#include "connector/sync/prove.h"

namespace dvcsync::sync {
namespace {

using ledger::SealRow;
using ledger::TrailFilter;
using ledger::TrailLog;
using ledger::TrailRow;

// The members of entries in the order in which a person reads them: connector/audit/events.md.
constexpr std::array columns{
    "sequence",   "at",       "local",        "event",     "run",     "actor",       "code",
    "kind",       "agency",   "procedure",    "operation", "outcome", "portal_code", "exchange",
    "event_time", "queued",   "acknowledged", "began",     "ended",   "endpoint",    "status",
    "items",      "sent",     "received",     "document",  "record",  "selection",   "count",
    "reason",     "revision", "set"};

constexpr std::string_view readme =
    R"txt(Nhật ký kiểm toán của dvcsync / audit trail of dvcsync

key.txt                  khóa công khai / the public key (compare it with the one that was published)
<log>/checkpoint         điểm kiểm tra đã ký / signed checkpoint (C2SP tlog-checkpoint)
<log>/checkpoints.txt    mọi điểm kiểm tra trước đó / all checkpoints up to it
<log>/timestamps/*.tsr   dấu thời gian RFC 3161 / RFC 3161 time stamps, named by size
<log>/tile/              toàn bộ nhật ký / the whole log up to the checkpoint (C2SP tlog-tiles)
<log>/entries.jsonl      các mục trong kỳ, mỗi dòng một mục / entries of the period, one a line
<log>/entries.csv        như trên, cho bảng tính / the same for a spreadsheet

Kiểm tra / check:        dvcsync-verify --key "$(cat key.txt)" <log>
Không cần phần mềm của chúng tôi: xem hướng dẫn thanh tra.
Without our programs: see the auditors' page.
)txt";

// A file beside the archive that takes what is too long for memory; gone afterwards.
class Spool {
  public:
    explicit Spool(std::filesystem::path file)
        : file_(std::move(file)), out_(file_, std::ios::binary | std::ios::trunc) {}
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    ~Spool() {
        std::error_code ignored;
        std::filesystem::remove(file_, ignored);
    }
    void line(std::string_view text) { out_ << text; }
    Status add_to(files::TarWriter& tar, std::string_view name) {
        out_.close();
        if (out_.fail()) return tl::make_unexpected(file_error("write", file_, ENOSPC));
        return tar.add_file(name, file_);
    }

  private:
    std::filesystem::path file_;
    std::ofstream out_;
};

std::string csv_line(const audit::Json& entry) {
    std::string line;
    for (const char* column : columns) {
        if (!line.empty()) line += ',';
        const audit::Json* value = entry.find(column);
        if (value == nullptr) {
            line += csv_cell("");
        } else if (value->number() != nullptr) {
            line += std::to_string(*value->number());
        } else {
            line += csv_cell(value->text() != nullptr ? *value->text() : "");
        }
    }
    return line + "\r\n";
}

class Exporting {
  public:
    Exporting(ledger::Trail& trail, const audit::VerifierKey& key, const ExportOrder& order,
              files::TarWriter& tar)
        : trail_(trail), key_(key), order_(order), tar_(tar) {}

    Result<Exported> run() {
        DVC_TRY(tar_.add("README.txt", readme));
        DVC_TRY(tar_.add("key.txt", key_.text() + "\n"));
        DVC_TRY_ASSIGN(logs, trail_.logs());
        for (const auto& log : logs)
            DVC_TRY(log_part(log));
        if (done_.logs == 0)
            return fail(ErrorKind::Refused,
                        "no entry of that time is signed: dvcsync audit checkpoint signs what is "
                        "new, dvcsync audit list shows what there is");
        return done_;
    }

  private:
    Status log_part(const TrailLog& log) {
        DVC_TRY_ASSIGN(end, end_of_period(log));
        if (end == 0) return {};
        DVC_TRY_ASSIGN(seal, checkpoints(log, end));
        if (!seal) return {};
        ++done_.logs;
        return entries(log, *seal);
    }

    // Entries of the log up to the last one of the period; 0: none is of the period.
    Result<std::int64_t> end_of_period(const TrailLog& log) {
        DVC_TRY_ASSIGN(whole, trail_.end(log.log));
        TrailFilter filter = period_of(log);
        bool any = false;
        const auto first = [&](const TrailRow&) -> Result<bool> {
            any = true;
            return false;
        };
        DVC_TRY(trail_.walk(filter, first));
        if (!any) return 0;
        if (!order_.until) return whole.size;
        TrailFilter after;
        after.log = log.log;
        after.at_from = order_.until;
        std::int64_t end = whole.size;
        DVC_TRY(trail_.walk(after, [&](const TrailRow& row) -> Result<bool> {
            end = row.sequence;
            return false;
        }));
        return end;
    }

    TrailFilter period_of(const TrailLog& log) const {
        TrailFilter filter;
        filter.log = log.log;
        filter.at_from = order_.from;
        filter.at_until = order_.until;
        return filter;
    }

    // Those up to the first over `end` entries, or up to the newest.
    Result<std::optional<SealRow>> checkpoints(const TrailLog& log, std::int64_t end) {
        std::optional<SealRow> last;
        std::string history;
        std::vector<SealRow> stamped;
        DVC_TRY(trail_.walk_seals(log.log, [&](const SealRow& seal) -> Result<bool> {
            history += seal.note + "\n";
            if (!seal.timestamp.empty()) stamped.push_back(seal);
            last = seal;
            return seal.size < end;
        }));
        if (!last) return last;
        DVC_TRY(tar_.add(log.name + "/checkpoint", last->note));
        DVC_TRY(tar_.add(log.name + "/checkpoints.txt", history));
        for (const auto& seal : stamped)
            DVC_TRY(
                tar_.add(fmt::format("{}/timestamps/{}.tsr", log.name, seal.size), seal.timestamp));
        return last;
    }

    Status entries(const TrailLog& log, const SealRow& seal) {
        DVC_TRY_ASSIGN(told, audit::verify_checkpoint(seal.note, {&key_, 1},
                                                      audit::origin_of(key_, log.name)));
        Spool lines(order_.file.string() + ".jsonl.part");
        Spool table(order_.file.string() + ".csv.part");
        table.line(fmt::format("{}{}\r\n", csv_mark, fmt::join(columns, ",")));
        audit::Frontier tree;
        audit::TileBuilder tiles(
            [&](const audit::Tile& tile, std::string_view bytes) { return add(log, tile, bytes); });
        std::string bundle;
        TrailFilter filter;
        filter.log = log.log;
        filter.until = seal.size;
        DVC_TRY(trail_.walk(filter, [&](const TrailRow& row) -> Result<bool> {
            const auto leaf = audit::leaf_hash(row.entry);
            tree.append(leaf);
            DVC_TRY(audit::append_entry(bundle, row.entry));
            if (tree.size() % audit::tile_width == 0) {
                DVC_TRY(add_bundle(log, tree.size() / audit::tile_width - 1, audit::tile_width,
                                   bundle));
            }
            DVC_TRY(tiles.append(leaf));
            if ((order_.from && row.at < *order_.from) || (order_.until && row.at >= *order_.until))
                return true;
            ++done_.entries;
            lines.line(row.entry + "\n");
            DVC_TRY_ASSIGN(json, audit::parse_canonical(row.entry));
            table.line(csv_line(json));
            return true;
        }));
        const auto rest = static_cast<int>(tree.size() % audit::tile_width);
        if (rest > 0) DVC_TRY(add_bundle(log, tree.size() / audit::tile_width, rest, bundle));
        DVC_TRY(tiles.finish());
        if (tree.size() != told.size || tree.root() != told.root)
            return fail(ErrorKind::Corrupt,
                        fmt::format("log {}: the ledger does not hold the {} entries that were "
                                    "signed, so it is not exported: dvcsync audit verify names "
                                    "the first that is wrong",
                                    log.name, told.size));
        done_.tiled += tree.size();
        DVC_TRY(lines.add_to(tar_, log.name + "/entries.jsonl"));
        return table.add_to(tar_, log.name + "/entries.csv");
    }

    Status add(const TrailLog& log, const audit::Tile& tile, std::string_view bytes) {
        return tar_.add(fmt::format("{}/{}", log.name, audit::tile_path(tile)), bytes);
    }
    Status add_bundle(const TrailLog& log, std::uint64_t index, int width, std::string& bundle) {
        DVC_TRY(add(log, {audit::Tile::Kind::Entries, 0, index, width}, bundle));
        bundle.clear();
        return {};
    }

    ledger::Trail& trail_;
    const audit::VerifierKey& key_;
    const ExportOrder& order_;
    files::TarWriter& tar_;
    Exported done_;
};

}  // namespace

Result<Exported> export_period(ledger::Trail& trail, const audit::VerifierKey& key,
                               const ExportOrder& order) {
    DVC_TRY_ASSIGN(tar, files::TarWriter::create(order.file));
    DVC_TRY_ASSIGN(done, Exporting(trail, key, order, tar).run());
    DVC_TRY(tar.finish());
    return done;
}

}  // namespace dvcsync::sync
