# shellcheck shell=bash
# Library of demo.sh and test.sh: progress lines, Debian packages, builds. Source it under set -euo pipefail.
#
# Works on a bare Debian 12: root without sudo, a user with sudo, no locale, no terminal.

# dpkg and apt-get translate their words; scripts read them.
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

dvc_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dvc_logs=$dvc_top/build/logs
dvc_step=0

# "[ 3  0:42] text": step number and time since the start. note() is a line inside a step.
say() {
  dvc_step=$((dvc_step + 1))
  printf '%s[%2d %3d:%02d]%s %s\n' "$dvc_bold" "$dvc_step" $((SECONDS / 60)) $((SECONDS % 60)) \
    "$dvc_plain" "$*"
}
note() { printf '           %s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}
if [[ -t 1 ]]; then
  dvc_bold=$'\e[1m' dvc_plain=$'\e[0m'
else
  dvc_bold='' dvc_plain=''
fi

# Runs a command with its output in build/logs/NAME.log; shows the end of that log when it fails.
logged() { # NAME COMMAND…
  local log=$dvc_logs/$1.log
  shift
  mkdir -p "$dvc_logs"
  "$@" >"$log" 2>&1 </dev/null && return 0
  local status=$?
  printf '\n--- the end of %s ---\n' "${log#"$dvc_top"/}" >&2
  tail -n 40 "$log" >&2
  return $status
}

packages_in() { grep -hv -e '^#' -e '^$' "$@"; }

missing_packages() { # LIST…
  local wanted state
  for wanted in $(packages_in "$@"); do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$wanted" 2>/dev/null) || state=absent
    [[ $state == installed ]] || echo "$wanted"
  done
}

# Installs what the lists name and this machine lacks; touches neither apt nor the network otherwise.
ensure_packages() { # LIST…
  local list missing as_root=()
  list=$(missing_packages "$@") # not <(…): a bare chroot has no /dev/fd
  mapfile -t missing <<<"$list"
  if [[ -z $list ]]; then
    note "all $(packages_in "$@" | wc -l) packages are installed"
    return 0
  fi
  command -v apt-get >/dev/null ||
    die "this machine has no apt-get. Debian 12 is needed, with: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "packages are missing and there is no sudo. As root: apt-get install ${missing[*]}"
    as_root=(sudo)
    # Its question must reach the user, not a log.
    sudo -v || die "sudo was refused. As root: apt-get install ${missing[*]}"
    as_root=(sudo env "DEBIAN_FRONTEND=$DEBIAN_FRONTEND" "LC_ALL=$LC_ALL")
  fi
  note "installing ${#missing[@]} packages: ${missing[*]}"
  logged apt-update "${as_root[@]}" apt-get update ||
    die "apt-get update failed: look at the network and /etc/apt"
  logged apt-install "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" ||
    die "apt-get install failed"
}

# What a bare chroot lacks and the tests need: /proc (sanitizers read their own map there) and the name
# localhost. Given as root; /proc is taken away again at the end.
ensure_surroundings() {
  if [[ ! -e /proc/self/maps ]]; then
    if ((EUID != 0)) || ! mount -t proc proc /proc 2>/dev/null; then
      die "/proc is not mounted. As root: mount -t proc proc /proc"
    fi
    trap 'umount /proc' EXIT
    note "mounted /proc until the end"
  fi
  if ! getent hosts localhost >/dev/null; then
    if [[ -e /etc/hosts ]] || ! echo '127.0.0.1 localhost' 2>/dev/null >/etc/hosts; then
      die "localhost does not resolve. Add the line '127.0.0.1 localhost' to /etc/hosts"
    fi
    note "wrote /etc/hosts, which was missing"
  fi
}

# At most one compiler for each core and for each 1.5 GB of free memory: more would only swap.
build_jobs() {
  local cores memory
  cores=$(nproc 2>/dev/null) || cores=1
  memory=$(awk '/^MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null) || memory=''
  [[ -n $memory ]] || memory=2
  ((memory >= 1)) || memory=1
  echo $((cores < memory ? cores : memory))
}

# Turns ninja's "[done/total] what" lines into one moving line on a terminal, else a line each quarter.
build_progress() { # PRESET
  local line total=1 finished quarter shown=0 live=0
  [[ -t 1 ]] && live=1
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    finished=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
    if ((live)); then
      printf '\r           building %s: %d of %d steps ' "$1" "$finished" "$total"
    elif quarter=$((finished * 4 / total)) && ((quarter > shown && total > 20)); then
      shown=$quarter
      note "building $1: $finished of $total steps"
    fi
  done
  if ((live)); then printf '\r\e[K'; fi
}

# Builds targets of a preset (all if none is named) into build/PRESET. The compiler's words go to a log
# and are shown only when it fails.
configure_and_build() { # PRESET [TARGET…]
  local preset=$1 started=$SECONDS log=$dvc_logs/build-$1.log
  shift
  (cd "$dvc_top" && logged "configure-$preset" cmake --preset "$preset") || return 1
  if ! NINJA_STATUS='[%f/%t] ' cmake --build "$dvc_top/build/$preset" -j "$(build_jobs)" \
    ${1:+--target "$@"} -- -k 0 2>&1 </dev/null | tee "$log" | build_progress "$preset"; then
    printf '\n--- what failed, from %s ---\n' "${log#"$dvc_top"/}" >&2
    grep -e '^FAILED' -e ' error: ' -e '^ninja: error' "$log" | cut -c 1-300 | head -n 40 >&2
    return 1
  fi
  note "build/$preset is up to date ($((SECONDS - started)) s)"
}
