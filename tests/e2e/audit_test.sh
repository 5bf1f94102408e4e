#!/usr/bin/env bash
# The signed trail with the real programs: what an auditor gets, what tampering with the ledger looks like, and that
# nothing is pushed that cannot be signed. Argument: the folder of the programs.
set -euo pipefail

bin=$1
work=$(mktemp -d)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'stop_sandbox; rm -rf "$work"' EXIT
# shellcheck source-path=SCRIPTDIR source=checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck disable=SC2317  # expect calls it
dvcsync() { "$bin/dvcsync" --config "$config" "$@"; }
# shellcheck disable=SC2317
verify() { "$bin/dvcsync-verify" --key "$key" "$@"; }
check_proof=$e2e_top/connector/packaging/docs/check-proof.sh
province=$work/province
go_packages=/usr/share/gocode

start_sandbox 0
write_configuration "$province" >"$work/out"
"$bin/dvc-province" generate --dossiers 200 --out "$work/june" --until 2019-06-30 >"$work/out" 2>&1
"$bin/dvc-province" generate --dossiers 200 --out "$work/december" --since 2019-06-30 >"$work/out" 2>&1

# -- what happened, and proof of it
hand_over "$work/june" "$province/drop"
expect 0 "a first run" dvcsync sync all
cp -r "$province" "$work/older"
expect 0 "a trail that was signed is what was signed" dvcsync audit verify
contains "it is green" '^green  dvcsync.hagiang.gov.vn/20' "$work/out"
expect 0 "what was delivered" dvcsync --json audit list --event delivery --outcome delivered --limit 10000
number "every delivery has an entry" total -ge 200
code=$(grep -o '{[^{}]*}' "$work/out" |
  sed -n '/"exchange".*"operation":"push-dossier"/s/.*"code":"\([^"]*\)".*/\1/p' | sort | sed -n 1p)
key=$(dvcsync audit key)
expect 0 "one dossier is proven" dvcsync audit prove --dossier "$code" --out "$work/x.proof"
expect 0 "the proof is good for whoever has the public key" verify "$work/x.proof"
contains "it names the dossier" "GOOD: .* entries about $code are in the signed log" "$work/out"
contains "with the exchange" '"event":"exchange"' "$work/out"
expect 0 "openssl and bash find the same" "$check_proof" "$key" "$work/x.proof"
contains "and say so" "GOOD: .* entries, code $code" "$work/out"
sed 's/"outcome":"delivered"/"outcome":"Delivered"/' "$work/x.proof" >"$work/bad.proof"
expect 1 "a changed proof is bad" verify "$work/bad.proof"
expect 1 "openssl and bash find that, too" "$check_proof" "$key" "$work/bad.proof"
# What is not signed in a proof is in somebody else's hand: it must not reach bash's arithmetic, which runs commands.
awk -v code="a[\$(touch $work/ran)]" '/^index / && !done { print "index " code; done = 1; next } { print }' \
  "$work/x.proof" >"$work/bad.proof"
expect 1 "a command in the place of a number is bad" "$check_proof" "$key" "$work/bad.proof"
contains "and is told" "index of an entry is not a number" "$work/err"
verdict "and does not run" "$([[ ! -e $work/ran ]]; echo $?)"
awk '/^index / { print "index 99999"; next } { print }' "$work/x.proof" >"$work/bad.proof"
expect 1 "an index beyond the log is bad" "$check_proof" "$key" "$work/bad.proof"
contains "and is told" "cannot be in a log of" "$work/err"
sed 's/^code .*/code H22-of-somebody-else/' "$work/x.proof" >"$work/bad.proof"
expect 1 "another code over the same entries is bad" "$check_proof" "$key" "$work/bad.proof"
contains "and is told" "is not about H22-of-somebody-else" "$work/err"
expect 1 "as the program says" verify "$work/bad.proof"

# -- a time stamp of a local authority whose certificate has ended since
make_authority() {
  mkdir "$work/authority" && cd "$work/authority"
  printf '%s\n' '[ca]' 'distinguished_name = name' '[name]' '[root]' 'basicConstraints = critical,CA:TRUE' \
    '[stamper]' 'extendedKeyUsage = critical,timeStamping' '[ts]' "serial = $PWD/serial" 'signer_digest = sha256' \
    'default_policy = 1.2.3.4.1' 'digests = sha256' 'ess_cert_id_alg = sha256' >openssl.cnf
  echo 0A >serial
  local new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf)
  openssl req -x509 "${new[@]}" -keyout root.key -out root.pem -days 3650 -extensions root -subj /CN=root
  openssl req "${new[@]}" -keyout stamper.key -out stamper.csr -subj /CN=stamper
  openssl x509 -req -in stamper.csr -CA root.pem -CAkey root.key -set_serial 2 -days 2 -extfile openssl.cnf \
    -extensions stamper -out stamper.pem
}
stamp() { # FILE ANSWER
  (cd "$work/authority" && openssl ts -query -data "$1" -sha256 -cert -out query.tsq &&
    openssl ts -reply -queryfile query.tsq -config openssl.cnf -section ts -inkey stamper.key -signer stamper.pem \
      -out "$2") >"$work/out" 2>&1
}
(make_authority) >"$work/out" 2>&1
sed -n "/^dvcsync.hagiang.gov.vn\/20/,/^— /p" "$work/x.proof" | sed '/^— /q' >"$work/checkpoint"
stamp "$work/checkpoint" "$work/stamp.tsr"
origin=$(sed -n 1p "$work/checkpoint")
{ cat "$work/x.proof" && printf 'timestamp %s %s\n\n' "$origin" "$(base64 -w 0 "$work/stamp.tsr")"; } >"$work/stamped.proof"
expect 0 "a time stamp is good" "$check_proof" "$key" "$work/stamped.proof" "$work/authority/root.pem"
contains "openssl and bash tell when" "the log $origin existed at .* GMT" "$work/out"
expect 0 "and the program" verify --timestamp-ca "$work/authority/root.pem" "$work/stamped.proof"
contains "tells it, too" "existed at" "$work/out"
if command -v faketime >/dev/null; then
  expect 0 "it is so when the certificate has ended" faketime -f '+30d' "$check_proof" "$key" "$work/stamped.proof" \
    "$work/authority/root.pem"
fi
expect 1 "another authority's certificate is not enough" "$check_proof" "$key" "$work/stamped.proof" "$work/certs/ca.pem"
echo "something else" >"$work/else"
stamp "$work/else" "$work/stamp.tsr"
{ cat "$work/x.proof" && printf 'timestamp %s %s\n\n' "$origin" "$(base64 -w 0 "$work/stamp.tsr")"; } >"$work/bad.proof"
expect 1 "a stamp of something else is bad" "$check_proof" "$key" "$work/bad.proof" "$work/authority/root.pem"
expect 1 "the program needs no authority to see it" verify "$work/bad.proof"
expect 1 "a code that is not there is not proven" dvcsync audit prove --dossier H22-none

# -- an export
expect 0 "an export" dvcsync audit export --out "$work/all.tar"
mkdir "$work/all" && tar -xf "$work/all.tar" -C "$work/all"
expect 0 "it is good for whoever has the public key" verify "$work/all"
log=$(basename "$(dirname "$work"/all/*/checkpoint)")
cp "$work/all/$log/checkpoint" "$work/kept"
expect 0 "it agrees with a checkpoint that somebody kept" verify --checkpoint "$work/kept" "$work/all"
contains "and says with which" "agrees with .*/kept" "$work/out"
for table in entries.csv entries.jsonl; do
  rm -rf "$work/bad" && cp -r "$work/all" "$work/bad"
  sed -i '0,/delivered/s//refused/' "$work/bad/$log/$table"
  expect 1 "a changed $table is bad" verify "$work/bad"
  contains "and is named" "$table is not what was signed" "$work/out"
done
rm -rf "$work/bad" && cp -r "$work/all" "$work/bad" && rm "$work/bad/$log/checkpoint"
expect 1 "a log without its checkpoint is bad" verify "$work/bad"
sed 's|/20[0-9]*$|/1999|' "$work/kept" >"$work/elsewhere"
expect 1 "a kept checkpoint of a log that is not there is not passed over" verify --checkpoint "$work/elsewhere" "$work/all"
contains "it is named" "vouches for is not here" "$work/out"
if command -v go >/dev/null && [[ -d $go_packages/src/golang.org/x/mod/sumdb/tlog ]]; then
  expect 0 "Go's own packages agree" env GO111MODULE=off GOPATH=$go_packages GOPROXY=off GOFLAGS= CGO_ENABLED=0 \
    GOCACHE="$bin/../go-cache" go run "$e2e_top/tests/e2e/audit_export.go" "$key" "$work/all/$log"
fi

hand_over "$work/december" "$province/drop"
expect 0 "a second run" dvcsync sync all
expect 0 "a later export" dvcsync audit export --out "$work/later.tar"
mkdir "$work/later" && tar -xf "$work/later.tar" -C "$work/later"
expect 0 "agrees with it, too" verify --checkpoint "$work/kept" "$work/later"
cp "$work/later/$log/checkpoint" "$work/newer"
expect 3 "a checkpoint newer than an export cannot be compared" verify --checkpoint "$work/newer" "$work/all"
contains "which accuses nobody" "NOT COMPARED: .*/newer is newer than this export" "$work/out"
expect 3 "nor one of another size with a proof" verify --checkpoint "$work/newer" "$work/x.proof"
contains "which is said" "not compared: .*/newer vouches for" "$work/out"
expect 0 "one of the same size can" verify --checkpoint "$work/checkpoint" "$work/x.proof"
contains "and agrees" "agrees with .*/checkpoint" "$work/out"
expect 0 "the log still agrees with a checkpoint that somebody kept" dvcsync audit verify --checkpoint "$work/kept"

# -- tampering with a copy of the ledger
tampered() { # WHAT FIRST-BAD SQL
  rm -rf "$work/copy"
  cp -r "$province" "$work/copy"
  sqlite3 "$work/copy/ledger.db" "$3"
  expect 7 "$1 is found" "$bin/dvcsync" --config "$work/copy/dvcsync.toml" audit verify
  contains "at entry $2" "first bad entry: $2\$" "$work/out"
}
if command -v sqlite3 >/dev/null; then
  entries=$(sqlite3 "$province/ledger.db" 'SELECT count(*) FROM trail')
  tampered "a cut tail" $((entries - 7)) "DELETE FROM trail WHERE sequence >= $((entries - 7))"
  tampered "a deleted trail" 0 "DELETE FROM trail"
  tampered "a trail without its logs" 0 "DELETE FROM trail; DELETE FROM trail_seal; DELETE FROM trail_log"
  tampered "a dropped entry" 150 "DELETE FROM trail WHERE sequence = 150"
  tampered "a dropped entry that the others cover up" 150 "DELETE FROM trail WHERE sequence = 150;
    UPDATE trail SET sequence = sequence + 1000000 WHERE sequence > 150;
    UPDATE trail SET sequence = sequence - 1000001 WHERE sequence > 1000000"
  verdict "told in one line" "$([[ $(grep -c "stands in its place" "$work/out") -le 2 ]]; echo $?)"
  tampered "an entry that is no entry" 50 "UPDATE trail SET entry = CAST('none' AS BLOB) WHERE sequence = 50"
  verdict "told without a time that it has not" "$([[ $(grep -c "is dated ," "$work/out") = 0 ]]; echo $?)"
  tampered "a rewritten trail" 0 "UPDATE trail SET entry = CAST(replace(CAST(entry AS TEXT), '+07:00', '+08:00') AS BLOB)"
  tampered "a changed entry" 77 "UPDATE trail SET entry = CAST(replace(CAST(entry AS TEXT), '+07:00', '+08:00') AS BLOB) WHERE sequence = 77"
  tampered "two swapped entries" 90 "CREATE TEMP TABLE two AS SELECT sequence, entry FROM trail WHERE sequence IN (90, 91);
    UPDATE trail SET entry = (SELECT entry FROM two WHERE two.sequence = 181 - trail.sequence) WHERE sequence IN (90, 91)"
fi

# -- an older copy of the ledger
first=$(sed -n 2p "$work/kept")
rm -f "$province"/ledger.db-*
cp "$work/older/ledger.db" "$province/"
expect 7 "an older copy of the ledger is found" dvcsync audit verify
contains "by what it lacks" "and those after it are missing" "$work/out"
expect 5 "it is not signed over" dvcsync audit checkpoint
contains "and the message says what to do" "dvcsync audit new-log" "$work/err"
expect 0 "a person begins a new log" dvcsync audit new-log --reason "the ledger was restored from its backup"
expect 0 "which can be signed" dvcsync audit checkpoint
expect 0 "an export is made" dvcsync audit export --out "$work/restored.tar"
mkdir "$work/restored" && tar -xf "$work/restored.tar" -C "$work/restored"
expect 1 "which does not hide what was lost" verify "$work/restored"
contains "but tells it" "entry .* and those after it are missing" "$work/out"
expect 7 "what was lost stays to be seen" dvcsync audit verify --checkpoint "$work/kept"
contains "beside the log that is good" "^green .*/$log-2: " "$work/out"
verdict "the first run's entries were signed ($first)" "$([[ $first -ge 200 ]]; echo $?)"

# -- fail closed
if command -v faketime >/dev/null; then
  mv "$province/audit" "$work/audit"
  echo "in the way" >"$province/audit" # not a folder: not even root can write into it
  hand_over "$work/june" "$province/drop"
  expect 1 "a folder that cannot be written is told" dvcsync sync all
  contains "with the reason" "^Audit .*province/audit" "$work/out"
  sandbox_report "$work/before.json"
  expect 5 "two hours later nothing is pushed" faketime -f '+2h' "$bin/dvcsync" --config "$config" sync all
  contains "and the run says why" "could not be signed for more than 60 minutes" "$work/out"
  sandbox_report "$work/after.json"
  verdict "the portal got nothing" \
    "$([[ $(json_number "$work/before.json" items) == $(json_number "$work/after.json" items) ]]; echo $?)"
  rm "$province/audit"
  mv "$work/audit" "$province/audit"
  expect 0 "once it can be written again, everything goes on" faketime -f '+2h' "$bin/dvcsync" --config "$config" sync all
  expect 0 "a clock that goes back is told, and harms nothing" dvcsync sync all
  expect 0 "it has an entry" dvcsync --json audit list --event clock.back
  number "one a run" total -ge 1
else
  echo "SKIPPED part: fail closed needs faketime"
fi

# -- what stands beside the entries, lies outside the ledger, or is gone as a whole; each in a copy of the first run's end
rm -rf "$work/copy"
cp -r "$work/older" "$work/copy"
# shellcheck disable=SC2317
of_copy() { "$bin/dvcsync" --config "$work/copy/dvcsync.toml" "$@"; }
cp "$work/older/audit/$log/checkpoint" "$work/kept-then"
expect 0 "the copy is good" of_copy audit verify --checkpoint "$work/kept-then"
contains "and says what it was compared with" "kept-then" "$work/out"
spoilt() { # WHAT WORDS SCRIPT [SQL]
  rm -rf "$work/copy"
  cp -r "$work/older" "$work/copy"
  [[ -z ${4:-} ]] || sqlite3 "$work/copy/ledger.db" "$4"
  (cd "$work/copy/audit" && eval "$3")
  expect 7 "$1 is found" of_copy --json audit verify --checkpoint "$work/kept-then"
  contains "and named" "$2" "$work/out"
}
spoilt "a folder that is gone" "$log is not here, and the ledger knows" "rm -r $log"
spoilt "a newest checkpoint that is gone" "$log/checkpoint is missing" "rm $log/checkpoint"
spoilt "a history that is gone" "$log/checkpoints.txt is missing" "rm $log/checkpoints.txt"
spoilt "a tile that is gone" "$log/tile/0/000 is missing" "rm $log/tile/0/000"
spoilt "a stamp that is none" "$log/timestamps/.*.tsr: " \
  "mkdir -p $log/timestamps; echo junk >$log/timestamps/\$(sed -n 2p $log/checkpoint).tsr"
if command -v sqlite3 >/dev/null; then
  spoilt "a trail that is gone from ledger and folder" "$log that .*kept-then vouches for" "rm -r ./*" \
    "DELETE FROM trail; DELETE FROM trail_seal; DELETE FROM trail_log"
  expect 7 "even without a checkpoint that somebody kept" of_copy audit verify
  spoilt "a column that hides an entry" "entry 99: the ledger's column code" : \
    "UPDATE trail SET code = 'H22-hidden' WHERE sequence = 99"
  spoilt "a log that is called closed" "its last entry is not log.closed" : "UPDATE trail_log SET closed = 1"
fi

# -- the public key is enough to verify; a proof that cannot be given whole is not given at all
rm -rf "$work/copy"
cp -r "$work/older" "$work/copy"
rm "$work/copy/audit.key"
expect 3 "without any key nothing can be verified" of_copy audit verify
contains "and the message says what is enough" "audit.pub" "$work/err"
expect 0 "the published key is enough" of_copy audit verify --key "$key"
echo "$key" >"$work/copy/audit.pub"
expect 0 "also as a file" of_copy audit verify
expect 1 "a body that is not kept is not shown" dvcsync audit prove --dossier "$code" --with-body 0 --out "$work/none" \
  --reason "an audit"
verdict "and nothing is written" "$([[ ! -e $work/none ]]; echo $?)"

exit "$failed"
