#!/usr/bin/env bash
# crest-ca as its operators meet it: the listener for them, reload by signal, what a service manager hears, the audit log.
. "$(dirname "$0")/../interop/lib.sh"

need curl
need python3
make_server_certificate
# One operator of the right authority, one of another.
client() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" \
    -out "$work/$1.csr" 2>/dev/null
  openssl x509 -req -in "$work/$1.csr" -CA "$2.pem" -CAkey "$2.key" -days 3 \
    -extfile <(echo "extendedKeyUsage=clientAuth") -out "$work/$1.pem" 2>/dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj "/CN=Other" \
  -keyout "$work/other.key" -out "$work/other.pem" 2>/dev/null
client ops "$work/tls/root"
client stranger "$work/other"

# What a service manager hears.
cat >"$work/manager.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
PY
start manager python3 "$work/manager.py" "$work/notify"
for _ in $(seq 100); do [[ -S $work/notify ]] && break; sleep 0.1; done
export NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=1000000
ca_settings="/^\[admin\]/,/^\[/{s|^listen.*|listen = \"127.0.0.1:9001\"|;s|^client_ca.*|client_ca = \"$work/tls/root.pem\"|}"
start_crest_ca --json
ca=$started
await 9001 crest-ca

admin() { curl -sS --cacert "$work/ca/roots.pem" "${@:2}" "https://localhost:9001$1"; }
as_ops() { admin "$1" --cert "$work/ops.pem" --key "$work/ops.key" "${@:2}"; }
says() { local text=$1; shift; "$@" | tee "$work/said" | grep -q -- "$text" || { cat "$work/said"; return 1; }; }
hears() {
  for _ in $(seq 100); do grep -q -- "$1" "$work/manager.log" && return; sleep 0.1; done
  cat "$work/manager.log"; return 1
}
logs() {
  for _ in $(seq 100); do grep -q -- "$1" "$work/crest-ca.log" && return; sleep 0.1; done
  tail -n 3 "$work/crest-ca.log"; return 1
}

check "the manager hears READY" hears '^READY=1'
check "and WATCHDOG" hears '^WATCHDOG=1'
check "SF89 no certificate, no answer" says 'show a client certificate' admin /metrics
check "SF89 another authority's certificate, no connection" bash -c \
  "! curl -sS --cacert '$work/ca/roots.pem' --cert '$work/stranger.pem' --key '$work/stranger.key' https://localhost:9001/health"
check "SF89 metrics for an operator" says '^crest_ca_certificates_issued_total\|^crest_ca_store_seconds_count' as_ops /metrics
check "SF62 the size of the database is a metric" says '^crest_ca_store_bytes [1-9]' as_ops /metrics
check "health in detail" says '"items":{"database":"ok","disk":"ok","clock":"ok","key":"ok","status":"ok"' as_ops /health
check "SF89 health for strangers has no detail" says '^{"status":"ok"}$' curl -sS --cacert "$work/ca/roots.pem" https://localhost:9000/health
check "SF89 the operators' paths are not on the ACME listener" says '404' curl -sS -o /dev/null -w '%{http_code}' \
  --cacert "$work/ca/roots.pem" https://localhost:9000/metrics
check "the CA's own certificate is in the list" says '"certificates":\[{"serial":' as_ops '/certificates?q=localhost'
serial=$(as_ops '/certificates?q=localhost' | python3 -c 'import json,sys; print(json.load(sys.stdin)["certificates"][0]["serial"])')

curl -sS --cacert "$work/ca/roots.pem" https://localhost:9000/acme/corp/directory >/dev/null
check "each request is a line of JSON" logs '"event":"request".*"route":"/acme/corp/directory","status":"200"'

sed -i 's|^website.*|website = "https://corp.example/new"|' "$work/ca/ca.toml"
kill -HUP "$ca"
check "a reload by signal" logs '"event":"reloaded"'
check "the new settings hold" says 'https://corp.example/new' curl -sS --cacert "$work/ca/roots.pem" https://localhost:9000/acme/corp/directory
check "the manager hears RELOADING" hears '^RELOADING=1 MONOTONIC_USEC='
sed -i 's|^website.*|website = "none"|' "$work/ca/ca.toml"
kill -HUP "$ca"
check "bad settings are told with line and key" logs '"event":"reload_failed".*ca.toml:[0-9]*.*directory.website'
check "and change nothing" says 'https://corp.example/new' curl -sS --cacert "$work/ca/roots.pem" https://localhost:9000/acme/corp/directory
check "bad settings are told to the operator" says 'directory.website' as_ops /reload -X POST -H 'Content-Type: application/json' -d '{}'
sed -i 's|^website.*|website = ""|; s|^workers = .*|workers = 3|' "$work/ca/ca.toml"
check "a reload by an operator" says '"reloaded"' as_ops /reload -X POST -H 'Content-Type: application/json' -d '{}'
check "what needs a restart is told" logs '"event":"restart_needed"'
check "an operator revokes" says '"status":"revoked"' as_ops /revoke -X POST -H 'Content-Type: application/json' \
  -d "{\"serial\":\"$serial\",\"reason\":\"superseded\"}"

check "a backup is made and tried beside the running CA" says "all whole" "$CREST_BIN/crest-ca" backup --rehearse "$work/ca" "$work/backup"
check "SF85 nobody else can read it" same "$(stat -c %a "$work/backup" 2>/dev/null)" 600
refuse 64 "never overwritten" "a backup replaces nothing" "$CREST_BIN/crest-ca" backup "$work/ca" "$work/backup"
check "SF70 a restore" says "neither comes twice" "$CREST_BIN/crest-ca" restore "$work/backup" "$work/again"
refuse 2 "never overwritten" "a restore replaces nothing" "$CREST_BIN/crest-ca" restore "$work/backup" "$work/ca"
check "SF70 the log of the restored CA goes on" says "whole" "$CREST_BIN/crest-ca" audit verify "$work/again"
check "and says that it was restored" says "\"restored\"" "$CREST_BIN/crest-ca" audit export "$work/again"
sed -i "/^\\[admin\\]/,/^\\[/s/^listen.*/listen = \"\"/" "$work/again/ca.toml"
start again "$CREST_BIN/crest-ca" serve --listen 127.0.0.1:9002 --status-listen 127.0.0.1:9082 --passphrase-file "$work/passphrase" "$work/again"
await 9002 again
check "the restored CA serves" says newNonce curl -sS --cacert "$work/again/roots.pem" https://localhost:9002/acme/corp/directory

check "SF87 the audit log is whole, beside the running CA" says '"whole":true' "$CREST_BIN/crest-ca" audit verify "$work/ca" --json
settings_read() { "$CREST_BIN/crest-ca" audit export "$work/ca" | grep -c '"event":"settings_read"'; }
check "ENT-09 each ca.toml that was in force is in it" same "$(settings_read)" 3
check "ENT-09 the last by its digest" says "settings_read.*$(sha256sum "$work/ca/ca.toml" | cut -d' ' -f1)" "$CREST_BIN/crest-ca" audit export "$work/ca"
check "SF87 and says who revoked what" says "certificate_revoked.*$serial" "$CREST_BIN/crest-ca" audit export "$work/ca"
refuse 64 'chain' "audit of a chain that is not there" "$CREST_BIN/crest-ca" audit verify "$work/ca" --chain absent

kill -TERM "$ca"
wait "$ca" || true
check "the manager hears STOPPING" hears '^STOPPING=1'
python3 - "$work/ca/db/store.sqlite" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE audit SET text = replace(text, 'superseded', 'unspecified') WHERE text LIKE '%superseded%'")
db.commit()
PY
refuse 2 'broken' "SF87 a changed line shows" "$CREST_BIN/crest-ca" audit verify "$work/ca"
done_testing
