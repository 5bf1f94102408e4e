#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <set>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/province/folder_file.h"
#include "connector/province/position.h"
#include "connector/province/source.h"
#include "connector/province/splitter.h"

namespace dvcsync::province {
namespace {

namespace fs = std::filesystem;

constexpr const char* folders[] = {"in", "done", "rejected"};

// The file being read.
struct Current {
    FolderFile file;
    FileState state;
    Splitter splitter;
    std::uint64_t offset;
    RootFacts root;
};

class DropFolder final : public Source {
  public:
    DropFolder(DropFolderSettings settings, std::vector<FileState> files, const Clock& clock)
        : settings_(std::move(settings)), clock_(clock), files_(std::move(files)) {
        // Reading on from its mark finds again how a finished file ended, without a record.
        for (FileState& file : files_) {
            file.told = file.stage == Stage::Done;
            file.stage = Stage::Open;
        }
    }

    Result<Batch> next(std::size_t max) override {
        const std::vector<FileState> before = files_;
        auto batch = fill(max);
        if (!batch) {  // nothing was handed out: begin again where the last batch ended
            files_ = before;
            current_.reset();
            queue_.clear();
        }
        return batch;
    }

    Status acknowledge(const std::string& position) override {
        DVC_TRY_ASSIGN(acknowledged, parse_position(position));
        bool moved_done = false, moved_rejected = false;
        for (const FileState& file : acknowledged) {
            if (file.stage == Stage::Open) continue;
            const auto known = std::find_if(files_.begin(), files_.end(), [&](const auto& other) {
                return other.name == file.name && other.identity == file.identity &&
                       other.stage == file.stage;
            });
            if (known == files_.end()) continue;
            const bool refused = file.stage == Stage::Rejected;
            const std::string why =
                refused ? explanation(*known->fault, known->name, known->mark.records) : "";
            DVC_TRY(put_away(in(), *known, settings_.root / (refused ? "rejected" : "done"), why));
            (refused ? moved_rejected : moved_done) = true;
            files_.erase(known);
        }
        if (moved_done) DVC_TRY(sync_folder(settings_.root / "done"));
        if (moved_rejected) DVC_TRY(sync_folder(settings_.root / "rejected"));
        if (moved_done || moved_rejected) {
            DVC_TRY(sync_folder(in()));
            reach(Point::FoldersSynced);
        }
        return {};
    }

    Result<std::vector<RejectedFile>> incomplete() override {
        DVC_TRY_ASSIGN(names, unfinished());
        std::vector<RejectedFile> waiting;
        std::set<std::string, std::less<>> held_back;
        for (const std::string& name : names) {
            if (held_back.contains(series_of(name))) {
                waiting.push_back({name, "it waits for an earlier file of its series"});
                continue;
            }
            auto file = FolderFile::open(in() / name);
            auto verdict = file && *file ? (*file)->examine(settings_, clock_.now())
                                         : Result<FolderFile::Verdict>{};
            std::string reason;
            if (!file || !verdict)
                reason = (file ? verdict.error() : file.error()).message;
            else if (verdict->readiness == FolderFile::Readiness::Incomplete)
                reason = verdict->reason;
            if (reason.empty()) continue;
            waiting.push_back({name, reason});
            held_back.emplace(series_of(name));
        }
        return waiting;
    }

    Result<std::size_t> waiting_files() override {
        DVC_TRY_ASSIGN(names, unfinished());
        return names.size();
    }

  private:
    fs::path in() const { return settings_.root / "in"; }

    FileState* find(std::string_view name) {
        const auto found = std::find_if(files_.begin(), files_.end(),
                                        [&](const auto& file) { return file.name == name; });
        return found == files_.end() ? nullptr : &*found;
    }

    void remember(FileState state) {
        if (FileState* known = find(state.name))
            *known = std::move(state);
        else
            files_.push_back(std::move(state));
    }

    // Names in in/ but those that are read and wait for the acknowledgement.
    Result<std::vector<std::string>> unfinished() {
        DVC_TRY_ASSIGN(names, list_files(in()));
        std::erase_if(names, [&](const std::string& name) {
            const FileState* known = find(name);
            return known != nullptr && known->stage != Stage::Open;
        });
        return names;
    }

    Result<Batch> fill(std::size_t max) {
        Batch batch;
        std::size_t bytes = 0;
        while (batch.records.size() < max && bytes < limits::intake_bytes) {
            if (!current_) {
                DVC_TRY_ASSIGN(opened, open_next(batch));
                if (!opened) {
                    batch.end = true;
                    break;
                }
            }
            RawRecord record;
            switch (current_->splitter.next(record)) {
                case Splitter::Step::More:
                    DVC_TRY(read_on());
                    break;
                case Splitter::Step::Record:
                    record.file = current_->state.name;
                    record.exported = current_->root.exported;
                    bytes += record.xml.size();
                    batch.records.push_back(std::move(record));
                    break;
                case Splitter::Step::End:
                    DVC_TRY(tell_of_end(batch));
                    close(Stage::Done);
                    break;
                case Splitter::Step::Broken:
                    current_->state.fault = current_->splitter.fault();
                    batch.rejected.push_back(
                        {current_->state.name, sentence(*current_->state.fault)});
                    close(Stage::Rejected);
            }
        }
        if (current_) {
            current_->state.mark = current_->splitter.mark();
            remember(current_->state);
        }
        batch.position = position_text(files_);
        return batch;
    }

    // The codes are read from the file once more, from its beginning: what was handed out before a
    // crash is not known any more.
    Status tell_of_end(Batch& batch) {
        if (std::exchange(current_->state.told, true)) return {};
        const RootFacts& root = current_->root;
        EndedFile ended{current_->state.name,
                        root.exported,
                        current_->splitter.mark().records,
                        root.complete,
                        {},
                        {},
                        root.fault};
        for (const RecordShape& shape : settings_.shapes) {
            if (shape.element != root.complete) continue;
            ended.kind = shape.kind;
            DVC_TRY_ASSIGN(codes, codes_in(current_->file, settings_, shape));
            ended.codes = std::move(codes);
        }
        batch.ended.push_back(std::move(ended));
        return {};
    }

    void close(Stage stage) {
        current_->state.mark = current_->splitter.mark();
        current_->state.stage = stage;
        remember(std::move(current_->state));
        current_.reset();
    }

    Status read_on() {
        chunk_.resize(limits::read_chunk);
        DVC_TRY_ASSIGN(bytes, current_->file.read(current_->offset, chunk_));
        current_->offset += bytes.size();
        current_->splitter.feed(bytes);
        if (current_->offset == current_->file.identity().size) current_->splitter.finish();
        return {};
    }

    // Opens the first file in name order that can be read. False: there is none now. A file that
    // waits holds back the later ones of its series: they may tell of the same dossiers, later.
    Result<bool> open_next(Batch& batch) {
        for (;;) {
            if (queue_.empty()) {
                if (!fresh_) {
                    fresh_ = true;
                    return false;
                }
                DVC_TRY_ASSIGN(names, unfinished());
                std::erase_if(files_, [&](const FileState& file) {  // somebody took it away
                    return file.stage == Stage::Open &&
                           !std::binary_search(names.begin(), names.end(), file.name);
                });
                queue_.assign(names.begin(), names.end());
                held_back_.clear();
                fresh_ = false;
                continue;
            }
            const std::string name = std::move(queue_.front());
            queue_.pop_front();
            if (held_back_.contains(series_of(name))) continue;
            DVC_TRY_ASSIGN(ready, open_file(name, batch));
            if (ready) return true;
        }
    }

    // False: it waits, or it was refused.
    Result<bool> open_file(const std::string& name, Batch& batch) {
        auto opened = FolderFile::open(in() / name);
        if (!opened) {
            held_back_.emplace(series_of(name));
            return false;
        }
        if (!*opened) return false;
        FolderFile& file = **opened;
        auto verdict = file.examine(settings_, clock_.now());
        if (!verdict || verdict->readiness == FolderFile::Readiness::Incomplete) {
            held_back_.emplace(series_of(name));
            return false;
        }
        fresh_ = true;  // the folder changes: look again before saying that nothing is left
        FileState state{name, file.identity(), Stage::Open, {}, {}, false};
        if (verdict->readiness == FolderFile::Readiness::Unusable) {
            batch.rejected.push_back({name, sentence(verdict->fault)});
            state.stage = Stage::Rejected;
            state.fault = verdict->fault;
            remember(std::move(state));
            return false;
        }
        if (const FileState* known = find(name); known && known->identity == state.identity) {
            state.mark = known->mark;
            state.told = known->told;
        }
        current_.emplace(Current{std::move(file), state,
                                 Splitter(settings_.shapes, settings_.root_element, state.mark),
                                 state.mark.offset, std::move(verdict->root)});
        if (state.mark.offset == state.identity.size) current_->splitter.finish();
        return true;
    }

    const DropFolderSettings settings_;
    const Clock& clock_;
    std::vector<FileState> files_;  // begun or finished, not put away
    std::deque<std::string> queue_;
    std::set<std::string, std::less<>> held_back_;  // series
    bool fresh_ = true;                             // list the folder once more
    std::optional<Current> current_;
    std::string chunk_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_drop_folder(DropFolderSettings settings,
                                                 const std::string& position, const Clock& clock) {
    dev_t device = 0;
    for (const char* name : folders) {
        const fs::path folder = settings.root / name;
        struct stat facts {};
        if (::stat(folder.c_str(), &facts) != 0 || ::access(folder.c_str(), W_OK | X_OK) != 0) {
            Error error = file_error("use", folder, errno);
            if (error.kind == ErrorKind::Config)
                error.message += "; make it with \"dvcsync init\" or give the service write access";
            return tl::make_unexpected(std::move(error));
        }
        if (!S_ISDIR(facts.st_mode))
            return fail(ErrorKind::Config, folder.string() + " is not a folder");
        if (device != 0 && device != facts.st_dev)
            return fail(ErrorKind::Config, settings.root.string() +
                                               ": in, done and rejected must lie on one file "
                                               "system, for files are moved by renaming");
        device = facts.st_dev;
    }
    DVC_TRY_ASSIGN(files, parse_position(position));
    return std::make_unique<DropFolder>(std::move(settings), std::move(files), clock);
}

Status create_drop_folder(const fs::path& root) {
    std::error_code error;
    fs::create_directories(root, error);
    if (error) return tl::make_unexpected(file_error("create", root, error.value()));
    for (const char* name : folders) {
        const fs::path folder = root / name;
        if (::mkdir(folder.c_str(), 0750) == 0) continue;
        if (errno != EEXIST || !fs::is_directory(folder, error))
            return tl::make_unexpected(file_error("create", folder, errno));
    }
    return sync_folder(root);
}

}  // namespace dvcsync::province
