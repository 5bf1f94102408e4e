#include "connector/audit/proof.h"

#include <fmt/format.h>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

constexpr std::string_view first_line = "c2sp.org/tlog-proof@v1";
constexpr std::string_view extra_mark = "extra ";
constexpr std::string_view index_mark = "index ";

tl::unexpected<Error> bad_proof(std::string_view why) {
    return fail(ErrorKind::Corrupt, fmt::format("the proof {}", why));
}

}  // namespace

Result<std::string> proof_text(const LogProof& proof) {
    std::string text = fmt::format("{}\n", first_line);
    if (!proof.extra.empty()) text += fmt::format("{}{}\n", extra_mark, base64(proof.extra));
    text += fmt::format("{}{}\n", index_mark, proof.index);
    for (const Hash& hash : proof.path)
        text += base64(view(hash)) + '\n';
    text += '\n' + proof.checkpoint;
    // Whatever could not be read again is not given out.
    if (const auto read = parse_proof(text); !read)
        return fail(ErrorKind::Refused, read.error().message);
    return text;
}

Result<LogProof> parse_proof(std::string_view text) {
    if (text.size() > limits::max_log_proof)
        return bad_proof(fmt::format("is longer than {} bytes", limits::max_log_proof));
    LogProof proof;
    auto line = take_line(text);
    if (line != first_line) return bad_proof(fmt::format("does not begin with {}", first_line));
    line = take_line(text);
    if (line && line->starts_with(extra_mark)) {
        auto extra = from_base64(line->substr(extra_mark.size()));
        if (!extra || extra->empty()) return bad_proof("has extra data that is not Base64");
        proof.extra = *std::move(extra);
        line = take_line(text);
    }
    if (!line || !line->starts_with(index_mark))
        return bad_proof("does not tell the index of its entry");
    const auto index = decimal(line->substr(index_mark.size()), limits::max_log_size);
    if (!index) return bad_proof("has an index that is not a number");
    proof.index = *index;
    while ((line = take_line(text)) && !line->empty()) {
        const auto hash = hash_from_base64(*line);
        if (!hash) return bad_proof("has a line that is not a hash");
        if (proof.path.size() == limits::max_inclusion_proof)
            return bad_proof("has more hashes than any log has levels");
        proof.path.push_back(*hash);
    }
    if (!line) return bad_proof("ends before its checkpoint");
    DVC_TRY(parse_checkpoint(text));
    proof.checkpoint = text;
    return proof;
}

Result<Checkpoint> verify_proof(const LogProof& proof, std::string_view entry,
                                std::span<const VerifierKey> trusted, std::string_view origin) {
    DVC_TRY_ASSIGN(checkpoint, verify_checkpoint(proof.checkpoint, trusted, origin));
    DVC_TRY(verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path,
                             checkpoint.root));
    return checkpoint;
}

}  // namespace dvcsync::audit
