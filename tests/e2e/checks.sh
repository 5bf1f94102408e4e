# shellcheck shell=bash disable=SC2034  # failed is for whoever sources this
# What end-to-end tests demand, each with a line that says so. Source it after lib.sh; a script ends with
# exit "$failed".

: "${work:?the folder to write in}"
failed=0
# A command that fails outside of a check ends the script (set -e): say which. Not in $(…), where nothing ends.
set -E
trap '((BASH_SUBSHELL)) || echo "FAILED  stopped at ${BASH_SOURCE[0]##*/}:$LINENO: ${BASH_COMMAND:0:200}"' ERR
verdict() { # WHAT STATUS
  if (($2 == 0)); then
    echo "ok      $1"
  else
    echo "FAILED  $1"
    cut -c 1-2000 "$work/out" | tail -n 25
    failed=1
  fi
}
# Demands an exit status, or one of several (0|1); leaves the output in $work/out.
expect() { # STATUS WHAT COMMAND…
  local expected=$1 what=$2 status=0
  shift 2
  "$@" >"$work/out" 2>"$work/err" || status=$?
  # shellcheck disable=SC2053  # a pattern is meant
  [[ $status == @($expected) ]] || cat "$work/err" >>"$work/out"
  # shellcheck disable=SC2053
  verdict "$what (exit status $status, expected $expected)" "$([[ $status == @($expected) ]]; echo $?)"
}
# Demands a number of the JSON answer in $work/out.
number() { # WHAT KEY OPERATOR VALUE
  local found
  found=$(json_number "$work/out" "$2")
  verdict "$1 ($2 = ${found:-missing}, expected $3 $4)" "$([[ $found =~ ^[0-9]+$ ]] && test "$found" "$3" "$4"; echo $?)"
}
contains() { verdict "$1" "$(grep -q -- "$2" "$3"; echo $?)"; }
