#!/usr/bin/env bash
# What persons do, with the real programs: look at parked records, try them again, dismiss them, send a slice
# again, and be asked before they touch many. Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
# The same on a terminal of its own, with an answer typed. What it printed and asked ends in $work/out.
# shellcheck disable=SC2317  # expect calls it
on_terminal() { # ANSWER ARGUMENT…
  local answer=$1
  shift
  printf '%s\n' "$answer" | script -qec "$(printf '%q ' "$bin/dvcsync" --config "$config" "$@")" /dev/null
}
fault_code() { sed -n '/"kind":"'"$1"'"/{s/.*"code":"\([^"]*\)".*/\1/p;q}' "$work/june/faults.json"; }
drop=$work/province/drop

start_sandbox 0 --journal "$work/journal"
write_configuration "$work/province" >"$work/out"
cp -r "$e2e_top/mappings" "$work/mappings"
set_key "$config" folder "\"$work/mappings\""

"$bin/dvc-province" generate --dossiers 200 --out "$work/june" --until 2019-06-30 --faults 10 >"$work/out" 2>&1
hand_over "$work/june" "$drop"
expect 1 "a first sync leaves something for a person" dvcsync --json sync all
word_fault=$(fault_code unmapped-status)
long_fault=$(fault_code too-long)
date_fault=$(fault_code wrong-date)

# -- looking ----------------------------------------------------------------------------------------------------
expect 0 "parked list" dvcsync --json parked list --limit 100
number "it knows how many" parked_total -eq 10
verdict "it lists them all" "$([[ $(grep -o '"code"' "$work/out" | wc -l) -eq 10 ]]; echo $?)"
expect 0 "by cause: intake" dvcsync --json parked list --cause intake
by_intake=$(json_number "$work/out" parked_total)
expect 0 "by cause: mapping" dvcsync --json parked list --cause mapping
number "the causes add up" parked_total -eq $((10 - by_intake))
expect 0 "by words in the reason, whatever their case" dvcsync --json parked list --text "LOST-IN-THE-ARCHIVE"
number "two have that status" parked_total -eq 2
expect 0 "by days on which none came" dvcsync --json parked list --from 01/01/2018 --to 2018-12-31
number "none fits" parked_total -eq 0
expect 0 "by a code of the portal that looks like an option" dvcsync --json parked list --portal-code -1
number "none has it" parked_total -eq 0
expect 0 "in words" dvcsync parked list --limit 3
contains "with the file and line" 'from .*\.xml:[0-9]' "$work/out"
contains "and how many there are" '^3 of 10 shown' "$work/out"
verdict "no line is wider than the page" "$(awk 'length($0) > 100 && !/^ *[^ ]*$/ {wide = 1} END {exit wide}' \
  <(iconv -f UTF-8 -t ASCII//TRANSLIT "$work/out")
echo $?)"
expect 0 "status tells the same" dvcsync status --parked --limit 3
contains "in the same words" '^3 of 10 shown' "$work/out"
expect 0 "parked show" dvcsync parked show "$long_fault"
contains "says by whom" 'parked by mapping' "$work/out"
contains "and why" '1001\|1,001' "$work/out"
expect 1 "a code that nobody knows" dvcsync parked show 000.00.00.H22-000000-0000
contains "is told" 'spelling' "$work/err"

# -- command lines that make no sense ---------------------------------------------------------------------------
expect 2 "a wrong day" dvcsync parked list --from 31/02/2019
contains "is named with its option" '--from 31/02/2019' "$work/err"
expect 2 "the same with --json" dvcsync --json parked list --from 31/02/2019
contains "is a JSON object" '^{"error":"usage","message":"--from 31/02/2019' "$work/out"
expect 2 "a word that is no option, with --json" dvcsync parked list --nonsense --json
contains "is a JSON object, too" '^{"error":"usage",' "$work/out"
expect 2 "a command that is none" dvcsync parked lst
contains "is told with those there are" 'lst is none; the command after parked is one of: list, show, retry, dismiss' "$work/err"
expect 2 "a retry without a reason" dvcsync parked retry "$long_fault"
contains "asks for one" '--reason' "$work/err"
expect 2 "a retry of nothing" dvcsync parked retry --reason "because"
expect 2 "a resync of everything by mistake" dvcsync resync start --reason "because"
expect 2 "a confirmation without a reason" dvcsync sync push-catalogue --confirm
expect 2 "a confirmation of something else" dvcsync sync push-dossiers --confirm --reason "because"
expect 2 "a resync that is no number" dvcsync resync pause abc --reason "because"
contains "is told in words" "'abc' is not the number of a resync; dvcsync resync status lists" "$work/err"
verdict "and in one line" "$([[ $(head -n 1 "$work/err" | wc -c) -lt 120 ]]; echo $?)"
expect 2 "days of receipt for what is not received" dvcsync resync start --kind procedure --from 01/03/2019 --dry-run
contains "is told what they choose" 'the day on which a dossier was received' "$work/err"

# -- the catalogue, other provinces -----------------------------------------------------------------------------
expect 0 "what the next push of the catalogue would do" dvcsync catalogue
contains "is told" 'The next push of the catalogue is not stopped' "$work/out"
expect '0|1' "a confirmation that nobody needs" dvcsync sync push-catalogue --confirm --reason "to be sure"
contains "is told" 'was not needed' "$work/out"
dvcsync --json acts >"$work/out"
verdict "and not kept" "$(grep -c '"what":"confirm"' "$work/out" || true)"
sed 's/province="H22"/province="H99"/' "$(find "$work/june" -name 'dossiers*.xml' | sort | head -n 1)" >"$drop/in/stray.xml"
expect 1 "an export of another province" dvcsync sync push-dossiers
contains "is refused with its name and the codes" 'Rejected *stray.xml: .*province="H99" ≠ "H22"' "$work/out"
contains "nothing was read of it" '^Read *0 records' "$work/out"
verdict "and is put away with the reason" "$(grep -q 'What to do: ' "$drop/rejected/stray.xml.reason.txt"; echo $?)"
rm "$drop/rejected/"*
echo '<province-export province="H22" exported="01/01/2020 00:00:00"/>' >"$drop/in/nothing.xml"
expect 1 "an export without a record" dvcsync sync push-dossiers
contains "is named" 'Doubtful *nothing.xml: it holds no record' "$work/out"

# -- retry ------------------------------------------------------------------------------------------------------
expect 0 "a retry" dvcsync --json parked retry "$long_fault" --reason "shortened in the province"
number "makes it ready" ready -eq 1
expect 1 "the next sync tries, and parks it again" dvcsync --json sync push-dossiers
number "because nothing has changed" parked -eq 1
expect 0 "its history" dvcsync parked show "$long_fault"
contains "keeps the reason" 'shortened in the province' "$work/out"
delivered=$(sed -n '/<code>.*-.*-/{s/.*<code>\(.*\)<\/code>.*/\1/p;q}' "$work"/june/dossiers*.xml)
expect 1 "a retry of what is delivered" dvcsync parked retry "$delivered" --reason "because"
contains "says that it is not parked" "$delivered: not parked: .*push-dossier is delivered" "$work/err"
expect 1 "a retry of what intake could not read" dvcsync parked retry "$date_fault" --reason "look again"
contains "reads it again, in vain" '1 record read again: 0 can be read now, 1 still cannot' "$work/out"
contains "and says why" 'received' "$work/out"
contains "with its code" "$date_fault" "$work/out"

sed -i 's|<word from="processing"|<word from="lost-in-the-archive" to="processing"/>\n    <word from="processing"|' \
  "$work/mappings/province/reference.xml"
if grep -q lost-in-the-archive "$work/mappings/province/reference.xml"; then
  expect 0 "a retry after the vocabulary has learnt the word" dvcsync --json parked retry "$word_fault" --reason "word added"
  verdict "makes it ready" "$(grep -q '"ready":1\|"readable":1' "$work/out"; echo $?)"
fi

# -- many at once -----------------------------------------------------------------------------------------------
expect 2 "many at once, where nobody can be asked" dvcsync parked dismiss --all-matching --cause mapping --reason "tests"
contains "says how many" 'items fit; --all-matching needs --yes' "$work/err"
expect 1 "many at once, asked, and a no" on_terminal no parked dismiss --all-matching --cause mapping --reason "tests"
contains "it said how many of what" 'parked items fit: .* of kind dossier parked by mapping' "$work/out"
contains "it asked in both languages" 'Type "yes" .*gõ "yes"' "$work/out"
contains "nothing was done" 'nothing was done' "$work/out"
expect 0 "many at once, asked, and a yes" on_terminal yes parked dismiss --all-matching --cause mapping --reason "tests"
contains "they are dismissed" 'items dismissed' "$work/out"
expect 0 "none of them is parked any more" dvcsync --json parked list --cause mapping
number "none is left" parked_total -eq 0
expect 0 "many at once, without a question" dvcsync --json parked dismiss --all-matching --reason "the rest" --yes
number "the rest is dismissed" dismissed -ge 1
expect 0 "status counts what was dismissed" dvcsync status
contains "in a column of its own" ' dismissed ' "$work/out"
contains "and names who did it" "$(id -un)  dismiss" "$work/out"
expect 0 "acts" dvcsync --json acts
contains "keeps what was chosen" '"selection":"--cause mapping"' "$work/out"
expect 0 "nothing needs a person now" dvcsync --json sync push-dossiers

# -- resync -----------------------------------------------------------------------------------------------------
agency=$(sed -n 's/.*<agency>\(.*\)<\/agency>.*/\1/p' "$work"/june/dossiers*.xml | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
expect 0 "what a resync would send" dvcsync --json resync start --agency "$agency" --dry-run
would=$(json_number "$work/out" would_send)
number "there is something" would_send -ge 2
number "nothing has started" matching -ge "$would"
expect 0 "no resync was started by that" dvcsync resync status
contains "it says so" 'There has been no resync' "$work/out"
expect 0 "a resync" dvcsync --json resync start --agency "$agency" --reason "the portal asked for it"
number "it has taken what was told" total -ge "$would"
expect 1 "the same again" dvcsync resync start --agency "$agency" --reason "twice"
contains "does not double the work" 'waiting in another resync' "$work/out"
expect 0 "a pause" dvcsync resync pause 1 --reason "working hours"
expect 0 "a sync meanwhile" dvcsync --json sync push-dossiers
number "sends nothing" calls -eq 0
expect 1 "a pause of what is paused" dvcsync resync pause 1 --reason "again"
expect 0 "going on" dvcsync resync resume 1 --reason "evening"
expect 0 "status shows it" dvcsync status
contains "by its number" '^ *1  active' "$work/out"
expect 0 "the next sync sends it" dvcsync --json sync push-dossiers
number "all of it" delivered -ge "$would"
number "and says so" resent -eq "$would"
expect 0 "its status" dvcsync resync status 1
contains "it is done" '^resync 1  done .* 100 %' "$work/out"
contains "for this reason" 'the portal asked for it' "$work/out"
expect 0 "one dossier" dvcsync resync start --dossier "$delivered" --reason "one"
contains "what happens next is said" 'the next dvcsync sync sends it' "$work/out"
expect 0 "a stop" dvcsync resync stop 2 --reason "enough"
expect 0 "a sync after it" dvcsync --json sync push-dossiers
number "sends nothing" calls -eq 0
expect 1 "a resync that there never was" dvcsync resync stop 7 --reason "none"
expect 1 "a dossier that there never was" dvcsync resync start --dossier 000.00.00.H22-000000-0000 --reason "none"

# -- another run ------------------------------------------------------------------------------------------------
expect 6 "a sync beside another" flock "$work/province/ledger.db.lock" "$bin/dvcsync" --config "$config" sync
contains "says so" 'another run of dvcsync is active' "$work/err"
expect 6 "the same with --json" flock "$work/province/ledger.db.lock" "$bin/dvcsync" --json --config "$config" sync
contains "as a JSON object" '^{"error":"busy","message":"another run of dvcsync is active' "$work/out"
"$bin/dvc-province" generate --dossiers 800 --out "$work/year" --seed 5 >"$work/out" 2>&1
hand_over "$work/year" "$drop"
dvcsync --json sync all >"$work/long.json" 2>"$work/long.err" &
long=$!
looks=0
while kill -0 "$long" 2>/dev/null; do
  timeout 5 "$bin/dvcsync" --config "$config" status >"$work/out" 2>"$work/err" || break
  looks=$((looks + 1))
done
kill -0 "$long" 2>/dev/null && slow=1 || slow=0
wait "$long" || true
verdict "status is there while a run writes ($looks looks)" "$slow"
verdict "the run ended well" "$(grep -q '"stopped":""' "$work/long.json"; echo $?)"

# -- a ledger that belongs to somebody else ---------------------------------------------------------------------
if (($(id -u) == 0)); then
  chmod 755 "$work"
  chown -R nobody: "$work"
  chown root: "$work/province/ledger.db"
  as_nobody() { setpriv --reuid nobody --regid nogroup --clear-groups "$bin/dvcsync" --config "$config" "$@"; }
  if as_nobody --version >"$work/out" 2>&1; then
    expect 5 "a ledger that this user may not open" as_nobody --json status
    contains "is no fault of the settings" '"error":"ledger or disk"' "$work/out"
    contains "and says whose it is, and who we are" 'belongs to user root (mode 0600), and dvcsync runs as user nobody' "$work/out"
  else
    echo "SKIPPED a ledger that belongs to somebody else: the programs' folder is closed to others"
  fi
  chown -R root: "$work"
fi

exit "$failed"
