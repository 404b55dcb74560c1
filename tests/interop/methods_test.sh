#!/usr/bin/env bash
# crest-ca validates tls-alpn-01 and dns-01 for lego and certbot, over a name server of its own, and heeds CAA.
. "$(dirname "$0")/lib.sh"

need lego
need certbot
need pebble-challtestsrv
need curl
resolve
start names pebble-challtestsrv -dns01 127.0.0.1:8053 -management 127.0.0.1:8055 -http01 "" -https01 "" -tlsalpn01 "" \
  -defaultIPv4 127.0.0.1 -defaultIPv6 ""
await 8055 names
ca_settings='s/^resolvers .*/resolvers = ["127.0.0.1:8053"]/; s/^caa  .*/caa = true/'
start_crest_ca

# set_name WHAT JSON: one of the name server's own requests.
set_name() { curl -sSf -d "$2" "http://127.0.0.1:8055/$1"; }

cat >"$work/hook" <<'HOOK'
#!/usr/bin/env bash
# lego calls it with: present|cleanup NAME VALUE; certbot with its variables.
if [[ -n ${CERTBOT_DOMAIN:-} ]]; then set -- present "_acme-challenge.$CERTBOT_DOMAIN." "$CERTBOT_VALIDATION"; fi
[[ $1 == present ]] || exit 0  # the server can clear a name only as a whole, and two values may stand there
curl -sSf -d "{\"host\": \"$2\", \"value\": \"$3\"}" http://127.0.0.1:8055/set-txt
HOOK
chmod 755 "$work/hook"
export EXEC_PATH=$work/hook LEGO_CA_CERTIFICATES=$work/ca/roots.pem REQUESTS_CA_BUNDLE=$work/ca/roots.pem
files=$work/lego/certificates

lego() {
  command lego --server https://localhost:9000/acme/corp/directory --accept-tos --email ops@app.test \
    --path "$work/lego" "$@"
}
certbot() {
  command certbot "$@" --server https://localhost:9000/acme/corp/directory --non-interactive --agree-tos \
    --email ops@app.test --config-dir "$work/certbot" --work-dir "$work/certbot-work" --logs-dir "$work/certbot-logs"
}
# names_in FILE TEXT: the certificate is for this name.
names_in() { openssl x509 -in "$1" -noout -ext subjectAltName | grep -q -- "$2"; }

check "lego, tls-alpn-01" lego --tls --tls.port 127.0.0.1:443 --domains app.test run
check "it is for the name" names_in "$files/app.test.crt" "DNS:app.test"
check "lego, dns-01, a wildcard and its base" lego --dns exec --dns.disable-cp --dns.resolvers 127.0.0.1:8053 \
  --domains '*.wild.test' --domains wild.test run
check "it is for the wildcard" names_in "$files/_.wild.test.crt" 'DNS:\*.wild.test'
check "certbot, dns-01" certbot certonly --manual --preferred-challenges dns --manual-auth-hook "$work/hook" \
  --domains '*.bot.test'
check "the chain verifies" openssl verify -CAfile "$work/ca/roots.pem" \
  -untrusted "$work/certbot/live/bot.test/chain.pem" "$work/certbot/live/bot.test/cert.pem"
check "the name server is told of CAA" set_name add-caa \
  '{"host": "denied.test.", "policies": [{"tag": "issue", "value": "other.example"}]}'
refuse 1 "urn:ietf:params:acme:error:caa" "CAA of another CA forbids" lego --tls --tls.port 127.0.0.1:443 \
  --domains denied.test run
check "the name server is told of a failure" set_name set-servfail '{"host": "_acme-challenge.broken.test."}'
refuse 1 "_acme-challenge.broken.test" "SERVFAIL is told by name" lego --dns exec --dns.disable-cp \
  --dns.resolvers 127.0.0.1:8053 --domains broken.test run
done_testing
