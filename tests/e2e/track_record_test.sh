#!/usr/bin/env bash
# Every command of tests/TRACK-RECORD.md names tests, programs and scripts that exist, and every test that is
# named beside it is one that the command runs. Runs none of them. Argument: the folder of the programs.
set -euo pipefail

bin=$1
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
page=$top/tests/TRACK-RECORD.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 rows=0 commands=0

# One "Suite.Test" a line, without the values of parameters.
names_of() { # PROGRAM
  local list=$work/$1.names
  if [[ ! -e $list ]]; then
    "$bin/$1" --gtest_list_tests 2>/dev/null | sed 's/ *# .*//' |
      awk '/^Running main/ {next} /^[^ ]/ {suite = $1; next} {print suite $1}' >"$list"
  fi
  echo "$list"
}
# ctest -N would write into the build folder while another ctest runs; its files say the same.
ctest_names() {
  find "$bin/.." -name CTestTestfile.cmake -exec sed -n 's/^add_test(\[=*\[\([^]]*\)\].*/\1/p' {} + | sort -u
}
# What stands between backticks, one a line.
quoted() { # TEXT
  # shellcheck disable=SC2016  # the backticks are those of Markdown
  grep -oE '`[^`]+`' <<<"$1" | tr -d '`'
}
wrong() { # WHAT
  echo "FAILED  ${page##*/}:$number: $1"
  failed=1
}

check_filter() { # PROGRAM FILTER
  local names part parts
  names=$(names_of "$1")
  IFS=: read -r -a parts <<<"$2"
  for part in "${parts[@]}"; do
    # The filters of this page know no wildcard but the star.
    part=${part//./\\.}
    grep -qx -- "${part//\*/.*}" "$names" || wrong "$1 has no test $part"
  done
}
check_command() { # COMMAND
  local program=${1%% *} option
  case $program in
    build/release/bin/*)
      [[ -x $bin/${program##*/} ]] || { wrong "there is no program ${program##*/}"; return; }
      [[ $1 =~ --gtest_filter=\'([^\']+)\' ]] && check_filter "${program##*/}" "${BASH_REMATCH[1]}"
      # Options of our own programs; their help names them all.
      if [[ ${program##*/} == dvc-simulate ]]; then
        while IFS= read -r option; do
          grep -qw -e "$option" <<<"$("$bin/dvc-simulate" --help)" || wrong "dvc-simulate has no option $option"
        done <<<"$(grep -oE -e '--[a-z]+' <<<"$1")"
      fi
      ;;
    ctest)
      [[ $1 =~ -R\ \'([^\']+)\' ]] || { wrong "which tests? $1"; return; }
      grep -qE -- "${BASH_REMATCH[1]}" "$work/ctest" || wrong "ctest has no test ${BASH_REMATCH[1]}"
      ;;
    */*.sh) [[ -x $top/$program ]] || wrong "there is no script $program" ;;
    *) wrong "what is this command? $1" ;;
  esac
  commands=$((commands + 1))
}

ctest_names >"$work/ctest"
number=0
while IFS= read -r line; do
  number=$((number + 1))
  while IFS= read -r target; do
    [[ -e $top/tests/$target ]] || wrong "the link to $target leads nowhere"
  done <<<"$(grep -oE '\]\([^)#:]+\)' <<<"$line" | sed 's/^](//; s/)$//')"
  [[ $line == '| '* && $line != '| the trap'* && $line != '| what |'* && $line != '| letter |'* ]] || continue
  rows=$((rows + 1))
  last=${line% |}
  last=${last##* | }
  if [[ $last != *'`'* ]]; then
    [[ $line == *'none yet: '* ]] || wrong "a row with neither a command nor a reason why there is none"
    continue
  fi
  while IFS= read -r command; do
    check_command "$command"
  done <<<"$(quoted "$last")"
  # The tests that the third column of a trap names are those that the command runs.
  covered=$(awk -F ' [|] ' 'NF == 4 {print $3}' <<<"$line")
  while IFS= read -r name; do
    [[ $name != *.* || ${last//\\/} == *"$name"* ]] || wrong "$name is named, but not run"
  done <<<"$(quoted "$covered")"
done <"$page"

((rows > 60 && commands > 80)) || { echo "FAILED  only $rows rows and $commands commands found"; failed=1; }
((failed)) || echo "ok      $rows rows, $commands commands: all of them name what exists"
exit "$failed"
