#!/usr/bin/env bash
# Nodes of one CA on one PostgreSQL, as processes that start, stop and die.
set -euo pipefail

# PostgreSQL does not run as root, and inside of the namespace there may be no other user: it is started outside.
if [[ -z ${CREST_TEST_DATABASE:-} ]]; then
  folder=$(mktemp -d /tmp/crest-nodes-XXXXXX)
  chmod 777 "$folder"
  programs=/usr/lib/postgresql/15/bin
  as_somebody() {
    if [[ $(id -u) == 0 ]]; then (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"); else "$@"; fi
  }
  as_somebody "$programs/initdb" -D "$folder/data" -A trust -U crest -E UTF8 --no-locale --no-sync >/dev/null ||
    { echo "not ok PostgreSQL 15 is needed: run ./dev test, which installs it"; exit 1; }
  # On stopping: the server by the id that it wrote down itself.
  trap 'kill -INT "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
  as_somebody "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \
    -c log_min_messages=fatal >"$folder/log" 2>&1 &
  for _ in $(seq 100); do [[ -S $folder/.s.PGSQL.5432 ]] && break; sleep 0.1; done
  CREST_TEST_DATABASE=$folder "$0" "$@"
  exit
fi
. "$(dirname "$0")/../interop/lib.sh"

need curl
need psql
database="host=$CREST_TEST_DATABASE user=crest dbname=postgres"
sql() { psql -XAtq "$database" -c "$1"; }
printf 'correct horse battery staple\n' >"$work/passphrase"
chmod 600 "$work/passphrase"

# make NAME PORT: a node's folder; all have the issuer of the first.
make() {
  if [[ -d $work/north ]]; then
    cp -r "$work/north" "$work/$1"
  else
    "$CREST_BIN/crest-ca" init --lab --passphrase-file "$work/passphrase" "$work/$1" >"$work/init.log" 2>&1
    sed -i "s|^postgres *= .*|postgres = \"$database\"|" "$work/$1/ca.toml"
  fi
  sed -i "s|^node *= .*|node = \"$1\"|" "$work/$1/ca.toml"
  sed -i "/^\[status\]/,/^\[/s|^listen *= .*|listen = \"127.0.0.1:$(($2 + 80))\"|;0,/^listen/s|^listen *= .*|listen = \"127.0.0.1:$2\"|" "$work/$1/ca.toml"
}
run() { start "$1" "$CREST_BIN/crest-ca" serve --json --passphrase-file "$work/passphrase" "$work/$1"; }
health() { curl -sS --max-time 10 --cacert "$work/north/roots.pem" "https://localhost:$1/health"; }
is_healthy() { [[ $(health "$1") == '{"status":"ok"}' ]]; }
crest() { "$CREST_BIN/crest" "$@"; }
obtain() {  # obtain PORT STATE
  crest obtain --directory "https://localhost:$1/acme/corp/directory" --trust "$work/north/roots.pem" --state "$work/$2" \
    --http-listen 127.0.0.1:80 --agree-tos app.test
}
milliseconds() { date +%s%3N; }
at_most() { (($1 <= $2)) || { echo "$1 ms, and $2 at most"; return 1; }; }
says() { grep -q -- "$1" "$work/$2.log" || { tail -n 3 "$work/$2.log"; return 1; }; }

resolve app.test
make north 9000
make south 9001
make twin 9002
sed -i 's|^node *= .*|node = "south"|' "$work/twin/ca.toml"
run north; north=$started
await 9000 north
run south; south=$started
await 9001 south
check "two nodes are healthy" is_healthy 9000
check "both" is_healthy 9001
check "a certificate at one" obtain 9000 first

# --- a second process of the same name, while the first lives; what follows happens meanwhile
run twin; twin=$started

stop "$north"
began=$(milliseconds)
run north; north=$started
await 9000 north
check "SF67 a node that was stopped works again at once" obtain 9000 second
check "SF67 within seconds" at_most $(($(milliseconds) - began)) 15000
check "SF67 and never waited" bash -c "! grep -q node_not_joined '$work/north.log'"

# --- killed: the lease of the dead process has to end first
kill -9 "$north"
wait "$north" 2>/dev/null || true
run north; north=$started
await 9000 north
check "SF67 after kill -9 it says so to whoever asks" grep -q "waits for its place" <(health 9000)
check "SF67 and what to do, to its operator" says 'node_not_joined.*was not stopped properly.*its lease ends in' north
check "SF67 it takes nothing that it could not finish" same "503 10" "$(curl -sS --max-time 10 -o /dev/null \
  --cacert "$work/north/roots.pem" -w '%{http_code} %header{retry-after}' -H 'Content-Type: application/jose+json' -d '{}' \
  https://localhost:9000/acme/corp/new-order)"
check "SF67 the others go on" obtain 9001 fourth
sql "UPDATE leases SET until = 0 WHERE name = 'node north'"  # a minute later
check "SF67 then it is there" within 10 is_healthy 9000
check "SF67 and works" obtain 9000 fifth

# --- the twin has seen by now that the first renews its lease
ended() { ! kill -0 "$twin" 2>/dev/null; }
check "SF67 a second process of the same name ends" within 30 ended
code=0
wait "$twin" || code=$?
check "SF67 with an error" same "$code" 2
check "SF67 that says what to do" says 'another process is node "south".*give each its own \[store\] node' twin
check "SF67 the first goes on" is_healthy 9001
done_testing
