#include "connector/sync/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/files/names.h"
#include "connector/files/scanner.h"
#include "connector/files/staging.h"
#include "connector/sync/pull_parts.h"

namespace dvcsync::sync {
namespace {

bool same_hash(std::string_view told, const Digest& digest) {
    const std::string ours = hex(digest);
    return std::equal(told.begin(), told.end(), ours.begin(), ours.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    });
}

bool is_sha256(std::string_view told) {
    return told.size() == 2 * Digest().size() &&
           std::all_of(told.begin(), told.end(), [](unsigned char c) { return std::isxdigit(c); });
}

std::string other_hash(std::string_view told, const Digest& digest) {
    constexpr std::size_t shown = 12;
    return fmt::format(
        "its bytes are not those that the portal's hash names: its SHA-256 begins "
        "with {}, the portal's with {}",
        hex(digest).substr(0, shown), told.substr(0, shown));
}

std::string other_form(std::string_view told) {
    constexpr std::size_t md5 = 32, sha1 = 40, base64_sha256 = 44;
    const std::string_view like = told.size() == md5             ? ", as an MD5 has"
                                  : told.size() == sha1          ? ", as a SHA-1 has"
                                  : told.size() == base64_sha256 ? ", as a SHA-256 in Base64 has"
                                                                 : "";
    return fmt::format(
        "the portal's hash cannot be compared: it has {} characters{}; expected are "
        "the 64 hexadecimal digits of a SHA-256. Ask the portal, or take the "
        "attribute hash out of the reading in mappings/portal",
        told.size(), like);
}

// One submission's files. First they come, then they are looked at: what has come is there at the
// next try, so each comes further, however little time it has. Goes on after a failure, so that one
// look tells of everything that is wrong and the next try finds the rest in place.
class Gatherer {
  public:
    Gatherer(const GatherSettings& settings, const files::Scanner* scanner, ledger::Without without,
             const std::function<bool()>& in_time, const std::atomic<bool>& stop)
        : settings_(settings),
          scanner_(scanner),
          without_(without),
          in_time_(in_time),
          stop_(stop) {}

    Gathered run(const std::string& key, const mapping::National& document) {
        if (document.files.size() > limits::max_submission_files) {
            out_.holds = fmt::format("it has {} files; at most {} are taken", document.files.size(),
                                     limits::max_submission_files);
            return std::move(out_);
        }
        auto staging = files::Staging::open(settings_.staging / key);
        if (!staging) {
            out_.waits = staging.error().message;
            return std::move(out_);
        }
        staged_.resize(document.files.size());
        fetch(*staging, document.files, take_over(*staging, document.files));
        out_.cut = out_.cut || stop_;
        if (out_.cut) return std::move(out_);
        for (std::size_t i = 0; i < document.files.size(); ++i)
            look(*staging, i, document.files[i]);
        out_.holds = held_.text();
        out_.waits = away_.text();
        return std::move(out_);
    }

  private:
    using Files = std::vector<mapping::NationalFile>;

    static int number_of(std::size_t i) { return static_cast<int>(i) + 1; }
    std::uint64_t most() const {
        return std::min(settings_.max_file, settings_.max_submission - total_);
    }

    void keep(std::size_t i, Result<files::Staged> staged) {
        if (staged) total_ += staged->size;
        staged_[i] = std::move(staged);
    }

    // What is here already, or stands in the document. Returns what must be fetched.
    std::vector<std::size_t> take_over(const files::Staging& staging, const Files& files) {
        std::vector<std::size_t> missing;
        for (std::size_t i = 0; i < files.size(); ++i) {
            const auto& file = files[i];
            if (!file.url.empty()) {
                auto there = staging.fetched(number_of(i), file.name, file.url, most());
                if (!there)
                    keep(i, tl::make_unexpected(there.error()));
                else if (*there)
                    keep(i, **std::move(there));
                else
                    missing.push_back(i);
            } else if (!file.base64.empty()) {
                keep(i, staging.keep_base64(number_of(i), file.name, file.base64, most()));
            }
        }
        return missing;
    }

    void fetch(const files::Staging& staging, const Files& files,
               std::vector<std::size_t> missing) {
        // Each time another one is the first: one that is slow and never comes must not take the
        // time of the others at every try.
        if (!missing.empty())
            std::rotate(missing.begin(), missing.begin() + std::random_device{}() % missing.size(),
                        missing.end());
        for (std::size_t n = 0; n < missing.size(); ++n) {
            const std::size_t i = missing[n];
            out_.cut = stop_ || (n > 0 && !in_time_());
            if (out_.cut) return;
            keep(i, staging.fetch(number_of(i), files[i].name, files[i].url, most(),
                                  settings_.fetch, stop_));
        }
    }

    void look(const files::Staging& staging, std::size_t i, const mapping::NationalFile& file) {
        out_.files.emplace_back();
        const int number = number_of(i);
        if (!staged_[i]) {
            out_.files.back().note = "the portal has sent no content";
            return;
        }
        const auto& staged = *staged_[i];
        if (!staged)
            return fault(number,
                         staged.error().kind == ErrorKind::Refused ? Fault::Rule : Fault::Away,
                         staged.error().message);
        if (!file.hash.empty() && !same_hash(file.hash, staged->sha256)) {
            if (const auto dropped = staging.drop(number); !dropped)
                return fault(number, Fault::Ours, dropped.error().message);
            // No other bytes would fit a hash of another form.
            const bool of_form = is_sha256(file.hash);
            return fault(number, of_form && !file.url.empty() ? Fault::Away : Fault::Rule,
                         of_form ? other_hash(file.hash, staged->sha256) : other_form(file.hash));
        }
        if (staged->program) {
            return fault(number, Fault::Rule,
                         fmt::format("it is a program or script: {}", staged->program_by));
        }
        // One that does not answer would keep the run waiting for each of the others too.
        if (!scan_fault_.empty()) return fault(number, Fault::Ours, scan_fault_);
        if (scanner_ != nullptr) {
            const auto verdict = scanner_->scan(staged->path);
            if (!verdict) {
                scan_fault_ = verdict.error().message;
                return fault(number, Fault::Ours, scan_fault_);
            }
            if (verdict->result == files::ScanResult::Infected) {
                return fault(number, Fault::Rule,
                             fmt::format("the scanner found {}", verdict->what));
            }
            if (verdict->result == files::ScanResult::NotScanned) {
                out_.files.back().note = fmt::format("not scanned: {}", verdict->what);
            }
        }
        auto& kept = out_.files.back();
        kept.name = "files/" + files::safe_name(file.name, number, staged->type);
        kept.size = staged->size;
        kept.sha256 = staged->sha256;
        kept.type = staged->type;
        kept.checked = !file.hash.empty();
        if (staged->type_differs) {
            kept.note += kept.note.empty() ? "" : "; ";
            kept.note += "its name says another type";
        }
        out_.contents.push_back({kept.name, staged->path, kept.size, kept.sha256});
    }

    enum class Fault {
        Rule,  // of the file itself: another try finds the same
        Away,  // it may still come
        Ours,  // nothing of the file's: no person needs to do without it
    };

    void fault(int number, Fault what, std::string_view reason) {
        // Staging's errors begin so already.
        const std::string which = fmt::format("file {}: ", number);
        if (reason.starts_with(which)) reason.remove_prefix(which.size());
        if ((what == Fault::Rule && without_ != ledger::Without::Nothing) ||
            (what == Fault::Away && without_ == ledger::Without::Missing)) {
            out_.files.back().note = fmt::format("left out by a person's decision: {}", reason);
            return;
        }
        (what == Fault::Rule ? held_ : away_).add(which + std::string(reason));
    }

    // What is wrong with several files, in words that fit into a stored reason beside the others.
    class Faults {
      public:
        void add(const std::string& told) {
            constexpr std::size_t most = limits::max_message / 2 - 100;
            if (text_.empty())
                text_ = excerpt(told, most);
            else if (text_.size() + told.size() > most)
                ++unsaid_;
            else
                text_ += "; " + told;
        }
        std::string text() const {
            if (unsaid_ == 0) return text_;
            return fmt::format("{}; and {} more", text_, unsaid_);
        }

      private:
        std::string text_;
        std::size_t unsaid_ = 0;
    };

    const GatherSettings& settings_;
    const files::Scanner* scanner_;
    const ledger::Without without_;
    const std::function<bool()>& in_time_;
    const std::atomic<bool>& stop_;
    std::vector<std::optional<Result<files::Staged>>> staged_;  // nullopt: has no content
    std::uint64_t total_ = 0;
    std::string scan_fault_;
    Faults held_;
    Faults away_;
    Gathered out_;
};

// Only names that can be ours: whoever runs dvcsync may have chosen a folder that holds more.
Result<std::vector<std::string>> keys_in(const std::filesystem::path& staging) {
    std::vector<std::string> keys;
    std::error_code error;
    auto entry = std::filesystem::directory_iterator(staging, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if (is_staging_key(name)) keys.push_back(std::move(name));
    }
    if (error) return tl::make_unexpected(file_error("read", staging, error.value()));
    return keys;
}

}  // namespace

Gathering gathering_of(GatherSettings settings, const std::atomic<bool>& stop) {
    auto shared = std::make_shared<const GatherSettings>(std::move(settings));
    Gathering gathering;
    gathering.gather = [shared, &stop](const std::string& key, const mapping::National& document,
                                       ledger::Without without,
                                       const std::function<bool()>& in_time) -> Gathered {
        if (shared->scanner.empty())
            return Gatherer(*shared, nullptr, without, in_time, stop).run(key, document);
        auto scanner = files::Scanner::open(shared->scanner);
        if (!scanner) {
            Gathered later;
            later.waits = scanner.error().message;
            return later;
        }
        return Gatherer(*shared, &*scanner, without, in_time, stop).run(key, document);
    };
    gathering.forget = [shared](const std::string& key) -> Status {
        DVC_TRY_ASSIGN(staging, files::Staging::open(shared->staging / key));
        return staging.remove();
    };
    gathering.staged = [shared] { return keys_in(shared->staging); };
    return gathering;
}

}  // namespace dvcsync::sync
