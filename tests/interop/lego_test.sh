#!/usr/bin/env bash
# crest-ca against lego.
. "$(dirname "$0")/lib.sh"

need lego
resolve app.test api.test
start_crest_ca
export LEGO_CA_CERTIFICATES=$work/ca/roots.pem
lego() {
  command lego --server https://localhost:9000/acme/corp/directory --accept-tos --email ops@app.test \
    --path "$work/lego" --http --http.port 127.0.0.1:80 "$@"
}
files=$work/lego/certificates  # under the first name that was asked for, which is not the first in the alphabet

for key in ec256 ec384 rsa2048; do
  rm -rf "$work/lego"
  check "run, key $key" lego --key-type "$key" --domains app.test --domains api.test run
  check "the chain verifies, key $key" openssl verify -CAfile "$work/ca/roots.pem" -untrusted "$files/app.test.crt" \
    "$files/app.test.crt"
done
first=$(serial_of "$files/app.test.crt")
check "renew" lego --domains app.test --domains api.test renew --days 9999 --no-random-sleep
check "renewal brought another certificate" differ "$first" "$(serial_of "$files/app.test.crt")"
check "revoke" lego --domains app.test revoke

# ---- another root has signed the intermediate, too
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
