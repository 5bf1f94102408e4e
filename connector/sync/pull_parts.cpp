#include "connector/sync/pull_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {
namespace {

using namespace std::chrono_literals;

// Long before the first submission of any portal.
constexpr LocalTime beginning = std::chrono::local_days{2000y / 1 / 1};

constexpr std::size_t staging_key_length = 40;

constexpr std::string_view no_reading =
    "no reading of the profile is for this service: look at it (submissions show CODE --content), "
    "do what it asks by hand, and dismiss it; a reading that is written now serves the next ones";

const TimeFormat& stamps() {
    static const TimeFormat format = *TimeFormat::compile("yyyy-MM-ddTHH:mm:ss");
    return format;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else
            out += c;
    }
    return out;
}

}  // namespace

std::string stamp_of(LocalTime at) {
    return stamps().format(at);
}

std::string announced_stamp(LocalTime at, LocalTime now) {
    return stamp_of(at) + (now - at < limits::settling ? "" : "+");
}

LocalTime list_from(const std::string& stored, std::chrono::hours overlap) {
    const auto position = stamps().parse(stored);
    return position ? std::max(beginning, *position - overlap) : beginning;
}

std::string submission_context(std::string_view code, const Digest& digest) {
    return seal_context("submission " + hex(digest), code);
}

std::string staging_key(std::string_view code, const Digest& digest) {
    return hex(sha256(submission_context(code, digest))).substr(0, staging_key_length);
}

bool is_staging_key(std::string_view name) {
    return name.size() == staging_key_length &&
           name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ledger::Arrival arrival_of(const mapping::Reading* reading, std::string_view reading_name,
                           std::string_view code, ledger::Road road, std::string_view json,
                           const Sealer& sealer) {
    ledger::Arrival arrival;
    arrival.code = code;
    arrival.reading = reading_name;
    arrival.kind = "unknown";
    arrival.road = road;
    arrival.digest = sha256(json);
    if (reading == nullptr) {
        arrival.fault = reading_name.empty() ? std::string(no_reading)
                                             : fmt::format(
                                                   "the profile has no reading '{}'; write "
                                                   "reading-{}.xml, then retry it",
                                                   reading_name, reading_name);
    } else if (auto national = reading->read(json); !national) {
        arrival.fault = national.error().text();
    } else {
        national->files.clear();  // they may be as large as the document, and are not needed here
        if (arrival.code.empty()) arrival.code = national->code;
        if (!national->code.empty() && national->code != arrival.code) {
            arrival.fault = fmt::format("was asked for as {}, but says that it is {}", arrival.code,
                                        excerpt(national->code));
        }
        arrival.digest = reading->digest(json).value_or(arrival.digest);
        arrival.kind = national->kind;
        arrival.procedure = national->procedure;
        arrival.agency = national->agency;
        if (national->filed) arrival.filed = from_vietnam(*national->filed);
    }
    // A notice has no code of its own.
    if (arrival.code.empty() || arrival.code.size() > limits::max_code * 4) {
        arrival.code = fmt::format("{}-{}", arrival.kind, hex(arrival.digest).substr(0, 16));
    }
    arrival.sealed = sealer.seal(json, submission_context(arrival.code, arrival.digest));
    return arrival;
}

PullCalls pull_calls_of(portal::Client& client) {
    PullCalls calls;
    const auto& profile = client.profile();
    if (!profile.can_pull()) return calls;
    calls.news = [&client](LocalTime since, int page) { return client.news(since, page); };
    calls.fetch = [&client](std::string_view code) { return client.fetch(code); };
    calls.overlap = profile.overlap();
    calls.reading = profile.fetch_reading();
    calls.news_endpoint = profile.news_endpoint();
    calls.fetch_endpoint = profile.fetch_endpoint();
    return calls;
}

Worked fetch_one(const PullParts& parts, Work&& work) {
    Worked done;
    done.work = std::move(work);
    const auto& announced = *done.work.announced;
    const UtcTime asked = parts.clock.now();
    const auto fetched = parts.calls.fetch(announced.code);
    if (!fetched) {
        done.failed = fetched.error();
        return done;
    }
    done.arrival = arrival_of(parts.mappings.reading(parts.calls.reading), parts.calls.reading,
                              announced.code, ledger::Road::Poll, fetched->json, parts.sealer);
    done.arrival.exchange = fetched->exchange;
    done.arrival.asked = asked;
    return done;
}

Worked prepare_one(const PullParts& parts, const std::string& province, Work&& work,
                   const std::function<bool()>& in_time) {
    Worked done;
    done.work = std::move(work);
    const auto& submission = *done.work.submission;
    const auto json = parts.sealer.open(std::exchange(done.work.sealed, {}),
                                        submission_context(submission.code, submission.digest));
    if (!json) {
        done.holds = json.error().message;
        return done;
    }
    const auto* reading = parts.mappings.reading(submission.reading);
    if (reading == nullptr && submission.reading.empty()) {
        // As when it came; the callback that brought it is not known here any more.
        done.holds = submission.reason.empty() ? std::string(no_reading) : submission.reason;
        return done;
    }
    if (reading == nullptr) {
        done.holds = fmt::format("the profile has no reading '{}'", submission.reading);
        return done;
    }
    auto national = reading->read(*json);
    if (!national) {
        done.holds = national.error().text();
        return done;
    }
    done.key = staging_key(submission.code, submission.digest);
    auto gathered = parts.gathering.gather(done.key, *national, submission.without, in_time);
    *national = {};  // files that stood in the document are on the disk now
    done.holds = std::move(gathered.holds);
    done.waits = std::move(gathered.waits);
    // Whoever decides about what is held must know of everything that it lacks.
    if (!done.holds.empty() && !done.waits.empty())
        done.holds += fmt::format("; besides, not come yet: {}", std::exchange(done.waits, {}));
    done.cut = gathered.cut;
    if (!done.holds.empty() || !done.waits.empty() || done.cut) return done;
    mapping::Handing handing;
    handing.code = submission.code;
    handing.revision = submission.revision;
    handing.arrived = to_vietnam(submission.arrived);
    handing.province = province;
    handing.files = gathered.files;
    auto xml = reading->write(*json, handing);
    if (!xml) {
        done.holds = xml.error().text();
        return done;
    }
    done.delivery = {submission.code, submission.revision,          submission.kind,
                     *std::move(xml), std::move(gathered.contents), submission.digest};
    for (std::size_t i = 0; i < gathered.files.size(); ++i) {
        const auto& file = gathered.files[i];
        done.files.push_back(
            {static_cast<int>(i) + 1, file.size, file.sha256, file.type, file.note});
    }
    return done;
}

std::optional<ledger::Intake> receipt_of(const ledger::Submission& submission, UtcTime now,
                                         const Sealer& sealer) {
    // A payment and a notice are told once, and nobody waits for an answer to them.
    if (submission.kind == "payment" || submission.kind == "notice") return std::nullopt;
    static const TimeFormat moment = *TimeFormat::compile("dd/MM/yyyy HH:mm:ss");
    // Else the confirmations of two revisions within one second would be the same bytes to the
    // portal, and the second one nothing new.
    const std::string note =
        submission.revision > 1 ? fmt::format("Lần {}", submission.revision) : "";
    ledger::Intake intake;
    const std::string xml = fmt::format(
        "<receipt><portal-code>{}</portal-code><revision>{}</revision><result>taken</result>"
        "<at>{}</at><note>{}</note></receipt>",
        escaped(submission.code), submission.revision, moment.format(to_vietnam(now)), note);
    intake.facts.kind = "receipt";
    intake.facts.code = fmt::format("{}/{}", submission.code, submission.revision);
    intake.facts.agency = submission.agency;
    intake.facts.procedure = submission.procedure;
    intake.digest = sha256(xml);
    intake.sealed = sealer.seal(xml, seal_context("receipt", intake.facts.code));
    intake.origin = "submissions";
    intake.queue = {Operation::ConfirmSubmission};
    return intake;
}

}  // namespace dvcsync::sync
