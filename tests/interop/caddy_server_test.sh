#!/usr/bin/env bash
# The client against Caddy's ACME server: an ECDSA chain, validation on port 80, HTTPS on 443.
. "$(dirname "$0")/lib.sh"

need caddy
resolve ca.test app.test
cat >"$work/Caddyfile" <<CADDY
{
  admin off
  auto_https disable_redirects
  skip_install_trust
  storage file_system $work/caddy
}
https://ca.test {
  tls internal
  acme_server
}
CADDY
start caddy env HOME="$work" caddy run --config "$work/Caddyfile" --adapter caddyfile
await 443 caddy
root=$work/caddy/pki/authorities/local/root.crt
crest() { "$CREST_BIN/crest" "$@"; }
live=$work/state/certificates/app.test/live

check "obtain" crest obtain --directory https://ca.test/acme/local/directory --trust "$root" --agree-tos \
  --http-listen 127.0.0.1:80 --state "$work/state" app.test
check "the live set matches and verifies" matches "$live" "$root"
check "the chain is ECDSA" grep -q ecdsa-with-SHA256 <(openssl x509 -in "$live/chain.pem" -noout -text)
first=$(serial_of "$live/cert.pem")
check "renew --force" crest renew --state "$work/state" --force --http-listen 127.0.0.1:80
check "renewal brought another certificate" differ "$first" "$(serial_of "$live/cert.pem")"
check "revoke" crest revoke --state "$work/state" app.test
done_testing
