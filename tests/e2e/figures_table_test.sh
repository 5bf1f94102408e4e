#!/usr/bin/env bash
# dvc-figures says "agree" only when every figure is there and equal: demo.sh relies on its exit status.
set -euo pipefail

bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed=0
expect() { # STATUS WHAT COMMAND…
  local expected=$1 what=$2 status=0
  shift 2
  "$@" >"$work/out" 2>&1 || status=$?
  if ((status == expected)); then
    echo "ok      $what"
  else
    echo "FAILED  $what: exit status $status, expected $expected"
    cat "$work/out"
    failed=1
  fi
}
figures=("$bin/dvc-figures" --column "one=$work/one.json" --column "two=$work/two.json#/year")
put() { # FILE RECEIVED → all figures 7, but RECEIVED
  local names="due early on_time late late_with_apology online_to_result decisions procedures_new
    procedures_amended procedures_replaced procedures_abolished published inter_agency agencies" name
  {
    printf '{"received":%s' "$2"
    for name in $names; do printf ',"%s":7' "$name"; done
    printf '}'
  } >"$work/$1"
}
wrap() { printf '{"violations":%s,"calls":{"push":%s},"year":%s}' "$2" "$3" "$(cat "$work/$1")" >"$work/$4"; }

put one.json 94954
wrap one.json 0 5 two.json
expect 0 "equal figures agree" "${figures[@]}"
grep -q '94,954      94,954  ✓' "$work/out" || { echo "FAILED  the row is not printed as it should be"; failed=1; }
expect 0 "a zero that is zero" "${figures[@]}" --zero "violations=$work/two.json#/violations"
expect 0 "equal values" "${figures[@]}" --same "calls=$work/two.json#/calls,$work/two.json#/calls"

wrap one.json 1 6 other.json
expect 1 "a zero that is one" "${figures[@]}" --zero "violations=$work/other.json#/violations"
expect 1 "a zero that is absent" "${figures[@]}" --zero "violations=$work/other.json#/violation"
echo '{"none":[],"zeros":{"a":0,"b":0},"one":{"a":0,"b":1},"some":[{"rule":"x"}]}' >"$work/sums.json"
expect 0 "an empty list is nothing" "${figures[@]}" --zero "violations=$work/sums.json#/none"
expect 0 "an object of zeros is nothing" "${figures[@]}" --zero "duplicates=$work/sums.json#/zeros"
expect 1 "a list of something" "${figures[@]}" --zero "violations=$work/sums.json#/some"
expect 1 "an object with a one" "${figures[@]}" --zero "duplicates=$work/sums.json#/one"
expect 1 "values that differ" "${figures[@]}" --same "calls=$work/two.json#/calls,$work/other.json#/calls"
expect 1 "values that are both absent" "${figures[@]}" --same "calls=$work/two.json#/x,$work/two.json#/x"

expect 0 "a number and the sum of an object" "${figures[@]}" --same "sum=$work/sums.json#/one/b,$work/sums.json#/one"
expect 1 "a number and another sum" "${figures[@]}" --same "sum=$work/sums.json#/one/a,$work/sums.json#/one"
expect 1 "a number and what has no sum" "${figures[@]}" --same "sum=$work/sums.json#/one/a,$work/sums.json#/x"

put one.json 94953
expect 1 "one figure off by one" "${figures[@]}"
grep -q '✗' "$work/out" || { echo "FAILED  the row that differs is not marked"; failed=1; }
put one.json 94954
sed -i 's/"agencies":7/"central_agencies":4,"districts":2,"communes":1/' "$work/one.json"
expect 0 "agencies counted by level sum up" "${figures[@]}"
sed -i 's/"communes":1/"communes":2/' "$work/one.json"
expect 1 "a commune too many" "${figures[@]}"
put one.json 94954
wrap one.json 0 5 two.json
echo '{"received":0,"due":0,"early":0,"on_time":0,"late":0,"late_with_apology":0,"online_to_result":0,"decisions":0,
  "procedures_new":0,"procedures_amended":0,"procedures_replaced":0,"procedures_abolished":0,"published":0,
  "inter_agency":0,"agencies":0}' >"$work/part.json"
put one.json 94444
sed 's/"received":0/"received":510/' "$work/part.json" >"$work/born.json"
expect 0 "what a side cannot know is added to it" "${figures[@]}" --without "one=$work/born.json"
grep -q '94,444 + 510      94,954  ✓' "$work/out" || { echo "FAILED  the sum is not shown"; failed=1; }
expect 1 "a part too few" "${figures[@]}" --without "one=$work/part.json"
expect 1 "a part that lacks a figure" "${figures[@]}" --without "one=$work/two.json"
expect 2 "a part of no column" "${figures[@]}" --without "three=$work/born.json"
put one.json '"94954"'
expect 1 "a figure that is text" "${figures[@]}"
put one.json -1
expect 1 "a negative figure" "${figures[@]}"
echo '{}' >"$work/one.json"
expect 1 "no figures at all" "${figures[@]}"
echo '[' >"$work/one.json"
expect 2 "a file that is not JSON" "${figures[@]}"
rm "$work/one.json"
expect 2 "a file that is missing" "${figures[@]}"
expect 2 "nothing to compare" "$bin/dvc-figures" --column "one=$work/two.json"
expect 2 "an unknown option" "$bin/dvc-figures" --colum "one=$work/two.json"
exit $failed
