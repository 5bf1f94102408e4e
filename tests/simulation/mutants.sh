#!/usr/bin/env bash
# Takes one protection out at a time and shows that the simulation notices.
#
#   tests/simulation/mutants.sh                    every patch in mutants/
#   tests/simulation/mutants.sh no-fence no-sync   only these
#   SEEDS=1-5000 FOLDER=/var/tmp/mutants …         other seeds; keep the copy and its build there
#
# Works on a copy of the tree. Prints a table: the mutant, how many of the first seeds fail, the first
# that does, the invariants that broke (expected ones first), and what was said of the first seed.
# Exit 1 if a mutant survives or breaks none of the invariants that it is there for.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
seeds=${SEEDS:-1-3000}
folder=${FOLDER:-}
if [[ -z $folder ]]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
tree=$folder/tree build=$folder/build

# Every copy shares the compiler's cache.
export CCACHE_BASEDIR=$folder CCACHE_NOHASHDIR=1

copy_tree() {
  rm -rf "$tree.new"
  mkdir -p "$tree" "$tree.new"
  tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -C "$tree.new" -xf -
  # Only what differs, so that a folder that was kept builds only that.
  (cd "$tree.new" && find . -type f) | while read -r file; do
    cmp -s "$tree.new/$file" "$tree/$file" || install -D "$tree.new/$file" "$tree/$file"
  done
  rm -rf "$tree.new"
}

build_it() { # LOG
  ninja -C "$build" dvc-simulate >"$1" 2>&1 || {
    tail -n 20 "$1" >&2
    return 1
  }
}

simulate() { # LOG
  timeout 900 "$build/bin/dvc-simulate" --seeds "$seeds" --jobs 2 --failures 5 >"$1" 2>&1
}

copy_tree
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$folder/configure.log"
build_it "$folder/build.log"
if ! simulate "$folder/unchanged.log"; then
  echo "the unchanged tree fails:" >&2
  head -n 4 "$folder/unchanged.log" >&2
  exit 1
fi
printf '%-30s %6s  %-10s %s\n' mutant 'seed' invariants 'what was found'
printf '%-30s %6s  %-10s %s\n' '(none)' '-' '-' "$(grep ' seeds, ' "$folder/unchanged.log")"

status=0
names=("$@")
if ((${#names[@]} == 0)); then
  for patch in "$here"/mutants/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi
for name in "${names[@]}"; do
  patch=$here/mutants/$name.patch log=$folder/$name.log
  expected=$(sed -n 's/^expect: //p' "$patch")
  if ! patch -d "$tree" -p1 -s --no-backup-if-mismatch <"$patch" >"$log" 2>&1; then
    printf '%-30s %6s  %-10s %s\n' "$name" '-' '-' 'THE PATCH DOES NOT APPLY'
    copy_tree
    status=1
    continue
  fi
  if ! build_it "$log"; then
    printf '%-30s %6s  %-10s %s\n' "$name" '-' '-' 'DOES NOT BUILD'
    status=1
  elif simulate "$log"; then
    printf '%-30s %6s  %-10s %s\n' "$name" '-' '-' "SURVIVES ($seeds)"
    status=1
  else
    first=$(grep '^FAILED seed' "$log" | sort -t' ' -k3,3n | head -n 1)
    broken=$(grep -o 'invariant ([a-g])' "$log" | tr -dc 'a-g\n' | grep -o '[a-g]$' | sort |
      uniq -c | sort -rn | awk '{printf "%s ", $2}')
    seed=$(sed -n 's/^FAILED seed \([0-9]*\).*/\1/p' <<<"$first")
    what=${first#*invariant } what=${what:0:110}
    printf '%-30s %6s  %-10s %s\n' "$name" "$seed" "$broken" "$what"
    seen=0
    for letter in $expected; do [[ $broken == *$letter* ]] && seen=1; done
    if ((!seen)); then
      printf '%-30s expected one of: %s\n' '' "$expected"
      status=1
    fi
  fi
  patch -d "$tree" -p1 -R -s --no-backup-if-mismatch <"$patch" >/dev/null
done
exit "$status"
