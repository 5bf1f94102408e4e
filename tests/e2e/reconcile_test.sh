#!/usr/bin/env bash
# What the portal holds against what the province told, with the real programs: a portal that has lost some
# dossiers, holds others as they were not told, and knows some of which the province knows nothing. Every
# number is known beforehand. Argument: the folder of the programs.
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

# Writes the dossiers of an export that an awk condition over `code` and `block` chooses into one file of a new
# folder, each changed as the last argument says. One dossier is one block of lines.
choose() { # FROM-FOLDER TO-FOLDER CONDITION [CHANGE]
  mkdir -p "$2"
  {
    printf '<?xml version="1.0" encoding="UTF-8"?>\n'
    printf '<province-export version="1" province="H22" exported="31/12/2019 23:55:00">\n'
    cat "$1"/dossiers*.xml | awk '
      /^<dossier>/ { block = code = ""; inside = 1 }
      inside && code == "" && /<code>/ { code = $0; gsub(/.*<code>|<\/code>.*/, "", code) }
      inside { block = block $0 "\n" }
      /^<\/dossier>/ {
        inside = 0
        if ('"$3"') { '"${4:-}"'; printf "%s", block; ++number }
      }'
    printf '</province-export>\n'
  } >"$2/dossiers-chosen.xml"
}
codes() { # FOLDER
  awk -F '[<>]' '/^<dossier>/ {first = 1} first && $2 == "code" {print $3; first = 0}' "$1"/dossiers*.xml | sort
}
# The codes of one verdict in the JSON answer in $work/out.
found() { # VERDICT
  grep -o '{"code":"[^"]*","agency":"[^"]*","month":"[^"]*","found":"'"$1"'"' "$work/out" |
    cut -d '"' -f 4 | sort || true
}
# Demands that exactly the codes of a file have that verdict.
exactly() { # WHAT VERDICT FILE
  found "$2" >"$work/found"
  verdict "$1" "$(cmp -s "$work/found" "$3"; echo $?)"
}
# The first number of a key in the JSON answer in $work/out: that of the whole report.
count_of() { grep -o '"'"$1"'":[0-9]*' "$work/out" | head -n 1 | cut -d : -f 2; }
total() { # WHAT KEY VALUE
  local value
  value=$(count_of "$2" || true)
  verdict "$1 ($2 = ${value:-missing}, expected $3)" "$([[ $value == "$3" ]]; echo $?)"
}
# The counts of the answer add up, and the lines of the table to the counts.
adds_up() {
  local sum lines
  sum=$(($(count_of same) + $(count_of missing) + $(count_of stale)))
  sum=$((sum + $(count_of not_sent) + $(count_of not_asked)))
  verdict "the counts add up ($sum)" "$([[ $sum -eq $(count_of dossiers) ]]; echo $?)"
  lines=$({ grep -o '"province":[0-9]*' "$work/out" || true; } | awk -F : '{sum += $2} END {print sum + 0}')
  verdict "and so does the table ($lines)" "$([[ $((lines + $(count_of unreached))) -eq $sum ]]; echo $?)"
}

start_sandbox 0
write_configuration "$work/province" >"$work/out"
mine=$config
write_configuration "$work/other" >"$work/out" # what somebody else does at the portal
theirs=$config
config=$mine

"$bin/dvc-province" generate --dossiers 150 --out "$work/year" >"$work/out" 2>&1
rm "$work"/year/procedures*.xml
codes "$work/year" >"$work/all"
all=$(wc -l <"$work/all")

hand_over "$work/year" "$work/province/drop"
expect 1 "nothing is sent yet: nothing to compare, and no difference" dvcsync --json sync push-statistics
expect 0 "reconcile before the first push" dvcsync --json reconcile
total "every dossier waits" waiting "$all"
adds_up
expect 0 "the first push" dvcsync --json sync push-dossiers
number "everything is delivered" refused -eq 0
expect 0 "reconcile after it" dvcsync --json reconcile
total "everything is the same" same "$all"
total "nothing is unknown" unknown_to_us 0
contains "the portal's list was used" '"by_list":true' "$work/out"
adds_up

# -- a portal that has lost some, and holds others as they were not told -------------------------------------------
awk 'NR % 10 == 3' "$work/all" >"$work/missing"
missing=$(wc -l <"$work/missing")
grep -vxFf "$work/missing" "$work/all" | while read -r code; do
  grep -h -A 30 "<code>$code</code>" "$work"/year/dossiers*.xml |
    awk '/^<\/dossier>/ {done = 1} !done && /^ <due>[0-9]/ {print code; done = 1}' code="$code"
done | awk 'NR % 9 == 0' >"$work/stale"
stale=$(wc -l <"$work/stale")
lost=$(tr '\n' '|' <"$work/missing")
moved=$(tr '\n' '|' <"$work/stale")
choose "$work/year" "$work/held" '!index("|'"$lost"'", "|" code "|")' \
  'if (index("|'"$moved"'", "|" code "|")) sub(/[0-9][0-9]:[0-9][0-9]:[0-9][0-9]<\/due>\n/, "16:59:59</due>\n", block)'
curl -fsS -X POST "$sandbox_admin/reset" >"$work/out"
config=$theirs
hand_over "$work/held" "$work/other/drop"
expect 0 "somebody else fills the portal" dvcsync --json sync push-dossiers
number "nothing is refused" refused -eq 0
config=$mine
expect 1 "reconcile finds differences" dvcsync --json reconcile --limit 3
total "what the portal has lost is missing" missing "$missing"
exactly "exactly these" missing "$work/missing"
total "what it holds otherwise is stale" stale "$stale"
exactly "exactly these" stale "$work/stale"
total "the rest is the same" same $((all - missing - stale))
total "nothing is unknown" unknown_to_us 0
adds_up
dates='"member":"NgayHenTra","ours":"[0-9]\{14\}","theirs":"[0-9]\{8\}165959"'
verdict "the member is named, with both dates" "$([[ $(grep -o "$dates" "$work/out" | wc -l) -eq $stale ]]; echo $?)"
expect 1 "in words, with a file" dvcsync reconcile --limit 3 --csv "$work/differences.csv"
contains "the list is cut" "$((missing + stale - 3)) more: --limit N shows more" "$work/out"
lines=$(wc -l <"$work/differences.csv")
verdict "the file is not ($lines lines with its header)" "$([[ $lines -eq $((missing + stale + 1)) ]]; echo $?)"
verdict "no line is wider than the page" "$(awk 'length($0) > 100 {wide = 1} END {exit wide}' "$work/out"; echo $?)"

one=$(head -n 1 "$work/missing")
agency=${one%%-*}
expect 1 "one agency only" dvcsync --json reconcile --agency "$agency"
total "its dossiers" dossiers "$(grep -c "^$agency-" "$work/all")"
total "its missing ones" missing "$(grep -c "^$agency-" "$work/missing")"
expect 1 "a month only" dvcsync --json reconcile --from 2019-03-01 --to 31/03/2019
total "its dossiers" dossiers "$(grep -c -- '-1903' "$work/all")"
total "its missing ones" missing "$(grep -c -- '-1903' "$work/missing" || true)"
adds_up
expect 1 "one dossier only" dvcsync --json reconcile --dossier "$one" 000.00.01.H22-000000-0000
total "it is missing" missing 1
total "another one is nowhere" nowhere 1

# -- without a list: one by one -------------------------------------------------------------------------------------
cp -r "$e2e_top/mappings" "$work/mappings"
set_key "$config" folder "\"$work/mappings\""
sed -i '/^  <list /,/^  <\/list>/d' "$work/mappings/portal/mapi-2024/profile.xml"
expect 1 "a profile without a list" dvcsync --json reconcile
total "the same are missing" missing "$missing"
exactly "exactly these" missing "$work/missing"
exactly "and exactly these are stale" stale "$work/stale"
contains "what only the portal holds cannot be found" 'cannot be found this way' "$work/out"
adds_up
expect "0|1" "a sample" dvcsync --json reconcile --sample 20
total "is as large as asked for" dossiers 20
adds_up

sed -i 's|<endpoint name="share"/>|<endpoint name="share" calls-per-second="10" burst="1"/>|' \
  "$work/mappings/portal/mapi-2024/profile.xml"
expect 1 "a person stops it" \
  timeout --foreground --preserve-status -s INT 4 "$bin/dvcsync" --config "$config" --json reconcile
contains "the report says that it is not complete" '"complete":false,"stopped":"stopped before the end"' "$work/out"
asked=$(($(count_of dossiers) - $(count_of unreached)))
verdict "it kept to the pace of the profile ($asked asked)" "$(test "$asked" -ge 1 && test "$asked" -le 60; echo $?)"
adds_up
set_key "$config" folder "\"$e2e_top/mappings\""

# -- mending --------------------------------------------------------------------------------------------------------
expect 2 "mending needs a reason" dvcsync reconcile --mend
expect 1 "mending" dvcsync --json reconcile --mend --reason "the portal was restored from an old copy"
contains "starts a resync of exactly these" '"resync":{"id":1,"total":'$((missing + stale))'}' "$work/out"
expect 0 "the next push" dvcsync --json sync push-dossiers
number "refuses nothing" refused -eq 0
expect 0 "reconcile again" dvcsync --json reconcile
total "everything is the same" same "$all"
total "nothing is missing" missing 0
total "nothing is stale" stale 0
sandbox_report "$work/portal.json"
none='"duplicates_refused":{"dossiers":0,"procedures":0,"progress_rows":0}'
verdict "nothing went out twice" "$(tr -d ' \n' <"$work/portal.json" | grep -q "$none"; echo $?)"
wrong=0
while read -r code; do
  told=$(awk -v code="$code" '
    /^<dossier>/ {steps = 0; mine = 0}
    index($0, " <code>" code "</code>") == 1 {mine = 1}
    /<step>/ {++steps}
    /^<\/dossier>/ && mine {print steps}' "$work"/year/dossiers*.xml)
  kept=$(curl -fsS "$sandbox_admin/dossier?code=$code" | grep -o '"ThoiDiemXuLy"' | wc -l)
  [[ $told -gt 0 && $told -eq $kept ]] || wrong=$((wrong + 1))
done <"$work/missing"
verdict "what was missing has all its steps, each once ($wrong of $missing have not)" "$wrong"

# -- what only the portal knows -------------------------------------------------------------------------------------
choose "$work/year" "$work/unknown" 'number < 7' 'sub(/-0/, "-9", block)'
codes "$work/unknown" >"$work/strangers"
config=$theirs
hand_over "$work/unknown" "$work/other/drop"
expect 0 "somebody else sends dossiers of his own" dvcsync --json sync push-dossiers
config=$mine
expect 1 "reconcile" dvcsync --json reconcile
total "finds them" unknown_to_us 7
exactly "exactly these" "unknown to us" "$work/strangers"
total "everything else is the same" same "$all"
adds_up
expect 1 "there is nothing to mend" dvcsync reconcile --mend --reason "looking"
contains "and it says so" 'There is nothing to mend' "$work/out"

# -- a portal that is away ------------------------------------------------------------------------------------------
curl -fsS -X POST "$sandbox_admin/outage?seconds=3&how=503" >"$work/out"
expect 1 "a portal that is away for a moment is waited for" dvcsync --json reconcile
total "all is compared" same "$all"
stop_sandbox
expect 4 "a portal that stays away" dvcsync --json reconcile --from 2019-01-01 --to 2019-01-31
contains "is told" '"complete":false,"stopped":"[^"]' "$work/out"
adds_up

exit "$failed"
