#!/usr/bin/env bash
# What citizens file on the portal, with the real programs: pulled once and whole, waiting for files that cannot
# be had, held where a rule says no, released, tried again and dismissed by persons; nothing personal in the log.
# Argument: the folder of the programs.
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
inbox=$work/province/inbox
file_citizens() { administer POST "/citizen?roads=poll&supplements=0&withdrawals=0&$1" >"$work/filed.json"; }
spoil() { administer POST "/faults?spec=$1" >"$work/faults.json"; }
# The first code of the list in $work/out.
first_code() { sed -n 's/.*"submissions":\[{"code":"\([^"]*\)".*/\1/p' "$work/out"; }
pull() { # STATUS WHAT
  expect "$1" "$2" dvcsync --json sync pull-submissions
}

# shellcheck disable=SC2034  # start_sandbox reads it
sandbox_any_client=1
start_sandbox 0 --journal "$work/journal"
write_configuration "$work/province" >"$work/out"
sed -i -e "s|^# file_ca = .*|file_ca = \"$work/certs/ca.pem\"|" -e 's|^# allow_private_addresses = .*|allow_private_addresses = true|' \
  -e 's|^# file_hosts = .*|file_hosts = "127.0.0.1"|' "$config"

# -- before anything has come -----------------------------------------------------------------------------------
expect 0 "check" dvcsync check
contains "says that the inbox can be used" '^green *submissions .*inbox' "$work/out"
contains "and the staging folder" '^green *submissions .*staged' "$work/out"
expect 0 "an empty list" dvcsync submissions list
contains "says so" 'No submission has come yet' "$work/out"
expect 1 "a code that nobody knows" dvcsync submissions show G22.99-000000-0000000000
contains "is told" 'spelling' "$work/err"
mv "$inbox" "$inbox.away"
expect 3 "check without the inbox" dvcsync check
contains "names it" '^red *submissions .*inbox' "$work/out"
file_citizens 'count=1&seed=9&files=1&base64=1'
pull 3 "a pull without the inbox ends with the code of settings"
contains "and says why" '"error":"config".*inbox_folder' "$work/out"
mv "$inbox.away" "$inbox"
sed -i 's|^inbox = |# inbox = |; s|^inbox_folder = |# inbox_folder = |; s|^file_\(ca\|hosts\) = |# &|' "$config"
expect 3 "a pull where none is configured" dvcsync sync pull-submissions
contains "says what to write" '\[inbound\]' "$work/err"
sed -i 's|^file = "dvcsync.log"|# &|' "$config"
for command in 'sync pull-submissions' serve; do
  # shellcheck disable=SC2086  # the words of a command
  expect 3 "the same for $command without a log file" dvcsync $command
  verdict "is told once" "$([[ $(wc -l <"$work/err") -eq 1 ]]; echo $?)"
done
sed -i 's|^# \(file = "dvcsync.log"\)|\1|' "$config"
sed -i 's|^# inbox = |inbox = |; s|^# inbox_folder = |inbox_folder = |; s|^# \(file_\(ca\|hosts\) = \)|\1|' "$config"
pull 0 "what had waited meanwhile"
number "is handed over" submissions_handed -eq 1

# -- whole, and once --------------------------------------------------------------------------------------------
file_citizens 'count=12&seed=1'
pull 0 "a pull"
number "brings all that are new" submissions_new -eq 12
number "and hands them over" submissions_handed -eq 12
number "with their files" submissions_files -ge 12
whole=0
for folder in "$inbox"/new/*; do
  while read -r sum name; do
    [[ $(sha256sum "$folder/$name") == "$sum "* ]] || whole=1
  done < <(sed -n -e 's|.*<name>\(files/.*\)</name>.*|name \1|p' -e 's|.*<sha256>\(.*\)</sha256>.*|sum \1|p' "$folder/submission.xml" |
    awk '$1 == "name" {name = $2} $1 == "sum" {print $2, name}')
done
verdict "every file has the bytes that its XML tells" "$whole"
verdict "thirteen folders are in the inbox" "$([[ $(find "$inbox/new" -mindepth 1 -maxdepth 1 -type d | wc -l) -eq 13 ]]; echo $?)"
pull 0 "the same list again"
number "brings nothing new" submissions_new -eq 0
number "and nothing twice" submissions_handed -eq 0
expect 0 "status" dvcsync --json status
contains "counts every submission once" '"submissions":{"arrived":13,"received":0,"waiting":0,"held":0,"handed":13,"dismissed":0' "$work/out"
expect 0 "status in words" dvcsync status
contains "has a table of them" '^submissions .*arrived' "$work/out"
contains "and rows of what goes back" '^receipt ' "$work/out"
expect 0 "the list in words" dvcsync submissions list --stage handed --limit 3
contains "says how many there are" '^3 of 13 shown' "$work/out"
expect 0 "filters" dvcsync --json submissions list --kind filing --from 2000-01-01 --to 31/12/2018
number "choose by the day of arrival" submissions_total -eq 0
expect 0 "the list as JSON" dvcsync --json submissions list --limit 1
code=$(first_code)
expect 0 "submissions show" dvcsync submissions show "$code"
contains "tells the place" "place .*$code-r1" "$work/out"
contains "and digests of files" 'sha256 [0-9a-f]\{64\}' "$work/out"
contains "and that the portal has our confirmation" 'confirmation *delivered' "$work/out"
expect 1 "a retry of what is handed over" dvcsync submissions retry "$code" --reason "because"
contains "says that it is" "$code: neither held nor waiting: revision 1 is handed" "$work/err"

administer POST "/citizen?roads=poll&supplements=1&withdrawals=0&count=1&seed=6&files=1&base64=1" >"$work/filed.json"
sleep 1.1 # the list tells of changes by the second
pull 0 "a filing"
pull 0 "and its supplement"
number "which is a revision" submissions_revisions -eq 1
expect 0 "the supplement" dvcsync --json submissions list --kind supplement
supplemented=$(first_code)
expect 0 "is shown" dvcsync submissions show "$supplemented"
contains "below the filing" "^$supplemented  revision 2  supplement" "$work/out"
verdict "both are in the inbox" "$([[ -d $inbox/new/$supplemented-r1 && -d $inbox/new/$supplemented-r2 ]]; echo $?)"

# -- links that are signed anew for each listing --------------------------------------------------------------------
spoil citizen-file-token=1
file_citizens 'count=3&seed=11&base64=0&files=2'
pull 0 "submissions whose links carry a token"
number "are handed over" submissions_handed -eq 3
expect 0 "the counts" dvcsync --json status
before=$(json_number "$work/out" arrived)
for again in 1 2; do
  sleep 1.1 # the list tells of changes by the second
  pull 0 "the list again, $again, with other tokens"
  number "brings the same again" submissions_again -ge 3
  number "and is no revision" submissions_revisions -eq 0
  number "nor handed over again" submissions_handed -eq 0
done
expect 0 "the counts" dvcsync --json status
number "are what they were" arrived -eq "$before"
spoil ''

# -- command lines that make no sense ---------------------------------------------------------------------------
expect 2 "a stage that is none" dvcsync submissions list --stage lost
contains "is told with those there are" 'received, waiting, held' "$work/err"
expect 2 "a kind that is none" dvcsync submissions list --kind dossier
expect 2 "a release without a reason" dvcsync submissions release "$code"
expect 2 "a release of what is handed over" dvcsync submissions release --all-matching --stage handed --reason "because"
expect 2 "a dismissal of nothing" dvcsync submissions dismiss --reason "because"
expect 2 "a look at the content without a reason" dvcsync submissions show "$code" --content

# -- a file that cannot be had ----------------------------------------------------------------------------------
spoil citizen-file-never=1
file_citizens 'count=2&seed=2&base64=0'
pull 1 "a pull whose files are not there"
number "hands nothing over" submissions_handed -eq 0
expect 0 "they wait" dvcsync --json submissions list --stage waiting
number "both of them" submissions_total -eq 2
waiting=$(first_code)
expect 0 "shown" dvcsync submissions show "$waiting"
contains "with the reason" 'file 1: .*404' "$work/out"
contains "and the next try" 'next try' "$work/out"
mv "$inbox" "$inbox.away"
expect 0 "shown while the inbox cannot be used" dvcsync submissions show "$waiting"
contains "it says so" 'the inbox cannot be used: .*inbox_folder' "$work/out"
expect 0 "the list as JSON" dvcsync --json submissions list --stage waiting
contains "says so, too" '"inbox_trouble":"[^"]*inbox_folder' "$work/out"
expect 0 "status" dvcsync status
contains "as well" 'the inbox cannot be used: .*inbox_folder' "$work/out"
expect 0 "what waits for nothing" dvcsync submissions show "$code"
verdict "does not speak of it" "$(! grep -q 'the inbox cannot' "$work/out"; echo $?)"
mv "$inbox.away" "$inbox"
expect 0 "with the inbox" dvcsync submissions show "$waiting"
verdict "there is nothing to say" "$(! grep -q 'the inbox cannot' "$work/out"; echo $?)"
expect 2 "many at once, where nobody can be asked" dvcsync submissions release --all-matching --stage waiting --reason "tests"
contains "says how many" '2 submissions fit; --all-matching needs --yes' "$work/err"
expect 0 "a release" dvcsync --json submissions release "$waiting" --reason "the citizen brings the papers"
number "of one" released -eq 1
pull 1 "the pull after it"
number "hands over what there is" submissions_handed -eq 1
contains "the XML says what is left out" "left out by a person's decision" "$inbox/new/$waiting-r1/submission.xml"
expect 0 "its history" dvcsync submissions show "$waiting"
contains "keeps who and why" 'the citizen brings the papers' "$work/out"
spoil ''
expect 0 "a retry of the other one" dvcsync --json submissions retry --all-matching --stage waiting --yes --reason "the host is back"
pull 0 "the pull after it"
number "hands it over with its files" submissions_files -ge 1

# -- what a rule forbids ----------------------------------------------------------------------------------------
spoil citizen-file-other-host=1
file_citizens 'count=1&seed=3&base64=0'
pull 1 "a file on a host that is not allowed"
number "is held" submissions_held -eq 1
spoil ''
expect 0 "what is held" dvcsync --json submissions list --stage held
forbidden=$(first_code)
expect 1 "check tells of it" dvcsync check
contains "as something for a person" '^yellow *submissions .*1 held' "$work/out"
spoil citizen-file-wrong-type=1
file_citizens 'count=12&seed=4&base64=1&files=2'
pull 1 "files whose names lie"
number "are held where they are programs" submissions_held -ge 1
spoil ''
expect 0 "in words" dvcsync submissions list --stage held --limit 100
contains "with the reason" 'program or script' "$work/out"
verdict "the inbox has no program" "$(! grep -rlaq $'^\x7fELF\|^#!' "$inbox/new" --include='*.pdf'; echo $?)"
expect 0 "the form as it came" dvcsync submissions show "$forbidden" --content --reason "the host is new to us"
verdict "is the portal's JSON" "$(grep -q '"MaHoSo"' "$work/out"; echo $?)"
expect 0 "that somebody looked" dvcsync submissions show "$forbidden"
contains "is kept" '  view' "$work/out"
contains "with the reason" 'the host is new to us' "$work/out"
expect 0 "a dismissal" dvcsync submissions dismiss "$forbidden" --reason "withdrawn by telephone"
contains "says what that means" 'the province does not get it' "$work/out"
expect 0 "a release of the rest" dvcsync --json submissions release --all-matching --stage held --yes --reason "without the programs"
pull 0 "the pull after it"
expect 0 "the counts" dvcsync --json status
contains "one is dismissed, nothing is held" '"held":0,"handed":[0-9]*,"dismissed":1' "$work/out"
expect 0 "acts" dvcsync --json acts --limit 100
contains "keep all of that" '"what":"release"' "$work/out"

# -- what cannot be read ----------------------------------------------------------------------------------------
cp -r "$e2e_top/mappings" "$work/mappings"
sed -i "s|\"$e2e_top/mappings\"|\"$work/mappings\"|" "$config"
# A citizen's name is no date: the reason must say so without the name.
sed -i 's|from="NgayNop"|from="ChuHoSo"|' "$work"/mappings/portal/mapi-2024/reading-submission.xml
file_citizens 'count=1&seed=5&files=1'
pull 1 "a submission that the reading does not understand"
number "is held" submissions_held -eq 1
expect 0 "and kept" dvcsync --json submissions list --stage held
unreadable=$(first_code)
expect 0 "a person can see it" dvcsync submissions show "$unreadable" --content --reason "the reading does not understand it"
verdict "as it came" "$(grep -q '"MaTTHC"' "$work/out"; echo $?)"
cp "$e2e_top"/mappings/portal/mapi-2024/reading-submission.xml "$work"/mappings/portal/mapi-2024/
expect 0 "after the reading is mended, a retry" dvcsync submissions retry "$unreadable" --reason "mended"
pull 0 "hands it over"
number "whole" submissions_handed -eq 1

# -- which dossier of the province it is ------------------------------------------------------------------------
answer() { # FILE LOCAL-CODE: the province has accepted $unreadable
  cat >"$work/province/drop/in/$1" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<province-export><answer><portal-code>$unreadable</portal-code><code>$2</code><agency>000.00.01.H22</agency>
<agency-name>A</agency-name><procedure>1.005129</procedure><account/><events><event><id>1</id><status>accepted</status>
<at>31/12/2019 08:00:00</at><person/><content/><files/></event></events></answer></province-export>
XML
}
expect 1 "a link that nobody has told cannot be undone" dvcsync submissions unlink "$unreadable" --reason "a slip"
contains "says so" 'linked with no dossier' "$work/err"
answer answers-1.xml 000.00.01.H22-191231-9998
expect 0 "an answer with a wrong code" dvcsync sync push-dossiers
expect 0 "is linked" dvcsync submissions show "$unreadable"
contains "as everybody can see" 'is dossier 000.00.01.H22-191231-9998 in the province, linked' "$work/out"
answer answers-2.xml 000.00.01.H22-191231-9999
expect 1 "the right code afterwards" dvcsync sync push-dossiers
expect 0 "is parked" dvcsync parked list --kind answer
contains "and says what to do" 'submissions unlink' "$work/out"
expect 2 "a link is undone only with a reason" dvcsync submissions unlink "$unreadable"
expect 0 "a person undoes the wrong link" dvcsync submissions unlink "$unreadable" --reason "another dossier"
expect 0 "the next run makes the right one" dvcsync sync push-dossiers
expect 0 "show tells both" dvcsync submissions show "$unreadable"
contains "the right one" 'is dossier 000.00.01.H22-191231-9999 in the province, linked' "$work/out"
contains "the wrong one" 'is no more dossier 000.00.01.H22-191231-9998' "$work/out"
contains "and who has undone it, and why" 'another dossier' "$work/out"

# -- a ledger that is older than the inbox ------------------------------------------------------------------------
expect 0 "the counts" dvcsync --json status
before=$(json_number "$work/out" handed)
cp "$work/province/ledger.db" "$work/backup.db" # nothing runs: it is whole without its -wal
restore() {
  rm -f "$work"/province/ledger.db "$work"/province/ledger.db-*
  cp "$work/backup.db" "$work/province/ledger.db"
}
administer POST "/citizen?roads=poll&supplements=1&withdrawals=0&count=1&seed=12&files=1&base64=1" >"$work/filed.json"
sleep 1.1 # the list tells of changes by the second
pull 0 "a filing after the backup"
number "is handed over" submissions_handed -eq 1
expect 0 "it" dvcsync --json submissions list --limit 1
restored=$(first_code)
mv "$inbox/new/$restored-r1" "$inbox/taken/"
restore
expect 0 "the backup is restored" dvcsync audit new-log --reason "the ledger was restored from a backup"
pull 0 "the supplement, which is the first revision to this ledger"
number "is handed over" submissions_handed -eq 1
expect 0 "the inbox has had a first one" dvcsync submissions show "$restored"
contains "so it is the second" "^$restored  revision 2  supplement" "$work/out"
contains "and lies where the ledger says" "place .*/new/$restored-r2" "$work/out"
verdict "whole" "$(grep -q '<revision>2</revision>' "$inbox/new/$restored-r2/submission.xml"; echo $?)"
restore
pull '0|1' "the backup once more, unsigned, and the same supplement"
expect 0 "the inbox has had it as the second" dvcsync submissions show "$restored"
contains "so it is that one" "^$restored  revision 2  supplement" "$work/out"
verdict "and does not come twice" "$([[ ! -e $inbox/new/$restored-r3 ]]; echo $?)"
expect 0 "the counts" dvcsync --json status
number "have it once" handed -eq $((before + 1))

# -- the portal is away -----------------------------------------------------------------------------------------
administer POST '/outage?seconds=60&how=503' >"$work/outage.json"
pull 4 "a pull while the portal is away"
verdict "says so" "$(grep -q '"submissions_stopped":"[^"]' "$work/out"; echo $?)"
administer POST '/outage?seconds=0' >"$work/outage.json"

# -- nothing personal -------------------------------------------------------------------------------------------
# Names, numbers of identity papers and telephones as the province got them, looked for in the log and in the ledger.
grep -rhoE '<(name|identity|phone|email)>[^<]{6,}</' "$inbox"/new/*/submission.xml | sed 's/^<[a-z]*>//; s/<\/$//' |
  grep -v '^files/' | sort -u >"$work/personal"
verdict "there are $(wc -l <"$work/personal") personal values to look for" "$([[ $(wc -l <"$work/personal") -ge 10 ]]; echo $?)"
verdict "none is in the log" "$(! grep -qFf "$work/personal" "$work/province/dvcsync.log"; echo $?)"
verdict "none is in the ledger in the clear" "$(! grep -qaFf "$work/personal" "$work/province/ledger.db"; echo $?)"
sandbox_report "$work/report.json"
verdict "the portal saw nothing taken for new twice" \
  "$([[ $(json_number "$work/report.json" acknowledged_twice_as_new) == 0 ]]; echo $?)"

exit "$failed"
