#!/usr/bin/env bash
# Makes certificates for trying dvcsync on one machine: an authority, a server certificate for localhost
# and a client certificate, all ECDSA P-256. Not for a real portal: see README.md.
#
#   certs/dev-ca.sh [--expired] [--wrong-host] DIR
#
# Writes ca.pem server.pem server.key client.pem client.key into DIR (folder 0700, files 0600). Besides, for
# tests of what a client refuses, under the same authority: --expired adds a server certificate that has ended
# (expired.pem, expired.key), --wrong-host one for another host (wrong-host.pem, wrong-host.key). One of an
# unknown authority is the server.pem of another DIR. Does nothing when DIR already holds a good set. The
# authority's own key is thrown away at the end, so nobody can issue another certificate under it; a renewal
# makes a whole new set.
set -euo pipefail

readonly days=397

extras=()
while [[ ${1-} == --expired || ${1-} == --wrong-host ]]; do
  extras+=("${1#--}")
  shift
done
if [[ $# -ne 1 || $1 == -* ]]; then
  echo "usage: certs/dev-ca.sh [--expired] [--wrong-host] DIR" >&2
  exit 2
fi
if ! command -v openssl >/dev/null; then
  echo "dev-ca.sh: openssl is missing: apt-get install openssl" >&2
  exit 1
fi

umask 077
mkdir -p "$1"
cd "$1"
chmod 700 .

# A leaf is good if it was issued by this authority for this use, lasts another week, and fits its key.
good() { # NAME PURPOSE
  [[ -s $1.pem && -s $1.key ]] &&
    openssl verify -CAfile ca.pem -purpose "$2" "$1.pem" &&
    openssl x509 -in "$1.pem" -noout -checkend $((7 * 86400)) &&
    [[ $(openssl x509 -in "$1.pem" -noout -pubkey) == "$(openssl pkey -in "$1.key" -pubout)" ]]
}
# The extras are good for nothing but to be refused: it is enough that they are of this authority.
extras_good() {
  local extra
  for extra in "${extras[@]}"; do
    [[ -s $extra.pem && -s $extra.key ]] || return 1
    openssl verify -no_check_time -CAfile ca.pem "$extra.pem" || return 1
  done
}
if [[ -s ca.pem ]] && { good server sslserver && good client sslclient && extras_good; } >/dev/null 2>&1; then
  chmod 600 ./*.pem ./*.key
  echo "Certificates in $PWD are good until $(openssl x509 -in server.pem -noout -enddate | cut -d= -f2)."
  exit 0
fi

work=$(mktemp -d ./.new-XXXXXX)
trap 'rm -rf "$work"' EXIT

cat >"$work/openssl.cnf" <<'CNF'
[req]
distinguished_name = name
prompt = no
[name]
O = dvcsync development
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
authorityKeyIdentifier = keyid
[wrong-host]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:elsewhere.invalid
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
authorityKeyIdentifier = keyid
CNF

quietly() { # openssl talks even when all is well; show it only when it fails
  "$@" 2>"$work/log" || {
    cat "$work/log" >&2
    exit 1
  }
}

new_key() { quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key"; }

new_key ca
quietly openssl req -x509 -new -config "$work/openssl.cnf" -extensions authority -days $days \
  -subj "/O=dvcsync development/CN=dvcsync development authority" \
  -key "$work/ca.key" -out "$work/ca.pem"
for leaf in server client "${extras[@]}"; do
  new_key "$leaf"
  quietly openssl req -new -config "$work/openssl.cnf" -subj "/O=dvcsync development/CN=dvcsync $leaf" \
    -key "$work/$leaf.key" -out "$work/$leaf.csr"
  quietly openssl x509 -req -in "$work/$leaf.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" \
    -set_serial "0x$(openssl rand -hex 16)" -extfile "$work/openssl.cnf" \
    -days "$([[ $leaf == expired ]] && echo -1 || echo $days)" -extensions "${leaf/expired/server}" \
    -out "$work/$leaf.pem"
done

# The authority last: a set that was cut short is then seen as wrong and made anew.
for leaf in server client "${extras[@]}"; do mv -f "$work/$leaf".{key,pem} .; done
mv -f "$work/ca.pem" .
echo "Made ca.pem, server.pem, server.key, client.pem and client.key in $PWD (valid $days days)."
[[ ${#extras[@]} -eq 0 ]] || echo "Made for tests of what is refused: ${extras[*]}."
