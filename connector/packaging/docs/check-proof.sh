#!/usr/bin/env bash
# Checks the proof of a dossier with openssl, base64 and bash alone:
#
#   check-proof.sh 'NAME+ID+KEY' PROOF-FILE [TIME-AUTHORITIES.pem]
#
# Every step is a line that you can run by hand. Exit status 0: every entry is in the signed log.
set -euo pipefail

bad() { echo "BAD: $*" >&2 && exit 1; }
sha256() { openssl dgst -sha256 -binary | base64 -w 0; }

vkey=$1 proof=$2 authorities=${3-}
temporary=$(mktemp -d) && trap 'rm -rf "$temporary"' EXIT

# The public key: behind the second '+' stand a type byte (1 = Ed25519) and 32 bytes. openssl wants a few bytes before it.
name=${vkey%%+*}
{ printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00' && base64 -d <<<"${vkey#*+*+}" | tail -c 32; } >"$temporary/key.der"
openssl pkey -pubin -inform DER -in "$temporary/key.der" -out "$temporary/key.pem" || bad "this is not a public key"

# The signature of a checkpoint: a note of three lines; the signature is behind 4 bytes that name the key.
check_signature() { # NOTE-FILE
  sed '/^$/,$d' "$1" >"$temporary/text"
  sed -n "s/^— ${name//./\\.} //p" "$1" | base64 -d | tail -c +5 >"$temporary/signature"
  openssl pkeyutl -verify -pubin -inkey "$temporary/key.pem" -rawin -in "$temporary/text" \
    -sigfile "$temporary/signature" >/dev/null 2>&1 || bad "a checkpoint is not signed by $name"
}

# RFC 9162, section 2.1.3.2: from the entry's hash up to the root that the checkpoint tells.
check_inclusion() { # ENTRY INDEX SIZE ROOT HASH…
  local fn=$2 sn=$(($3 - 1)) root=$4 r p
  r=$({ printf '\0' && printf '%s' "$1"; } | sha256)
  for p in "${@:5}"; do
    ((sn > 0)) || bad "entry $2: its proof is too long"
    if ((fn % 2 == 1 || fn == sn)); then
      r=$({ printf '\1' && base64 -d <<<"$p" && base64 -d <<<"$r"; } | sha256)
      while ((fn % 2 == 0 && fn != 0)); do fn=$((fn / 2)) sn=$((sn / 2)); done
    else
      r=$({ printf '\1' && base64 -d <<<"$r" && base64 -d <<<"$p"; } | sha256)
    fi
    fn=$((fn / 2)) sn=$((sn / 2))
  done
  [[ $sn -eq 0 && $r == "$root" ]] || bad "entry $2 is not in the log"
}

checked=0
exec 3<"$proof"
{ read -r -u 3 first && [[ $first == 'dvcsync proof v1' ]]; } || bad "this is not a proof of dvcsync"
read -r -u 3 code && read -r -u 3 _
while read -r -u 3 line; do
  case $line in
    'entry '*)
      entry=${line#entry } hashes=()
      read -r -u 3 form && read -r -u 3 _ index
      [[ $form == c2sp.org/tlog-proof@v1 ]] || bad "not a C2SP proof"
      while read -r -u 3 line && [[ -n $line ]]; do hashes+=("$line"); done
      read -r -u 3 origin && read -r -u 3 size && read -r -u 3 root && read -r -u 3 _
      printf '%s\n%s\n%s\n\n' "$origin" "$size" "$root" >"$temporary/note"
      while read -r -u 3 line && [[ -n $line ]]; do echo "$line" >>"$temporary/note"; done
      [[ $origin == "$name"/* ]] || bad "the log $origin is not one of $name"
      cp "$temporary/note" "$temporary/${origin##*/}.checkpoint"
      check_signature "$temporary/note"
      check_inclusion "$entry" "$index" "$size" "$root" ${hashes[@]+"${hashes[@]}"}
      echo "entry $index of $origin: $entry"
      checked=$((checked + 1))
      ;;
    'timestamp '*)
      read -r _ origin answer <<<"$line"
      [[ -n $authorities ]] || { echo "a time stamp is not checked: name its authorities" && continue; }
      base64 -d <<<"$answer" >"$temporary/stamp.tsr"
      openssl ts -verify -in "$temporary/stamp.tsr" -data "$temporary/${origin##*/}.checkpoint" -CAfile "$authorities" \
        >/dev/null 2>&1 || bad "the time stamp of $origin does not verify"
      openssl ts -reply -in "$temporary/stamp.tsr" -text 2>/dev/null | sed -n "s/^Time stamp: /the log $origin existed at /p"
      ;;
  esac
done
((checked > 0)) || bad "there is no entry in it"
echo "GOOD: $checked entries, ${code}"
