#!/usr/bin/env bash
# The report of deliveries, with the real programs: its sums are those of dvcsync status, and every format tells
# the same. Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck disable=SC2317  # expect calls it
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
# The number of a key in the part of the JSON answer that begins with a name.
in_part() { # PART KEY
  sed 's/.*"'"$1"'":{//' "$work/out" | sed 's/}.*//' | sed -n 's/.*"'"$2"'":\([0-9]*\).*/\1/p'
}
all=(--from 2018-01-01 --to 2099-12-31)

start_sandbox 0
write_configuration "$work/province" >"$work/out"
"$bin/dvc-province" generate --dossiers 300 --out "$work/june" --until 2019-06-30 --faults 10 >"$work/out" 2>&1
hand_over "$work/june" "$work/province/drop"
expect 1 "a sync leaves something for a person" dvcsync --json sync all

expect 0 "status" dvcsync --json status
declare -A told
for key in read delivered refused parked waiting dismissed held; do told[$key]=$(in_part dossier "$key"); done
expect 0 "report delivery" dvcsync --json report delivery "${all[@]}"
for key in delivered refused parked waiting dismissed held; do
  verdict "$key is that of status (${told[$key]})" "$([[ $(in_part total "$key") == "${told[$key]}" ]]; echo $?)"
done
verdict "received is what was read (${told[read]})" "$([[ $(in_part total received) == "${told[read]}" ]]; echo $?)"
verdict "what the portal acknowledged is measured" "$([[ $(in_part total acknowledged) -ge ${told[delivered]} ]]; echo $?)"
verdict "old events are late" "$([[ $(in_part total late) -gt 0 ]]; echo $?)"

expect 0 "as CSV" dvcsync report delivery "${all[@]}" --format csv --out "$work/report.csv"
# The figures follow the last cell in quotes; the first of them is what was received.
sum=$(sed -n 's/.*",\([0-9]*\),[0-9,]*\r$/\1/p' "$work/report.csv" | awk '{sum += $1} END {print sum}')
verdict "the column of what was received adds up ($sum)" "$([[ $sum == "${told[read]}" ]]; echo $?)"
expect 0 "as a page" dvcsync report delivery "${all[@]}" --format html --out "$work/report.html"
contains "in Vietnamese" '<html lang="vi">' "$work/report.html"
contains "with the total" 'Tổng cộng' "$work/report.html"
verdict "without anything that is fetched" "$(grep -c 'src=\|href=\|<script\|url(' "$work/report.html" || true)"
expect 0 "the late ones" dvcsync report delivery "${all[@]}" --format csv --late
contains "with their codes" '^"000\.' "$work/out"
expect 0 "a period without anything" dvcsync --json report delivery --from 2001-01-01 --to 2001-12-31
verdict "counts nothing" "$([[ $(in_part total received) == 0 ]]; echo $?)"
expect 0 "as text" dvcsync report delivery "${all[@]}"
contains "with the total" '^total' "$work/out"

expect 2 "a day that is none" dvcsync report delivery --from 2019-02-30 --to 2019-03-01
expect 2 "a period that ends before it begins" dvcsync report delivery --from 2019-03-02 --to 2019-03-01
expect 2 "half a period" dvcsync report delivery --from 2019-03-02
expect 2 "erasing without saying what" dvcsync audit erase-bodies --reason "tests"
expect 2 "erasing without a reason" dvcsync audit erase-bodies --before 2019-03-01
expect 1 "erasing where nothing is kept" dvcsync audit erase-bodies --before 2099-03-01 --reason "tests"

exit "$failed"
