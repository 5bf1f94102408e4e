#include "connector/sync/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"
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

// One submission's files, one after the other. Goes on after a failure, so that one look tells of
// everything that is wrong and the next try finds the rest in place.
class Gatherer {
  public:
    Gatherer(const GatherSettings& settings, const files::Scanner* scanner, bool without,
             const std::atomic<bool>& stop)
        : settings_(settings), scanner_(scanner), without_(without), stop_(stop) {}

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
        for (const auto& file : document.files) {
            ++index_;
            take(*staging, file);
        }
        return std::move(out_);
    }

  private:
    void take(files::Staging& staging, const mapping::NationalFile& file) {
        out_.files.emplace_back();
        if (file.url.empty() && file.base64.empty()) {
            out_.files.back().note = "the portal has sent no content";
            return;
        }
        const std::uint64_t most = std::min(settings_.max_file, settings_.max_submission - total_);
        auto staged = file.url.empty() ? staging.keep_base64(index_, file.name, file.base64, most)
                                       : staging.fetch(index_, file.name, file.url, most,
                                                       settings_.fetch, stop_);
        if (!staged)
            return fault(staged.error().kind != ErrorKind::Refused, staged.error().message);
        if (!file.hash.empty() && !same_hash(file.hash, staged->sha256)) {
            if (const auto dropped = staging.drop(index_); !dropped)
                return fault(true, dropped.error().message);
            return fault(!file.url.empty(), "its bytes are not those that the portal's hash names");
        }
        if (staged->program) {
            return fault(false, fmt::format("it is a program or script ({})", staged->type));
        }
        if (scanner_ != nullptr) {
            const auto verdict = scanner_->scan(staged->path);
            if (!verdict) return fault(true, verdict.error().message);
            if (verdict->result == files::ScanResult::Infected) {
                return fault(false, fmt::format("the scanner found {}", verdict->what));
            }
            if (verdict->result == files::ScanResult::NotScanned) {
                out_.files.back().note = fmt::format("not scanned: {}", verdict->what);
            }
        }
        total_ += staged->size;
        auto& kept = out_.files.back();
        kept.name = "files/" + files::safe_name(file.name, index_, staged->type);
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

    // `later`: another try may do better.
    void fault(bool later, std::string_view reason) {
        // Staging's errors begin so already.
        const std::string which = fmt::format("file {}: ", index_);
        const std::string told = (reason.starts_with(which) ? "" : which) + std::string(reason);
        if (without_) {
            out_.files.back().note = fmt::format("left out by a person's decision: {}", reason);
            return;
        }
        std::string& to = later ? out_.waits : out_.holds;
        if (to.size() + told.size() > limits::max_message) return;
        if (!to.empty()) to += "; ";
        to += told;
    }

    const GatherSettings& settings_;
    const files::Scanner* scanner_;
    const bool without_;
    const std::atomic<bool>& stop_;
    int index_ = 0;
    std::uint64_t total_ = 0;
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
                                       bool without) -> Gathered {
        if (shared->scanner.empty())
            return Gatherer(*shared, nullptr, without, stop).run(key, document);
        auto scanner = files::Scanner::open(shared->scanner);
        if (!scanner) {
            Gathered later;
            later.waits = scanner.error().message;
            return later;
        }
        return Gatherer(*shared, &*scanner, without, stop).run(key, document);
    };
    gathering.forget = [shared](const std::string& key) -> Status {
        DVC_TRY_ASSIGN(staging, files::Staging::open(shared->staging / key));
        return staging.remove();
    };
    gathering.staged = [shared] { return keys_in(shared->staging); };
    return gathering;
}

}  // namespace dvcsync::sync
