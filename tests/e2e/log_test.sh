#!/usr/bin/env bash
# What a run leaves in the log and on the terminal: a run in which nothing happened warns of nothing, and no run
# writes down a password, a session or anything of a person, whatever goes wrong. Argument: the folder of the
# programs.
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
drop=$work/province/drop
log=$work/province/dvcsync.log
# Everything that anybody could read later: what was printed is added to what was logged.
said=$work/said
expect_said() { # STATUS WHAT COMMAND…
  expect "$@"
  cat "$work/out" "$work/err" >>"$said"
}

start_sandbox 0 --fault-late-ms 100 --fault-slow-ms 100
write_configuration "$work/province" >"$work/out"
sed -i 's|^# level = "info"|level = "trace"|' "$config"

"$bin/dvc-province" generate --dossiers 200 --out "$work/june" --until 2019-06-30 >"$work/out" 2>&1
"$bin/dvc-province" generate --dossiers 200 --out "$work/december" --since 2019-06-30 --faults 10 >"$work/out" 2>&1

hand_over "$work/june" "$drop"
expect_said 0 "a run in which nothing goes wrong" dvcsync sync all
expect_said 0 "a run with nothing to do" dvcsync sync all
verdict "each run has one line in the log" "$([[ $(grep -c '"message":"sync all: ' "$log") -eq 2 ]]; echo $?)"
verdict "none is a warning" "$(grep -c '"level":"\(warning\|error\|critical\)"' "$log" || true)"

hand_over "$work/december" "$drop"
# A file that breaks off inside an applicant's name.
sed '/<name>/{s/<name>.*/<name>Người Không Tên/;q}' "$(grep -l '<applicant>' "$work"/june/dossiers*.xml | head -n 1)" >"$drop/in/broken.xml"
touch -d '2 hours ago' "$drop/in/broken.xml"
(umask 077 && echo "wrong-4f1c9b" >"$work/wrong.password")
set_key "$config" password_file "\"$work/wrong.password\""
expect_said 4 "a run with a wrong password" dvcsync sync all
set_key "$config" password_file "\"$work/portal.password\""
administer POST "/faults?spec=all=0.3&seed=5" >"$work/faults.json"
# It would wait for better times; a person ends it.
expect_said '0|1|4' "a run in which much goes wrong" timeout --foreground --preserve-status -s INT 6 \
  "$bin/dvcsync" --config "$config" sync all
administer POST "/faults?spec=" >"$work/faults.json"
verdict "the portal has spoilt calls" "$([[ $(json_number "$work/faults.json" lost-after) -gt 0 ]]; echo $?)"
expect_said 0 "what is parked" dvcsync parked list --limit 100
expect_said '0|1' "status" dvcsync status
expect_said '0|1|3' "check" dvcsync check
cat "$log" "$said" >"$work/all"
verdict "there is something to look at" "$([[ $(wc -l <"$work/all") -gt 40 ]]; echo $?)"

# Nobody's name, number, address or telephone; the files of the drop folder hold hundreds.
sed -n '/<applicant>/,/<\/applicant>/s/^ *<\(name\|id-number\|phone\|email\|address\)>\(.*\)<.*/\2/p
  s/^ *<person>\(.*\)<.*/\1/p' "$work"/june/dossiers*.xml "$work"/december/dossiers*.xml | sort -u |
  awk 'length($0) > 6' >"$work/persons"
echo 'Người Không Tên' >>"$work/persons"
verdict "many persons are known, and would be found" "$([[ $(cat "$work"/june/*.xml | grep -cF -f "$work/persons") -gt 300 ]]; echo $?)"
absent() { # WHAT GREP-ARGUMENT…
  local what=$1 found
  shift
  found=$(grep -c "$@" "$work/all" || true)
  verdict "$what ($found lines)" "$found"
}
absent "no person is in the log or on the terminal" -F -f "$work/persons"
absent "no password" -F -e "$(cat "$work/portal.password")" -e "wrong-4f1c9b"
# The sandbox's sessions are 32 hexadecimal digits, and nothing else that is said here is.
absent "no session" -E '(^|[^0-9a-f])[0-9a-f]{32}([^0-9a-f]|$)'

exit "$failed"
