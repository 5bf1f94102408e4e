#!/usr/bin/env bash
# The same year out of three products, by each generation of the contract: each vocabulary's exports go to a portal of
# their own, which knows the members of that generation and no others, and all three portals receive the same
# documents, byte for byte. Arguments: the folder of the programs; --year: the whole year instead of 1,500 dossiers.
set -euo pipefail

bin=$1
slice=(--dossiers 1500) files_every=5
[[ ${2:-} != --year ]] || slice=() files_every=50
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; stop_file_host; rm -rf "$work"' EXIT

# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck disable=SC2317  # expect calls it
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
generate() { # FOLDER OPTION…
  local out=$1
  shift
  "$bin/dvc-province" generate --vocabulary "$vocabulary" "${slice[@]}" "${born[@]}" --out "$out" "$@" >"$work/out" 2>&1
}
# shellcheck disable=SC2317  # expect calls it
answer() { # UNTIL
  "$bin/dvc-province" answer --vocabulary "$vocabulary" --inbox "$inbox" --drop "$drop" "${slice[@]}" --until "$1"
}
# One line for each document that the portal took, sorted. Which documents share a call is the connector's choice and
# differs from run to run, so calls are taken apart: every document of a kind begins with the same member. What a
# receipt says of the hour is the hour of this test, and which code a portal of 2026 gives is a matter of who asks
# first, and so is the id of a file: these things are taken out. The hash of a file is not.
documents() { # JOURNAL
  awk '
    match($0, /^\{"service":"[^"]*","isUpdating":"[^"]*","data":\[\{"[^"]*":/) {
      head = $0; sub(/"data":\[.*/, "", head)
      rest = substr($0, length(head) + 9); sub(/\]\}$/, "", rest)
      first = substr(rest, 1, index(rest, ":"))
      while ((at = index(substr(rest, 2), "}," first)) > 0) {
        print head substr(rest, 1, at + 1)
        rest = substr(rest, at + 3)
      }
      print head rest
    }' "$1" | sed -e '/^{"service":"XacNhanHoSoMoi"/s/"NgayXuLy":"[0-9]\{14\}"/"NgayXuLy":""/' \
    -e '/^{"service":"\(NoiHoSo\|CapNhat[^"]*\)","isUpdating":""/s/"MaHoSo":"[^"]*"/"MaHoSo":""/' \
    -e '/^{"service":"NoiHoSo"/s/"IdGiayTo":"[^"]*"/"IdGiayTo":""/g' | LC_ALL=C sort
}

bring_over() { # PROFILE
  local profile=$1 vocabulary folder drop inbox span since until whole=1
  born=(--portal)
  # It takes dossiers only: nothing is filed there, so nothing is answered either.
  if [[ $profile == @(hagiang-wrapper|dvc-2026) ]]; then whole=0 born=(); fi
  # One that wants to have the files. The same ones in each vocabulary.
  if [[ $profile == dvc-2026 ]]; then born=(--files-url "$files_url" --files-every "$files_every"); fi
  for vocabulary in reference opencps-v2 flat-rows; do
    folder=$work/$vocabulary drop=$work/$vocabulary/drop inbox=$work/$vocabulary/inbox
    echo "--- $vocabulary, $profile"
    start_sandbox 0 --journal "$work/$vocabulary.journal" --files-url "$files_url" --generation "${profile##*-}"
    write_configuration "$folder" "$profile" >"$work/out"
    set_key "$config" vocabulary "\"$vocabulary\""
    expect 0 "check is green" dvcsync check
    if ((whole)); then
      # First, because a dossier that was born on the portal waits for its submission.
      file_submissions "$work/filed.csv" 'supplements=0&withdrawals=0' >"$work/out"
      expect 0 "submissions come" dvcsync --json sync all
      number "into the inbox" submissions_handed -gt 0
    fi
    generate "$work/march-$vocabulary" --until 2019-03-31
    hand_over "$work/march-$vocabulary" "$drop"
    expect 0 "the first quarter goes to the portal" dvcsync --json sync all
    number "it takes new records" new -gt 50
    number "nothing is refused" refused -eq 0
    number "nothing is parked" parked -eq 0
    for span in 2019-03-31:2019-06-30 2019-06-30:2019-12-31; do
      since=${span%:*} until=${span#*:}
      generate "$work/$until-$vocabulary" --since "$since" --until "$until"
      hand_over "$work/$until-$vocabulary" "$drop"
      ((!whole)) || expect 0 "the province answers up to $until" answer "$until"
      expect 0 "and its records go to the portal" dvcsync --json sync all
      number "some have changed" changed -gt 0
      number "nothing is refused" refused -eq 0
      number "nothing is parked" parked -eq 0
    done
    expect 0 "a sync with nothing to read" dvcsync --json sync all
    number "delivers nothing" delivered -eq 0
    stop_sandbox
    documents "$work/$vocabulary.journal" >"$work/$vocabulary.documents"
    rm "$work/$vocabulary.journal"
    rm -r "$work"/*-"$vocabulary" "$folder"
  done
}

compare() { # PROFILE
  local vocabulary status
  for vocabulary in opencps-v2 flat-rows; do
    status=0
    cmp -s "$work/reference.documents" "$work/$vocabulary.documents" || status=1
    verdict "$1: $vocabulary gives the documents of the reference vocabulary, byte for byte" "$status"
    # Personal data stay here: only how many differ is told.
    ((status == 0)) || echo "  documents that differ: $(diff "$work/reference.documents" "$work/$vocabulary.documents" | grep -c '^[<>]')"
  done
}

start_file_host
"$bin/dvc-province" submissions --out "$work/filed.csv" "${slice[@]}" 2>"$work/err"
for generation in hagiang-wrapper dvc-2026 mapi-2020 mapi-2024; do
  bring_over "$generation"
  compare "$generation"
done

echo "--- what the portals hold"
sed 's/^{"service":"\([^"]*\)".*/\1/' "$work/reference.documents" | sort | uniq -c | tee "$work/services"
for service in DongBoHoSoMC CapNhatTienDoHoSoMC DongBoTTHC DongBoThongKeHoSo DongBoTrangThaiHoSo XacNhanHoSoMoi; do
  contains "$service is among them" " $service\$" "$work/services"
done
for status in 2 3 4 5 7 8 9 10; do
  contains "a dossier of status $status is among them" \
    "^{\"service\":\"DongBoHoSoMC\".*\"TrangThaiHoSo\":\"$status\"" "$work/reference.documents"
done
exit $failed
