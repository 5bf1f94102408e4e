#include "tests/sandbox/spoil.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

namespace dvcsandbox {
namespace {

constexpr std::string_view kPage =
    "<!DOCTYPE html>\n<html><head><title>Error</title></head>\n"
    "<body><h1>The service is temporarily unavailable</h1></body></html>\n";

// Looks like an answer to whoever searches it for words.
constexpr std::string_view kGarbage = "error_code\":0,\"message\":\"thành công\x01\x02\x03";

constexpr std::array kServerErrors{500, 502, 503, 504};

void page(Reply& reply) {
    reply.status = 200;
    reply.content_type = "text/html; charset=utf-8";
    reply.body = kPage;
}

void server_error(Reply& reply, int status) {
    reply.status = status;
    reply.content_type = "text/html; charset=utf-8";
    reply.body = kPage;
}

void too_many(Reply& reply, const Injector::Drawn& drawn, std::chrono::seconds after) {
    reply.status = 429;
    reply.content_type = "text/plain";
    reply.body = "too many requests\n";
    // A date says whole seconds: one more, so that it is not shorter than what the other form says.
    reply.retry_after =
        drawn.turn % 2 == 0
            ? std::to_string(after.count())
            : http_date(std::chrono::system_clock::now() + after + std::chrono::seconds(1));
}

}  // namespace

bool carries_out(const Injector::Drawn& drawn) {
    switch (drawn.kind) {
        case Injection::LostBefore:
        case Injection::TooMany:
        case Injection::ServerError:
        case Injection::Html:
            return false;
        case Injection::Reset:
            return drawn.turn % 2 == 0;
        default:
            return true;
    }
}

void spoil(Reply& reply, const Injector::Drawn& drawn, const SpoilSettings& settings) {
    // An answer that comes twice has come; of every other nobody can be sure.
    if (drawn.kind != Injection::None && drawn.kind != Injection::Twice) reply.told = nullptr;
    switch (drawn.kind) {
        case Injection::None:
        case Injection::SessionExpired:  // the portal itself has answered so
            return;
        case Injection::LostBefore:
        case Injection::LostAfter:
        case Injection::CloseReused:
            reply.manner = Manner::Close;
            return;
        case Injection::Late:
            reply.wait = settings.late;
            return;
        case Injection::Twice:
            reply.manner = Manner::Twice;
            return;
        case Injection::HalfBatch:
            if (drawn.turn % 2 == 0)
                reply.manner = Manner::Close;
            else
                server_error(reply, 500);
            return;
        case Injection::TooMany:
            return too_many(reply, drawn, settings.retry_after);
        case Injection::ServerError:
            return server_error(reply, kServerErrors[drawn.turn % kServerErrors.size()]);
        case Injection::ServerErrorKept:
            return server_error(reply, 500);
        case Injection::Html:
        case Injection::HtmlKept:
            return page(reply);
        case Injection::Garbage:
            reply.body = kGarbage;
            return;
        case Injection::Truncated:
            reply.manner = Manner::Cut;
            return;
        case Injection::Huge:
            reply.manner = Manner::Padded;
            reply.padding = settings.huge;
            return;
        case Injection::Slow:
            reply.manner = Manner::Trickle;
            reply.wait = settings.slow;
            return;
        case Injection::Reset:
            reply.manner = Manner::Reset;
            return;
    }
}

std::string http_date(std::chrono::system_clock::time_point moment) {
    // The names are English in every locale: fmt takes the classic one.
    return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(moment)));
}

}  // namespace dvcsandbox
