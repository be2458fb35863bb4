#!/bin/sh
# Makes the certificates of this folder anew: an authority, and two servers it vouches for. For tests only.
set -eu
cd "$(dirname "$0")"
make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
make_key authority
openssl req -x509 -new -key authority.key -subj "/CN=Test authority" -days 36500 -out authority.crt
leaf() {
  make_key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  printf 'subjectAltName=%s\n' "$2" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA authority.crt -CAkey authority.key -CAcreateserial -days 36500 -extfile "$1.ext" -out "$1.crt"
  rm "$1.csr" "$1.ext"
}
leaf sip.test "DNS:sip.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1"
leaf other.test "URI:sip:other.test,DNS:sip.test"
rm -f authority.key authority.srl
