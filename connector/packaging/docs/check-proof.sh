#!/usr/bin/env bash
# Checks the proof of a dossier with openssl, base64 and bash alone:
#
#   check-proof.sh 'NAME+ID+KEY' PROOF-FILE [TIME-AUTHORITIES.pem]
#
# Every step is a line that you can run by hand. Exit status 0: every entry is in the signed log, and is about the code.
# Nobody has signed the file itself, so what stands in it is looked at before it is used in any way.
set -euo pipefail

bad() { echo "BAD: $*" >&2 && exit 1; }
demand() { [[ $1 =~ $2 ]] || bad "$3"; } # TEXT PATTERN OTHERWISE
number='^(0|[1-9][0-9]{0,15})$' hash='^[A-Za-z0-9+/]{43}=$'
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
  while IFS= read -r line; do
    [[ $line != "— $name "* ]] || base64 -d <<<"${line#"— $name "}" | tail -c +5
  done <"$1" >"$temporary/signature" || bad "a signature is not Base64"
  openssl pkeyutl -verify -pubin -inkey "$temporary/key.pem" -rawin -in "$temporary/text" \
    -sigfile "$temporary/signature" >/dev/null 2>&1 || bad "a checkpoint is not signed by $name"
}

# RFC 9162, section 2.1.3.2: from the entry's hash up to the root that the checkpoint tells.
check_inclusion() { # ENTRY INDEX SIZE ROOT HASH…
  (($2 < $3)) || bad "entry $2 cannot be in a log of $3 entries"
  local fn=$2 sn=$(($3 - 1)) root=$4 r p
  r=$({ printf '\0' && printf '%s' "$1"; } | sha256)
  for p in "${@:5}"; do
    demand "$p" "$hash" "entry $2: its proof has a line that is not a hash"
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

# A proof is of one code: each entry names it, or is an exchange that such an entry names.
declare -A named=() others=()
check_code() { # ENTRY INDEX ORIGIN
  local json=${code//\\/\\\\} members=,${1#?} exchange=',"exchange":([0-9]+),'
  json=${json//\"/\\\"} members=${members%?},
  # Within a text a quote has a backslash before it, so what is found is a member.
  if [[ $members == *",\"code\":\"$json\","* ]]; then
    about=$((about + 1))
    [[ ! $members =~ $exchange ]] || named["$3 ${BASH_REMATCH[1]}"]=1
  else
    [[ $members == *',"event":"exchange",'* ]] || bad "entry $2 is not about $code"
    others["$3 $2"]=$2
  fi
}

# The authority's certificate must have been valid at the time of the stamp, not now.
check_stamp() { # ORIGIN STAMP-FILE
  local checkpoint="$temporary/${1##*/}.checkpoint" time seconds
  [[ -f $checkpoint ]] || bad "a time stamp is of a log that the proof does not speak of"
  time=$(openssl ts -reply -in "$2" -text 2>/dev/null | sed -n 's/^Time stamp: //p')
  [[ $time =~ ^(.*:[0-9]{2})(\.[0-9]+)?(\ .*)$ ]] || bad "the time stamp of $1 has no time"
  seconds=$(date -u -d "${BASH_REMATCH[1]}${BASH_REMATCH[3]}" +%s) || bad "the time stamp of $1 has no time"
  openssl ts -verify -in "$2" -data "$checkpoint" -CAfile "$authorities" -attime "$seconds" >/dev/null 2>&1 ||
    bad "the time stamp of $1 does not verify"
  echo "the log $1 existed at $time"
}

checked=0 about=0
exec 3<"$proof"
{ IFS= read -r -u 3 first && [[ $first == 'dvcsync proof v1' ]]; } || bad "this is not a proof of dvcsync"
{ IFS= read -r -u 3 code && [[ $code == 'code '?* ]]; } || bad "it does not say what it is a proof of"
code=${code#code }
read -r -u 3 _
while IFS= read -r -u 3 line; do
  case $line in
    'entry '*)
      entry=${line#entry } hashes=()
      read -r -u 3 form && read -r -u 3 _ index
      [[ $form == c2sp.org/tlog-proof@v1 ]] || bad "not a C2SP proof"
      demand "$index" "$number" "the index of an entry is not a number"
      while IFS= read -r -u 3 line && [[ -n $line ]]; do hashes+=("$line"); done
      IFS= read -r -u 3 origin && IFS= read -r -u 3 size && IFS= read -r -u 3 root && read -r -u 3 _
      demand "$size" "$number" "the number of entries of a checkpoint is not a number"
      demand "$root" "$hash" "the root of a checkpoint is not a hash"
      [[ $origin == "$name"/* ]] || bad "the log $origin is not one of $name"
      demand "${origin#"$name/"}" '^[0-9a-z-]+$' "the log $origin is not one of $name"
      printf '%s\n%s\n%s\n\n' "$origin" "$size" "$root" >"$temporary/note"
      while IFS= read -r -u 3 line && [[ -n $line ]]; do printf '%s\n' "$line" >>"$temporary/note"; done
      cp "$temporary/note" "$temporary/${origin##*/}.checkpoint"
      check_signature "$temporary/note"
      check_inclusion "$entry" "$index" "$size" "$root" ${hashes[@]+"${hashes[@]}"}
      check_code "$entry" "$index" "$origin"
      printf 'entry %s of %s: %s\n' "$index" "$origin" "$entry"
      checked=$((checked + 1))
      ;;
    'timestamp '*)
      read -r _ origin answer <<<"$line"
      [[ -n $authorities ]] || { echo "a time stamp is not checked: name its authorities" && continue; }
      base64 -d <<<"$answer" >"$temporary/stamp.tsr" || bad "a time stamp is not Base64"
      check_stamp "$origin" "$temporary/stamp.tsr"
      ;;
    '') ;;
    *) bad "a line is neither an entry nor a time stamp" ;;
  esac
done
((about > 0)) || bad "there is no entry about $code in it"
for other in "${!others[@]}"; do
  [[ -n ${named[$other]-} ]] || bad "entry ${others[$other]} is not about $code"
done
printf 'GOOD: %s entries, code %s\n' "$checked" "$code"
