#include "connector/audit/evidence.h"

#include <fmt/format.h>

#include <set>

#include "connector/audit/bytes.h"
#include "connector/audit/canonical.h"
#include "connector/audit/verify.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

constexpr std::string_view first_line = "dvcsync proof v1";
constexpr std::string_view code_mark = "code ";
constexpr std::string_view entry_mark = "entry ";
constexpr std::string_view stamp_mark = "timestamp ";

tl::unexpected<Error> corrupt(std::string why) {
    return fail(ErrorKind::Corrupt, fmt::format("the proof {}", why));
}

bool one_line(std::string_view text) {
    return !text.empty() && text.find('\n') == std::string_view::npos;
}

// Moves `rest` behind the next line that is empty; what stands before it, that line left out.
std::optional<std::string_view> take_paragraph(std::string_view& rest) {
    const auto end = rest.find("\n\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto paragraph = rest.substr(0, end + 1);
    rest.remove_prefix(end + 2);
    return paragraph;
}

// An entry and its tlog-proof: the proof's hashes, the checkpoint's text, its signatures.
Result<ProvenEntry> take_entry(std::string_view& rest) {
    const auto line = take_line(rest);
    const std::string_view begin = rest;
    const auto hashes = line ? take_paragraph(rest) : std::nullopt;
    const auto text = hashes ? take_paragraph(rest) : std::nullopt;
    const auto signatures = text ? take_paragraph(rest) : std::nullopt;
    if (!signatures) return corrupt("is cut short in an entry");
    const std::size_t size = begin.size() - rest.size() - 1;  // without the empty line at the end
    DVC_TRY_ASSIGN(proof, parse_proof(begin.substr(0, size)));
    return ProvenEntry{std::string(line->substr(entry_mark.size())), std::move(proof)};
}

Status take_timestamp(std::string_view& rest, Evidence& evidence) {
    auto line = take_line(rest).value_or("");
    line.remove_prefix(std::min(stamp_mark.size(), line.size()));
    const auto blank = line.find(' ');
    const auto bytes = blank == line.npos ? std::nullopt : from_base64(line.substr(blank + 1));
    if (!bytes || bytes->empty() || !take_line(rest)) return corrupt("has a broken time stamp");
    evidence.timestamps.emplace(line.substr(0, blank), *bytes);
    return {};
}

// What an entry says of itself.
struct Facts {
    std::string code;
    std::string event;
    std::optional<std::int64_t> exchange;  // that it names
};

Result<Facts> facts_of(std::string_view entry) {
    DVC_TRY_ASSIGN(json, parse_canonical(entry));
    Facts facts;
    const auto text = [&](std::string_view key) {
        const Json* member = json.find(key);
        return member != nullptr && member->text() != nullptr ? *member->text() : "";
    };
    facts.code = text("code");
    facts.event = text("event");
    const Json* exchange = json.find("exchange");
    if (exchange != nullptr && exchange->number() != nullptr) facts.exchange = *exchange->number();
    return facts;
}

class Verifier {
  public:
    Verifier(const Evidence& evidence, const VerifierKey& key,
             const std::optional<std::string>& authorities)
        : evidence_(evidence), key_(key), authorities_(authorities) {}

    Result<Proven> run() {
        proven_.code = evidence_.code;
        for (const auto& one : evidence_.entries)
            DVC_TRY(verify(one));
        DVC_TRY(belong());
        if (stamps_ != evidence_.timestamps.size())
            return corrupt("has a time stamp of a log that it does not speak of");
        return std::move(proven_);
    }

  private:
    Status verify(const ProvenEntry& one) {
        DVC_TRY_ASSIGN(told, parse_checkpoint(one.proof.checkpoint));
        if (!log_of(key_, told.origin))
            return corrupt(fmt::format("is of the log {}, and the key that was given is that of {}",
                                       excerpt(told.origin, 80), key_.name()));
        DVC_TRY(verify_proof(one.proof, one.entry, {&key_, 1}, told.origin));
        const bool same_log = !proven_.logs.empty() && proven_.logs.back().origin == told.origin;
        if (!same_log) DVC_TRY(begin_log(told, one.proof.checkpoint));
        if (one.proof.checkpoint != checkpoint_)
            return corrupt("has two checkpoints of one log: one is enough");
        const auto& last = proven_.entries;
        if (same_log && last.back().index >= one.proof.index)
            return corrupt("does not have its entries in the order of the log");
        proven_.entries.push_back({told.origin, one.proof.index, one.entry});
        return {};
    }

    Status begin_log(const Checkpoint& told, const std::string& note) {
        if (!seen_.insert(told.origin).second)
            return corrupt("does not have its entries in the order of the logs");
        checkpoint_ = note;
        Proven::Log log{told.origin, told.size, told.root, std::nullopt, false};
        const auto stamp = evidence_.timestamps.find(told.origin);
        if (stamp != evidence_.timestamps.end()) {
            ++stamps_;
            log.unread_stamp = !authorities_;
            DVC_TRY(check_timestamp_digest(stamp->second, sha256(note)));
            if (authorities_) {
                DVC_TRY_ASSIGN(time, verify_timestamp(stamp->second, sha256(note), *authorities_));
                log.stamp = time;
            }
        }
        proven_.logs.push_back(std::move(log));
        return {};
    }

    Status belong() {
        std::set<std::pair<std::string, std::int64_t>> named;
        std::vector<const Proven::Entry*> others;
        for (const auto& one : proven_.entries) {
            DVC_TRY_ASSIGN(facts, facts_of(one.entry));
            if (facts.code == evidence_.code) {
                if (facts.exchange) named.emplace(one.origin, *facts.exchange);
            } else {
                others.push_back(&one);
            }
        }
        for (const auto* one : others) {
            DVC_TRY_ASSIGN(facts, facts_of(one->entry));
            const bool is_named =
                named.count({one->origin, static_cast<std::int64_t>(one->index)}) > 0;
            if (facts.event != "exchange" || !is_named)
                return corrupt(fmt::format("has entry {} of {}, which is not about {}", one->index,
                                           one->origin, excerpt(evidence_.code, 80)));
        }
        if (others.size() == proven_.entries.size())
            return corrupt("has no entry about what it names");
        return {};
    }

    const Evidence& evidence_;
    const VerifierKey& key_;
    const std::optional<std::string>& authorities_;
    Proven proven_;
    std::set<std::string> seen_;
    std::string checkpoint_;  // of the log at hand
    std::size_t stamps_ = 0;
};

}  // namespace

Result<std::string> evidence_text(const Evidence& evidence) {
    if (!one_line(evidence.code) || evidence.entries.empty())
        return fail(ErrorKind::Refused, "a proof needs a code of one line, and an entry at least");
    std::string text = fmt::format("{}\n{}{}\n\n", first_line, code_mark, evidence.code);
    for (const auto& one : evidence.entries) {
        if (!one_line(one.entry))
            return fail(ErrorKind::Refused, "an entry of a proof must be one line");
        DVC_TRY_ASSIGN(proof, proof_text(one.proof));
        text += fmt::format("{}{}\n{}\n", entry_mark, one.entry, proof);
    }
    for (const auto& [origin, bytes] : evidence.timestamps)
        text += fmt::format("{}{} {}\n\n", stamp_mark, origin, base64(bytes));
    return text;
}

Result<Evidence> parse_evidence(std::string_view text) {
    if (text.size() > limits::max_proof_file)
        return corrupt(fmt::format("is larger than {} bytes", limits::max_proof_file));
    std::string_view rest = text;
    if (take_line(rest) != first_line)
        return corrupt(fmt::format("does not begin with the line \"{}\"", first_line));
    const auto code = take_line(rest);
    if (!code || !code->starts_with(code_mark) || take_line(rest) != "")
        return corrupt("does not name a code in its second line");
    Evidence evidence;
    evidence.code = code->substr(code_mark.size());
    while (!rest.empty()) {
        if (rest.starts_with(entry_mark)) {
            DVC_TRY_ASSIGN(entry, take_entry(rest));
            evidence.entries.push_back(std::move(entry));
        } else if (rest.starts_with(stamp_mark)) {
            DVC_TRY(take_timestamp(rest, evidence));
        } else {
            return corrupt("has a line where an entry or a time stamp should begin");
        }
    }
    const auto again = evidence_text(evidence);
    if (!again || *again != text) return corrupt("is not written as a proof is written");
    return evidence;
}

Result<Proven> verify_evidence(std::string_view text, const VerifierKey& key,
                               const std::optional<std::string>& authorities) {
    DVC_TRY_ASSIGN(evidence, parse_evidence(text));
    return Verifier(evidence, key, authorities).run();
}

}  // namespace dvcsync::audit
