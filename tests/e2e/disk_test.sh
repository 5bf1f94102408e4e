#!/usr/bin/env bash
# Disks that are full, read-only or filling up, and clocks that jump: no record is lost, no step is doubled, the
# message says what to do, and the next run goes on once the cause is gone. Argument: the folder of the programs.
#
# Needs a small file system of its own: a tmpfs in a private mount namespace, which root has, and others where
# user namespaces are allowed. Where neither is, it says SKIPPED; tests/simulation fails the ledger's disk by
# other means everywhere.
set -euo pipefail

if [[ -z ${DVC_PRIVATE_MOUNTS:-} ]]; then
  export DVC_PRIVATE_MOUNTS=1
  # shellcheck disable=SC2016  # expanded by the shell in the namespace
  try='d=$(mktemp -d) && mount -t tmpfs tmpfs "$d" && umount "$d" && rmdir "$d"'
  for options in -m -rm; do
    if unshare $options sh -c "$try" 2>/dev/null; then exec unshare $options bash "$0" "$@"; fi
  done
  echo "SKIPPED  no file system may be mounted here, even in a namespace of its own"
  exit 0
fi

command -v faketime >/dev/null || { echo "FAILED  faketime is missing: apt-get install faketime"; exit 1; }
bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
disk=$work/disk
trap 'stop_sandbox; umount -l "$disk" 2>/dev/null; rm -rf "$work"' EXIT

dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
tell_in_english() { sed 's/^/        | /' "$work/err"; }

# A new province whose ledger (or drop folder) lies on a small disk of its own. KEY: file or drop_folder.
new_province() { # NAME KEY PATH
  stop_sandbox
  # Lazily: a program that has just been killed may still hold it.
  if mountpoint -q "$disk"; then umount -l "$disk"; fi
  mkdir -p "$disk"
  mount -t tmpfs -o size=24m tmpfs "$disk"
  rm -f "$work/journal"
  start_sandbox 0 --journal "$work/journal"
  write_configuration "$work/$1" >"$work/out"
  # Half a year's decisions abolish more than goes out unasked.
  sed -i 's/^# max_abolished_percent = .*/max_abolished_percent = 100/' "$config"
  drop=$work/$1/drop
  case $2 in
    ledger) sed -i '/^\[ledger\]/,/^file = / s|^file = .*|file = "'"$disk/ledger.db"'"|' "$config" ;;
    drop)
      set_key "$config" drop_folder "\"$disk/drop\""
      mv "$drop" "$disk/drop"
      drop=$disk/drop
      ;;
  esac
}
# Leaves so many KiB free on the small disk.
fill_disk() { # KIB
  rm -f "$disk/filler"
  local free
  free=$(df --output=avail -k "$disk" | tail -n 1)
  head -c $(((free - $1) * 1024)) /dev/zero >"$disk/filler" 2>/dev/null || true
}
make_room() { rm -f "$disk/filler"; }

# Whatever happened before: the next run brings everything to the portal, once.
recovered() { # WHAT EXPORT…
  local what=$1
  shift
  expect 0 "$what: the next run goes on and ends well" dvcsync --json sync all
  expect 0 "$what: and one more has nothing to do" dvcsync --json sync all
  number "$what: nothing waits" waiting -eq 0
  expect 0 "$what: the ledger is sound" dvcsync check
  dvcsync --json report year 2019 >"$work/ledger.json"
  sandbox_report "$work/portal.json"
  rm -rf "$work/all"
  collect "$work/all" "$@"
  "$bin/dvc-province" count "$work/all" --json >"$work/exported.json"
  expect 0 "$what: province, ledger and portal agree" "$bin/dvc-figures" \
    --column "exported=$work/exported.json" --column "ledger=$work/ledger.json" \
    --column "portal=$work/portal.json" --zero "violations=$work/portal.json#/violations" \
    --zero "steps kept twice=$work/portal.json#/duplicate_progress_rows_kept"
}
# A run may fail, but only so: with status 5 and a message that names what could not be written.
run_on_bad_disk() { # WHAT FILE
  expect '0|1|5' "$1" dvcsync sync all
  if ! grep -q '^dvcsync:' "$work/err"; then return 0; fi
  failures=$((failures + 1))
  contains "$1: the message names $2" "$2" "$work/err"
}

generate() { "$bin/dvc-province" generate --dossiers 200 --procedures 200 "$@" >"$work/out" 2>&1; }
generate --out "$work/year"
generate --out "$work/june" --until 2019-06-30
generate --out "$work/december" --since 2019-06-30

echo "--- the ledger's disk is full while records come in"
new_province intake ledger
expect 0 "a new ledger" dvcsync status
fill_disk 64
hand_over "$work/year" "$drop"
expect 5 "a run on a full disk" dvcsync sync all
tell_in_english
contains "the message names the ledger" "$disk/ledger.db" "$work/err"
contains "and says what to do" 'make room' "$work/err"
verdict "no file is put away unread" "$([[ -z $(ls "$drop/done") ]]; echo $?)"
make_room
recovered "room again" "$work/year"

echo "--- the ledger's disk fills up at every moment of a run"
new_province settling ledger
hand_over "$work/june" "$drop"
expect 0 "the first half year" dvcsync sync all
hand_over "$work/december" "$drop"
stop_sandbox
expect 4 "the second half year is read while the portal is away" dvcsync sync all
restart_sandbox --journal "$work/journal"
failures=0
for ((free = 0; free <= 3072; free += 192)); do
  fill_disk $free
  run_on_bad_disk "a run with $free KiB left" "$disk/ledger.db"
done
verdict "some of these runs fail, others do not ($failures failures)" \
  "$((failures > 1 && failures < 17 ? 0 : 1))"
make_room
recovered "room again" "$work/june" "$work/december"

echo "--- the ledger's disk is read-only"
new_province readonly ledger
hand_over "$work/june" "$drop"
expect 0 "the first half year" dvcsync sync all
hand_over "$work/december" "$drop"
mount -o remount,ro "$disk"
expect 5 "a run on a read-only disk" dvcsync sync all
tell_in_english
contains "the message names the ledger" "$disk/ledger.db" "$work/err"
contains "and says that the disk is read-only" 'ead-only' "$work/err"
mount -o remount,rw "$disk"
recovered "writable again" "$work/june" "$work/december"

echo "--- the drop folder's disk is read-only"
new_province dropfolder drop
hand_over "$work/year" "$drop"
mount -o remount,ro "$disk"
expect 5 "a run that cannot put files away" dvcsync sync all
tell_in_english
contains "the message names the folder" "$drop/in" "$work/err"
mount -o remount,rw "$disk"
recovered "writable again" "$work/year"
verdict "every file is put away" "$(find "$drop/in" -mindepth 1 | wc -l)"

echo "--- the drop folder's disk is full"
echo "this is not XML" >"$drop/in/note.xml"
fill_disk 0
expect 5 "a run that cannot write why it rejects a file" dvcsync sync all
tell_in_english
contains "the message names the reason's file" "rejected/note.xml.reason.txt" "$work/err"
verdict "the file is not rejected without a reason" "$([[ -e $drop/in/note.xml ]]; echo $?)"
make_room
expect 1 "room again: the rejected file needs a person" dvcsync --json sync all
verdict "the file is rejected with its reason" "$([[ -s $drop/rejected/note.xml.reason.txt ]]; echo $?)"
rm "$drop/rejected"/*
recovered "room again" "$work/year"

echo "--- the log's disk is full"
new_province log ledger
sed -i "s|^file = \"dvcsync.log\"|file = \"$disk/dvcsync.log\"|" "$config"
sed -i '/^\[ledger\]/,/^file = / s|^file = .*|file = "ledger.db"|' "$config"
fill_disk 0
hand_over "$work/year" "$drop"
expect 0 "a run whose log cannot be written goes on" dvcsync sync all
recovered "with a full log" "$work/year"

echo "--- the clock jumps"
# The clock of dvcsync alone; the certificates are older than all of it. Not by the command faketime: it stays in
# between as a process of its own, and could not be killed together with dvcsync.
# shellcheck disable=SC2317  # expect calls it
at() { # OFFSET ARGUMENT…
  local offset=$1
  shift
  # shellcheck disable=SC2016  # $LIB is for the loader
  LD_PRELOAD='/usr/$LIB/faketime/libfaketimeMT.so.1' FAKETIME=$offset dvcsync "$@"
}
stop_sandbox
rm -rf "$work/certs"
faketime -f -10d "$e2e_top/certs/dev-ca.sh" "$work/certs" >"$work/out"
new_province clock none
hand_over "$work/june" "$drop"
expect 0 "a first run" dvcsync --json sync all
hand_over "$work/december" "$drop"
expect 0 "a run with the clock a day back" at -1d --json sync all
number "it delivers" delivered -gt 20
number "and leaves nothing" waiting -eq 0
recovered "the clock a day back" "$work/june" "$work/december"

new_province ahead none
hand_over "$work/june" "$drop"
expect 0 "a first run with the clock a day ahead" at +1d --json sync all
hand_over "$work/december" "$drop"
stop_sandbox
expect 4 "a run with the clock a day ahead, and no portal" at +1d --json sync all
restart_sandbox --journal "$work/journal"
# Cut off in the middle, so that a lease of tomorrow is left behind.
administer POST '/faults?spec=late=1' >"$work/out"
# shellcheck disable=SC2016
LD_PRELOAD='/usr/$LIB/faketime/libfaketimeMT.so.1' FAKETIME=+1d \
  "$bin/dvcsync" --config "$config" sync all >"$work/out" 2>&1 &
victim=$!
for ((tries = 0; tries < 400; ++tries)); do
  # A busy machine may keep it from looking; then it looks again.
  dvcsync --json status >"$work/out" || true
  grep -q '"state":"sending"' "$work/out" && break
  sleep 0.05
done
contains "a run of tomorrow has sent something" '"state":"sending"' "$work/out"
kill -KILL "$victim" 2>/dev/null || true
wait "$victim" 2>/dev/null || true
administer POST '/faults?spec=' >"$work/out"
expect 0 "the clock is set right: nobody waits for tomorrow" dvcsync --json sync all
number "it delivers" delivered -gt 20
recovered "the clock set right" "$work/june" "$work/december"

exit "$failed"
