#include <fmt/format.h>

#include <atomic>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/answer.h"
#include "connector/portal/catalogue_question.h"
#include "connector/portal/envelope.h"
#include "connector/portal/portal.h"
#include "connector/portal/session.h"
#include "connector/portal/transport.h"
#include "connector/portal/walk.h"

namespace dvcsync::portal {

namespace {

using std::chrono::steady_clock;

constexpr std::string_view login_operation = "login";

// A failed exchange as an outcome of what was sent with it.
Outcome outcome_of(const Failure& failure) {
    auto message = excerpt(failure.reason, limits::max_message);
    switch (failure.kind) {
        case Failure::Kind::NotSent:
            return {Verdict::Retry, "unreachable", std::move(message), {}, true};
        case Failure::Kind::Untrusted:
            return {Verdict::Misconfigured, "tls", std::move(message), {}};
        case Failure::Kind::Unusable:
            return {Verdict::Misconfigured, "request", std::move(message), {}};
        case Failure::Kind::Late:
            return {Verdict::InDoubt, "deadline", std::move(message), {}, true};
        case Failure::Kind::Unclear:
            break;
    }
    return {Verdict::InDoubt, "connection", std::move(message), {}};
}

Error error_of(const Outcome& outcome) {
    auto message = outcome.code.empty() ? outcome.message
                                        : fmt::format("{} ({})", outcome.message, outcome.code);
    switch (outcome.verdict) {
        case Verdict::Misconfigured:
            return {ErrorKind::Config, std::move(message)};
        case Verdict::Refused:
            return {ErrorKind::Refused, std::move(message)};
        case Verdict::InDoubt:
            return {ErrorKind::InDoubt, std::move(message)};
        default:
            return {ErrorKind::Retry, std::move(message)};
    }
}

// A lost login or question leaves nothing behind that matters: it may be repeated.
Outcome repeatable(Outcome outcome) {
    if (outcome.verdict == Verdict::InDoubt) outcome.verdict = Verdict::Retry;
    return outcome;
}

// What a call that could not log in says of its items: nothing was sent, so nothing is in doubt.
Outcome without_session(Outcome login) {
    if (login.verdict == Verdict::Refused) login.verdict = Verdict::Misconfigured;
    login.endpoint = login.verdict == Verdict::Retry;
    login.message = excerpt("login: " + login.message, limits::max_message);
    return login;
}

// What a call says of its items when the renewed session has ended too. A password that is wrong
// would have failed the login, so there is nothing to mend here: later, when the portal is itself
// again.
Outcome ended_again(Outcome session) {
    session.verdict = Verdict::Retry;
    session.endpoint = true;
    session.message =
        excerpt(fmt::format("the portal ended the session again right after a new login; if that "
                            "goes on, see whether another program logs in as this user, and what "
                            "the user may do: {}",
                            session.message),
                limits::max_message);
    return session;
}

// So long before its end a session is renewed: a call must not meet the end under way.
std::chrono::nanoseconds reserve_of(std::chrono::nanoseconds life) {
    return std::min(std::max(life / 10, std::chrono::nanoseconds(limits::session_reserve)),
                    life / 2);
}

Status check_settings(const ProfileData& profile, const ClientSettings& settings) {
    std::string faults;
    const auto fault = [&](std::string_view what) {
        if (!faults.empty()) faults += '\n';
        faults += what;
    };
    for (const auto& name : profile.endpoints) {
        const auto found = settings.endpoints.find(name);
        if (found == settings.endpoints.end())
            fault(fmt::format("[portal.endpoints] lacks {}: profile {} needs its path", name,
                              profile.name));
        else if (!found->second.starts_with('/'))
            fault(fmt::format("[portal.endpoints] {}: a path begins with /", name));
        else if (found->second.find_first_of(" \t\r\n#") != std::string::npos)
            fault(fmt::format("[portal.endpoints] {}: a blank or # in the path", name));
    }
    for (const auto& name : profile.settings) {
        const auto found = settings.settings.find(name);
        if (found == settings.settings.end() || found->second.empty())
            fault(
                fmt::format("[portal.settings] lacks {}: profile {} needs it", name, profile.name));
        else if (!is_utf8(found->second))
            fault(fmt::format("[portal.settings] {}: not valid UTF-8", name));
    }
    if (profile.login && (settings.username.empty() || settings.password.empty()))
        fault(fmt::format("[portal] username and password: profile {} logs in", profile.name));
    if (!is_utf8(settings.username) || !is_utf8(settings.password))
        fault("[portal] username and password must be valid UTF-8");
    if (settings.deadline <= std::chrono::milliseconds(0))
        fault("[portal] deadline must be longer than nothing");
    if (!faults.empty()) return fail(ErrorKind::Config, std::move(faults));
    return {};
}

}  // namespace

std::uint64_t next_exchange_id() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

struct Client::Impl {
    Profile handle;
    std::shared_ptr<const ProfileData> profile;
    ClientSettings settings;
    Clock& clock;
    std::unique_ptr<Transport> transport;
    Session session;
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> logins{0};
    Walk walk;

    Impl(Profile which, std::shared_ptr<const ProfileData> data, ClientSettings how, Clock& time)
        : handle(std::move(which)),
          profile(std::move(data)),
          settings(std::move(how)),
          clock(time) {}

    // What is sent, for the observer.
    struct What {
        std::string_view operation;
        const std::string& endpoint;
        std::size_t items = 0;
    };
    struct Answered {
        Reply reply;
        std::uint64_t exchange = 0;
    };

    tl::expected<Answered, Outcome> send(const What& what, Request request,
                                         steady_clock::time_point deadline) {
        ++calls;
        bytes += request.body.size();
        if (!settings.observer) {
            auto reply = transport->send(std::move(request), deadline);
            if (!reply) return tl::make_unexpected(outcome_of(reply.error()));
            return Answered{*std::move(reply), 0};
        }
        Exchange exchange = begin(what, request);
        auto reply = transport->send(std::move(request), deadline);
        exchange.ended = clock.now();
        const auto id = exchange.id;
        if (reply) {
            exchange.status = reply->status;
            exchange.received = sha256(reply->body);
            if (exchange.with_bodies) exchange.received_body = reply->body;
            settings.observer(std::move(exchange));
            return Answered{*std::move(reply), id};
        }
        Outcome failed = outcome_of(reply.error());
        failed.exchange = id;
        exchange.failure = failed.code;
        settings.observer(std::move(exchange));
        return tl::make_unexpected(std::move(failed));
    }

    Exchange begin(const What& what, const Request& request) const {
        Exchange exchange;
        exchange.id = next_exchange_id();
        exchange.operation = what.operation;
        exchange.endpoint = what.endpoint;
        exchange.items = what.items;
        const std::string& sent = request.get ? request.target : request.body;
        exchange.sent = sha256(sent);
        exchange.with_bodies = what.operation != login_operation && settings.keeps_bodies &&
                               settings.keeps_bodies(what.operation);
        if (exchange.with_bodies) exchange.sent_body = sent;
        exchange.began = clock.now();
        return exchange;
    }

    Request request(const std::string& endpoint, const Values& values) const {
        Request request;
        request.target = target_of(settings.endpoints.at(endpoint), profile->parameters, values);
        request.headers = headers_of(profile->parameters, values);
        return request;
    }

    // A body that is not JSON.
    struct Form {
        std::string type;
        std::string body;
    };
    static void fill(Request& call, Form form) {
        std::erase_if(call.headers,
                      [](const auto& header) { return caseless(header.first) == "content-type"; });
        call.headers.emplace_back("Content-Type", std::move(form.type));
        call.body = std::move(form.body);
    }

    tl::expected<Session::Granted, Outcome> log_in(steady_clock::time_point deadline) {
        ++logins;
        const auto asked = clock.steady();
        const Values values{*profile, settings, {}, {}, {}, {}};
        auto call = request(profile->login->endpoint, values);
        if (profile->login->form) {
            fill(call,
                 {"application/x-www-form-urlencoded", form_of(profile->login->members, values)});
        } else {
            call.body = object_of(profile->login->members, values);
        }
        auto sent = send({login_operation, profile->login->endpoint}, std::move(call), deadline);
        if (!sent) return tl::make_unexpected(repeatable(std::move(sent).error()));
        auto in = read_login(*profile, sent->reply, clock.now());
        if (!in) return tl::make_unexpected(std::move(in).error());
        Session::Granted granted{std::move(in->session), std::nullopt};
        if (in->life) granted.until = asked + *in->life - reserve_of(*in->life);
        return granted;
    }

    tl::expected<Session::Ticket, Outcome> ticket(steady_clock::time_point deadline) {
        if (!profile->login) return Session::Ticket{};
        return session.get([&] { return log_in(deadline); }, clock.steady());
    }

    // Runs `once` with a session; again with a new one if the portal says that it has ended, but
    // no oftener than limits::session_renewals.
    // `once` takes the session's text and gives a Reading, or an Outcome where it could not be
    // sent.
    template <class T, class Once>
    tl::expected<T, Outcome> with_session(steady_clock::time_point deadline, const Once& once) {
        for (int renewals = 0;; ++renewals) {
            const auto current = ticket(deadline);
            if (!current) return tl::make_unexpected(without_session(current.error()));
            tl::expected<Reading<T>, Outcome> done = once(current->text);
            if (!done) return tl::make_unexpected(std::move(done).error());
            if (*done) return **std::move(done);
            auto ended = std::move(done->error().outcome);
            if (!profile->login) return tl::make_unexpected(std::move(ended));
            session.end(current->number);
            if (renewals == limits::session_renewals)
                return tl::make_unexpected(ended_again(std::move(ended)));
        }
    }

    // One question; `read` gives what its answer tells. The values are those of the question, but
    // for the session. `exchange`: the last one that was made for it. `form` makes a body that is
    // not JSON of the values; empty: it is.
    template <class T, class Read>
    tl::expected<T, Outcome> ask(std::string_view name, const Question& question, Values values,
                                 const Read& read, std::uint64_t* exchange = nullptr,
                                 const std::function<Form(const Values&)>& form = {},
                                 std::chrono::nanoseconds more_time = {}) {
        const auto until = deadline() + more_time;
        using Said = tl::expected<T, Outcome>;
        const auto once = [&](std::string_view text) -> tl::expected<Reading<Said>, Outcome> {
            values.session = text;
            auto call = request(question.endpoint, values);
            call.get = question.get;
            call.max_answer = question.max_answer;
            call.target = target_of(call.target, question.parameters, values);
            for (auto& header : headers_of(question.parameters, values))
                call.headers.push_back(std::move(header));
            if (form)
                fill(call, form(values));
            else if (!question.get)
                call.body = object_of(question.members, values);
            auto sent = send({name, question.endpoint}, std::move(call), until);
            if (!sent) return tl::make_unexpected(repeatable(std::move(sent).error()));
            if (exchange != nullptr) *exchange = sent->exchange;
            Reading<Said> said = read(sent->reply);
            if (!said)
                said.error().outcome.exchange = sent->exchange;
            else if (!*said)
                said->error().exchange = sent->exchange;
            return said;
        };
        auto answered = with_session<Said>(until, once);
        if (!answered) return tl::make_unexpected(std::move(answered).error());
        return *std::move(answered);
    }

    steady_clock::time_point deadline() const { return steady_clock::now() + settings.deadline; }
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(Profile profile, ClientSettings settings,
                                             Clock& clock) {
    auto data = profile.data_;
    DVC_TRY(check_settings(*data, settings));
    DVC_TRY_ASSIGN(transport, Transport::open(settings));
    auto impl =
        std::make_unique<Impl>(std::move(profile), std::move(data), std::move(settings), clock);
    impl->transport = std::move(transport);
    return std::unique_ptr<Client>(new Client(std::move(impl)));
}

const Profile& Client::profile() const {
    return impl_->handle;
}

Status Client::login() {
    const auto ticket = impl_->ticket(impl_->deadline());
    if (!ticket) return tl::make_unexpected(error_of(ticket.error()));
    return {};
}

std::vector<Outcome> Client::push(Operation operation, std::span<const Item> items, bool updating) {
    const auto all = [&](Verdict verdict, std::string code, std::string message) {
        return std::vector<Outcome>(items.size(),
                                    {verdict, std::move(code), std::move(message), {}});
    };
    if (items.empty()) return {};
    const auto& push = impl_->profile->push(operation, updating);
    if (!push)
        return all(Verdict::Misconfigured, "profile",
                   fmt::format("profile {} has no operation {}", impl_->profile->name,
                               to_string(operation)));
    if (items.size() > static_cast<std::size_t>(push->batch))
        return all(Verdict::Alone, "batch",
                   fmt::format("more than {} items in one call", push->batch));
    std::size_t size = 0;
    for (const auto& item : items) {
        if (!is_object(item.document))
            return all(items.size() > 1 ? Verdict::Alone : Verdict::Refused, "document",
                       "the document is not a JSON object");
        size += item.document.size();
    }
    if (size > limits::max_batch_bytes)
        return all(items.size() > 1 ? Verdict::Alone : Verdict::Refused, "document",
                   fmt::format("more than {} bytes for one call", limits::max_batch_bytes));

    const auto deadline = impl_->deadline();
    using Outcomes = std::vector<Outcome>;
    const auto once = [&](std::string_view session) -> tl::expected<Reading<Outcomes>, Outcome> {
        const Values values{*impl_->profile,
                            impl_->settings,
                            session,
                            push->service,
                            {},
                            push->updating ? std::optional(updating) : std::nullopt};
        auto call = impl_->request(push->endpoint, values);
        call.body = push_body(*push, items, values);
        auto sent = impl_->send({to_string(operation), push->endpoint, items.size()},
                                std::move(call), deadline);
        if (!sent) return tl::make_unexpected(std::move(sent).error());
        auto outcomes =
            read_push(*impl_->profile, *push, sent->reply, items, updating, impl_->clock.now());
        if (outcomes)
            for (auto& outcome : *outcomes)
                outcome.exchange = sent->exchange;
        else
            outcomes.error().outcome.exchange = sent->exchange;
        return outcomes;
    };
    auto outcomes = impl_->with_session<Outcomes>(deadline, once);
    if (!outcomes) return Outcomes(items.size(), outcomes.error());
    return *std::move(outcomes);
}

tl::expected<GivenCode, Outcome> Client::next_code() {
    const auto& profile = *impl_->profile;
    if (!profile.next_code)
        return tl::make_unexpected(
            Outcome{Verdict::Misconfigured,
                    "profile",
                    fmt::format("profile {} has no <next-code>", profile.name),
                    {}});
    const Values values{profile, impl_->settings, {}, profile.next_code->service, {}, {}};
    std::uint64_t exchange = 0;
    auto code = impl_->ask<std::string>(
        "next-code", *profile.next_code, values,
        [&](const Reply& reply) { return read_next_code(profile, reply, impl_->clock.now()); },
        &exchange);
    if (!code) return tl::make_unexpected(std::move(code).error());
    return GivenCode{*std::move(code), exchange};
}

tl::expected<UploadedFile, Outcome> Client::upload(const FileToSend& file) {
    const auto& profile = *impl_->profile;
    if (!profile.upload)
        return tl::make_unexpected(Outcome{Verdict::Misconfigured,
                                           "profile",
                                           fmt::format("profile {} has no <upload>", profile.name),
                                           {}});
    const Digest digest = sha256(file.content);
    const Values values{profile, impl_->settings, {}, profile.upload->service, {}, {}};
    const auto form = [&](const Values& with) -> Impl::Form {
        // No file holds a part of its own digest.
        const auto boundary = "dvcsync-" + hex(digest).substr(0, 40);
        return {"multipart/form-data; boundary=" + boundary,
                multipart_of(profile.upload->members, with, profile.upload->part, file, boundary)};
    };
    const std::chrono::seconds on_the_way(file.content.size() / limits::poor_line);
    std::uint64_t exchange = 0;
    auto taken = impl_->ask<UploadedFile>(
        "upload", *profile.upload, values,
        [&](const Reply& reply) { return read_upload(profile, reply, digest, impl_->clock.now()); },
        &exchange, form, on_the_way);
    if (taken) taken->exchange = exchange;
    return taken;
}

tl::expected<Holding, Outcome> Client::look(std::string_view code) {
    const auto& profile = *impl_->profile;
    if (!profile.ask)
        return tl::make_unexpected(Outcome{Verdict::Misconfigured,
                                           "profile",
                                           fmt::format("profile {} has no <ask>", profile.name),
                                           {}});
    const Values values{profile, impl_->settings, {}, profile.ask->service, code, {}};
    std::uint64_t exchange = 0;
    auto holding = impl_->ask<Holding>(
        "ask", *profile.ask, values,
        [&](const Reply& reply) { return read_ask(profile, reply, code, impl_->clock.now()); },
        &exchange);
    if (holding) holding->exchange = exchange;
    return holding;
}

tl::expected<Page, Outcome> Client::list(std::chrono::local_days from,
                                         std::chrono::local_days until, int page) {
    const auto& profile = *impl_->profile;
    if (!profile.list)
        return tl::make_unexpected(Outcome{Verdict::Refused,
                                           "profile",
                                           fmt::format("profile {} has no <list>", profile.name),
                                           {}});
    if (until <= from) return Page{};
    const auto& list = *profile.list;
    const LocalTime end = list.until_included ? until - std::chrono::seconds(1) : LocalTime(until);
    const auto first_day = list.dates.format(from);
    const auto last_day = list.dates.format(end);
    const auto number = std::to_string(page);
    const auto size = std::to_string(list.page_size);
    const Values values{profile, impl_->settings, {},       list.service, {},
                        {},      first_day,       last_day, number,       size};
    return impl_->ask<Page>("list", list, values, [&](const Reply& reply) {
        return read_list(profile, reply, impl_->clock.now());
    });
}

tl::expected<News, Outcome> Client::news(LocalTime since, int page) {
    const auto& profile = *impl_->profile;
    if (!profile.submissions) return tl::make_unexpected(no_submissions(profile));
    if (page > limits::news_pages) return tl::make_unexpected(endless_walk());
    const auto& list = profile.submissions->list;
    const auto begin = list.dates.format(since);
    const auto number = std::to_string(page);
    const auto size = std::to_string(list.page_size);
    const Values values{profile, impl_->settings, {}, list.service, {},
                        {},      begin,           {}, number,       size};
    auto news = impl_->ask<News>("news", list, values, [&](const Reply& reply) {
        return read_news(profile, reply, impl_->clock.now());
    });
    if (news && impl_->walk.repeats(since, page, *news))
        return tl::make_unexpected(repeated_page(page));
    return news;
}

tl::expected<Fetched, Outcome> Client::fetch(std::string_view code) {
    const auto& profile = *impl_->profile;
    if (!profile.submissions) return tl::make_unexpected(no_submissions(profile));
    const auto& fetch = profile.submissions->fetch;
    const Values values{profile, impl_->settings, {}, fetch.service, code, {}};
    std::uint64_t exchange = 0;
    auto json = impl_->ask<std::string>(
        "fetch", fetch, values,
        [&](const Reply& reply) { return read_fetch(profile, reply, code, impl_->clock.now()); },
        &exchange);
    if (!json) return tl::make_unexpected(std::move(json).error());
    return Fetched{*std::move(json), exchange};
}

tl::expected<std::vector<std::string>, Outcome> Client::catalogue() {
    const auto& profile = *impl_->profile;
    if (!profile.catalogue) return tl::make_unexpected(no_catalogue(profile));
    const auto& list = profile.catalogue->list;
    const Values values{profile, impl_->settings, {}, list.service, {}, {}};
    return impl_->ask<std::vector<std::string>>("list", list, values, [&](const Reply& reply) {
        return read_catalogue(profile, reply, impl_->clock.now());
    });
}

tl::expected<Holding, Outcome> Client::procedure(std::string_view code) {
    const auto& profile = *impl_->profile;
    if (!profile.catalogue) return tl::make_unexpected(no_catalogue(profile));
    const auto& fetch = profile.catalogue->fetch;
    const Values values{profile, impl_->settings, {}, fetch.service, code, {}};
    std::uint64_t exchange = 0;
    auto holding = impl_->ask<Holding>(
        "ask", fetch, values,
        [&](const Reply& reply) {
            return read_procedure(profile, reply, code, impl_->clock.now());
        },
        &exchange);
    if (holding) holding->exchange = exchange;
    return holding;
}

Client::Traffic Client::traffic() const {
    return {impl_->calls.load(), impl_->bytes.load(), impl_->logins.load()};
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::Accepted:
            return "accepted";
        case Verdict::Refused:
            return "refused";
        case Verdict::Exists:
            return "exists";
        case Verdict::Missing:
            return "missing";
        case Verdict::Alone:
            return "alone";
        case Verdict::Retry:
            return "retry";
        case Verdict::InDoubt:
            return "in doubt";
        case Verdict::Misconfigured:
            return "misconfigured";
    }
    return "unknown";
}

}  // namespace dvcsync::portal
