# shellcheck shell=bash disable=SC2034,SC2154  # failed is for whoever sources this, bin and config come from it
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

# -- dvcsync serve --------------------------------------------------------------------------------------------------
serve_pid=''
# Ends a program of ours; never waits longer than ten seconds. Prints how many tenths of a second it took.
end_program() { # PID
  local tries
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null || true
  for ((tries = 0; tries < 100; ++tries)); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
  echo "$tries"
}

# Sets serve_pid and serve_port; what it says goes to $work/serve.out and $work/serve.err.
start_serve() {
  local tries ready=$work/serve.json
  rm -f "$ready"
  "$bin/dvcsync" --config "$config" serve --ready-file "$ready" >"$work/serve.out" 2>"$work/serve.err" &
  serve_pid=$!
  for ((tries = 0; tries < 200; ++tries)); do
    [[ -s $ready ]] && break
    kill -0 "$serve_pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/serve.out" "$work/serve.err" >"$work/out"
  verdict "serve says that it listens" "$(grep -q '^listening on 127.0.0.1:[0-9]*$' "$work/serve.out"; echo $?)"
  serve_port=$(json_number "$ready" port)
  verdict "and its process is the one in the ready file" "$([[ $(json_number "$ready" pid) == "$serve_pid" ]]; echo $?)"
}
