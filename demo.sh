#!/usr/bin/env bash
# One year of Hà Giang travels from one-stop records to a sandbox of the national portal, on a bare Debian 12:
#
#   ./demo.sh               the whole of 2019: 94,954 dossiers, 1,784 procedures
#   ./demo.sh --quick       a slice of 2,000 dossiers
#   ./demo.sh --keep        leaves exports, configuration and ledger in build/demo to look at
#   ./demo.sh --profile P   speaks the contract of another generation: mapi-2020, mapi-2024 (if none is named),
#                           hagiang-wrapper (dossiers only: no procedures, no steps, no submissions),
#                           dvc-2026 (dossiers and steps, under codes that the portal gives)
#   ./demo.sh --port N      the sandbox listens on this loopback port instead of any free one
#   ./demo.sh --no-install  do not look at Debian packages
#
# Citizens file 510 of them on the portal: those are pulled with their files, taken by the province, and their
# statuses brought back. Exit status 0 only if every figure agrees, the portal saw no violation and no duplicate, and
# a second run over the same records sent nothing.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$top/build/release/bin
work=$top/build/demo
# shellcheck source=connector/packaging/bootstrap.sh
source "$top/connector/packaging/bootstrap.sh"
# shellcheck source=tests/e2e/lib.sh
source "$top/tests/e2e/lib.sh"

usage() { sed -n '2,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

keep=0 quick=0 install=1 port=0 profile=mapi-2024
while (($#)); do
  case $1 in
    --keep) keep=1 ;;
    --quick) quick=1 ;;
    --no-install) install=0 ;;
    --profile)
      [[ ${2-} == @(mapi-2020|mapi-2024|hagiang-wrapper|dvc-2026) ]] || { usage && exit 2; }
      profile=$2
      shift
      ;;
    --port)
      [[ ${2-} =~ ^[0-9]{1,5}$ ]] || { usage && exit 2; }
      port=$2
      shift
      ;;
    *)
      usage
      [[ $1 == --help || $1 == -h ]] && exit 0
      exit 2
      ;;
  esac
  shift
done

finish() {
  local status=$?
  trap - EXIT
  stop_sandbox
  stop_file_host
  if ((keep)); then
    note "kept in ${work#"$top"/}: export/, province/ (configuration, ledger, log, inbox), sandbox.log"
  else
    # What a reader may want afterwards stays: the answers and logs, a few kilobytes.
    rm -rf "$work/export" "$work/province" "$work/tampered" "$work/certs" "$work/portal.password"
  fi
  exit "$status"
}

dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }

# Runs a sync, shows it, and takes 1 (something needs a person) for a failure too: nothing here should.
sync_all() { # NAME
  dvcsync sync all || die "sync ended with exit status $?"
  sandbox_report "$work/portal-$1.json"
}

# Citizens file on the portal what the year's list says; some send a supplement afterwards.
citizens_file() { # NAME [OPTION…]
  "$bin/dvc-province" submissions --out "$work/$1.csv" "${@:2}" "${slice[@]}"
  file_submissions "$work/$1.csv" 'withdrawals=0' >"$work/$1.filed.json"
}
# The one-stop system takes what lies in its inbox, checks every file, and answers what has happened so far.
province_answers() { # UNTIL
  "$bin/dvc-province" answer --inbox "$work/province/inbox" --drop "$work/province/drop" --until "$1" \
    "${slice[@]}" >"$work/answers.json" || die "the province could not take or answer its submissions"
}

if ((install)); then
  say "Debian packages"
  ensure_packages "$top/connector/packaging/apt-packages.txt"
fi

say "Building"
configure_and_build release dvcsync dvcsync-verify dvc-province dvc-sandbox dvc-figures || die "the build failed"

rm -rf "$work"
mkdir -p "$work/export"
trap finish EXIT
trap 'exit 130' INT TERM

# A portal that takes dossiers only: nothing is filed there, so nothing is answered either.
whole=1 born=(--portal)
if [[ $profile == @(hagiang-wrapper|dvc-2026) ]]; then whole=0 born=(); fi
say "A host of files: of citizens, or of the province"
start_file_host || die "no sandbox, no demo"
note "$files_url; files are made of their names"
# One that wants to have the files: of so many dossiers one has some.
if [[ $profile == dvc-2026 ]]; then born=(--files-url "$files_url" --files-every $((quick ? 5 : 50))); fi
slice=()
if ((quick)); then slice=(--dossiers 2000); fi
say "The province: a one-stop system exports its records as of 30 June 2019"
"$bin/dvc-province" generate "${born[@]}" --out "$work/export/june" --until 2019-06-30 "${slice[@]}"
note "$(du -sh "$work/export/june" | cut -f 1) of XML in build/demo/export/june"

say "The portal: a strict sandbox of the national contract, mutual TLS, on the loopback address"
start_sandbox "$port" --files-url "$files_url" --generation "${profile##*-}" || die "no sandbox, no demo"
note "$sandbox_url"

say "The connector: a new configuration, checked from end to end"
write_configuration "$work/province" "$profile" >/dev/null
note "dvcsync init wrote build/demo/province; address, account and certificates were filled in"
dvcsync check

say "First run: the state of 30 June$( ((whole)) && echo ", and what citizens have filed on the portal")"
((!whole)) || citizens_file june --until 2019-06-30
hand_over "$work/export/june" "$work/province/drop"
sync_all pulled

if ((whole)); then
  say "The province answers them; the connector brings the statuses back"
  province_answers 2019-06-30
  sync_all june
fi

say "Half a year later: changed dossiers and new ones$( ((whole)) && echo ", on paper and on the portal")"
((!whole)) || citizens_file december --since 2019-06-30
"$bin/dvc-province" generate "${born[@]}" --out "$work/export/december" --since 2019-06-30 "${slice[@]}"
hand_over "$work/export/december" "$work/province/drop"
sync_all changed
((!whole)) || province_answers 2019-12-31
sync_all december

say "The same export$( ((whole)) && echo " and the same answers") once more: nothing may be sent"
hand_over "$work/export/december" "$work/province/drop"
((!whole)) || province_answers 2019-12-31
sync_all again

say "What the connector remembers"
dvcsync status
dvcsync --json status >"$work/status.json"
dvcsync --json report year 2019 >"$work/ledger.json"
dvcsync report year 2019

say "The year 2019: published, exported by the province, remembered by the connector, held by the portal"
"$bin/dvc-province" figures --json >"$work/published.json"
collect "$work/export/all" "$work/export/june" "$work/export/december"
"$bin/dvc-province" count "$work/export/all" --json >"$work/exported.json"
portal=$work/portal-again.json#/submissions
columns=(--column "exported=$work/exported.json" --column "ledger=$work/ledger.json"
  --column "portal=$work/portal-again.json")
if ((whole)); then
  # The portal has no appointment for what was born there, so it counts those apart.
  columns+=(--without "portal=$work/exported.json#/born_on_portal")
else
  # What the portal can tell without steps, procedures and the members that came later.
  for row in received agencies central_agencies districts communes; do columns+=(--row "$row"); done
fi
if ((!quick)); then columns=(--column "published=$work/published.json" "${columns[@]}"); fi
checks=()
if ((whole)); then
  checks=(
    --same "born on the portal: exported, filed=$work/exported.json#/born_on_portal/received,$portal/filed"
    --same "  filed, taken from the inbox=$portal/filed,$work/answers.json#/submissions"
    --same "  with supplements: sent, taken=$portal/by_kind,$work/answers.json#/revisions"
    --same "  taken, answered=$work/answers.json#/submissions,$work/answers.json#/answered"
    --same "  answered, with both codes at the portal=$work/answers.json#/answered,$portal/with_both_codes"
    --same "  statuses told, at the portal=$work/answers.json#/events,$portal/statuses"
    --same "  online to result: exported, portal=$work/exported.json#/born_on_portal/online_to_result,$portal/finished_with_result"
    --zero "  waiting on the way in=$work/status.json#/submissions/waiting"
    --zero "  held on the way in=$work/status.json#/submissions/held"
  )
fi
if [[ $profile == dvc-2026 ]]; then
  checks=(--same "files: exported, named at the portal=$work/exported.json#/component_files,$work/portal-again.json#/files_named"
    --zero "files uploaded for nothing=$work/portal-again.json#/files_unused")
fi
"$bin/dvc-figures" "${columns[@]}" \
  --zero "violations seen by the portal=$work/portal-again.json#/violations" \
  --zero "duplicates seen by the portal=$work/portal-again.json#/duplicates_refused" \
  "${checks[@]}" \
  --zero "sent again after an answer=$work/portal-again.json#/resent_after_answer" \
  --same "records before and after the second run=$work/portal-december.json#/items,$work/portal-again.json#/items" ||
  die "the figures do not agree"

say "For an auditor: the trail is what was signed, and one small file proves what happened to one dossier"
dvcsync audit verify || die "the audit trail is not what was signed"
dossier=$(sed -n 's|.*<code>\(000\.[^<]*-[0-9]*\)</code>.*|\1|p' "$work/export/june"/dossiers*.xml | sed -n 1p)
dvcsync audit list --dossier "$dossier"
dvcsync audit prove --dossier "$dossier" --out "$work/dossier.proof" || die "nothing could be proven of $dossier"
key=$(dvcsync audit key)
"$bin/dvcsync-verify" --key "$key" "$work/dossier.proof" >"$work/proven.txt" || die "the proof does not verify"
cut -c 1-150 "$work/proven.txt"

say "Somebody with every right on a copy of the ledger makes a delivery a refusal: what the auditor sees"
mkdir "$work/tampered"
cp -r "$work/province"/{dvcsync.toml,ledger.db,ledger.key,audit,audit.key} "$work/tampered"
sqlite3 "$work/tampered/ledger.db" "UPDATE trail SET
  entry = CAST(replace(CAST(entry AS TEXT), '\"outcome\":\"delivered\"', '\"outcome\":\"refused\"') AS BLOB)
  WHERE code = '$dossier'"
seen=0
"$bin/dvcsync" --config "$work/tampered/dvcsync.toml" audit verify || seen=$?
((seen == 7)) || die "the tampering was not found"

say "Done: every figure agrees, nothing was refused or sent twice, and the second run sent nothing"
note "./demo.sh --keep leaves everything in build/demo; README.md tells how to go on from here"
