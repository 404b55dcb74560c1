#!/usr/bin/env bash
# crest-ca against small clients: uacme, dehydrated, acme-tiny, acmetool, and Ruby's acme-client. http-01 from a webroot,
# ECDSA and RSA keys; each obtains, renews and, where it can, revokes.
. "$(dirname "$0")/lib.sh"

for peer in uacme dehydrated acme-tiny acmetool ruby; do need "$peer"; done
resolve app.test
start_crest_ca
directory=https://localhost:9000/acme/corp/directory
mount --bind "$work/ca/roots.pem" /etc/ssl/certs/ca-certificates.crt
export SSL_CERT_FILE=$work/ca/roots.pem
tokens=$work/www/.well-known/acme-challenge
mkdir -p "$tokens"
start www python3 -m http.server 80 --bind 127.0.0.1 --directory "$work/www"
await 80 www

# issued FILE: a chain to our root for app.test.
issued() {
  openssl verify -CAfile "$work/ca/roots.pem" -untrusted "$1" "$1"
  openssl x509 -in "$1" -noout -checkhost app.test | grep -q "does match"
}

# --- uacme
cat >"$work/uacme-hook" <<HOOK
#!/bin/sh
# begin|done|failed METHOD NAME TOKEN ANSWER
[ "\$2" = http-01 ] || exit 1
case \$1 in
  begin) printf %s "\$5" >"$tokens/\$4" ;;
  *) rm -f "$tokens/\$4" ;;
esac
HOOK
chmod 755 "$work/uacme-hook"
uacme() { command uacme -a "$directory" -c "$work/uacme" -y "$@"; }
check "uacme: new account" uacme new
for key in EC RSA; do
  check "uacme: issue, $key" uacme -t "$key" -h "$work/uacme-hook" -f issue app.test
  check "uacme: the chain verifies, $key" issued "$work/uacme/app.test/cert.pem"
done
check "uacme: revoke" uacme revoke "$work/uacme/app.test/cert.pem"
check "uacme: deactivate" uacme deactivate

# --- dehydrated
mkdir "$work/dehydrated"
cat >"$work/dehydrated/config" <<CONFIG
CA="$directory"
BASEDIR="$work/dehydrated"
WELLKNOWN="$tokens"
CURL_OPTS="--cacert $work/ca/roots.pem"
CONFIG
dehydrated() { command dehydrated -f "$work/dehydrated/config" "$@"; }
check "dehydrated: register" dehydrated --register --accept-terms
for algorithm in prime256v1 secp384r1 rsa; do
  check "dehydrated: issue, $algorithm" dehydrated -c -x -d app.test --algo "$algorithm"
  check "dehydrated: the chain verifies, $algorithm" issued "$work/dehydrated/certs/app.test/fullchain.pem"
done
check "dehydrated: revoke" dehydrated -r "$work/dehydrated/certs/app.test/cert.pem"
check "dehydrated: deactivate" dehydrated --account

# --- acme-tiny
openssl genrsa -out "$work/tiny.key" 2048 2>/dev/null
for kind in "ec -pkeyopt ec_paramgen_curve:P-256" "rsa:2048"; do
  # shellcheck disable=SC2086
  openssl req -new -newkey $kind -nodes -keyout "$work/tiny-leaf.key" -out "$work/tiny.csr" -subj / \
    -addext "subjectAltName=DNS:app.test" 2>/dev/null
  tiny() {
    command acme-tiny --directory-url "$directory" --account-key "$work/tiny.key" --csr "$work/tiny.csr" \
      --acme-dir "$tokens" >"$work/tiny.pem"
  }
  check "acme-tiny: issue, ${kind%% *}" tiny
  check "acme-tiny: the chain verifies, ${kind%% *}" issued "$work/tiny.pem"
done

# --- acmetool
mkdir -p "$work/acmetool/conf"
cat >"$work/acmetool/conf/target" <<TARGET
request:
  provider: $directory
  key:
    type: ecdsa
  challenge:
    webroot-paths:
    - $tokens
TARGET
cat >"$work/acmetool.answers" <<ANSWERS
"acme-enter-email": "ops@app.test"
"acme-agreement:": true
ANSWERS
acmetool() { command acmetool --state "$work/acmetool" --batch --response-file "$work/acmetool.answers" "$@"; }
check "acmetool: want" acmetool want app.test
check "acmetool: the chain verifies" issued "$work/acmetool/live/app.test/fullchain"

# --- Ruby
cat >"$work/client.rb" <<'RUBY'
require 'openssl'
require 'acme-client'
directory, tokens, out = ARGV
client = Acme::Client.new(private_key: OpenSSL::PKey::EC.generate('prime256v1'), directory: directory)
client.new_account(contact: 'mailto:ops@app.test', terms_of_service_agreed: true)
2.times do
  order = client.new_order(identifiers: ['app.test'])
  challenge = order.authorizations.first.http
  File.write("#{tokens}/#{challenge.token}", challenge.file_content)
  challenge.request_validation
  100.times { break if challenge.status != 'pending' && challenge.status != 'processing'; sleep 0.1; challenge.reload }
  raise challenge.error.inspect unless challenge.status == 'valid'
  csr = Acme::Client::CertificateRequest.new(private_key: OpenSSL::PKey::RSA.new(2048), names: ['app.test'])
  order.finalize(csr: csr)
  100.times { break if order.status != 'processing'; sleep 0.1; order.reload }
  File.write(out, order.certificate)
end
client.revoke(certificate: File.read(out), reason: 4)
RUBY
check "ruby: obtain, renew, revoke" ruby "$work/client.rb" "$directory" "$tokens" "$work/ruby.pem"
check "ruby: the chain verifies" issued "$work/ruby.pem"
done_testing
