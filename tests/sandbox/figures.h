// The figures of a year, computed from what the portal holds and from nothing else. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "tests/sandbox/holdings.h"

namespace dvcsandbox {

struct Figures {
    int year = 0;
    std::size_t received = 0;  // NgayTiepNhan in the year
    // Due in the year by regulation: the latest NgayKetThucTheoQuyDinh of the progress rows, else
    // NgayHenTra. The end is NgayKetThucXuLy, else NgayTra; days are compared, not hours. What has
    // no end is late: its day has passed when the year is over.
    std::size_t due = 0;
    std::size_t early = 0;
    std::size_t on_time = 0;
    std::size_t late = 0;
    std::size_t late_with_apology = 0;  // late, and NgayHenTra is a later day than that due
    std::size_t online_to_result = 0;   // received online, finished, a result with code and file
    std::map<std::string, std::size_t> by_status;  // of those received in the year
    std::map<std::string, std::size_t> by_agency;
    std::map<std::string, std::size_t> by_month;  // "2019-01"
    std::set<std::string> central_agencies;       // 000.00.01 … 000.00.29
    std::set<std::string> districts;              // 000.00.31 … 000.00.41
    std::set<std::string> communes;               // 000.NN.DD, NN not 00

    std::size_t decisions = 0;  // numbers of decisions issued in the year
    // Procedures whose latest decision was issued in the year, by what it did.
    std::size_t procedures_new = 0;
    std::size_t procedures_amended = 0;
    std::size_t procedures_replaced = 0;
    std::size_t procedures_abolished = 0;
    std::size_t published = 0;  // held and not abolished
    std::size_t inter_agency = 0;

    Statistics statistics;  // sums over the year's rows
    std::size_t statistics_rows = 0;

    // Of everything held, whatever the year.
    std::size_t dossiers = 0;
    std::size_t procedures = 0;
    std::size_t progress_rows = 0;
    std::size_t duplicate_progress_rows = 0;  // must be 0: the same row twice in one dossier
    // The same ThoiDiemXuLy, TrangThai and dates as another row of the dossier, with other words:
    // real now and then, but also how one step looks that was sent twice in two renderings.
    std::size_t look_alike_progress_rows = 0;
};

// Agencies of a province are told by the last part of `madonvi` (H22).
Figures figures_of(const Holdings& holdings, int year, std::string_view madonvi);

// One dossier of the year, by the agency that received it.
void count_agency(std::string_view agency, std::string_view province, Figures& figures);

}  // namespace dvcsandbox
