#!/usr/bin/env bash
# Runs cells of the matrix of `./dev interop`: tests/interop/cell.sh PEER [CHALLENGE/CASE]..., all of the peer's without one.
# In a cell a client obtains, renews and revokes a certificate from crest-ca. Prints `ok PEER CHALLENGE/CASE`, with
# `# WHAT: why` for each of those that the client cannot do; `not ok PEER CHALLENGE/CASE: stage: why`; and
# `cannot PEER CHALLENGE/CASE: why` for what it cannot do at all.
#
# A peer is a file of functions in peers/: needs, cannot, peer_open, peer_obtain, peer_renew, peer_revoke, and peer_leave to
# give up the account. They find $challenge, $key, ${names[@]}, $directory, $root, $eab_kid and $eab_key (both empty without
# a binding) and a folder $cell of their own, and `keep` what they got.
. "$(dirname "$0")/lib.sh"

readonly challenges=(http-01 dns-01 tls-alpn-01) cases=(ec-p256 ec-p384 rsa-2048 wildcard eab ip)
readonly here=$(dirname "$(readlink -f "$0")")
readonly answer=$here/answer directory=https://localhost:9000/acme/corp/directory root=$work/ca/roots.pem
readonly peer=$1
shift
without_renew='' without_revoke='' webroot=''
. "$here/peers/$peer.sh"

# keep CHAIN KEY: PEM files, the certificate first.
keep() {
  cp "$1" "$cell/chain.pem"
  cp "$2" "$cell/key.pem"
}

# rule CHALLENGE/CASE: why nobody can.
rule() {
  case $1 in
    http-01/wildcard | tls-alpn-01/wildcard) echo "a wildcard is proved by DNS alone" ;;
    dns-01/ip) echo "an address is never proved by DNS" ;;
  esac
}

curve_or_bits() {
  case $1 in
    ec-p256) echo "ASN1 OID: prime256v1" ;;
    ec-p384) echo "ASN1 OID: secp384r1" ;;
    rsa-2048) echo "Public-Key: (2048 bit)" ;;
  esac
}
names_in() { openssl x509 -in "$1" -noout -ext subjectAltName | grep -oE '(DNS|IP Address):[^,]+' | sed 's/.*://' | sort; }

# check_certificate: what is kept is for the names and of the key type, belongs to its key, and ends in our root.
check_certificate() {
  same "$(names_in "$cell/chain.pem")" "$(printf '%s\n' "${names[@]}" | sort)"
  openssl x509 -in "$cell/chain.pem" -noout -text >"$cell/text"
  grep -qF "$(curve_or_bits "$key")" "$cell/text" || { echo "its key is not of type $key"; return 1; }
  same "$(openssl pkey -in "$cell/key.pem" -pubout)" "$(openssl x509 -in "$cell/chain.pem" -noout -pubkey)"
  openssl verify -CAfile "$root" -untrusted "$cell/chain.pem" "$cell/chain.pem"
}

on_record() { # STATE
  "$CREST_BIN/crest-ca" show --json "$work/ca" "$(serial_of "$cell/chain.pem")" >"$cell/record"
  grep -q "\"state\":\"$1\"" "$cell/record" || { echo "it is not $1: $(cat "$cell/record")"; return 1; }
}
listed() {
  curl -sSf "$(openssl x509 -in "$cell/chain.pem" -noout -ext crlDistributionPoints | grep -oE 'http:[^ ]+')" -o "$cell/crl"
  openssl crl -inform DER -in "$cell/crl" -noout -text >"$cell/listed"
  grep -q "Serial Number: $(serial_of "$cell/chain.pem")" "$cell/listed" || { echo "the revocation list lacks it"; return 1; }
}
check_revoked() {
  on_record revoked
  within 20 listed
}
check_bound() {
  "$CREST_BIN/crest-ca" eab list --json "$work/ca" >"$cell/keys"
  grep -q "\"key_id\":\"$eab_kid\"[^}]*\"accounts\":1," "$cell/keys" || { echo "no account is bound to $eab_kid"; return 1; }
}

stage() {
  echo "$1" >"$cell/stage"
  echo "--- $1 at $SECONDS s"
}

# use CASE: what the case is about.
use() {
  key=ec-p256 names=(app.test www.app.test) eab_kid='' eab_key=''
  local made
  case $1 in
    ec-* | rsa-*) key=$1 ;;
    wildcard) names=(wild.test '*.wild.test') ;;
    ip) names=(127.0.0.1) ;;
    eab)
      made=$("$CREST_BIN/crest-ca" eab create --json --label "$peer $challenge" "$work/ca")
      eab_kid=$(sed 's/.*"key_id":"\([^"]*\)".*/\1/' <<<"$made")
      eab_key=$(sed 's/.*"mac_key":"\([^"]*\)".*/\1/' <<<"$made")
      ;;
  esac
}

obtain_renew_revoke() {
  stage open
  peer_open
  stage obtain
  peer_obtain
  check_certificate
  [[ -z $eab_kid ]] || check_bound
  if [[ -z $without_renew ]]; then
    stage renew
    first=$(serial_of "$cell/chain.pem")
    peer_renew
    differ "$first" "$(serial_of "$cell/chain.pem")"
    check_certificate
  fi
  on_record valid
  if [[ -z $without_revoke ]]; then
    stage revoke
    peer_revoke
    check_revoked
  fi
  stage leave
  peer_leave
}

# run CHALLENGE/CASE
run() {
  local why code
  challenge=${1%/*}
  why=$(rule "$1")
  [[ -n $why ]] || why=$(cannot "$challenge" "${1#*/}")
  [[ -z $why ]] || { echo "cannot $peer $1: $why"; return; }
  cell=$work/$challenge-${1#*/}
  mkdir "$cell"
  set +e
  (
    set -e
    pids=()
    trap 'for pid in "${pids[@]}"; do stop "$pid"; done' EXIT
    use "${1#*/}"
    obtain_renew_revoke
  ) >"$cell/said" 2>&1
  code=$?
  set -e
  if ((code == 0)); then
    echo "ok $peer $1${without_renew:+ # renew: $without_renew}${without_revoke:+ # revoke: $without_revoke}"
  else
    echo "not ok $peer $1: $(cat "$cell/stage"): exit $code: $(tail -n 6 "$cell/said" | tr '\n' ' ')"
    failures=$((failures + 1))
  fi
  [[ -z ${CREST_VERBOSE:-} ]] || tail -n 200 "$cell/said" "$work/crest-ca.log" >&2
}

for program in $(needs) curl openssl; do need "$program"; done
resolve app.test www.app.test wild.test any.wild.test
start_names
start_crest_ca
trust_everywhere
[[ -z $webroot ]] || start_webroot
[[ -z ${tls_alpn:-} ]] || start_tls_alpn
if (($#)); then
  for wanted; do run "$wanted"; done
else
  for c in "${challenges[@]}"; do
    for wanted in "${cases[@]}"; do run "$c/$wanted"; done
  done
fi
done_testing
