#!/usr/bin/env bash
# Mapping files change while dvcsync serve is up: a set that can be used comes into force as a whole, a broken one
# leaves the old one in force and says so, and the next run tells what differs. Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
trap 'end_program "$serve_pid" >/dev/null; stop_sandbox; stop_file_host; rm -rf "$work"' EXIT

dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
set_in_force() { dvcsync check 2>/dev/null | sed -n 's/^green *mappings .* set \([0-9a-f]*\)$/\1/p'; }
says() { # WHAT PATTERN: within fifteen seconds
  local tries
  for ((tries = 0; tries < 150; ++tries)); do
    grep -q "$2" "$work/province/dvcsync.log" && break
    sleep 0.1
  done
  verdict "$1" "$(grep -q "$2" "$work/province/dvcsync.log"; echo $?)"
}

start_sandbox 0
write_configuration "$work/province" >"$work/out"
cp -r "$e2e_top/mappings" "$work/mappings"
sed -i "s|^folder = .*mappings\"|folder = \"$work/mappings\"|" "$config"
cat >>"$config" <<'TOML'

[serve]
port = 0
poll_seconds = 0
TOML
profile=$work/mappings/portal/mapi-2024

expect 0 "a first run" dvcsync sync all
start_serve
before=$(set_in_force)
verdict "a set has a name" "$([[ -n $before ]]; echo $?)"

cp "$profile/dossier.xml" "$work/good.xml"
sed -i 's|from="procedure-name"|from="procedure-nam"|' "$profile/dossier.xml"
says "a broken file is told, with its line" "dossier.xml:[0-9]*: .*did you mean 'procedure-name'"
says "and which set goes on" "the set $before stays in force"
expect 3 "a run of its own does not begin with it" dvcsync sync all
contains "and names the line" "dossier.xml:[0-9]*: field 'TenTTHC'" "$work/err"

sed 's|to="GhiChu" from="note" max="2000"|to="GhiChu" from="note" max="9000"|' "$work/good.xml" >"$profile/dossier.xml"
expect 3 "nor with one that the contract forbids" dvcsync sync all
contains "and says what it does" "dossier.xml:[0-9]*: .*GhiChu" "$work/err"
sed 's|to="GhiChu" from="note" max="2000"|to="GhiChu" from="note" max="1500"|' "$work/good.xml" >"$profile/dossier.xml"
after=$(set_in_force)
says "a mended set comes into force by itself" "the mapping files have changed: set $after is in force"
says "and the trouble is over" "the mapping files: over"
verdict "it is another set" "$([[ -n $after && $after != "$before" ]]; echo $?)"
calls=$(curl --silent --max-time 20 -o "$work/answer" -w '%{http_code}' -d 'x' \
  "http://127.0.0.1:$serve_port/XrdAdapter/RestService/forward/nhanhsdvcqg" || true)
verdict "callbacks are answered by it" "$([[ $calls == 500 ]]; echo $?)"
end_program "$serve_pid" >/dev/null
serve_pid=''

sed -i 's|max="1500"|max="1400"|' "$profile/dossier.xml"
cp "$profile/confirm.xml" "$profile/confirm-other.xml"
sed -i 's|operation="confirm-submission"|answers="another-question"|; s|key="portal-code revision"||' "$profile/confirm-other.xml"
expect 1 "the next run (somebody must look at the call)" dvcsync sync all
contains "says what differs" "^Mappings  changed: portal/mapi-2024/dossier.xml$" "$work/out"
contains "and what is new" "^Mappings  new: portal/mapi-2024/confirm-other.xml$" "$work/out"
expect 1 "the run after it" dvcsync sync all
verdict "says nothing of it" "$(! grep -q '^Mappings' "$work/out"; echo $?)"
expect 0 "each change is in the trail" dvcsync audit list --event mappings.changed
verdict "three sets since the first" "$([[ $(grep -c 'mappings.changed' "$work/out") -ge 3 ]]; echo $?)"
exit "$failed"
