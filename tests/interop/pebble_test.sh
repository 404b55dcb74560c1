#!/usr/bin/env bash
# The client against Pebble: nonces refused, authorizations reused, every kind of name and key.
. "$(dirname "$0")/lib.sh"

resolve app.test api.test
crest() { "$CREST_BIN/crest" "$@"; }
obtain() { # obtain STATE NAME...
  local state=$1
  shift
  crest obtain --directory https://localhost:14000/dir --trust "$work/tls/root.pem" --agree-tos \
    --contact mailto:ops@app.test --http-listen 127.0.0.1:5002 --state "$work/$state" "$@"
}

start_pebble PEBBLE_WFE_NONCEREJECT=5 PEBBLE_AUTHZREUSE=50
pebble=$started
live=$work/five/certificates/app.test/live
check "obtain, 5 % of nonces refused" obtain five app.test api.test
check "the live set matches and verifies" matches "$live" "$work/pebble-root.pem"
first=$(serial_of "$live/cert.pem")
check "obtain again asks nothing" obtain five app.test api.test
check "it is still the same" same "$first" "$(serial_of "$live/cert.pem")"
check "renew --force" crest renew --state "$work/five" --force --http-listen 127.0.0.1:5002
check "renewal brought another certificate" differ "$first" "$(serial_of "$live/cert.pem")"
check "the renewed set matches and verifies" matches "$live" "$work/pebble-root.pem"
check "list --json" crest list --state "$work/five" --json
check "show" crest show --state "$work/five" app.test
check "an address" obtain five --name address 127.0.0.1
for type in ec-p384 rsa-2048; do
  check "a key of type $type" obtain five --name "$type" --key-type "$type" app.test
done
# has_status WORD: what Pebble says of the live certificate.
has_status() {
  curl -sSf --cacert "$work/tls/root.pem" "https://localhost:15000/cert-status-by-serial/$(serial_of "$live/cert.pem")" |
    grep -E "\"Status\": *\"$1\""
}
check "Pebble has it as valid" has_status Valid
check "revoke" crest revoke --state "$work/five" --reason superseded app.test
check "Pebble has it as revoked" has_status Revoked
stop "$pebble"

start_pebble PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=100
pebble=$started
proofs() { grep -c proof_shown "$work/$1.log" || true; }
for run in proven reused; do obtain hundred --verbose --name "$run" app.test api.test >"$work/$run.log" 2>&1 || true; done
check "the first order proves both names" same "$(proofs proven)" 2
check "authorizations are reused: no challenge is answered" same "$(proofs reused)" 0
check "and there is a certificate" matches "$work/hundred/certificates/reused/live" "$work/pebble-root.pem"
stop "$pebble"

start_pebble PEBBLE_WFE_NONCEREJECT=30 PEBBLE_AUTHZREUSE=50
fine=0
for i in $(seq 20); do
  obtain thirty --name "try$i" app.test >"$work/thirty.log" 2>&1 && fine=$((fine + 1)) || cat "$work/thirty.log" >&2
done
check "20 of 20 with 30 % of nonces refused" same "$fine" 20
done_testing
