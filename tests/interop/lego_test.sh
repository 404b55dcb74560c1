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
done_testing
