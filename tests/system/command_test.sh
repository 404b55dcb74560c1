#!/usr/bin/env bash
# The command `crest` as people and programs use it: exit codes, --json after docs/schema, and bad input of every kind.
. "$(dirname "$0")/../interop/lib.sh"

here=$(dirname "$(readlink -f "$0")")
resolve app.test api.test
start_crest_ca
ca=$started
make_server_certificate
start liar "$here/lying_ca.py" 14443 "$work/tls/cert.pem" "$work/tls/cert.key"
await 14443 liar

state=$work/state
live=$state/certificates/app.test/live
corp=(--directory https://localhost:9000/acme/corp/directory --trust "$work/ca/roots.pem")
crest() { "$here/within_memory.py" 64 "$CREST_BIN/crest" "$@"; }
# Needs a CA, and answers http-01.
asks() { local verb=$1; shift; crest "$verb" --state "$state" --http-listen 127.0.0.1:80 "$@"; }
# json CODE CLASS SCHEMA COMMAND...: the exit code, and on standard output JSON after the schema, of this class.
json() {
  local expected=$1 class=$2 schema=$3 code=0
  shift 3
  "$@" --json >"$work/out.json" || code=$?
  same "$code" "$expected" && "$here/check_schema.py" "$schema" "$class" <"$work/out.json"
}

check "obtain --json" json 0 ok obtain asks obtain "${corp[@]}" app.test
check "the set matches and verifies" matches "$live" "$work/ca/roots.pem"
check "obtain again --json" json 0 nothing_due obtain asks obtain "${corp[@]}" app.test
check "obtain again --detailed-exit-code" json 1 nothing_due obtain asks obtain "${corp[@]}" --detailed-exit-code app.test
check "renew --json, nothing due" json 0 nothing_due renew asks renew
check "renew --detailed-exit-code" json 1 nothing_due renew asks renew --detailed-exit-code
check "renew --force --json" json 0 ok renew asks renew --force app.test
check "list --json" json 0 ok list crest list --state "$state"
check "show --json" json 0 ok show crest show --state "$state" app.test
asks renew --force --json --verbose >"$work/out.json" 2>"$work/notes"
check "--verbose keeps to stderr" "$here/check_schema.py" renew ok <"$work/out.json"
check "--verbose tells, a line each" same "$(grep -c '^crest: info: certificate_issued; name app.test;' "$work/notes")" 1
for verb in list "show app.test" renew "revoke app.test"; do
  read -ra words <<<"$verb"
  check "${words[0]} with a mistyped folder --json" json 2 storage "${words[0]}" crest "${words[@]}" --state "$work/mistyped"
done
check "the mistyped folder was not made" test ! -e "$work/mistyped"
check "revoke --json" json 0 ok revoke crest revoke --state "$state" app.test
check "revoke again --json" json 0 ok revoke crest revoke --state "$state" --reason superseded app.test
mkdir "$work/web"
start web python3 -m http.server --bind 127.0.0.1 --directory "$work/web" 80
web=$started
await 80 web
check "obtain by webroot" crest obtain "${corp[@]}" --state "$state" --webroot "$work/web" api.test
check "the webroot is clean" same "$(find "$work/web" -type f)" ""
check "renewed by the same webroot, as a timer does" crest renew --state "$state" --force api.test
stop "$web"
check "show tells the webroot" grep -q "files under $work/web" <(crest show --state "$state" api.test)
check "--webroot comes before CREST_HTTP_LISTEN" env CREST_HTTP_LISTEN=nonsense \
  "$CREST_BIN/crest" obtain "${corp[@]}" --state "$state" --webroot "$work/web" api.test
refuse 64 "exclude" "--webroot and --http-listen" crest renew --state "$state" --webroot "$work/web" --http-listen :80
refuse 64 "lifetime" "a lifetime of nothing" asks obtain "${corp[@]}" --lifetime 0s other.test
# says_why NAME: --json of what the CA refused has the reason for this name.
says_why() {
  json 75 authz_failed obtain asks obtain "${corp[@]}" "$1"
  python3 - "$1" "$work/out.json" <<'PY'
import json, sys
problem = json.load(open(sys.argv[2]))["error"]["problem"]
[reason] = [one for one in problem["subproblems"] if one["identifier"] == {"type": "dns", "value": sys.argv[1]}]
assert reason["detail"] and reason["type"], reason
PY
}
check "the reason for each name --json" says_why nowhere.test

check "the library's example" "$CREST_BIN/obtain_once" "${corp[1]}" "$work/ca/roots.pem" "$work/example" 127.0.0.1:80 api.test
check "its set matches and verifies" matches "$work/example/certificates/api.test/live" "$work/ca/roots.pem"
first=$(serial_of "$live/cert.pem")
refuse 64 "no CA is named" "no --directory" asks obtain other.test
refuse 64 "https" "a directory that is not https" asks obtain --directory http://localhost:9000/acme/corp/directory other.test
refuse 64 "no name" "a name that is no name" asks obtain "${corp[@]}" "no name"
refuse 64 "." "a verb that does not exist" crest conjure
refuse 64 "." "a flag that does not exist" crest list --upside-down
check "an untrusted CA --json" json 2 tls obtain asks obtain --directory "${corp[1]}" --trust "$work/tls/root.pem" other.test
check "an unreachable port --json" json 75 connect obtain asks obtain --directory https://localhost:1/d --trust "$work/tls/root.pem" far.test
check "a trust file that is not there --json" json 2 config obtain asks obtain "${corp[@]}" --trust "$work/absent.pem" other.test
lies=(html:75:ca_protocol:text/html deep:75:ca_protocol:JSON empty:75:ca_protocol:nothing plain_http:75:ca_protocol:https
  endless:2:response_too_large:.)
for lie in "${lies[@]}"; do
  IFS=: read -r path code class text <<<"$lie"
  liar=(asks obtain --directory "https://localhost:14443/$path" --trust "$work/tls/root.pem" --retry-now --name "$path")
  check "a CA that answers $path --json" json "$code" "$class" obtain "${liar[@]}" other.test
  refuse "$code" "$text" "a CA that answers $path, in one line" "${liar[@]}" other.test
  "${liar[@]}" other.test >"$work/said" 2>&1 || true
  check "no escape of $path reaches the terminal" same "$(grep -c $'\x1b' "$work/said")" 0
done
crest obtain "${corp[@]}" --state "$state" --http-listen 127.0.0.1:9000 busy.test >"$work/busy" 2>&1 && busy=0 || busy=$?
check "a port that is taken" same "$busy" 2
check "it says by whom" grep -q crest-ca "$work/busy"

mkdir "$work/read-only" "$work/full"
mount -t tmpfs -o ro tmpfs "$work/read-only"
check "a read-only state folder --json" json 2 storage obtain crest obtain "${corp[@]}" --state "$work/read-only" app.test
mount -t tmpfs -o size=2m,mode=700 tmpfs "$work/full"
crest obtain "${corp[@]}" --state "$work/full" --http-listen 127.0.0.1:80 app.test >"$work/first.log" 2>&1 || cat "$work/first.log"
before=$(cat "$work/full/certificates/app.test/live/"*)
dd if=/dev/zero of="$work/full/ballast" bs=64k 2>/dev/null || true
check "a full state folder --json" json 2 storage renew crest renew --state "$work/full" --force --http-listen 127.0.0.1:80
check "the former set is as it was" same "$before" "$(cat "$work/full/certificates/app.test/live/"*)"
rm "$work/full/ballast"
check "with room again it renews" crest renew --state "$work/full" --force --http-listen 127.0.0.1:80
umount "$work/full" "$work/read-only"

printf '{' >"$state/certificates/api.test/live/meta.json"
check "a damaged record --json" json 2 storage list crest list --state "$state"
refuse 2 "damaged: " "a damaged record, for people" crest list --state "$state"
refuse 2 "app.test: renewed" "and the others are renewed" asks renew --force
check "obtain repairs it" asks obtain "${corp[@]}" api.test
account=$(echo "$state"/accounts/*localhost*.json)
head -c 100 "$account" >"$work/half" && cat "$work/half" >"$account"
refuse 2 "damaged" "a damaged account is not no account" asks renew --force app.test
check "after all that the first set still matches" matches "$live" "$work/ca/roots.pem"
differ "$first" "$(serial_of "$live/cert.pem")" >/dev/null
stop "$ca"
done_testing
