#include "connector/sync/receive.h"

#include <fmt/format.h>

#include <system_error>

#include "connector/base/limits.h"
#include "connector/sync/intake.h"
#include "connector/sync/pull.h"

namespace dvcsync::sync {

using portal::Callbacks;

static_assert(limits::max_callback_body <= limits::bodies_in_work);

bool Turns::take(std::size_t bytes) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience_, [&] { return room_ >= bytes; })) return false;
    room_ -= bytes;
    return true;
}

void Turns::give_back(std::size_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        room_ += bytes;
    }
    changed_.notify_all();
}

void Receiver::change(Rules rules) {
    auto fresh = std::make_shared<const Rules>(std::move(rules));
    const std::lock_guard lock(mutex_);
    rules_.swap(fresh);
}

CallbackReply Receiver::handle(std::string_view path, std::string_view body) {
    count(&CallbackCounts::calls);
    const auto rules_in_force = [&] {
        const std::lock_guard lock(mutex_);
        return rules_;
    }();
    const Rules& rules = *rules_in_force;
    const auto match = rules.callbacks.match(path);
    if (!match) {
        count(&CallbackCounts::unknown);
        return say(rules, Said::NotFound);
    }
    if (body.size() > limits::max_callback_body) {
        count(&CallbackCounts::refused);
        return say(rules, Said::TooLarge);
    }
    if (!turns_.take(body.size())) {
        count(&CallbackCounts::later);
        return say(rules, Said::Unavailable);
    }
    const struct GiveBack {
        Turns& turns;
        std::size_t bytes;
        ~GiveBack() { turns.give_back(bytes); }
    } after{turns_, body.size()};
    return reply_to(rules, *match, body);
}

CallbackReply Receiver::reply_to(const Rules& rules, const Match& match, std::string_view body) {
    switch (match.kind()) {
        case Callbacks::Kind::Reading:
            return keep(rules, match, body);
        case Callbacks::Kind::Question:
            return answer(rules, match, body);
        case Callbacks::Kind::File:
            return download(rules, match);
    }
    return say(rules, Said::NotFound);
}

// Whatever it is, it is kept before it is answered: also what cannot be understood.
CallbackReply Receiver::keep(const Rules& rules, const Match& match, std::string_view text) {
    const Body body = match.reading_for(text);
    ledger::Arrival arrival;
    if (body.what == Body::What::Known) {
        arrival = arrival_of(rules.mappings.reading(body.reading), body.reading, body.code,
                             ledger::Road::Callback, text, parts_.sealer);
    } else {
        arrival = arrival_of(nullptr, "", body.code, ledger::Road::Callback, text, parts_.sealer);
        arrival.fault = body.what == Body::What::Unparsable
                            ? fmt::format("callback {}: the body {}", match.name(), body.reason)
                            : fmt::format(
                                  "callback {}: no reading is for the service '{}': look at "
                                  "it (submissions show CODE --content), do what it asks by "
                                  "hand, and dismiss it; a reading that is written now serves "
                                  "the next ones",
                                  match.name(), body.service);
    }
    Result<ledger::Arrived> stored = [&] {
        const std::lock_guard lock(mutex_);
        arrival.exchange = told(match, text);
        return parts_.ledger.submissions().receive(arrival, parts_.clock.now());
    }();
    if (!stored) {
        count(&CallbackCounts::later);
        return say(rules, Said::Unavailable);
    }
    if (body.what == Body::What::Unparsable) {
        count(&CallbackCounts::unparsable);
        return say(rules, Said::Unparsable);
    }
    if (body.what == Body::What::UnknownService) {
        count(&CallbackCounts::unknown);
        return say(rules, Said::UnknownService);
    }
    // Also when it comes again: the fault is still its own.
    if (!arrival.fault.empty()) {
        count(&CallbackCounts::refused);
        return say(rules, Said::Refused, arrival.code, arrival.fault);
    }
    if (stored->novelty == ledger::Novelty::Duplicate) {
        count(&CallbackCounts::duplicates);
        return say(rules, Said::Duplicate, arrival.code);
    }
    count(&CallbackCounts::accepted);
    return say(rules, Said::Accepted, arrival.code);
}

CallbackReply Receiver::answer(const Rules& rules, const Match& match, std::string_view text) {
    const Body body = match.reading_for(text);
    count(&CallbackCounts::questions);
    if (!note(match, text)) {
        count(&CallbackCounts::later);
        return say(rules, Said::Unavailable);
    }
    if (body.what != Body::What::Known) return say(rules, Said::Unparsable);
    if (body.code.empty()) return say(rules, Said::Unanswered);
    const auto document = status_of(rules, body);
    if (!document) {
        count(&CallbackCounts::later);
        return say(rules, Said::Unavailable);
    }
    if (document->empty()) return say(rules, Said::Unanswered, body.code);
    CallbackReply reply = say(rules, Said::Accepted);
    reply.reply.body = *document;
    return reply;
}

// Asked for by either of its two codes.
Result<std::string> Receiver::status_of(const Rules& rules, const Body& question) {
    std::string local = question.code, portal = question.code;
    {
        const std::lock_guard lock(mutex_);
        DVC_TRY_ASSIGN(here, parts_.ledger.submissions().local_code(question.code));
        DVC_TRY_ASSIGN(there, parts_.ledger.submissions().portal_code(question.code));
        if (here) local = *here;
        if (there) portal = *there;
    }
    DVC_TRY_ASSIGN(document, status_by(rules, "dossier", local, question.reading));
    // The province may have answered a submission of which no dossier has come yet.
    return document.empty() ? status_by(rules, "answer", portal, question.reading) : document;
}

Result<std::string> Receiver::status_by(const Rules& rules, const char* kind,
                                        const std::string& code, const std::string& question) {
    const auto* plan = rules.mappings.answer(question, kind);
    if (plan == nullptr) return "";
    ledger::Slice slice;
    slice.kind = kind;
    slice.codes = {code};
    std::vector<ledger::Held> held;
    {
        const std::lock_guard lock(mutex_);
        DVC_TRY_ASSIGN(rows, parts_.ledger.walk(slice, false, 0, 1));
        held = std::move(rows);
    }
    if (held.empty()) return "";
    DVC_TRY_ASSIGN(xml, parts_.sealer.open(held.front().sealed, seal_context(kind, code)));
    const auto record = rules.mappings.vocabulary().parse(kind, xml);
    if (!record) return "";
    auto documents = plan->run(*record);
    if (!documents || documents->empty()) return "";
    return std::move(documents->back().json);
}

CallbackReply Receiver::download(const Rules& rules, const Match& match) {
    count(&CallbackCounts::downloads);
    if (parts_.downloads.empty()) return say(rules, Said::NotFound);
    if (!note(match, match.id())) {
        count(&CallbackCounts::later);
        return say(rules, Said::Unavailable);
    }
    const auto file = parts_.downloads / match.id();
    std::error_code error;
    // No link out of the folder, no folder, no device.
    if (std::filesystem::symlink_status(file, error).type() != std::filesystem::file_type::regular)
        return say(rules, Said::NotFound);
    CallbackReply reply;
    reply.reply.content_type = "application/octet-stream";
    reply.file = file;
    return reply;
}

std::uint64_t Receiver::told(const Match& match, std::string_view text) {
    if (parts_.recorder == nullptr) return 0;
    portal::Exchange exchange;
    exchange.id = portal::next_exchange_id();
    exchange.operation = "callback";
    exchange.endpoint = match.name();
    exchange.received = sha256(text);
    exchange.began = exchange.ended = parts_.clock.now();
    const auto id = exchange.id;
    parts_.recorder->exchanges().put(std::move(exchange));
    return id;
}

// What leaves is told before it leaves.
Status Receiver::note(const Match& match, std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (parts_.recorder == nullptr) return {};
    told(match, text);
    return parts_.recorder->note_exchanges();
}

void Receiver::count(std::uint64_t CallbackCounts::*what) {
    const std::lock_guard lock(mutex_);
    ++(counts_.*what);
}

CallbackCounts Receiver::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace dvcsync::sync
