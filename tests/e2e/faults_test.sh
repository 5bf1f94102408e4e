#!/usr/bin/env bash
# A slice of the year travels while the portal spoils every seventh call, each kind of fault by turns, under
# several seeds. Then nothing is lost and nothing is doubled: the portal holds every dossier and every step once,
# was sent nothing again that it had accepted, and the ledger's books add up.
#
#   faults_test.sh FOLDER-OF-THE-PROGRAMS [SEED SEED]
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# Half a batch and a connection that was used before are not to be had with every call.
readonly faults=all=0.15,half-batch=0.03,close-reused=0.015
readonly max_runs=4 first_seed=${2:-43} second_seed=${3:-389}
drop=$work/province/drop

dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
sum() { grep -o "\"$2\":[0-9]*" "$1" | awk -F: '{ total += $2 } END { print total + 0 }'; }
equal() { # WHAT FOUND EXPECTED
  verdict "$1 ($2, expected $3)" "$([[ $2 -eq $3 ]]; echo $?)"
}
# Runs the connector as a scheduler would, until nothing waits. Whatever a run says, the books decide.
sync_until_quiet() {
  local run status
  for ((run = 1; run <= max_runs; ++run)); do
    status=0
    dvcsync --json sync all >"$work/out" 2>"$work/err" || status=$?
    dvcsync --json status >"$work/status.json"
    echo "        run $run: exit status $status, $(sum "$work/status.json" waiting) waiting"
    [[ $(sum "$work/status.json" waiting) -eq 0 ]] && return 0
  done
  cat "$work/err" >>"$work/out"
  return 1
}
# The codes of all dossiers in a folder of exports, and "code step" of all their steps.
dossiers() { sed -n '/^<dossier>/,/^ <procedure>/s|^ <code>\(.*\)</code>.*|\1|p' "$1"/*.xml | sort -u; }
steps() {
  awk '/^<dossier>/ { code = "" } /^ <code>/ && code == "" { code = $0 } /^  <step>/ { inside = 1 }
       inside && /^   <id>/ { print code $0; inside = 0 }' "$1"/*.xml | sort -u
}

# A folder of exports under a seed: the same list of faults, however often this test runs. The seeds that are taken
# by default spoil the first 110 calls of the two halves in every way at least twice.
travel() { # SEED FOLDER
  administer POST "/faults?spec=$faults&seed=$1" >"$work/out"
  hand_over "$2" "$drop"
  verdict "seed $1: nothing waits after at most $max_runs runs" "$(sync_until_quiet >&2; echo $?)"
  administer POST "/faults?spec=" >"$work/faults.json"
}

generate() { "$bin/dvc-province" generate --dossiers 400 --procedures 250 --out "$@" >"$work/out" 2>&1; }
generate "$work/june" --until 2019-06-30
generate "$work/december" --since 2019-06-30

# Shorter than a deadline, so that what is slow is slow and not lost; the huge answer is beyond what is read.
start_sandbox 0 --fault-late-ms 300 --fault-slow-ms 300 --fault-huge-mib 9
write_configuration "$work/province" >"$work/out"
# In a catalogue this small what is abolished is a large share: not what is tested here.
sed -i 's|^# max_abolished_percent = .*|max_abolished_percent = 100|' "$config"

travel "$first_seed" "$work/june"
travel "$second_seed" "$work/december"
for kind in lost-before lost-after late twice close-reused half-batch too-many server-error server-error-kept html \
  html-kept garbage truncated huge session-expired slow reset; do
  verdict "$kind was met ($(json_number "$work/faults.json" "$kind"))" \
    "$([[ $(json_number "$work/faults.json" "$kind") -gt 0 ]]; echo $?)"
done

collect "$work/all" "$work/june" "$work/december"
sandbox_report "$work/portal.json"
cp "$work/portal.json" "$work/out"
equal "the portal holds every dossier" "$(json_number "$work/portal.json" dossiers_held)" "$(dossiers "$work/all" | wc -l)"
equal "and every step once" "$(grep -o '"progress_rows":[0-9]*' "$work/portal.json" | head -n 1 | cut -d: -f 2)" "$(steps "$work/all" | wc -l)"
for figure in duplicate_progress_rows_kept resent_after_answer resent_without_asking older_after_newer; do
  number "the portal saw no $figure" "$figure" -eq 0
done
contains "and no violation" '"violations":\[\]' "$work/portal.json"

{ dvcsync parked list --limit 5 && cat "$work/status.json"; } >"$work/out"
for fate in parked refused waiting held dismissed; do
  equal "nothing is $fate" "$(sum "$work/status.json" "$fate")" 0
done
fates=0
for fate in delivered refused parked waiting dismissed held; do
  fates=$((fates + $(sum "$work/status.json" "$fate")))
done
equal "the books add up: read = delivered + refused + parked + waiting + dismissed + held" \
  "$(sum "$work/status.json" read)" "$fates"

dvcsync --json report year 2019 >"$work/ledger.json"
"$bin/dvc-province" count "$work/all" --json >"$work/exported.json"
expect 0 "the figures of all three sides agree" "$bin/dvc-figures" --column "exported=$work/exported.json" \
  --column "ledger=$work/ledger.json" --column "portal=$work/portal.json" \
  --zero "violations=$work/portal.json#/violations"

expect 0 "a sync with nothing to do" dvcsync --json sync all
number "asks for submissions and nothing else" calls -le 2

exit "$failed"
