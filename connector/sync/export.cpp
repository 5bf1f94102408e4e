// The export of a period: see prove.h.
#include <fmt/format.h>

#include <fstream>
#include <set>

#include "connector/audit/checkpoint.h"
#include "connector/audit/log_folder.h"
#include "connector/audit/merkle.h"
#include "connector/audit/period_table.h"
#include "connector/audit/tiles.h"
#include "connector/audit/verify.h"
#include "connector/base/files.h"
#include "connector/files/tar.h"
#include "connector/sync/checkpoint_folder.h"
#include "connector/sync/prove.h"

namespace dvcsync::sync {
namespace {

namespace fs = std::filesystem;

using ledger::SealRow;
using ledger::TrailFilter;
using ledger::TrailLog;
using ledger::TrailRow;

constexpr std::string_view readme =
    R"txt(Nhật ký kiểm toán của dvcsync / audit trail of dvcsync

key.txt                  khóa công khai, chỉ để so với khóa mà tỉnh đã công bố
                         the public key, only to compare it with the one that the province published
<log>/checkpoint         điểm kiểm tra đã ký / signed checkpoint (C2SP tlog-checkpoint)
<log>/checkpoints.txt    mọi điểm kiểm tra / all checkpoints
<log>/timestamps/*.tsr   dấu thời gian RFC 3161 / RFC 3161 time stamps, named by size
<log>/tile/              toàn bộ nhật ký / the whole log up to the checkpoint (C2SP tlog-tiles)
<log>/entries.jsonl      các mục trong kỳ, mỗi dòng một mục / entries of the period, one a line
<log>/entries.csv        như trên, cho bảng tính / the same for a spreadsheet
<log>/closing.jsonl      các mục cuối của nhật ký mà một người đã đóng khi chưa ký được
                         last entries of a log that a person ended before they could be signed

Kiểm tra / check:        dvcsync-verify --key 'KHÓA-ĐÃ-CÔNG-BỐ / PUBLISHED-KEY' .
Khóa lấy từ công văn, trang tin của tỉnh, không lấy từ key.txt (ai sửa được tệp này thì
sửa được cả key.txt). Take the key from the province's letter or web site, not from key.txt:
whoever changed this archive changed that, too.
entries.csv và entries.jsonl không được ký; lệnh trên so chúng với các mục đã ký.
entries.csv and entries.jsonl are not signed; the command compares them with the signed entries.
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

class Exporting {
  public:
    Exporting(ledger::Trail& trail, const audit::VerifierKey& key, const ExportOrder& order,
              files::TarWriter& tar)
        : trail_(trail),
          key_(key),
          order_(order),
          tar_(tar),
          from_(order.from ? utc_text(*order.from) : ""),
          until_(order.until ? utc_text(*order.until) : "") {}

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
        DVC_TRY(lost_logs(logs));
        return done_;
    }

  private:
    Status log_part(const TrailLog& log) {
        DVC_TRY_ASSIGN(end, end_of_period(log));
        if (end == 0) return {};
        DVC_TRY_ASSIGN(seal, checkpoints(log, end));
        if (!seal) return {};
        ++done_.logs;
        DVC_TRY(entries(log, *seal));
        DVC_TRY_ASSIGN(whole, trail_.end(log.log));
        if (log.closed && end == whole.size && seal->size < whole.size)
            return closing(log, seal->size);
        return {};
    }

    // The time that an entry tells of itself is signed; the ledger's column of it is not.
    bool before_period(const TrailRow& row) const {
        return order_.from && audit::entry_time(row.entry) < from_;
    }
    bool after_period(const TrailRow& row) const {
        return order_.until && audit::entry_time(row.entry) >= until_;
    }

    // Entries of the log up to the last one of the period; 0: none is of the period.
    Result<std::int64_t> end_of_period(const TrailLog& log) {
        TrailFilter filter;
        filter.log = log.log;
        bool any = false;
        std::int64_t end = 0;
        DVC_TRY(trail_.walk(filter, [&](const TrailRow& row) -> Result<bool> {
            if (after_period(row)) return false;
            any = any || !before_period(row);
            end = row.sequence + 1;
            return true;
        }));
        return any ? end : 0;
    }

    // Those up to the first over `end` entries, or up to the newest. Those of the checkpoint
    // folder that the ledger does not know are evidence against the ledger, so they are added.
    Result<std::optional<SealRow>> checkpoints(const TrailLog& log, std::int64_t end) {
        std::optional<SealRow> last;
        bool newest = true;
        std::string history;
        std::set<std::string, std::less<>> known;
        std::vector<SealRow> stamped;
        // Who signs writes to both: meanwhile the folder may rightly know more.
        std::error_code failed;
        std::optional<FolderLock> lock;
        if (fs::exists(order_.checkpoints, failed)) {
            DVC_TRY_ASSIGN(taken, FolderLock::take(order_.checkpoints));
            lock.emplace(std::move(taken));
        }
        DVC_TRY(trail_.walk_seals(log.log, [&](const SealRow& seal) -> Result<bool> {
            if (last && last->size >= end) {
                newest = false;
                return false;
            }
            history += seal.note + "\n";
            known.insert(seal.note);
            if (!seal.timestamp.empty()) stamped.push_back(seal);
            last = seal;
            return true;
        }));
        if (!last) return last;
        const auto add_unknown = [&](std::string_view note, const std::string&) -> Status {
            const auto told = audit::parse_checkpoint(note);
            const auto size = static_cast<std::uint64_t>(last->size);
            const bool wanted = newest || (told && told->size <= size);
            if (wanted && known.emplace(note).second) history += std::string(note) + "\n";
            return {};
        };
        if (lock) DVC_TRY(audit::LogFolder(order_.checkpoints / log.name).checkpoints(add_unknown));
        DVC_TRY(tar_.add(log.name + "/checkpoint", last->note));
        DVC_TRY(tar_.add(log.name + "/checkpoints.txt", history));
        for (const auto& seal : stamped)
            DVC_TRY(
                tar_.add(fmt::format("{}/timestamps/{}.tsr", log.name, seal.size), seal.timestamp));
        return last;
    }

    // Logs that only the checkpoint folder knows: an auditor must see that they are lost.
    Status lost_logs(const std::vector<TrailLog>& logs) {
        auto lost = logs_in(order_.checkpoints);
        for (const auto& log : logs)
            lost.erase(log.name);
        for (const auto& name : lost) {
            const audit::LogFolder folder(order_.checkpoints / name);
            DVC_TRY_ASSIGN(note, folder.checkpoint());
            if (note) DVC_TRY(tar_.add(name + "/checkpoint", *note));
        }
        return {};
    }

    // A person ended the log before it could be signed to its end: the next log's first entry
    // holds the root of all of it.
    Status closing(const TrailLog& log, std::int64_t from) {
        Spool lines(order_.file.string() + ".closing.part");
        TrailFilter filter;
        filter.log = log.log;
        filter.from = from;
        DVC_TRY(trail_.walk(filter, [&](const TrailRow& row) -> Result<bool> {
            lines.line(row.entry + "\n");
            return true;
        }));
        return lines.add_to(tar_, log.name + "/closing.jsonl");
    }

    Status entries(const TrailLog& log, const SealRow& seal) {
        DVC_TRY_ASSIGN(told, audit::verify_checkpoint(seal.note, {&key_, 1},
                                                      audit::origin_of(key_, log.name)));
        Spool lines(order_.file.string() + ".jsonl.part");
        Spool table(order_.file.string() + ".csv.part");
        table.line(audit::table_header());
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
            if (before_period(row) || after_period(row)) return true;
            ++done_.entries;
            lines.line(row.entry + "\n");
            DVC_TRY_ASSIGN(cells, audit::table_line(row.entry));
            table.line(cells);
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
    const std::string from_, until_;  // of the period, as entries write times
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
