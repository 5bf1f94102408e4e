# shellcheck shell=bash
# Steps shared by demo.sh and the end-to-end tests: a sandbox portal, a configuration that speaks with it,
# and the hand-over of export files. Source it under set -euo pipefail, with these set (absolute):
#   bin   folder of the programs        work   folder to write in; this library makes it
#
# Nothing here listens on anything but the loopback address.

: "${bin:?the folder of the programs}" "${work:?the folder to write in}"
e2e_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
sandbox_pid='' files_pid=''

# The number of a key anywhere in a JSON file of one line or many; empty if there is none.
json_number() { # FILE KEY
  sed -n 's/.*"'"$2"'" *: *\(-\{0,1\}[0-9][0-9.]*\).*/\1/p' "$1" | head -n 1
}

# Makes what the servers below need, once: certificates and a password.
prepare_servers() {
  mkdir -p "$work"
  "$e2e_top/certs/dev-ca.sh" "$work/certs" >/dev/null
  [[ -s $work/portal.password ]] || (umask 077 && openssl rand -hex 16 >"$work/portal.password")
}

# Starts a dvc-sandbox and waits until it listens. Sets launched_pid; leaves $work/NAME.json and NAME.log.
launch_sandbox() { # NAME OPTION…
  local ready=$work/$1.json log=$work/$1.log tries
  shift
  rm -f "$ready"
  "$bin/dvc-sandbox" serve --admin-port 0 --cert "$work/certs/server.pem" --key "$work/certs/server.key" \
    --username province --password-file "$work/portal.password" --ready-file "$ready" "$@" >"$log" 2>&1 </dev/null &
  launched_pid=$!
  for ((tries = 0; tries < 200; ++tries)); do
    [[ -s $ready ]] && return 0
    kill -0 "$launched_pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "the sandbox did not start:" >&2
  tail -n 20 "$log" >&2
  return 1
}

# Starts the sandbox with mutual TLS. Sets sandbox_pid, sandbox_url, sandbox_admin.
# sandbox_any_client=1: without asking for a certificate, since whoever fetches citizens' files shows none.
start_sandbox() { # PORT [OPTION…]
  local port=$1 known=(--client-ca "$work/certs/ca.pem") status=0
  shift
  [[ -z ${sandbox_any_client:-} ]] || known=()
  prepare_servers
  launch_sandbox sandbox --port "$port" "${known[@]}" "$@" || status=1
  sandbox_pid=$launched_pid
  ((status == 0)) || return 1
  # An address, not a name: a bare chroot may not resolve localhost.
  sandbox_url=https://127.0.0.1:$(json_number "$work/sandbox.json" port)
  sandbox_admin=http://127.0.0.1:$(json_number "$work/sandbox.json" admin_port)
}

# Starts the sandbox again where it was. Whoever runs beside may have the port for a moment as that of an outgoing
# connection, so it is asked for more than once.
restart_sandbox() { # [OPTION…]
  local port=${sandbox_url##*:} tries
  for ((tries = 0; tries < 20; ++tries)); do
    start_sandbox "$port" "$@" && return 0
    sandbox_pid=''
    sleep 1
  done
  return 1
}

# Starts the host of the citizens' files, which asks for no certificate: files are made from their names, so any
# sandbox can give them. Sets files_pid, files_url for --files-url of start_sandbox.
start_file_host() {
  local status=0
  prepare_servers
  launch_sandbox files --port 0 || status=1
  files_pid=$launched_pid
  ((status == 0)) || return 1
  # shellcheck disable=SC2034  # for whoever sources this
  files_url=https://127.0.0.1:$(json_number "$work/files.json" port)
}

# Ends a program of ours if it runs; never waits longer than ten seconds for it.
stop_process() { # PID
  local tries
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null || true
  for ((tries = 0; tries < 100; ++tries)); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
stop_sandbox() {
  stop_process "$sandbox_pid"
  sandbox_pid=''
}
stop_file_host() {
  stop_process "$files_pid"
  files_pid=''
}

# Citizens file what a list of the province's generator says.
file_submissions() { # LIST.csv [PARAMETERS]
  administer POST "/citizen?list=$1&roads=poll&$2"
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
write_configuration() { # FOLDER [PROFILE]
  config=$1/dvcsync.toml
  "$bin/dvcsync" init --dir "$1"
  set_key "$config" base_url "\"$sandbox_url\""
  set_key "$config" username '"province"'
  set_key "$config" password_file "\"$work/portal.password\""
  set_key "$config" ca_file "\"$work/certs/ca.pem\""
  set_key "$config" client_certificate "\"$work/certs/client.pem\""
  set_key "$config" client_key "\"$work/certs/client.key\""
  set_key "$config" folder "\"$e2e_top/mappings\""
  [[ -z ${2-} ]] || set_key "$config" profile "\"$2\""
  # It takes dossiers only, at one address, and lets nothing in.
  [[ ${2-} != hagiang-wrapper ]] ||
    sed -i -e '/^\[inbound\]/,/^\[/{/^\[inbound\]/d;/^\[/!d}' \
      -e 's|^\[portal.endpoints\]|&\ndossiers = "/api/SynsTTHCC/DongBoHoSoMC"|' "$config"
  # Tokens and codes instead of sessions; nothing comes in there either.
  [[ ${2-} != dvc-2026 ]] ||
    sed -i -e '/^\[inbound\]/,/^\[/{/^\[inbound\]/d;/^\[/!d}' \
      -e 's|^\[portal.settings\]|&\nagency = "000.00.00.H22"|' \
      -e 's|^\[portal.endpoints\]|&\ntoken = "/oauth2/token"\ncodes = "/api/GetNextValue"\nfiles = "/api/UploadFile"\ncreate = "/api/NoiHoSo"\nstates = "/api/CapNhatTrangThai"\nsteps = "/api/CapNhatTienTrinh"|' \
      "$config"
  # Files of citizens and of the province come from the loopback address, with the authority of the tests.
  sed -i -e 's|^# file = "dvcsync.log"|file = "dvcsync.log"|' -e 's|^# file_hosts = .*|file_hosts = "127.0.0.1"|' \
    -e "s|^# file_ca = .*|file_ca = \"$work/certs/ca.pem\"|" \
    -e 's|^# allow_private_addresses = .*|allow_private_addresses = true|' "$config"
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
