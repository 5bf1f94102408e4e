#include "connector/audit/period_files.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>

#include "connector/audit/period_table.h"
#include "connector/audit/verify.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

namespace fs = std::filesystem;

// A file that is compared piece by piece with what it must hold, however long it is.
class Compared {
  public:
    explicit Compared(const fs::path& file) {
        std::error_code failed;
        if (fs::is_regular_file(file, failed)) in_.open(file, std::ios::binary);
    }
    bool there() const { return in_.is_open(); }
    bool next(std::string_view expected) {
        piece_.resize(expected.size());
        in_.read(piece_.data(), static_cast<std::streamsize>(piece_.size()));
        return static_cast<std::size_t>(in_.gcount()) == expected.size() && piece_ == expected;
    }
    bool at_end() { return in_.peek() == std::ifstream::traits_type::eof(); }
    // The first line, or as much of it as an entry may have; the place does not move.
    std::string first_line() {
        std::string line;
        for (int c = in_.get(); in_ && c != '\n' && line.size() <= limits::max_log_entry;
             c = in_.get())
            line += static_cast<char>(c);
        in_.clear();
        in_.seekg(0);
        return line;
    }

  private:
    std::ifstream in_;
    std::string piece_;
};

class Check {
  public:
    Check(const LogFolder& folder, std::uint64_t size)
        : folder_(folder),
          size_(size),
          lines_(folder.path() / "entries.jsonl"),
          table_(folder.path() / "entries.csv") {}

    Result<PeriodFiles> run() {
        for (const auto& [file, name] :
             {std::pair(&lines_, "entries.jsonl"), std::pair(&table_, "entries.csv")})
            if (!file->there()) fault(name, "is missing, or is not a file");
        if (!done_.faults.empty()) return done_;
        if (!table_.next(table_header())) fault("entries.csv", "has other columns");
        first_line_ = lines_.first_line();
        if (!lines_.at_end())
            DVC_TRY(folder_.entries(size_, [this](std::uint64_t index, std::string_view entry) {
                return take(index, entry);
            }));
        end();
        return std::move(done_);
    }

  private:
    void fault(std::string_view file, std::string_view why) {
        done_.faults.push_back(fmt::format("{} {}", (folder_.path() / file).string(), why));
    }

    Result<bool> take(std::uint64_t index, std::string_view entry) {
        if (done_.count == 0 && entry != first_line_) {
            time_before_ = entry_time(entry);
            return true;
        }
        if (lines_.at_end()) {
            time_after_ = entry_time(entry);
            return false;
        }
        if (done_.count == 0) {
            done_.first = index;
            time_first_ = entry_time(entry);
        }
        ++done_.count;
        time_last_ = entry_time(entry);
        if (!lines_.next(std::string(entry) + '\n'))
            fault("entries.jsonl", fmt::format("is not what was signed: its line {} is not entry "
                                               "{} of the log",
                                               done_.count, index));
        DVC_TRY_ASSIGN(line, table_line(entry));
        if (done_.faults.empty() && !table_.next(line))
            fault("entries.csv", fmt::format("is not what was signed: its line {} is not that of "
                                             "entry {} of the log",
                                             done_.count + 1, index));
        return done_.faults.empty();
    }

    void end() {
        if (!done_.faults.empty()) return;
        if (done_.count == 0 && !lines_.at_end())
            fault("entries.jsonl", "is not what was signed: its line 1 is no entry of the log");
        else if (!lines_.at_end())
            fault("entries.jsonl", "goes on after the last entry of the log");
        if (done_.faults.empty() && !table_.at_end())
            fault("entries.csv", "goes on after the last entry of entries.jsonl");
        if (done_.count == 0) {
            done_.told = "entries.jsonl and entries.csv hold no entry";
            return;
        }
        done_.told =
            fmt::format("entries.jsonl and entries.csv hold the entries {} to {}, of {} to {}",
                        done_.first, done_.first + done_.count - 1, time_first_, time_last_);
        if (!time_before_.empty())
            done_.told += fmt::format("; the one before is of {}", time_before_);
        if (!time_after_.empty())
            done_.told += fmt::format("; the one after is of {}", time_after_);
    }

    const LogFolder& folder_;
    const std::uint64_t size_;
    Compared lines_;
    Compared table_;
    std::string first_line_;
    PeriodFiles done_;
    std::string time_before_, time_first_, time_last_, time_after_;
};

}  // namespace

Result<PeriodFiles> check_period_files(const LogFolder& folder, std::uint64_t size) {
    return Check(folder, size).run();
}

}  // namespace dvcsync::audit
