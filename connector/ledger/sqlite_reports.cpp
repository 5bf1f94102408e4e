// Lists and figures. Nothing here writes. Vietnam days are compared as whole numbers: instants are
// UTC milliseconds, and Vietnam is UTC+7 all year.
#include <fmt/format.h>

#include <array>

#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

// The day number, since 1970, of an instant column in Vietnam.
std::string day_of(std::string_view column) {
    return fmt::format("(({} + 25200000) / 86400000)", column);
}

UtcTime start_of(int year, unsigned month) {
    using namespace std::chrono;
    const auto day = std::chrono::year{year} / std::chrono::month{month} / 1;
    return from_vietnam(LocalTime{local_days{day}});
}

// Over outbox rows o of one record: the worst speaks for it. 5 refused, 4 parked, 3 dismissed (it
// may hold others back for good), 2 on its way, 1 delivered, 0 no item.
constexpr std::string_view worst_of_items =
    "max(CASE WHEN o.state = 4 AND o.cause = 3 THEN 5 WHEN o.state = 4 THEN 4 "
    "WHEN o.state = 6 THEN 3 WHEN o.state = 5 THEN 1 WHEN o.state IS NOT NULL THEN 2 ELSE 0 END)";

void add_to(Tally& tally, std::size_t worst, std::size_t count) {
    const std::array<std::size_t*, 6> places{&tally.held,      &tally.delivered, &tally.waiting,
                                             &tally.dismissed, &tally.parked,    &tally.refused};
    *places[worst] += count;
    tally.records += count;
}

constexpr std::string_view column_name(Column column) {
    switch (column) {
        case Column::Status:
            return "status";
        case Column::Agency:
            return "agency";
        case Column::Procedure:
            return "procedure";
    }
    return "";
}

}  // namespace

Result<std::vector<ItemCount>> SqliteLedger::counts() {
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT operation, state, cause, count(*) FROM outbox "
                                          "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"));
    std::vector<ItemCount> counts;
    DVC_TRY(statement.each([&counts](Statement& row) {
        counts.push_back({row.choice(0, last_operation), row.choice(1, State::Dismissed),
                          row.choice(2, Cause::Portal), row.count(3)});
    }));
    return counts;
}

Result<std::vector<MonthFigures>> SqliteLedger::month(int year, int month) {
    const UtcTime from = start_of(year, static_cast<unsigned>(month));
    const UtcTime to =
        month == 12 ? start_of(year + 1, 1) : start_of(year, static_cast<unsigned>(month) + 1);
    DVC_TRY_ASSIGN(
        statement,
        db_.prepare(fmt::format(
            "SELECT r.agency, coalesce((SELECT name FROM agency WHERE code = r.agency), ''), "
            "sum(fresh), sum(NOT fresh AND (done OR open)), "
            "sum(done AND (due IS NULL OR {0} <= {1})), "
            "sum(done AND due IS NOT NULL AND {0} > {1}), "
            "sum(open AND (due IS NULL OR due >= ?2)), "
            "sum(open AND due IS NOT NULL AND due < ?2) "
            "FROM (SELECT agency, due, finished, received >= ?1 AS fresh, "
            "      finished IS NOT NULL AND finished >= ?1 AND finished < ?2 AS done, "
            "      finished IS NULL OR finished >= ?2 AS open "
            "      FROM (SELECT agency, received, due, max(finished, received) AS finished "
            "            FROM record NOT INDEXED WHERE kind = 'dossier' AND received < ?2) "
            "      WHERE received >= ?1 OR finished IS NULL OR finished >= ?1 "
            "      UNION ALL SELECT agency, NULL, NULL, 0, 0, 0 FROM record "
            "      WHERE kind = 'statistics' AND substr(code, -8) = ?3) r "
            "GROUP BY r.agency ORDER BY r.agency",
            day_of("finished"), day_of("due"))));
    std::vector<MonthFigures> rows;
    DVC_TRY(statement.each(
        [&rows](const Statement& row) {
            rows.push_back({row.text(0), row.text(1), row.count(2), row.count(3), row.count(4),
                            row.count(5), row.count(6), row.count(7)});
        },
        from, to, fmt::format("/{:04}-{:02}", year, month)));
    return rows;
}

Result<YearFigures> SqliteLedger::year(int year) {
    const UtcTime from = start_of(year, 1);
    const UtcTime to = start_of(year + 1, 1);
    YearFigures figures;
    DVC_TRY_ASSIGN(
        dossiers,
        db_.prepare(fmt::format(
            "SELECT coalesce(sum(in_year), 0), coalesce(sum(due_in_year), 0), "
            "coalesce(sum(due_in_year AND day < due_day), 0), "
            "coalesce(sum(due_in_year AND day = due_day), 0), "
            "coalesce(sum(due_in_year AND (day IS NULL OR day > due_day)), 0), "
            "coalesce(sum(due_in_year AND (day IS NULL OR day > due_day) AND apology), 0), "
            "coalesce(sum(in_year AND online AND online_result), 0), "
            "count(DISTINCT iif(in_year, agency, NULL)) "
            "FROM (SELECT agency, apology, online, online_result, "
            "      received IS NOT NULL AND received >= ?1 AND received < ?2 AS in_year, "
            "      due IS NOT NULL AND due >= ?1 AND due < ?2 AS due_in_year, "
            "      {} AS day, {} AS due_day "
            "      FROM record NOT INDEXED WHERE kind = 'dossier')",
            day_of("finished"), day_of("due"))));
    DVC_TRY(dossiers.each(
        [&figures](const Statement& row) {
            figures.received = row.count(0);
            figures.due = row.count(1);
            figures.early = row.count(2);
            figures.on_time = row.count(3);
            figures.late = row.count(4);
            figures.late_with_apology = row.count(5);
            figures.online_to_result = row.count(6);
            figures.agencies = row.count(7);
        },
        from, to));
    DVC_TRY_ASSIGN(decisions, db_.prepare("SELECT count(DISTINCT decision), "
                                          "count(DISTINCT iif(action = 'new', record, NULL)), "
                                          "count(DISTINCT iif(action = 'amended', record, NULL)), "
                                          "count(DISTINCT iif(action = 'replaced', record, NULL)), "
                                          "count(DISTINCT iif(action = 'abolished', record, NULL)) "
                                          "FROM publication WHERE decided >= ?1 AND decided < ?2"));
    DVC_TRY(decisions.each(
        [&figures](const Statement& row) {
            figures.decisions = row.count(0);
            figures.procedures_new = row.count(1);
            figures.procedures_amended = row.count(2);
            figures.procedures_replaced = row.count(3);
            figures.procedures_abolished = row.count(4);
        },
        from, to));
    DVC_TRY_ASSIGN(procedures,
                   db_.prepare("SELECT count(*), coalesce(sum(inter_agency), 0) FROM record "
                               "WHERE kind = 'procedure' AND status NOT IN ('', 'abolished')"));
    DVC_TRY(procedures.each([&figures](const Statement& row) {
        figures.published = row.count(0);
        figures.inter_agency = row.count(1);
    }));
    return figures;
}

Result<std::size_t> SqliteLedger::records(std::string_view kind) {
    std::size_t count = 0;
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT count(*) FROM record WHERE kind = ?1"));
    DVC_TRY(statement.each([&count](const Statement& row) { count = row.count(0); }, kind));
    return count;
}

Result<Tally> SqliteLedger::tally(std::string_view kind) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare(fmt::format("SELECT worst, count(*) FROM (SELECT {} AS worst "
                                           "FROM record r NOT INDEXED LEFT JOIN outbox o "
                                           "ON o.record = r.id WHERE r.kind = ?1 GROUP BY r.id) "
                                           "GROUP BY worst",
                                           worst_of_items)));
    Tally tally;
    DVC_TRY(statement.each(
        [&tally](const Statement& row) { add_to(tally, row.count(0), row.count(1)); }, kind));
    return tally;
}

Result<std::vector<PlaceTally>> SqliteLedger::tally_by_place(std::string_view kind, UtcTime from,
                                                             UtcTime until) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare(fmt::format(
                       "SELECT p.agency, p.procedure, p.worst, count(*), "
                       "coalesce((SELECT name FROM agency WHERE code = p.agency), '') "
                       "FROM (SELECT r.agency, r.procedure, {} AS worst "
                       "      FROM record r NOT INDEXED LEFT JOIN outbox o ON o.record = r.id "
                       "      WHERE r.kind = ?1 AND coalesce(r.received, r.taken_at) >= ?2 "
                       "      AND coalesce(r.received, r.taken_at) < ?3 GROUP BY r.id) p "
                       "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                       worst_of_items)));
    std::vector<PlaceTally> places;
    DVC_TRY(statement.each(
        [&places](const Statement& row) {
            if (places.empty() || places.back().agency != row.bytes(0) ||
                places.back().procedure != row.bytes(1))
                places.push_back({row.text(0), row.text(4), row.text(1), {}});
            add_to(places.back().tally, row.count(2), row.count(3));
        },
        kind, from, until));
    return places;
}

Status SqliteLedger::open_items(std::string_view kind, UtcTime from, UtcTime until,
                                const std::function<void(const OpenItem&)>& take) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("SELECT r.code, r.agency, r.procedure, o.operation, o.state, "
                               "o.cause, r.event FROM outbox o JOIN record r ON r.id = o.record "
                               "WHERE r.kind = ?1 AND r.event >= ?2 AND r.event < ?3 "
                               "AND r.fault IS NULL AND o.again = 0 AND o.state NOT IN (5, 6) "
                               "ORDER BY r.event, o.item"));
    return statement.each(
        [&take](Statement& row) {
            take({row.bytes(0), row.bytes(1), row.bytes(2), row.choice(3, last_operation),
                  row.choice(4, State::Dismissed), row.choice(5, Cause::Portal), row.time(6)});
        },
        kind, from, until);
}

Result<std::vector<std::pair<std::string, std::size_t>>> SqliteLedger::counts_by(
    std::string_view kind, Column column) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare(fmt::format("SELECT {}, count(*) AS n FROM record NOT INDEXED "
                                           "WHERE kind = ?1 GROUP BY 1 ORDER BY n DESC, 1",
                                           column_name(column))));
    std::vector<std::pair<std::string, std::size_t>> counts;
    DVC_TRY(statement.each(
        [&counts](const Statement& row) { counts.emplace_back(row.text(0), row.count(1)); }, kind));
    return counts;
}

Result<std::optional<std::pair<UtcTime, UtcTime>>> SqliteLedger::span() {
    std::optional<std::pair<UtcTime, UtcTime>> span;
    DVC_TRY_ASSIGN(
        statement,
        db_.prepare("SELECT min(first), max(last) FROM ("
                    "SELECT min(received) AS first, "
                    "max(max(received, coalesce(event, received))) AS last "
                    "FROM record NOT INDEXED WHERE kind = 'dossier' AND received IS NOT NULL "
                    "UNION ALL SELECT min(start), max(start) FROM ("
                    "SELECT unixepoch(substr(code, -7) || '-01') * 1000 - 25200000 AS start "
                    "FROM record WHERE kind = 'statistics'))"));
    DVC_TRY(statement.each([&span](const Statement& row) {
        if (!row.is_null(0)) span.emplace(row.time(0), row.time(1));
    }));
    return span;
}

Result<CatalogueChange> SqliteLedger::catalogue_change() {
    DVC_TRY_ASSIGN(
        statement,
        db_.prepare("SELECT count(*), coalesce(sum(o.state < 4 AND r.fault IS NULL "
                    "AND r.status = 'abolished'), 0) "
                    "FROM outbox o JOIN record r ON r.id = o.record "
                    "WHERE o.operation = 0 AND o.delivered_status NOT IN ('', 'abolished')"));
    CatalogueChange change;
    DVC_TRY(statement.each([&change](const Statement& row) {
        change = {row.count(0), row.count(1)};
    }));
    return change;
}

}  // namespace dvcsync::ledger
