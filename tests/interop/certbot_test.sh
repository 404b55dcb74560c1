#!/usr/bin/env bash
# crest-ca against certbot.
. "$(dirname "$0")/lib.sh"

need certbot
resolve app.test api.test
start_crest_ca
export REQUESTS_CA_BUNDLE=$work/ca/roots.pem
certbot() {
  command certbot "$@" --config-dir "$work/etc" --work-dir "$work/var" --logs-dir "$work/log" --non-interactive \
    --server https://localhost:9000/acme/corp/directory
}
live=$work/etc/live/app.test

check "certonly, ECDSA" certbot certonly --standalone --agree-tos -m ops@app.test --key-type ecdsa -d app.test -d api.test
check "the chain verifies" openssl verify -CAfile "$work/ca/roots.pem" -untrusted "$live/chain.pem" "$live/cert.pem"
first=$(serial_of "$live/cert.pem")
check "renew" certbot renew --force-renewal --no-random-sleep-on-renew
check "renewal brought another certificate" differ "$first" "$(serial_of "$live/cert.pem")"
check "update the account" certbot update_account -m new@app.test
check "revoke" certbot revoke --cert-name app.test --reason superseded --no-delete-after-revoke
check "certonly, RSA" certbot certonly --standalone --key-type rsa --cert-name rsa -d api.test
check "deactivate the account" certbot unregister
done_testing
