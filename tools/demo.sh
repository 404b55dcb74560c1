#!/usr/bin/env bash
# ./dev demo: a CA, a certificate from it, a page served with it, a renewal while serving. Says what happened.
# Keeps serving until interrupted; with --once it ends after the second page.
set -euo pipefail

once=0
case ${1-} in
  '') ;;
  --once) once=1 ;;
  *) echo "demo: --once is the only option" >&2; exit 64 ;;
esac

folder=$(mktemp -d)
chmod 700 "$folder"
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '%2d  %s\n' $((++line)) "$*"; }
line=0

fail() {
  echo "demo: $1" >&2
  tail -n 20 "$folder"/*.log >&2
  exit 2
}

# A free port of the loopback address, by asking for one that nobody answers on.
free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

await() {
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  fail "nothing came to listen on port $1"
}

ca_port=$(free_port) http01_port=$(free_port) page_port=$(free_port)
head -c 24 /dev/urandom | base64 >"$folder/passphrase"
chmod 600 "$folder/passphrase"
live=$folder/state/certificates/localhost/live

about() { # about FILE: serial and life of a certificate
  local from until
  from=$(date -d "$(openssl x509 -in "$1" -noout -startdate | cut -d= -f2)" +%s)
  until=$(date -d "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" +%s)
  echo "serial $(openssl x509 -in "$1" -noout -serial | cut -d= -f2), life $(((until - from + 1) / 3600)) h"
}
fetch() { curl -sS --fail --max-time 10 --cacert "$folder/ca/roots.pem" "https://localhost:$page_port/"; }
obtain() {
  "$CREST_BIN/crest" obtain --directory "https://localhost:$ca_port/acme/corp/directory" \
    --trust "$folder/ca/roots.pem" --state "$folder/state" --http-listen "127.0.0.1:$http01_port" \
    --agree-tos localhost 127.0.0.1
}

"$CREST_BIN/crest-ca" init --lab --listen "127.0.0.1:$ca_port" --passphrase-file "$folder/passphrase" "$folder/ca" \
  >"$folder/init.log" 2>&1 || fail "crest-ca init failed"
say "a CA in a scratch folder: root $(openssl x509 -in "$folder/ca/roots.pem" -noout -fingerprint -sha256 | cut -d= -f2 | cut -c1-23)…"

"$CREST_BIN/crest-ca" serve --http01-port "$http01_port" --status-listen 127.0.0.1:0 \
  --passphrase-file "$folder/passphrase" "$folder/ca" \
  >"$folder/ca.log" 2>&1 &
pids+=($!)
await "$ca_port"
say "it serves https://localhost:$ca_port/acme/corp/directory, with a certificate of its own"

obtain >"$folder/obtain.log" 2>&1 || fail "crest obtain failed"
say "localhost and 127.0.0.1 proved by http-01 on port $http01_port"
first=$(about "$live/cert.pem") || fail "the certificate cannot be read"
say "issued:  $first"

"$CREST_BIN/https_page" "$folder/state" localhost "$page_port" >"$folder/page.log" 2>&1 &
pids+=($!)
await "$page_port"
say "a page is served with it at https://localhost:$page_port/"
page=$(fetch) || fail "the page could not be fetched"
say "curl, trusting that root only: $page"

"$CREST_BIN/crest" renew --force --state "$folder/state" --http-listen "127.0.0.1:$http01_port" \
  >"$folder/renew.log" 2>&1 || fail "crest renew failed"
second=$(about "$live/cert.pem") || fail "the renewed certificate cannot be read"
[[ $first != "$second" ]] || fail "the renewal brought no other certificate"
say "renewed: $second"
page=$(fetch) || fail "the page could not be fetched after the renewal"
serial=$(openssl x509 -in "$live/cert.pem" -noout -serial | cut -d= -f2)
grep -qi "$serial" <<<"$page" || fail "the page is still served with the former certificate: $page"
say "curl again, no restart between: $page"
"$CREST_BIN/crest" renew --state "$folder/state" --http-listen "127.0.0.1:$http01_port" >"$folder/again.log" 2>&1 ||
  fail "crest renew failed"
grep -q "not_due" "$folder/again.log" || fail "crest renew did not find that nothing is due"
say "renew without --force: nothing is due before two thirds of the life"

((once)) && exit 0
say "still serving; look at it with: curl --cacert $folder/ca/roots.pem https://localhost:$page_port/"
say "Ctrl-C ends it and removes $folder"
wait "${pids[@]}"
