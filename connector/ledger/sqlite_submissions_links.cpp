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

Status SqliteSubmissions::link(std::string_view portal_code, std::string_view local_code,
                               UtcTime now) {
    if (portal_code.empty() || local_code.empty())
        return fail(ErrorKind::Bug, "a link needs both codes");
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY_ASSIGN(local, text_of(local_code_, portal_code));
    if (local == local_code) return {};
    DVC_TRY_ASSIGN(portal, text_of(portal_code_, local_code));
    if (local || portal)
        return fail(
            ErrorKind::Refused,
            fmt::format("portal code {} and dossier code {} cannot be linked: {} {} is linked to "
                        "{} already; correct the code in the province's answer",
                        portal_code, local_code, local ? "portal code" : "dossier code",
                        local ? portal_code : local_code, local ? *local : *portal));
    DVC_TRY_ASSIGN(add, db_.prepare("INSERT INTO link (portal, local, linked) "
                                    "VALUES (?1, ?2, ?3)"));
    DVC_TRY(add.run(portal_code, local_code, now));
    return transaction.commit();
}

}  // namespace dvcsync::ledger
