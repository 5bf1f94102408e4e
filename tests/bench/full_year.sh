#!/usr/bin/env bash
# The full-year benchmark: dvcsync and the bare load generator against the same sandbox, in turn, so that
# their ratio holds although the machine's speed drifts.
#
#   tests/bench/full_year.sh [ROUNDS [DOSSIERS]]      (default: 3 rounds of the whole year)
#
# Prints a line a round: seconds and dossiers/s of both, their share, the run over the unchanged year, and
# the peak memory of dvcsync. DVC_LATENCY_MS=N lets the sandbox take N ms for each answer, as a portal
# at the other end of a network does. Needs the release build and the Debian package "time":
#   cmake --preset release && cmake --build --preset release
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${DVC_BIN:-$top/build/release/bin}
for program in dvcsync dvc-province dvc-sandbox dvc-load; do
  if [[ ! -x $bin/$program ]]; then
    echo "$bin/$program is missing: cmake --preset release && cmake --build --preset release" >&2
    exit 2
  fi
done
work=$(mktemp -d)
# shellcheck source=tests/e2e/lib.sh
source "$top/tests/e2e/lib.sh"
trap 'stop_sandbox; rm -rf "$work"' EXIT
rounds=${1:-3}
slice=()
if [[ -n ${2-} ]]; then slice=(--dossiers "$2"); fi

# A new sandbox on the port of the first one, so that one configuration serves every round.
fresh_sandbox() {
  local port=0
  if [[ -n ${sandbox_url-} ]]; then port=${sandbox_url##*:}; fi
  stop_sandbox
  start_sandbox "$port" --latency-ms "${DVC_LATENCY_MS:-0}"
}

timed_sync() { # NAME
  /usr/bin/time -f '{"peak_kb":%M,"user":%U,"system":%S}' -o "$work/$1.usage" \
    "$bin/dvcsync" --config "$config" --json sync all >"$work/$1.json" 2>>"$work/sync.log"
}

fresh_sandbox
write_configuration "$work/province" >/dev/null
"$bin/dvc-province" generate --out "$work/year" "${slice[@]}" 2>/dev/null
drop=$work/province/drop

for ((round = 1; round <= rounds; ++round)); do
  rm -f "$work"/province/*.db* "$drop"/done/*
  fresh_sandbox
  hand_over "$work/year" "$drop"
  timed_sync first
  hand_over "$work/year" "$drop"
  timed_sync again
  fresh_sandbox
  hand_over "$work/year" "$drop"
  "$bin/dvc-load" "$config" 8 >"$work/load.json"
  rm -f "$drop"/in/*
  awk -v round="$round" \
    -v sync="$(json_number "$work/first.json" seconds)" \
    -v load="$(json_number "$work/load.json" seconds)" \
    -v dossiers="$(json_number "$work/load.json" dossiers)" \
    -v user="$(json_number "$work/first.usage" user)" \
    -v again="$(json_number "$work/again.json" seconds)" \
    -v calls="$(json_number "$work/again.json" calls)" \
    -v peak="$(json_number "$work/first.usage" peak_kb)" 'BEGIN {
      printf "round %d: dvcsync %.1f s (%.0f dossiers/s, %.1f s of processor), ", round, sync, dossiers / sync, user
      printf "load generator %.1f s (%.0f dossiers/s), share %.2f; ", load, dossiers / load, load / sync
      printf "unchanged year %.1f s and %d calls; peak memory %d MB\n", again, calls, peak / 1024 }'
done
