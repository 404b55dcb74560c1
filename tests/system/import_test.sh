#!/usr/bin/env bash
# crest-ca in the place of step-ca: a folder such as `step ca init --acme` writes (made with openssl) is imported and
# served, and clients get certificates from the directory and the root that they know. Caddy's own CA, which is step-ca's
# code, is imported the same way.
. "$(dirname "$0")/../interop/lib.sh"

need openssl
resolve app.test
step=$work/step
mkdir -p "$step"/{certs,secrets,config,db}
umask 077
echo "step password" >"$work/password"
echo "another one" >"$work/wrong"
echo "new passphrase" >"$work/new"
ca() { "$CREST_BIN/crest-ca" "$@"; }
new_key() { openssl ecparam -name prime256v1 -genkey -noout; }

new_key >"$work/root.key"
openssl req -x509 -new -key "$work/root.key" -days 3650 -subj "/O=Corp/CN=Corp Root CA" -out "$step/certs/root_ca.crt" \
  -addext basicConstraints=critical,CA:TRUE,pathlen:1 -addext keyUsage=critical,keyCertSign,cRLSign
new_key >"$work/inter.key"
openssl req -new -key "$work/inter.key" -subj "/O=Corp/CN=Corp Intermediate CA" |
  openssl x509 -req -CA "$step/certs/root_ca.crt" -CAkey "$work/root.key" -set_serial 17 -days 3650 \
    -extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE,pathlen:0 keyUsage=critical,keyCertSign,cRLSign \
      subjectKeyIdentifier=hash authorityKeyIdentifier=keyid) -out "$step/certs/intermediate_ca.crt" 2>/dev/null
# As step-ca's own crypto writes it: "Proc-Type: 4,ENCRYPTED" and AES-256-CBC.
openssl ec -in "$work/inter.key" -aes256 -passout "file:$work/password" -out "$step/secrets/intermediate_ca_key" 2>/dev/null
cat >"$step/config/ca.json" <<JSON
{
  "root": "$step/certs/root_ca.crt", "federatedRoots": null,
  "crt": "$step/certs/intermediate_ca.crt", "key": "$step/secrets/intermediate_ca_key",
  "address": ":9000", "insecureAddress": "", "dnsNames": ["localhost", "127.0.0.1"],
  "logger": {"format": "text"},
  "db": {"type": "badgerv2", "dataSource": "$step/db", "badgerFileLoadingMode": ""},
  "authority": {
    "provisioners": [
      {"type": "JWK", "name": "ops@corp.example", "key": {"use": "sig", "kty": "EC"}, "encryptedKey": "eyJ"},
      {"type": "ACME", "name": "acme", "forceCN": true, "claims": {"defaultTLSCertDuration": "12h0m0s"}}
    ],
    "policy": {"x509": {"allow": {"dns": ["*.test"]}}}
  },
  "tls": {"minVersion": 1.2, "maxVersion": 1.3, "renegotiation": false}
}
JSON
settings=$step/config/ca.json

# ---- what is wrong is said with its file
bad() { sed "$1" "$settings" >"$step/config/bad.json"; }
bad 's/intermediate_ca.crt/absent.crt/'
refuse 2 'absent.crt: .*"crt"' "a missing certificate" ca import step-ca "$step/config/bad.json" "$work/no" --dry-run
bad 's/intermediate_ca_key/absent_key/'
refuse 2 'absent_key: .*"key"' "a missing key" ca import step-ca "$step/config/bad.json" "$work/no" --dry-run
refuse 2 'absent.json' "missing settings" ca import step-ca "$step/config/absent.json" "$work/no" --dry-run
bad 's/"ACME", "name": "acme"/"ACME", "name": "acme"}, {"type": "ACME", "name": "acme"/'
refuse 2 'bad.json: authority.provisioners\[2\].name: there are two' "a provisioner twice" \
  ca import step-ca "$step/config/bad.json" "$work/no" --dry-run
bad 's/"address": ":9000"/"address": ":9000", "address": ":9001"/'
refuse 2 'bad.json: .*address' "a member twice" ca import step-ca "$step/config/bad.json" "$work/no" --dry-run
bad "s,$step/certs/root_ca.crt,$step/certs/intermediate_ca.crt,"
refuse 2 'bad.json: none of the files of "root"' "another root" ca import step-ca "$step/config/bad.json" "$work/no" --dry-run
bad "s,$step/secrets/intermediate_ca_key,$work/root.key,"
refuse 2 'root.key: the key is not the one of' "another key" \
  ca import step-ca "$step/config/bad.json" "$work/no" --password-file "$work/password" --passphrase-file "$work/new"
refuse 2 'intermediate_ca_key' "a wrong password" ca import step-ca "$settings" "$work/no" --password-file "$work/wrong"
check "nothing was written that serve would take" test ! -e "$work/no/ca.toml"

# ---- a dry run
check "a dry run" ca import step-ca "$settings" "$work/ca" --dry-run --password-file "$work/password"
check "it writes nothing" test ! -e "$work/ca"
check "each setting that is left is one line" bash -c \
  "'$CREST_BIN/crest-ca' import step-ca '$settings' '$work/ca' --dry-run | grep -c '^left behind  [a-z]*.*: .*to do: '"
json=$(ca import step-ca "$settings" "$work/ca" --dry-run --json)
for text in '"written":false' '"directory":"https://localhost:9000/acme/acme/directory"' '"setting":"db"' '"key_checked":false' \
  '"setting":"authority.provisioners\[0\].type"'; do
  check "its report has $text" grep -q "$text" <<<"$json"
done

# ---- for real
check "import" ca import step-ca "$settings" "$work/ca" --password-file "$work/password" --passphrase-file "$work/new"
refuse 2 "never overwritten" "twice" ca import step-ca "$settings" "$work/ca" --password-file "$work/password"
check "the root is the same" cmp "$work/ca/roots.pem" "$step/certs/root_ca.crt"
check "the key is encrypted, and its owner's alone" bash -c \
  "grep -q 'ENCRYPTED PRIVATE KEY' '$work/ca/intermediate.key' && test \$(stat -c %a '$work/ca/intermediate.key') = 600"
# serve FOLDER PASSPHRASE NETWORK: until it listens; this machine is what it validates.
serve() {
  printf '[[validation.allow]]\nnetwork = "127.0.0.0/8"\n' >>"$1/ca.toml"
  start serve "$CREST_BIN/crest-ca" serve "$1" --passphrase-file "$2"
  serving=$started
  await 9000 serve
}
obtain() {
  "$CREST_BIN/crest" obtain --directory "https://localhost:9000/acme/$1/directory" --trust "$2" --state "$work/state-$1" \
    --http-listen 127.0.0.1:80 "${@:3}"
}
serve "$work/ca" "$work/new"
check "a certificate from the directory that clients know" obtain acme "$step/certs/root_ca.crt" app.test
live=$work/state-acme/certificates/app.test/live
check "it leads to the root that clients know" matches "$live" "$step/certs/root_ca.crt"
check "its life and name are as claimed" bash -c \
  "openssl x509 -in '$live/cert.pem' -noout -checkend 39600 && ! openssl x509 -in '$live/cert.pem' -noout -checkend 43300 &&
   openssl x509 -in '$live/cert.pem' -noout -subject | grep -q 'CN = app.test'"
refuse 2 "no rule allows it" "the policy holds" obtain acme "$step/certs/root_ca.crt" localhost
stop "$serving"

# ---- Caddy's own CA: a client renews where it was issued to before
need caddy
cat >"$work/Caddyfile" <<CADDY
{
  admin off
  skip_install_trust
  storage file_system $work/caddy
  auto_https disable_redirects
}
https://localhost:9000 {
  tls internal
  acme_server
}
CADDY
start caddy env HOME="$work" caddy run --config "$work/Caddyfile" --adapter caddyfile
pki=$work/caddy/pki/authorities/local
await 9000 caddy
live=$work/state-local/certificates/app.test/live
check "before: a certificate from Caddy" obtain local "$pki/root.crt" app.test --agree-tos
check "before: it leads to Caddy's root" matches "$live" "$pki/root.crt"
first=$(serial_of "$live/cert.pem")
stop "$started"
cat >"$work/caddy.json" <<JSON
{"root": "$pki/root.crt", "crt": "$pki/intermediate.crt", "key": "$pki/intermediate.key", "address": ":9000",
 "dnsNames": ["localhost"], "authority": {"provisioners": [{"type": "ACME", "name": "local"}]}}
JSON
check "Caddy's CA is imported" ca import step-ca "$work/caddy.json" "$work/local" --passphrase-file "$work/new"
serve "$work/local" "$work/new"
check "after: the client renews at the same directory" "$CREST_BIN/crest" renew --state "$work/state-local" --force \
  --http-listen 127.0.0.1:80
check "after: it leads to the same root" matches "$live" "$pki/root.crt"
check "after: it is another certificate" differ "$first" "$(serial_of "$live/cert.pem")"
check "after: crest-ca knows it" grep -qi "$(serial_of "$live/cert.pem")" <(ca list "$work/local" --json)
stop "$serving"
done_testing
