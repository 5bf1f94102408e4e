#!/usr/bin/env bash
# A slice of the year travels with the real programs: first sync, a second that sends nothing, changes, records
# that cannot be used, files that are not XML, a portal that is away. Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; rm -rf "$work"' EXIT

# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
generate() { "$bin/dvc-province" generate --dossiers 300 "$@" >"$work/out" 2>&1; }
drop=$work/province/drop

start_sandbox 0 --journal "$work/journal"
write_configuration "$work/province" >"$work/out"
expect 0 "a new configuration is green" dvcsync check

generate --out "$work/june" --until 2019-06-30
hand_over "$work/june" "$drop"
expect 0 "first sync" dvcsync --json sync all
number "it takes new records" new -gt 100
number "it delivers them" delivered -gt 100
number "nothing is refused" refused -eq 0
number "nothing is parked" parked -eq 0
verdict "the files are put away" "$(find "$drop/in" -mindepth 1 | wc -l)"
sandbox_report "$work/before.json"

hand_over "$work/june" "$drop"
expect 0 "the same export again" dvcsync --json sync all
number "every record is recognised" new -eq 0
number "no call is made" calls -eq 0
expect 0 "a sync with nothing to read" dvcsync --json sync all
number "no call is made" calls -eq 0
sandbox_report "$work/after.json"
verdict "the portal saw no call either" "$(cmp -s "$work/before.json" "$work/after.json"; echo $?)"

generate --out "$work/december" --since 2019-06-30
hand_over "$work/december" "$drop"
expect 0 "half a year later" dvcsync --json sync all
number "there are new records" new -gt 50
number "there are changed records" changed -gt 0
number "nothing is refused" refused -eq 0

dvcsync --json report year 2019 >"$work/ledger.json"
sandbox_report "$work/portal.json"
collect "$work/all" "$work/june" "$work/december"
"$bin/dvc-province" count "$work/all" --json >"$work/exported.json"
expect 0 "the figures of all three sides agree" "$bin/dvc-figures" --column "exported=$work/exported.json" \
  --column "ledger=$work/ledger.json" --column "portal=$work/portal.json" \
  --zero "violations=$work/portal.json#/violations" \
  --zero "duplicates=$work/portal.json#/duplicates_refused"

echo "this is not XML" >"$drop/in/note.xml"
cat >"$drop/in/entity.xml" <<'XML'
<?xml version="1.0"?><!DOCTYPE province-export [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<province-export version="1" province="H22" exported="31/12/2019 23:50:00"></province-export>
XML
echo '<province-export version="1" province="H22"><dossier>' >"$drop/in/half.xml.part"
expect 1 "files that cannot be read need a person" dvcsync --json sync all
number "no call is made" calls -eq 0
for name in note.xml entity.xml; do
  verdict "$name is rejected with a reason" "$([[ -s $drop/rejected/$name && -s $drop/rejected/$name.reason.txt ]]; echo $?)"
done
verdict "a half-written file waits" "$([[ -e $drop/in/half.xml.part ]]; echo $?)"
rm "$drop/in/half.xml.part"

generate --out "$work/faults" --faults 5 --seed 7
hand_over "$work/faults" "$drop"
expect 1 "records that cannot be used need a person" dvcsync --json sync all
number "they are parked" parked -ge 1
number "the others arrive" delivered -gt 100
expect 0 "status lists what is parked" dvcsync status --parked
contains "with the file and line it came from" 'from .*\.xml:[0-9]' "$work/out"

stop_sandbox
generate --out "$work/more" --seed 8 --until 2019-02-01
hand_over "$work/more" "$drop"
expect 4 "a portal that is away" dvcsync --json sync all
number "nothing is delivered" delivered -eq 0
expect 3 "check is red" dvcsync check
contains "and says so of the portal" '^red *portal' "$work/out"
start_sandbox "${sandbox_url##*:}" --journal "$work/journal"
expect 1 "the portal is back: only what was parked before needs a person" dvcsync --json sync all
number "what waited is delivered" delivered -gt 50
number "nothing waits any more" waiting -eq 0

set_key "$config" username 5
expect 3 "a wrong setting is named" dvcsync sync
contains "with file and line" 'dvcsync.toml:[0-9]*: \[portal\] username must be text' "$work/err"

exit $failed
