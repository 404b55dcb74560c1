#!/usr/bin/env bash
# Proofs are looked at from several places in the network (SF51): each process here has an /etc/hosts of its own, so that
# what one of them is made to believe the others do not see. The owner of www.corp.test is at 127.0.0.11, who hijacks it
# at 127.0.0.66.
. "$(dirname "$0")/../interop/lib.sh"

for peer in openssl curl; do need "$peer"; done
resolve
printf '%s\n' "127.0.0.1 localhost" "127.0.0.11 www.corp.test" >"$work/hosts"
umask 077
ca=$work/ca
crest() { "$CREST_BIN/crest" "$@"; }

new_root() {  # new_root NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj "/CN=$1" -keyout "$work/$1.key" \
    -out "$work/$1.pem" 2>/dev/null
}
new_certificate() {  # new_certificate FILE ROOT NAME
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$work/$2.pem" -CAkey "$work/$2.key" -days 3 -extfile <(echo "subjectAltName=DNS:$3") \
    -out "$1.pem" 2>/dev/null
}
new_root root
new_root elsewhere
new_certificate "$work/client" root ca.corp.test
new_certificate "$work/stranger" root other.corp.test
new_certificate "$work/foreign" elsewhere ca.corp.test

start_validator() {  # start_validator NAME PORT
  new_certificate "$work/$1-own" root localhost
  cp "$work/hosts" "$work/hosts.$1"
  cat >"$work/$1.toml" <<TOML
listen       = "127.0.0.1:$2"
certificate  = "$1-own.pem"
key          = "$1-own.key"
clients      = "root.pem"
client_names = ["ca.corp.test"]
[validation]
caa    = false
dnssec = false
[[validation.allow]]
network = "127.0.0.0/8"
TOML
  start "$1" unshare --mount -- bash -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' - "$work/hosts.$1" \
    "$CREST_BIN/crest-ca" validator "$work/$1.toml"
  await "$2" "$1"
}
start_validator a 9441
a=$started
echo "127.0.0.12 printer.dmz.test" >>"$work/hosts.a"  # a segment that the CA does not know
start_validator b 9442
b=$started

echo "correct horse battery staple" >"$work/passphrase"
"$CREST_BIN/crest-ca" init --lab --passphrase-file "$work/passphrase" "$ca" >/dev/null
for name in a b; do
  cat >>"$ca/ca.toml" <<TOML
[validator.$name]
url         = "https://localhost:944$([[ $name == a ]] && echo 1 || echo 2)"
trust       = "$work/root.pem"
certificate = "$work/client.pem"
key         = "$work/client.key"
TOML
done
cat >>"$ca/ca.toml" <<TOML
[[perspective]]
only_for   = ["dmz.test"]
validators = ["a"]
local      = false
[[perspective]]
validators = ["a", "b"]
TOML
start ca "$CREST_BIN/crest-ca" serve --passphrase-file "$work/passphrase" "$ca"
await 9000 ca

obtain() {  # obtain STATE ADDRESS NAME...
  local state=$1 address=$2
  shift 2
  crest obtain --directory https://localhost:9000/acme/corp/directory --trust "$ca/roots.pem" --state "$work/$state" \
    --http-listen "$address:80" --agree-tos "$@"
}
issued() { "$CREST_BIN/crest-ca" list --json "$ca" | grep -o "$1" | wc -l; }
view_of() {  # view_of HOSTS-FILE LAST-OCTET: there www.corp.test is now at this address. In place: the file is mounted.
  cat "$1" >"$work/view"; sed "s/^127\.0\.0\.[0-9]* www\.corp\.test/127.0.0.$2 www.corp.test/" "$work/view" >"$1"
}

check "CHL-18 SF51 what all see is a proof" obtain owner 127.0.0.11 www.corp.test
check "a segment that only the validator reaches" obtain printer 127.0.0.12 printer.dmz.test
same "$(issued printer.dmz.test)" 1

view_of "$work/hosts" 66
before=$(issued www.corp.test)
refuse 75 "another place in the network" "SF51 who hijacks the way to the CA gets nothing" obtain thief 127.0.0.66 www.corp.test
check "SF51 and nothing was signed" same "$(issued www.corp.test)" "$before"
view_of "$work/hosts" 11

view_of "$work/hosts.a" 66
check "one of two may be led astray" obtain astray 127.0.0.11 www.corp.test
view_of "$work/hosts.a" 11

kill -STOP "$b"
began=$SECONDS
check "a validator that hangs is not needed" obtain hanging 127.0.0.11 www.corp.test
check "nor waited for" test $((SECONDS - began)) -lt 15
kill -CONT "$b"

ask() {  # ask STATUS [FLAGS...]
  local status=$1
  shift
  same "$(curl -sS -o /dev/null -w '%{http_code}' --cacert "$work/root.pem" -H 'Content-Type: application/json' \
    -d '{"token":"x"}' "$@" https://localhost:9441/validate)" "$status"
}
identity() { printf '%s\n' --cert "$work/$1.pem" --key "$work/$1.key"; }
check "SF89 without a certificate nothing is looked at" ask 403
check "SF89 nor for a name that it does not know" ask 403 $(identity stranger)
check "what is no claim is refused" ask 400 $(identity client)
refuse 56 "" "SF89 another root's certificate ends the handshake" \
  curl -sS --cacert "$work/root.pem" $(identity foreign) -d x https://localhost:9441/validate

shown() { openssl s_client -connect localhost:9441 -servername localhost </dev/null 2>/dev/null | openssl x509 -noout -serial; }
old=$(shown)
new_certificate "$work/a-own" root localhost
kill -HUP "$a"
renewed() { [[ $(shown) != "$old" ]]; }
check "a renewed certificate is taken up" within 10 renewed
echo nonsense >"$work/a-own.pem"
kill -HUP "$a"
check "a bad one is told of" within 10 grep -q reload_failed "$work/a.log"
check "and the good one stays" renewed

sed 's/client_names.*/client_names = []/' "$work/b.toml" >"$work/bad.toml"
refuse 2 "bad.toml:[0-9]*: .*client_names" "settings are checked" "$CREST_BIN/crest-ca" validator "$work/bad.toml"
chmod 644 "$work/b-own.key"
refuse 2 "others can read it" "SF85 a key that others can read is refused" "$CREST_BIN/crest-ca" validator "$work/b.toml"
kill -TERM "$a"
check "it ends when told to" within 10 bash -c "! kill -0 $a"

done_testing
