#!/usr/bin/env bash
# Everything that must hold before a change is accepted, on a bare Debian 12 with one command:
#
#   ./test.sh               packages, builds with two compilers, all tests, sanitizers, fuzzing, format
#   ./test.sh --lint        clang-tidy over every source as well (about ten minutes more)
#   ./test.sh --long        fuzz for minutes, simulate 10,000 seeds, kill at more occurrences of every
#                           point, and run the demo with the full year
#   ./test.sh --no-install  do not look at Debian packages
#
# Stages go on after a failure, so that one run shows everything that is wrong. The last line is
# "N passed, N failed"; the exit status is 0 only if nothing failed.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=connector/packaging/bootstrap.sh
source "$top/connector/packaging/bootstrap.sh"
cd "$top"

lint=0 long=0 install=1
for option in "$@"; do
  case $option in
    --lint) lint=1 ;;
    --long) long=1 ;;
    --no-install) install=0 ;;
    *)
      sed -n '2,11s/^# \{0,1\}//p' "$0"
      [[ $option == --help || $option == -h ]] && exit 0
      exit 2
      ;;
  esac
done

# The modules that start threads.
readonly threaded=(portal sync console)

total_passed=0 total_failed=0
summary=()

# Notes what a stage found. Every check counts: a unit test, a fuzz target, a script, a build.
record() { # STAGE PASSED FAILED STARTED
  total_passed=$((total_passed + $2))
  total_failed=$((total_failed + $3))
  summary+=("$(printf '%-44s %6d passed %5d failed %6d s' "$1" "$2" "$3" $((SECONDS - $4)))")
  note "$2 passed, $3 failed ($((SECONDS - $4)) s)"
}

# A stage that is one yes or no.
check() { # STAGE COMMAND…
  local stage=$1 started=$SECONDS
  shift
  if "$@"; then record "$stage" 1 0 "$started"; else record "$stage" 0 1 "$started"; fi
}

# What each test that failed says of it: the lines that name a fault with what follows, and the end.
show_failures() { # LOG
  printf '\n--- failed, from %s ---\n' "${1#"$dvc_top"/}"
  awk '
    function tell(  i, last, shown) {
      for (i = 1; i <= lines; ++i) {
        if (line[i] ~ /: Failure$|^FAILED |FAILED  \]|ERROR: |runtime error|WARNING: ThreadSanitizer/) last = i + 16
        if ((i <= last && shown < 90) || i > lines - 8) { print "  " substr(line[i], 1, 300); ++shown }
      }
      lines = 0
    }
    /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
      tell()
      bad = /\*\*\*/ && !/\*\*\*Skipped/
      if (bad) print substr($0, 1, 120)
      next
    }
    /^ +Start +[0-9]+: / || /^[0-9]+% tests passed/ { tell(); bad = 0 }
    bad { line[++lines] = $0 }
    END { tell() }' "$1" | head -n 200 || true
  sed -n '/^The following tests FAILED/,$p' "$1" | cut -c 1-160 | head -n 30 || true
}

# The tests of a build. The counts are ctest's own; a process of many unit tests counts as those, by the
# report that it leaves. One that ended without a report counts as one failure.
run_ctest() { # STAGE PRESET [CTEST OPTION…]
  local stage=$1 preset=$2 started=$SECONDS log=$dvc_logs/ctest-$2.log line report status=0
  shift 2
  rm -rf "build/$preset/gtest"
  "${fixed_addresses[@]}" ctest --test-dir "build/$preset" --output-on-failure --no-tests=error \
    -j "$(nproc)" --timeout 300 "$@" >"$log" 2>&1 </dev/null || status=$?
  line=$(grep -E '^[0-9]+% tests passed' "$log" || true)
  if [[ $line =~ ,\ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
    local failed=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    # A status without a failed test is a fault of the run itself.
    ((status == 0 || failed > 0)) || failed=1 all=$((all + 1))
    for report in "build/$preset/gtest"/*.xml; do
      [[ -e $report ]] || continue
      [[ $(grep -m 1 '<testsuites ' "$report") =~ tests=\"([0-9]+)\"\ failures=\"([0-9]+)\" ]] || continue
      all=$((all + BASH_REMATCH[1] - 1))
      ((BASH_REMATCH[2] < 2)) || failed=$((failed + BASH_REMATCH[2] - 1))
    done
    ((failed == 0)) || show_failures "$log" >&2
    record "$stage" $((all - failed)) "$failed" "$started"
  else
    tail -n 20 "$log" >&2
    record "$stage" 0 1 "$started"
  fi
}

# One libFuzzer target: its committed seeds first, then new inputs for a while. A crash keeps its input.
fuzz_one() { # TARGET SECONDS
  local name=${1##*/} seeds work
  seeds=tests/fuzz/corpus/${name#fuzz_}
  work=$top/build/fuzz-work/$name
  mkdir -p "$work/new"
  [[ -d $seeds ]] || {
    echo "$seeds: the seed corpus is missing" >&2
    return 1
  }
  logged "$name" "$1" "$work/new" "$seeds" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$work/" -print_final_stats=1
}

fuzz_all() { # SECONDS
  local started=$SECONDS target passed=0 failed=0 pid running=()
  for target in build/fuzz/bin/fuzz_*; do
    [[ -x $target ]] || continue
    fuzz_one "$target" "$1" &
    running+=($!)
    # Two at a time: the targets are single-threaded.
    if ((${#running[@]} == 2)); then
      for pid in "${running[@]}"; do if wait "$pid"; then ((++passed)); else ((++failed)); fi; done
      running=()
    fi
  done
  for pid in "${running[@]}"; do if wait "$pid"; then ((++passed)); else ((++failed)); fi; done
  ((passed + failed > 0)) || failed=1
  record "fuzzing, $1 s each" "$passed" "$failed" "$started"
}

check_format() {
  local files
  mapfile -t files <<<"$(find connector tests -name '*.cpp' -o -name '*.h')"
  logged clang-format clang-format-14 --dry-run -Werror "${files[@]}"
}

check_scripts() {
  local files
  mapfile -t files <<<"$(find . -path ./build -prune -o -type f \
    \( -name '*.sh' -o -path ./.ci/run \) -print)"
  logged shellcheck shellcheck -x "${files[@]}"
}

check_tidy() {
  find connector tests -name '*.cpp' -not -path 'tests/fuzz/*' >"$dvc_logs/clang-tidy.files"
  logged clang-tidy xargs -a "$dvc_logs/clang-tidy.files" -n 1 -P "$(nproc)" \
    clang-tidy-14 -p build/clang --quiet
}

# Names instead of addresses in the traces.
export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-14
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=suppressions=$top/tests/thread-sanitizer-ignore.txt
# The thread sanitizer of GCC 12 does not know the address layouts of newer kernels.
fixed_addresses=()
if setarch -R true 2>/dev/null; then fixed_addresses=(setarch -R); fi

if ((install)); then
  say "Debian packages"
  ensure_packages connector/packaging/apt-packages.txt connector/packaging/apt-packages-test.txt
fi

say "What the tests need of the machine"
ensure_surroundings

say "Format and scripts"
check "C++ is formatted (clang-format 14)" check_format
check "scripts (shellcheck)" check_scripts

say "Release build with GCC, without a warning"
check "build: GCC, release" configure_and_build release
say "All tests, end-to-end tests with the real programs too"
run_ctest "tests: GCC, release" release

# One clang build does three jobs: no warning, the tests under two sanitizers, and the fuzz targets.
say "Build with clang 14, address and undefined-behaviour sanitizers, fuzz targets"
check "build: clang 14, sanitizers, fuzz targets" configure_and_build fuzz
say "Unit tests under these sanitizers"
run_ctest "tests: address, undefined behaviour" fuzz -L unit
say "Fuzzing"
fuzz_all $((long ? 300 : 20))

say "Modules with threads under the thread sanitizer"
check "build: thread sanitizer" configure_and_build tsan "${threaded[@]/#/test_}"
run_ctest "tests: data races" tsan -R "^unit[.]($(IFS='|' && echo "${threaded[*]}"))[.]"

if ((lint)); then
  say "clang-tidy over every source"
  logged configure-clang cmake --preset clang
  check "clang-tidy" check_tidy
fi
if ((long)); then
  say "Simulation: 10,000 seeds"
  check "simulation, 10,000 seeds" logged simulation build/release/bin/dvc-simulate \
    --seeds 1-10000 --jobs "$(nproc)"
  say "Crash test: the first three occurrences of every point"
  check "crash test, every 3" logged crash build/release/bin/crash_test --bin build/release/bin \
    --source . --every 3
  say "The demo with the full year"
  check "demo.sh" ./demo.sh --no-install
fi

say "Summary"
printf '  %s\n' "${summary[@]}"
printf '\n%d passed, %d failed\n' "$total_passed" "$total_failed"
((total_failed == 0))
