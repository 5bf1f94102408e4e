#!/usr/bin/env bash
# Each generation of the contract against a portal that knows its members and no others; and what becomes of a
# province that speaks the wrong one. Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
trap 'stop_sandbox; stop_file_host; rm -rf "$work"' EXIT

# shellcheck disable=SC2317  # expect calls it
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
# Of the last report; the same name stands further behind for what was refused.
steps_held() { grep -o '"progress_rows":[0-9]*' "$work/report.json" | sed -n '1s/.*://p'; }
"$bin/dvc-province" generate --out "$work/year" --dossiers 300 2>/dev/null

for generation in 2020 2024; do
  start_sandbox 0 --generation "$generation"
  write_configuration "$work/mapi-$generation" "mapi-$generation" >"$work/out"
  hand_over "$work/year" "$work/mapi-$generation/drop"
  expect 0 "$generation: a portal of that generation takes everything" dvcsync sync all
  contains "$generation: nothing is refused" '^Delivered [1-9][0-9]* items; 0 refused .* 0 parked here; 0 left' "$work/out"
  sandbox_report "$work/report.json"
  contains "$generation: no violation" '"violations":\[\]' "$work/report.json"
  steps=$(steps_held)
  expect 0 "$generation: a second run" dvcsync sync all
  contains "$generation: sends nothing" '^Delivered 0 items' "$work/out"
  stop_sandbox
done

start_sandbox 0 --generation 2020
write_configuration "$work/wrong" mapi-2024 >"$work/out"
hand_over "$work/year" "$work/wrong/drop"
expect 1 "newer members sent to a portal of 2020" dvcsync sync push-dossiers
contains "are refused" '^Delivered 0 items; [1-9][0-9]* refused' "$work/out"
expect 0 "with the portal's reason" dvcsync parked list
contains "which names the member" 'KenhThucHien' "$work/out"
# The files of the right profile, and what was parked is tried again: no build, no new export.
set_key "$config" profile '"mapi-2020"'
expect "0|1" "another profile" dvcsync sync push-dossiers
expect 0 "a person has what the portal refused tried again" dvcsync parked retry --all-matching --yes --reason "the profile was wrong"
expect 0 "and it is taken" dvcsync sync all
contains "all of it" '; 0 refused .* 0 parked here; 0 left' "$work/out"
stop_sandbox

echo "--- a province's own service in front of the adapter, which takes dossiers and nothing else"
start_sandbox 0 --generation wrapper --faults 'lost-after=0.08,half-batch=0.08,lost-before=0.04' --fault-seed 7
write_configuration "$work/wrapped" hagiang-wrapper >"$work/out"
hand_over "$work/year" "$work/wrapped/drop"
expect 0 "its files hold to the contract" dvcsync mapping lint
expect 0 "and to their cases" dvcsync mapping test
expect 0 "check is green" dvcsync check
contains "and says what is not sent" 'does not send: push-procedure, push-progress' "$work/out"
for ((round = 1; round <= 20; ++round)); do
  expect "0|1" "run $round past cut connections" dvcsync sync all
  grep -q '; 0 left for a later run' "$work/out" && break
  sleep 1
done
expect 0 "a run with nothing left needs nobody" dvcsync sync all
contains "procedures are kept" '^Kept      [1-9][0-9,]* items for push-procedure' "$work/out"
contains "nothing is refused" '; 0 refused .* 0 parked here; 0 left' "$work/out"
sandbox_report "$work/report.json"
contains "no violation" '"violations":\[\]' "$work/report.json"
sandbox_dossiers=$(json_number "$work/report.json" dossiers_held)
exported=$(cat "$work/year"/*.xml | grep -c '<dossier>')
verdict "every dossier is there once ($exported exported, $sandbox_dossiers held)" $((exported == sandbox_dossiers ? 0 : 1))
stop_sandbox

echo "--- a portal of 2026: tokens that end, codes that it gives, files that it wants first, a service for each thing; and a program that is killed"
start_file_host
"$bin/dvc-province" generate --out "$work/year-2026" --dossiers 300 --files-url "$files_url" --files-every 3 2>/dev/null
start_sandbox 0 --generation 2026 --session-seconds 2 --latency-ms 3 --fault-seed 11 \
  --faults 'lost-after=0.04,lost-before=0.04,half-batch=0.04,garbage=0.03,session-expired=0.02,server-error-kept=0.03'
write_configuration "$work/new" dvc-2026 >"$work/out"
hand_over "$work/year-2026" "$work/new/drop"
expect 0 "its files hold to the contract" dvcsync mapping lint --profile dvc-2026
expect 0 "and to their cases" dvcsync mapping test --profile dvc-2026
expect 0 "check is green" dvcsync check
contains "and says where files come from" "files are fetched from 127.0.0.1" "$work/out"
kills=0
for ((round = 1; round <= 12; ++round)); do
  "$bin/dvcsync" --config "$config" sync all >"$work/out" 2>&1 &
  sleep "0.$((round * 7 % 10))4"
  # Codes, creations, states and steps are all under way at once.
  if kill -KILL $! 2>/dev/null; then kills=$((kills + 1)); fi
  wait $! 2>/dev/null || true
done
verdict "killed in the middle ($kills times)" $((kills >= 5 ? 0 : 1))
for ((round = 1; round <= 40; ++round)); do
  expect "0|1" "run $round past cut connections" dvcsync sync all
  grep -q '; 0 left for a later run' "$work/out" && break
  sleep 1
done
expect 0 "a run with nothing left needs nobody" dvcsync sync all
contains "nothing is refused" '^Delivered 0 items; 0 refused .* 0 parked here; 0 left' "$work/out"
sandbox_report "$work/report.json"
contains "no violation" '"violations":\[\]' "$work/report.json"
verdict "every dossier is there once" $(($(json_number "$work/report.json" dossiers_held) == exported ? 0 : 1))
contains "each with its state" '"dossiers_without_state":0' "$work/report.json"
verdict "and as many steps as a portal of 2024 has ($(steps_held))" $(($(steps_held) == steps ? 0 : 1))
# A code is in the ledger before the dossier leaves: one that is given and not used was lost on the way.
unused=$(json_number "$work/report.json" codes_unused)
lost=$(($(json_number "$work/report.json" lost-after) + $(json_number "$work/report.json" garbage) + $(json_number "$work/report.json" server-error-kept) + kills * 8))
verdict "no more codes are wasted ($unused) than answers were lost" $((unused <= lost ? 0 : 1))
"$bin/dvc-province" count "$work/year-2026" --json >"$work/counted.json"
linked=$(json_number "$work/counted.json" component_files)
verdict "every file that is linked is there and named ($linked)" $((linked > 100 && $(json_number "$work/report.json" files_named) == linked ? 0 : 1))
unused=$(json_number "$work/report.json" files_unused)
verdict "no more files lie there unused ($unused) than answers were lost" $((unused <= lost ? 0 : 1))
files=("$work/year-2026"/dossiers*.xml)
dossier=$(sed -n 's|.*<code>\(000\.[^<]*-[0-9]*\)</code>.*|\1|p' "${files[0]}" | sed -n 1p)
expect 0 "a record is explained with what stands for its code" dvcsync mapping explain --record "${files[0]}" --code "$dossier"
contains "which the portal gives" 'given-code' "$work/out"
expect 0 "the trail holds" dvcsync audit verify
stop_sandbox
# What the portal gave it is not another portal's: the same dossiers go to a portal of 2020 by their own codes.
start_sandbox 0 --generation 2020
set_key "$config" profile '"mapi-2020"'
set_key "$config" base_url "\"$sandbox_url\""
expect "0|1" "resent by another profile" dvcsync sync all
expect 0 "all dossiers once more" dvcsync resync start --from 01/01/2019 --to 31/12/2019 --reason "another portal"
expect 0 "which go out" dvcsync sync all
sandbox_report "$work/report.json"
verdict "and are there" $(($(json_number "$work/report.json" dossiers_held) == exported ? 0 : 1))
contains "by their own codes" '"violations":\[\]' "$work/report.json"
stop_sandbox

echo "--- files that may not be had, and an officer who mends it"
start_sandbox 0 --generation 2026
write_configuration "$work/files" dvc-2026 >"$work/out"
sed -i '/^\[uploads\]/,/^\[/s/^file_hosts = .*/# &/' "$config"
hand_over "$work/year-2026" "$work/files/drop"
expect 1 "check without a host of files" dvcsync check
contains "tells what it means" 'every dossier with a file is parked. Name the province.s file servers in \[uploads\] file_hosts' "$work/out"
expect 1 "a run without a host of files" dvcsync sync all
contains "parks those that have some" '; 0 refused .*; [1-9][0-9]* parked here; 0 left\|; 0 refused .*, [1-9][0-9]* parked here; 0 left' "$work/out"
expect 0 "and says so" dvcsync parked list
contains "which file, which host" 'GiayToDinhKem\[1\].IdGiayTo: the file cannot be had: 127.0.0.1: this host is not' "$work/out"
cp "$work/out" "$work/parked"
contains "and what to do" 'add it to file_hosts in \[uploads\]' "$work/out"
sandbox_report "$work/report.json"
verdict "the others are there" $(($(json_number "$work/report.json" dossiers_held) > 150 ? 0 : 1))
sed -i '/^\[uploads\]/,/^\[/s/^# file_hosts = .*/file_hosts = "127.0.0.1"/' "$config"
parked=$(sed -n 's/^\(000[^ ]*\)  push-dossier  by mapping.*/\1/p' "$work/parked" | sed -n 1p)
expect 0 "the officer names it, and has them tried again" dvcsync parked retry --all-matching --yes --reason "the host is named now"
expect 0 "a run" dvcsync sync all
contains "brings the rest" '; 0 refused .* 0 parked here; 0 left' "$work/out"
sandbox_report "$work/report.json"
verdict "every dossier is there once" $(($(json_number "$work/report.json" dossiers_held) == exported ? 0 : 1))
expect 0 "one of them is looked at" dvcsync parked show "$parked"
contains "its files are told" 'files there  *[1-9][0-9]* uploaded' "$work/out"
sandbox_report "$work/report.json"
contains "with every file, and none for nothing" "\"files_named\":$linked,\"files_unused\":0" "$work/report.json"
stop_sandbox

echo "--- the ledger of the wrapper by a profile that sends the rest"
config=$work/wrapped/dvcsync.toml
start_sandbox 0 --generation 2020
set_key "$config" profile '"mapi-2020"'
set_key "$config" base_url "\"$sandbox_url\""
expect 0 "the other profile" dvcsync sync push-catalogue
contains "what was kept is sent" '^Delivered [1-9][0-9]* items; 0 refused' "$work/out"
exit "$failed"
