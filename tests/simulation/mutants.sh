#!/usr/bin/env bash
# Takes one protection out at a time and shows that the simulation notices.
#
#   tests/simulation/mutants.sh                    every patch in mutants/
#   tests/simulation/mutants.sh no-fence no-sync   only these
#   SEEDS=1-5000 BUILD=build/release …             other seeds; a build folder that is there already
#
# Nothing in the tree is touched: the files that a patch changes are copied, compiled once more, and
# linked before the libraries they come from (so a patch changes .cpp files only). Prints a table: the
# mutant, the first seed that fails, the invariants that broke in the first five failures, most frequent
# first, and what was said of the first. Exit 1 if a mutant survives or breaks none of the invariants
# that it is there for.
# shellcheck disable=SC2001,SC2013,SC2016  # sed edits commands; the $ are the build tool's
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
seeds=${SEEDS:-1-3000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build=$(realpath -m "${BUILD:-$folder/build}")
mkdir -p "$build" "$folder/mutants"

names=("$@")
if ((${#names[@]} == 0)); then
  for patch in "$here"/mutants/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi

run_ninja() { # LOG OPTION…
  local log=$1
  shift
  ninja "$@" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    exit 1
  }
}

simulate() { # PROGRAM LOG
  timeout 900 "$1" --seeds "$seeds" --jobs 2 --failures 5 >"$2" 2>&1
}

line() { printf '%-28s %5s  %-10s %s\n' "$@"; }

# Rules that compile the changed files of a mutant and link it.
rules_of() { # NAME
  local name=$1 copy=$folder/mutants/$1 file objects=() command
  rm -rf "$copy"
  while read -r file; do
    install -D "$top/$file" "$copy/$file"
  done < <(sed -n 's|^+++ b/||p' "$here/mutants/$name.patch")
  patch -d "$copy" -p1 -s <"$here/mutants/$name.patch" >&2
  while read -r file; do
    command=$(grep -- " -c $top/$file\$" "$folder/commands")
    objects+=("$copy/$file.o")
    sed -E "s| -MD .* -o [^ ]+ -c .*| -o $copy/$file.o -c $copy/$file|" <<<"$command" |
      sed "s|^|build $copy/$file.o: run $copy/$file\n  line = |"
  done < <(cd "$copy" && find connector -name '*.cpp')
  command=$(grep -- ' -o bin/dvc-simulate ' "$folder/commands")
  command=${command/ -o bin\/dvc-simulate / -o $copy\/dvc-simulate ${objects[*]} }
  printf 'build %s: run %s\n  line = %s\n' "$copy/dvc-simulate" "${objects[*]}" "$command"
}

[[ -f $build/build.ninja ]] ||
  cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$folder/configure.log"
run_ninja "$folder/build.log" -C "$build" dvc-simulate
ninja -C "$build" -t commands dvc-simulate >"$folder/commands"
{
  printf 'rule run\n  command = cd %s && %s\n' "$build" "\$line"
  for name in "${names[@]}"; do rules_of "$name"; done
} >"$folder/build.ninja"
run_ninja "$folder/mutants.log" -C "$folder"

if ! simulate "$build/bin/dvc-simulate" "$folder/unchanged.log"; then
  echo "the unchanged program fails:" >&2
  head -n 4 "$folder/unchanged.log" >&2
  exit 1
fi
line mutant seed invariants 'what was found first'
line '(none)' '-' '-' "$(grep ' seeds, ' "$folder/unchanged.log")"
status=0
for name in "${names[@]}"; do
  log=$folder/$name.log
  if simulate "$folder/mutants/$name/dvc-simulate" "$log"; then
    line "$name" '-' '-' "SURVIVES seeds $seeds"
    status=1
    continue
  fi
  first=$(grep '^FAILED seed' "$log" | sort -t' ' -k3,3n | head -n 1)
  broken=$(sed -n 's/^FAILED seed .*: invariant (\([a-h]\)).*/\1/p' "$log" | sort | uniq -c |
    sort -rn | awk '{printf "%s ", $2}')
  seed=${first#FAILED seed } what=${first#*invariant }
  line "$name" "${seed%%:*}" "$broken" "${what:0:110}"
  expected=$(sed -n 's/^expect: //p' "$here/mutants/$name.patch")
  if [[ $broken != *[${expected// /}]* ]]; then
    line '' '' '' 'NOT THE INVARIANT THAT IT IS THERE FOR'
    status=1
  fi
done
exit "$status"
