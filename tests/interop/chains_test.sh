#!/usr/bin/env bash
# An issuer that two roots have signed: lego is served the chain that it prefers.
. "$(dirname "$0")/lib.sh"

need lego
resolve app.test
start_crest_ca
trust_everywhere
lego() {
  command lego --server https://localhost:9000/acme/corp/directory --accept-tos --email ops@app.test \
    --path "$work/lego" --http --http.port 127.0.0.1:80 "$@"
}
files=$work/lego/certificates

stop "$started"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Old Root" \
  -keyout "$work/old.key" -out "$work/old.pem" -addext basicConstraints=critical,CA:TRUE \
  -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl x509 -in "$work/ca/intermediate.pem" -noout -pubkey >"$work/intermediate.pub"
openssl x509 -new -force_pubkey "$work/intermediate.pub" -subj "/O=corp/CN=corp Intermediate CA" \
  -CA "$work/old.pem" -CAkey "$work/old.key" -set_serial 7 -days 20 \
  -extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:0 keyUsage=critical,keyCertSign,cRLSign \
    subjectKeyIdentifier=hash authorityKeyIdentifier=keyid) -out "$work/cross.pem" 2>/dev/null
cat "$work/cross.pem" "$work/old.pem" >"$work/ca/old-root.pem"
printf '[issuer.intermediate]\nalternate_chains = ["old-root.pem"]\n' >>"$work/ca/ca.toml"
check "issuer list shows the other root" \
  grep -q 'also to CN=Old Root' <<<"$("$CREST_BIN/crest-ca" issuer list "$work/ca")"
start crest-ca "$CREST_BIN/crest-ca" serve --passphrase-file "$work/passphrase" "$work/ca"
await 9000 crest-ca
for root in "corp Root CA:ca/roots.pem" "Old Root:old.pem"; do
  rm -rf "$work/lego"
  check "run, preferring ${root%%:*}" lego --domains app.test run --preferred-chain "${root%%:*}"
  check "the chain leads to ${root%%:*}" openssl verify -CAfile "$work/${root##*:}" -untrusted "$files/app.test.crt" \
    "$files/app.test.crt"
done
cat "$work/cross.pem" >"$work/ca/old-root.pem"
refuse 2 "old-root.pem: .*its last certificate must be its root, which signs itself" \
  "a chain without its root" "$CREST_BIN/crest-ca" issuer list "$work/ca"
done_testing
