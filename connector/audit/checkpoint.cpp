#include "connector/audit/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

tl::unexpected<Error> refuse(std::string message) {
    return fail(ErrorKind::Refused, std::move(message));
}

tl::unexpected<Error> bad_checkpoint(std::string_view why) {
    return fail(ErrorKind::Corrupt, fmt::format("the checkpoint {}", why));
}

bool is_line(std::string_view text) {
    return !text.empty() && text.find('\n') == std::string_view::npos;
}

Result<Checkpoint> parse_text(std::string_view text) {
    const auto origin = take_line(text);
    if (!origin || origin->empty()) return bad_checkpoint("does not begin with an origin");
    const auto size_line = take_line(text);
    const auto size = size_line ? decimal(*size_line, limits::max_log_size) : std::nullopt;
    if (!size) return bad_checkpoint("has no number of entries in its second line");
    const auto root_line = take_line(text);
    const auto root = root_line ? hash_from_base64(*root_line) : std::nullopt;
    if (!root) return bad_checkpoint("has no root in its third line");
    if (*size == 0 && *root != empty_root())
        return bad_checkpoint("has no entries, but a root that is not that of an empty log");
    Checkpoint checkpoint{std::string(*origin), *size, *root, {}};
    while (const auto line = take_line(text)) {
        if (line->empty()) return bad_checkpoint("has an empty line");
        if (checkpoint.extensions.size() == limits::max_extensions)
            return bad_checkpoint("has too many lines");
        checkpoint.extensions.emplace_back(*line);
    }
    return checkpoint;
}

Result<std::string> sign(const Checkpoint& checkpoint, const Signer& signer) {
    DVC_TRY_ASSIGN(text, checkpoint_text(checkpoint));
    return sign_note(text, signer);
}

}  // namespace

Result<std::string> checkpoint_text(const Checkpoint& checkpoint) {
    if (!is_line(checkpoint.origin) || checkpoint.size > limits::max_log_size ||
        checkpoint.extensions.size() > limits::max_extensions ||
        !std::all_of(checkpoint.extensions.begin(), checkpoint.extensions.end(), is_line))
        return refuse("a checkpoint needs an origin, a size and no empty or broken lines");
    if (checkpoint.size == 0 && checkpoint.root != empty_root())
        return refuse("a log without entries has only one root");
    auto text = fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size,
                            base64(view(checkpoint.root)));
    for (const auto& line : checkpoint.extensions)
        text += line + '\n';
    return text;
}

Result<Checkpoint> parse_checkpoint(std::string_view note) {
    DVC_TRY_ASSIGN(parsed, parse_note(note));
    return parse_text(parsed.text);
}

Result<Checkpoint> verify_checkpoint(std::string_view note, std::span<const VerifierKey> trusted,
                                     std::string_view origin) {
    DVC_TRY_ASSIGN(verified, verify_note(note, trusted));
    DVC_TRY_ASSIGN(checkpoint, parse_text(verified.text));
    if (checkpoint.origin != origin)
        return bad_checkpoint(fmt::format("is of the log {}, not of {}", excerpt(checkpoint.origin),
                                          excerpt(origin)));
    return checkpoint;
}

Status check_growth(const Checkpoint& previous, const Checkpoint& next,
                    std::span<const Hash> consistency) {
    if (previous.origin != next.origin)
        return refuse(fmt::format("a checkpoint of the log {} cannot follow one of {}",
                                  excerpt(next.origin), excerpt(previous.origin)));
    if (next.size < previous.size)
        return refuse(
            fmt::format("the log shrank: {} entries were signed, {} are there. Its database may be "
                        "an older copy; nothing is signed until the missing entries are back",
                        previous.size, next.size));
    if (previous.size == 0) {
        if (previous.root == empty_root() && consistency.empty()) return {};
        return refuse("nothing but an empty proof fits a log that was empty");
    }
    const auto proved =
        verify_consistency(previous.size, next.size, previous.root, next.root, consistency);
    if (!proved)
        return refuse(fmt::format("{}; nothing is signed until the log is what it was",
                                  proved.error().message));
    return {};
}

Status check_growth(const Checkpoint& previous, const Checkpoint& next, Frontier before,
                    std::span<const Hash> added) {
    if (previous.origin != next.origin || previous.size != before.size() ||
        previous.root != before.root())
        return refuse(
            fmt::format("the log is not the one that was signed at {} entries; nothing is signed "
                        "until it is what it was",
                        previous.size));
    for (const Hash& leaf : added)
        before.append(leaf);
    if (next.size != before.size() || next.root != before.root())
        return refuse(
            fmt::format("the entries after the first {} do not lead to the checkpoint of "
                        "{} entries; it is not signed",
                        previous.size, next.size));
    return {};
}

Result<std::string> sign_first_checkpoint(const Checkpoint& first, const Signer& signer) {
    return sign(first, signer);
}

Result<std::string> sign_next_checkpoint(const Checkpoint& previous, const Checkpoint& next,
                                         std::span<const Hash> consistency, const Signer& signer) {
    DVC_TRY(check_growth(previous, next, consistency));
    return sign(next, signer);
}

Result<std::string> sign_next_checkpoint(const Checkpoint& previous, const Checkpoint& next,
                                         Frontier before, std::span<const Hash> added,
                                         const Signer& signer) {
    DVC_TRY(check_growth(previous, next, std::move(before), added));
    return sign(next, signer);
}

}  // namespace dvcsync::audit
