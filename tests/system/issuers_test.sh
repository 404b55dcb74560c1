#!/usr/bin/env bash
# crest-ca's issuers as an operator handles them: a key in a token, a root that is kept elsewhere, one issuer after the
# other. SoftHSM is the token, openssl the root.
. "$(dirname "$0")/../interop/lib.sh"

need softhsm2-util
need openssl
resolve app.test
module=/usr/lib/softhsm/libsofthsm2.so
export SOFTHSM2_CONF=$work/softhsm.conf
mkdir "$work/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\n' "$work/tokens" >"$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label ca --pin 1234 --so-pin 5678 >/dev/null
umask 077
echo 1234 >"$work/pin"
echo 4321 >"$work/wrong_pin"
echo passphrase >"$work/pass"
token=(--key "pkcs11:token=ca;object=issuing" --module "$module" --pin-file "$work/pin")
ca() { "$CREST_BIN/crest-ca" "$@"; }

# serve FOLDER FLAGS...: until it listens.
serve() {
  local folder=$1
  shift
  start serve "$CREST_BIN/crest-ca" serve "$folder" --http01-port 80 "$@"
  serving=$started
  await 9000 serve
}
# obtained NAME ROOT: one certificate, which verifies.
obtained() {
  "$CREST_BIN/crest" obtain --directory https://localhost:9000/acme/corp/directory --trust "$2" --state "$work/state-$1" \
    --http-listen 127.0.0.1:80 app.test &&
    openssl verify -CAfile "$2" -untrusted "$work/state-$1/certificates/app.test/live/chain.pem" \
      "$work/state-$1/certificates/app.test/live/cert.pem"
}

# ---- a key in a token
refuse 64 "--module is missing" "a token without its library" ca init "$work/no" --lab --key "pkcs11:object=x"
refuse 64 "go with a key in a token" "a module without a token" ca init "$work/no" --lab --module "$module"
refuse 64 "a PKCS#11 URI" "a key that is no URI" ca init "$work/no" --lab --key issuing.key
refuse 2 "no such private key" "a key that is not there" ca init "$work/no1" --lab --passphrase-file "$work/pass" "${token[@]}"
refuse 2 "give the right PIN" "a wrong PIN" ca init "$work/no2" --lab --passphrase-file "$work/pass" \
  --key "pkcs11:token=ca;object=issuing" --module "$module" --pin-file "$work/wrong_pin" --generate
check "init with a key in a token" ca init "$work/token" --lab --passphrase-file "$work/pass" "${token[@]}" --generate
check "the key is in no file" test ! -e "$work/token/intermediate.key"
refuse 2 "such a key already" "the key is not made twice" ca init "$work/no3" --lab --passphrase-file "$work/pass" "${token[@]}" --generate
serve "$work/token"
check "a certificate by a key in a token" obtained token "$work/token/roots.pem"
stop "$serving"

# ---- a root that is kept elsewhere
check "init with a request" ca init "$work/ca" --lab --passphrase-file "$work/pass" --request "$work/inter.csr"
check "there is no root" test ! -e "$work/ca/root.key" -a ! -e "$work/ca/roots.pem"
refuse 2 "install what comes back" "serve before the ceremony" ca serve "$work/ca" --passphrase-file "$work/pass"
openssl req -x509 -newkey rsa:3072 -nodes -keyout "$work/root.key" -out "$work/root.pem" -days 3650 -sha384 \
  -subj "/O=Corp/CN=Corp Offline Root" -addext basicConstraints=critical,CA:TRUE \
  -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out "$work/other_root.pem" -days 30 -subj "/CN=Other" 2>/dev/null
# signed DAYS EXTENSIONS REQUEST: by the root.
signed() {
  openssl x509 -req -in "$3" -CA "$work/root.pem" -CAkey "$work/root.key" -CAcreateserial -sha384 -days "$1" \
    -extfile <(printf '%b' "$2") 2>/dev/null
}
usual='basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
install() { ca issuer install "$1" "$work/ca" --root "$2"; }
check "openssl reads the request" openssl req -in "$work/inter.csr" -noout -verify
check "the request asks for a CA" grep -q "CA:TRUE, pathlen:0" <(openssl req -in "$work/inter.csr" -noout -text)
signed 1000 "$usual" "$work/inter.csr" >"$work/good.pem"
signed 1000 'basicConstraints=critical,CA:FALSE\n' "$work/inter.csr" >"$work/leaf.pem"
signed 1000 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n' "$work/inter.csr" >"$work/no_crl.pem"
signed 9000 "$usual" "$work/inter.csr" >"$work/long.pem"
refuse 2 "not signed by" "another root" install "$work/good.pem" "$work/other_root.pem"
refuse 2 "no CA certificate" "a certificate that is no CA's" install "$work/leaf.pem" "$work/root.pem"
refuse 2 "cRLSign" "one that may not sign lists" install "$work/no_crl.pem" "$work/root.pem"
refuse 2 "outlives" "one that outlives the root" install "$work/long.pem" "$work/root.pem"
refuse 2 "none of this CA's requests" "another key" install "$work/root.pem" "$work/root.pem"
check "nothing was installed" test ! -e "$work/ca/intermediate.pem"
check "install" install "$work/good.pem" "$work/root.pem"
refuse 2 "already" "install again" install "$work/good.pem" "$work/root.pem"
serve "$work/ca" --passphrase-file "$work/pass"
check "a certificate below the offline root" obtained offline "$work/ca/roots.pem"
stop "$serving"

# ---- one issuer after the other
check "request for the next one" ca issuer request next "$work/ca" --out "$work/next.csr" --passphrase-file "$work/pass" --key-type ec-p384
refuse 64 "already" "the name is taken" ca issuer request next "$work/ca" --out "$work/next2.csr" --passphrase-file "$work/pass"
refuse 2 "install what comes back" "it cannot be active yet" ca issuer state next active "$work/ca"
check "list says what it waits for" grep -q "next  staged  waits" <(ca issuer list "$work/ca")
signed 1000 "$usual" "$work/next.csr" >"$work/next.pem"
check "install the next one" install "$work/next.pem" "$work/root.pem"
check "make it active" ca issuer state next active "$work/ca"
check "drain the first" ca issuer state intermediate draining "$work/ca"
refuse 2 "none is active" "the last one stays" ca issuer state next retired "$work/ca"
check "list --json" python3 -c '
import json, sys
issuers = json.load(sys.stdin)["issuers"]
assert [(i["name"], i["state"]) for i in issuers] == [("intermediate", "draining"), ("next", "active")], issuers
assert issuers[1]["key_type"] == "ec-p384"' < <(ca issuer list "$work/ca" --json)
serve "$work/ca" --passphrase-file "$work/pass"
check "a certificate by the next one" obtained next "$work/ca/roots.pem"
check "it is the next one's" grep -q "CN = corp next Intermediate CA" \
  <(openssl x509 -in "$work/state-next/certificates/app.test/live/cert.pem" -noout -issuer)
stop "$serving"
done_testing
