// Reads what the portal answered: from status, headers and body to one Outcome an item. Pure
// functions, thread-safe. The body is hostile until parsed: strict JSON, no recursion, every
// surprise is "in doubt". RapidJSON stays inside the files that include answer_parts.h.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "connector/base/time.h"
#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"
#include "connector/portal/transport.h"

namespace dvcsync::portal {

// The session that the call used has ended; nothing of the call was kept. `outcome` says what
// to report where there is no login, so no session to renew.
struct SessionEnded {
    Outcome outcome;
};

template <class T>
using Reading = tl::expected<T, SessionEnded>;

// One outcome an item, in their order (contract §1, §2).
Reading<std::vector<Outcome>> read_push(const ProfileData& profile, const Push& push,
                                        const Reply& reply, std::span<const Item> items,
                                        bool updating, UtcTime now);

struct LoggedIn {
    std::string session;
    std::optional<std::chrono::seconds> life;  // as far as the answer tells
};
// The new session, or what to report. Refused: user or password; Retry; Misconfigured.
tl::expected<LoggedIn, Outcome> read_login(const ProfileData& profile, const Reply& reply,
                                           UtcTime now);

// The answer to a question, or what to report: Retry (also when unclear: asking changes nothing),
// Refused or Misconfigured.
template <class T>
using Told = Reading<tl::expected<T, Outcome>>;

// The code that it gives, see GivenCode. Precondition: profile.next_code.
Told<std::string> read_next_code(const ProfileData& profile, const Reply& reply, UtcTime now);

// What it calls the file that was sent; `sent`: SHA-256 of its bytes. Precondition: profile.upload.
Told<UploadedFile> read_upload(const ProfileData& profile, const Reply& reply, const Digest& sent,
                               UtcTime now);

// What the portal holds of the dossier `code`. Precondition: profile.ask.
Told<Holding> read_ask(const ProfileData& profile, const Reply& reply, std::string_view code,
                       UtcTime now);

// A page of its list. Precondition: profile.list.
Told<Page> read_list(const ProfileData& profile, const Reply& reply, UtcTime now);

// A page of the new submissions. Precondition: profile.submissions.
Told<News> read_news(const ProfileData& profile, const Reply& reply, UtcTime now);

// The submission `code`: its object's bytes. Precondition: profile.submissions.
Told<std::string> read_fetch(const ProfileData& profile, const Reply& reply, std::string_view code,
                             UtcTime now);

}  // namespace dvcsync::portal
