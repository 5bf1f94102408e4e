# shellcheck shell=bash
# Steps shared by demo.sh and the end-to-end tests: a sandbox portal, a configuration that speaks with it,
# and the hand-over of export files. Source it under set -euo pipefail, with these set (absolute):
#   bin   folder of the programs        work   folder to write in; this library makes it
#
# Nothing here listens on anything but the loopback address.

: "${bin:?the folder of the programs}" "${work:?the folder to write in}"
e2e_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sandbox_pid=''

# The number of a key anywhere in a JSON file of one line or many; empty if there is none.
json_number() { # FILE KEY
  sed -n 's/.*"'"$2"'" *: *\(-\{0,1\}[0-9][0-9.]*\).*/\1/p' "$1" | head -n 1
}

# Starts the sandbox with mutual TLS and waits until it listens. Sets sandbox_pid, sandbox_url, sandbox_admin.
# sandbox_any_client=1: without asking for a certificate, since whoever fetches citizens' files shows none.
start_sandbox() { # PORT [OPTION…]
  local port=$1 ready=$work/sandbox.json tries known=(--client-ca "$work/certs/ca.pem")
  shift
  [[ -z ${sandbox_any_client:-} ]] || known=()
  mkdir -p "$work"
  "$e2e_top/certs/dev-ca.sh" "$work/certs" >/dev/null
  [[ -s $work/portal.password ]] || (umask 077 && openssl rand -hex 16 >"$work/portal.password")
  rm -f "$ready"
  "$bin/dvc-sandbox" serve --port "$port" --admin-port 0 --cert "$work/certs/server.pem" \
    --key "$work/certs/server.key" "${known[@]}" --username province \
    --password-file "$work/portal.password" --ready-file "$ready" "$@" \
    >"$work/sandbox.log" 2>&1 </dev/null &
  sandbox_pid=$!
  for ((tries = 0; tries < 200; ++tries)); do
    [[ -s $ready ]] && break
    kill -0 "$sandbox_pid" 2>/dev/null || break
    sleep 0.1
  done
  if [[ ! -s $ready ]]; then
    echo "the sandbox did not start:" >&2
    tail -n 20 "$work/sandbox.log" >&2
    return 1
  fi
  # An address, not a name: a bare chroot may not resolve localhost.
  sandbox_url=https://127.0.0.1:$(json_number "$ready" port)
  sandbox_admin=http://127.0.0.1:$(json_number "$ready" admin_port)
}

# Ends the sandbox if it runs; never waits longer than ten seconds for it.
stop_sandbox() {
  local tries
  [[ -n $sandbox_pid ]] || return 0
  kill "$sandbox_pid" 2>/dev/null || true
  for ((tries = 0; tries < 100; ++tries)); do
    kill -0 "$sandbox_pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$sandbox_pid" 2>/dev/null || true
  wait "$sandbox_pid" 2>/dev/null || true
  sandbox_pid=''
}

sandbox_report() { # FILE
  "$bin/dvc-sandbox" report --admin "$sandbox_admin" --year 2019 --json >"$1"
}

# A call of the sandbox's administration; prints the body of the answer. /dev/tcp: no other program is needed.
administer() { # METHOD PATH
  local channel
  exec {channel}<>"/dev/tcp/127.0.0.1/${sandbox_admin##*:}"
  printf '%s %s HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$1" "$2" >&"$channel"
  sed '1,/^\r$/d' <&"$channel"
  exec {channel}>&-
}

# Gives a key of dvcsync.toml a value, as a person would in an editor.
set_key() { # FILE KEY VALUE
  if [[ $(grep -c "^$2 = " "$1") -ne 1 ]]; then
    echo "set_key: $2 does not stand in $1 exactly once" >&2
    return 1
  fi
  sed -i "s|^$2 = .*|$2 = $3|" "$1"
}

# A new configuration for the sandbox that runs. Sets config.
write_configuration() { # FOLDER
  config=$1/dvcsync.toml
  "$bin/dvcsync" init --dir "$1"
  set_key "$config" base_url "\"$sandbox_url\""
  set_key "$config" username '"province"'
  set_key "$config" password_file "\"$work/portal.password\""
  set_key "$config" ca_file "\"$work/certs/ca.pem\""
  set_key "$config" client_certificate "\"$work/certs/client.pem\""
  set_key "$config" client_key "\"$work/certs/client.key\""
  set_key "$config" folder "\"$e2e_top/mappings\""
  sed -i 's|^# file = "dvcsync.log"|file = "dvcsync.log"|' "$config"
}

# Puts export files into a drop folder as a one-stop system should: written under another name, then renamed.
hand_over() { # EXPORT-FOLDER DROP-FOLDER
  local file name
  for file in "$1"/*.xml; do
    name=${file##*/}
    cp "$file" "$2/in/$name.part"
    mv "$2/in/$name.part" "$2/in/$name"
  done
}

# One folder with the files of several exports, the older first by name: what the province told in all.
collect() { # FOLDER EXPORT-FOLDER…
  local folder=$1 number=0 part file
  shift
  mkdir -p "$folder"
  for part in "$@"; do
    number=$((number + 1))
    for file in "$part"/*.xml; do ln "$file" "$folder/$number-${file##*/}"; done
  done
}
