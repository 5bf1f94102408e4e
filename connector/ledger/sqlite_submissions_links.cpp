// The two codes of one dossier: the portal's and the province's own.
#include <fmt/format.h>

#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {

Result<std::optional<std::string>> SqliteSubmissions::text_of(Statement& statement,
                                                              std::string_view key) {
    statement.bind(key);
    DVC_TRY_ASSIGN(found, statement.step());
    std::optional<std::string> text;
    if (found) text = statement.text(0);
    statement.reset();
    return text;
}

Result<std::optional<std::string>> SqliteSubmissions::portal_code(std::string_view local_code) {
    return text_of(portal_code_, local_code);
}

Result<std::optional<std::string>> SqliteSubmissions::local_code(std::string_view portal_code) {
    return text_of(local_code_, portal_code);
}

Result<bool> SqliteSubmissions::has_arrived(std::string_view portal_code) {
    is_known_.bind(portal_code);
    DVC_TRY_ASSIGN(found, is_known_.step());
    is_known_.reset();
    return found;
}

Status SqliteSubmissions::are_free(std::string_view portal_code, std::string_view local_code) {
    DVC_TRY_ASSIGN(local, text_of(local_code_, portal_code));
    DVC_TRY_ASSIGN(portal, text_of(portal_code_, local_code));
    if (!local && !portal) return {};
    return fail(ErrorKind::Refused,
                fmt::format("portal code {} and dossier code {} cannot be linked: {} {} is linked "
                            "to {} already; correct the code in the province's answer, or undo the "
                            "link: dvcsync submissions unlink {} --reason …",
                            portal_code, local_code, local ? "portal code" : "dossier code",
                            local ? portal_code : local_code, local ? *local : *portal,
                            local ? portal_code : *portal));
}

Status SqliteSubmissions::link(std::string_view portal_code, std::string_view local_code,
                               UtcTime now) {
    if (portal_code.empty() || local_code.empty())
        return fail(ErrorKind::Bug, "a link needs both codes");
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY_ASSIGN(local, text_of(local_code_, portal_code));
    if (local == local_code) return {};
    DVC_TRY_ASSIGN(arrived, has_arrived(portal_code));
    if (!arrived)
        return fail(ErrorKind::Refused,
                    fmt::format("portal code {} and dossier code {} cannot be linked: nothing of "
                                "this portal code has arrived",
                                portal_code, local_code));
    DVC_TRY_ASSIGN(all, links(portal_code));
    for (const Link& one : all)
        if (one.local == local_code)  // it does not hold, else it was found above
            return fail(ErrorKind::Refused,
                        fmt::format("a person has undone the link of portal code {} and dossier "
                                    "code {}",
                                    portal_code, local_code));
    DVC_TRY(are_free(portal_code, local_code));
    DVC_TRY_ASSIGN(add, db_.prepare("INSERT INTO link (portal, local, linked) "
                                    "VALUES (?1, ?2, ?3)"));
    DVC_TRY(add.run(portal_code, local_code, now));
    return transaction.commit();
}

Result<std::vector<Link>> SqliteSubmissions::links(std::string_view portal_code) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("SELECT portal, local, linked, undone FROM link WHERE portal = ?1 "
                               "ORDER BY undone IS NOT NULL, undone DESC, local"));
    std::vector<Link> all;
    DVC_TRY(statement.each(
        [&all](const Statement& row) {
            all.push_back({row.text(0), row.text(1), row.time(2), row.maybe_time(3)});
        },
        portal_code));
    return all;
}

Result<Link> SqliteSubmissions::unlink(std::string_view portal_code, const Act& act, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(all, links(portal_code));
    if (all.empty() || all.front().undone)
        return fail(ErrorKind::Config,
                    fmt::format("{} is linked with no dossier of the province", portal_code));
    Link link = all.front();
    link.undone = now;
    DVC_TRY_ASSIGN(undo, db_.prepare("UPDATE link SET undone = ?3 "
                                     "WHERE portal = ?1 AND local = ?2"));
    DVC_TRY(undo.run(portal_code, link.local, now));
    DVC_TRY(look_again(link, act, now));
    DVC_TRY(transaction.commit());
    return link;
}

Result<Link> SqliteSubmissions::relink(std::string_view portal_code, const Act& act, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(all, links(portal_code));
    if (all.empty())
        return fail(ErrorKind::Config, fmt::format("no link of {} was ever undone", portal_code));
    Link link = all.front();
    if (auto free = are_free(portal_code, link.local); !free) {
        free.error().kind = ErrorKind::Config;
        return tl::make_unexpected(std::move(free.error()));
    }
    link.linked = now;
    link.undone.reset();
    DVC_TRY_ASSIGN(redo, db_.prepare("UPDATE link SET linked = ?3, undone = NULL "
                                     "WHERE portal = ?1 AND local = ?2"));
    DVC_TRY(redo.run(portal_code, link.local, now));
    DVC_TRY(look_again(link, act, now));
    DVC_TRY(transaction.commit());
    return link;
}

Status SqliteSubmissions::look_again(const Link& link, const Act& act, UtcTime now) {
    DVC_TRY_ASSIGN(look,
                   db_.prepare("INSERT OR REPLACE INTO awaiting (record, portal, due) "
                               "SELECT id, ?1, 1 FROM record WHERE (kind = 'answer' AND code = ?1) "
                               "OR (kind = 'dossier' AND code = ?2)"));
    DVC_TRY(look.run(link.portal, link.local));
    DVC_TRY_ASSIGN(kept, ledger_.keep(act, 1, link.portal, now));
    DVC_TRY_ASSIGN(touch, db_.prepare("INSERT INTO act_submission (submission, act) "
                                      "SELECT id, ?2 FROM submission WHERE code = ?1"));
    return touch.run(link.portal, kept);
}

}  // namespace dvcsync::ledger
