#!/usr/bin/env bash
# A slice of the year travels with the real programs: first sync, a second that sends nothing, changes, submissions
# from the portal and back, records that cannot be used, files that are not XML, a portal that is away.
# Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; stop_file_host; rm -rf "$work"' EXIT

# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
generate() { "$bin/dvc-province" generate --dossiers 300 "$@" >"$work/out" 2>&1; }
drop=$work/province/drop inbox=$work/province/inbox
# shellcheck disable=SC2317  # expect calls it
answer() { # UNTIL
  "$bin/dvc-province" answer --inbox "$inbox" --drop "$drop" --dossiers 300 --until "$1"
}
# What the portal's report says of records, as text: not of questions, for its list is read in every run.
pushed() { sed -n 's/.*\("items":.*\),"violations".*/\1/p' "$1"; } # REPORT
same() { # WHAT TEXT TEXT
  verdict "$1" "$([[ -n $2 && $2 == "$3" ]]; echo $?)"
}

start_file_host
start_sandbox 0 --journal "$work/journal" --files-url "$files_url"
write_configuration "$work/province" >"$work/out"
expect 0 "a new configuration is green" dvcsync check

generate --portal --out "$work/june" --until 2019-06-30
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
number "the portal is asked for submissions and nothing else" calls -le 2
expect 0 "a sync with nothing to read" dvcsync --json sync all
number "the portal is asked for submissions and nothing else" calls -le 2
sandbox_report "$work/after.json"
same "nothing has reached the portal" "$(pushed "$work/before.json")" "$(pushed "$work/after.json")"

"$bin/dvc-province" submissions --out "$work/filed.csv" --dossiers 300 2>"$work/err"
born=$(($(wc -l <"$work/filed.csv") - 1))
file_submissions "$work/filed.csv" 'supplements=0&withdrawals=0' >"$work/out"
administer POST '/citizen?count=30&seed=4&roads=poll&supplements=0.5&withdrawals=0' >"$work/out"
filed=$((born + 30))
expect 0 "citizens have filed on the portal: the list is pulled" dvcsync --json sync all
number "every submission is new" submissions_new -eq "$filed"
number "and in the inbox" submissions_handed -eq "$filed"
number "with files" submissions_files -ge "$filed"
expect 0 "the province takes them, file by file, and answers" answer 2019-06-30
number "all of them" submissions -eq "$filed"
verdict "its inbox is empty" "$(find "$inbox/new" -mindepth 1 | wc -l)"
expect 0 "the statuses go back, and supplements come" dvcsync --json sync all
number "some are wanted" submissions_revisions -ge 5
number "nothing is refused" refused -eq 0
number "nothing is parked" parked -eq 0

generate --portal --out "$work/december" --since 2019-06-30
hand_over "$work/december" "$drop"
expect 0 "half a year later" dvcsync --json sync all
number "there are new records" new -gt 50
number "there are changed records" changed -gt 0
number "nothing is refused" refused -eq 0

expect 0 "the province answers the supplements and tells the rest of the year" answer 2019-12-31
cp "$work/out" "$work/answers.json"
expect 0 "the statuses go back" dvcsync --json sync all
number "nothing is refused" refused -eq 0
sandbox_report "$work/before.json"
expect 0 "the province tells the same again" answer 2019-12-31
expect 0 "which" dvcsync --json sync all
number "sends nothing" delivered -eq 0
number "and brings nothing" submissions_handed -eq 0
sandbox_report "$work/after.json"
same "no status has reached the portal" "$(pushed "$work/before.json")" "$(pushed "$work/after.json")"

dvcsync --json report year 2019 >"$work/ledger.json"
sandbox_report "$work/portal.json"
collect "$work/all" "$work/june" "$work/december"
"$bin/dvc-province" count "$work/all" --json >"$work/exported.json"
expect 0 "the figures of all three sides agree" "$bin/dvc-figures" --column "exported=$work/exported.json" \
  --column "ledger=$work/ledger.json" --column "portal=$work/portal.json" \
  --without "portal=$work/exported.json#/born_on_portal" \
  --same "taken=$work/portal.json#/submissions/filed,$work/answers.json#/submissions" \
  --same "supplements=$work/portal.json#/submissions/by_kind,$work/answers.json#/revisions" \
  --same "answered=$work/answers.json#/answered,$work/portal.json#/submissions/with_status" \
  --same "statuses=$work/answers.json#/events,$work/portal.json#/submissions/statuses" \
  --same "results=$work/exported.json#/born_on_portal/online_to_result,$work/portal.json#/submissions/finished_with_result" \
  --zero "sent again=$work/portal.json#/resent_after_answer" \
  --zero "violations=$work/portal.json#/violations" \
  --zero "duplicates=$work/portal.json#/duplicates_refused"

echo "this is not XML" >"$drop/in/note.xml"
cat >"$drop/in/entity.xml" <<'XML'
<?xml version="1.0"?><!DOCTYPE province-export [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<province-export version="1" province="H22" exported="31/12/2019 23:50:00"></province-export>
XML
echo '<province-export version="1" province="H22"><dossier>' >"$drop/in/half.xml.part"
expect 1 "files that cannot be read need a person" dvcsync --json sync all
number "the portal is asked for submissions and nothing else" calls -le 2
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
restart_sandbox --journal "$work/journal" --files-url "$files_url"
expect 1 "the portal is back: only what was parked before needs a person" dvcsync --json sync all
number "what waited is delivered" delivered -gt 50
number "nothing waits any more" waiting -eq 0

set_key "$config" username 5
expect 3 "a wrong setting is named" dvcsync sync
contains "with file and line" 'dvcsync.toml:[0-9]*: \[portal\] username must be text' "$work/err"

exit $failed
