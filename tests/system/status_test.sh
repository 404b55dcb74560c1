#!/usr/bin/env bash
# The status of certificates as relying parties read it: openssl and curl, before and after revocations that others make.
. "$(dirname "$0")/../interop/lib.sh"

for peer in openssl curl python3; do need "$peer"; done
here=$(dirname "$(readlink -f "$0")")
resolve app.test api.test
ca_settings='s/^crl_parts.*/crl_parts = 4/' start_crest_ca
root=$work/ca/roots.pem
state=$work/state
live=$state/certificates/app.test/live
issuer=$work/ca/intermediate.pem
crest() { "$CREST_BIN/crest" "$@"; }
records() { local verb=$1; shift; "$CREST_BIN/crest-ca" "$verb" "$work/ca" "$@"; }

check "a certificate" crest obtain --directory https://localhost:9000/acme/corp/directory --trust "$root" --state "$state" \
  --http-listen 127.0.0.1:80 --agree-tos app.test
cp "$live/cert.pem" "$work/leaf.pem"
extension() { openssl x509 -in "$work/leaf.pem" -noout -ext "$1" | grep -o "$2" | head -n 1; }
ocsp_url=$(openssl x509 -in "$work/leaf.pem" -noout -ocsp_uri)
crl_url=$(extension crlDistributionPoints 'http://.*crl')
issuer_url=$(extension authorityInfoAccess 'http://.*crt')
full_url=${crl_url%/*}.crl
serial=$(serial_of "$work/leaf.pem")

fetch() { curl -sS --fail --max-time 10 "$@"; }
crl() { fetch "${1:-$full_url}" | openssl crl -inform DER -text -noout; }
check "REV-12 the issuer named in a certificate is its issuer" same \
  "$(fetch "$issuer_url" | openssl x509 -inform DER -noout -fingerprint -sha256)" \
  "$(openssl x509 -in "$issuer" -noout -fingerprint -sha256)"
check "the roots are there, too" cmp <(fetch "${ocsp_url%/ocsp}/roots.pem") "$root"

# --- before the revocation
crl_verifies() { fetch "$1" | openssl crl -inform DER -noout -verify -CAfile "$issuer"; }
check "CRL-01 the full list verifies" crl_verifies "$full_url"
check "CRL-05 the certificate's part verifies" crl_verifies "$crl_url"
check "CRL-05 the part names itself" grep -q "URI:$crl_url" <(crl "$crl_url")
check "CRL-05 the full list is no part" bash -c "! grep -q URI: <<<'$(crl)'"
is_good_by() {  # is_good_by URL...: openssl's verifier, with the list from there
  fetch "$1" | openssl crl -inform DER -out "$work/list.pem"
  openssl verify -crl_check -CAfile "$root" -untrusted "$issuer" -CRLfile "$work/list.pem" "$work/leaf.pem"
}
check "openssl accepts it by the full list" is_good_by "$full_url"
check "openssl accepts it by its part" is_good_by "$crl_url"

ask() {  # ask WORD [FLAGS...]: openssl's OCSP client says this word, and that the answer verifies
  local word=$1
  shift
  openssl ocsp -issuer "$issuer" "$@" -cert "$work/leaf.pem" -url "$ocsp_url" -CAfile "$root" -timeout 10 >"$work/ocsp" 2>&1
  grep -q "leaf.pem: $word" "$work/ocsp" && grep -q "Response verify OK" "$work/ocsp" ||
    { cat "$work/ocsp"; return 1; }
}
check "OCSP-01 good, with a nonce" ask good
check "OCSP-01 good, without" ask good -no_nonce
check "good, by SHA-256" ask good -sha256
check "OCSP-02 unknown for a serial that is not ours" bash -c "openssl ocsp -issuer '$issuer' -serial 0x4a0b0c0d0e0f1011 \
  -url '$ocsp_url' -CAfile '$root' 2>&1 | grep -q '0x4a0b0c0d0e0f1011: unknown'"
openssl ocsp -issuer "$issuer" -cert "$work/leaf.pem" -no_nonce -reqout "$work/ask.der"
question=$(base64 -w0 "$work/ask.der" | sed 's/+/%2B/g; s|/|%2F|g; s/=/%3D/g')
get() { fetch "$ocsp_url/$question" -o "$work/answer.der" "$@"; }
told() { openssl ocsp -respin "$work/answer.der" -issuer "$issuer" -cert "$work/leaf.pem" -CAfile "$root" -no_nonce 2>&1; }
get -D "$work/headers"
check "OCSP-01 good, by GET" grep -q "leaf.pem: good" <(told)
check "OCSP-03 the responder is made for that" bash -c "openssl ocsp -respin '$work/answer.der' -noverify -resp_text |
  grep -A1 -E 'Extended Key Usage|OCSP No Check' | grep -c -E 'OCSP Signing|No Check' | grep -q '^2$'"
check "caches are told" grep -qi '^cache-control: max-age=[1-9][0-9]*, public' "$work/headers"
etag=$(grep -i '^etag:' "$work/headers" | tr -d '\r' | cut -d' ' -f2)
check "not modified" same "$(curl -sS -o /dev/null -w '%{http_code}' -H "If-None-Match: $etag" "$ocsp_url/$question")" 304
for path in / /acme/corp/directory /health /crl/ "/crl/../../ca.toml"; do
  check "SF89 nothing at $path" same "$(curl -sS --path-as-is -o /dev/null -w '%{http_code}' "${ocsp_url%/ocsp}$path")" 404
done
check "SF60 a long question is refused" same \
  "$(head -c 100000 /dev/zero | curl -sS -o /dev/null -w '%{http_code}' --data-binary @- "$ocsp_url")" 413

# --- the records
check "list" grep -q "app.test" <(records list)
records list --json >"$work/out.json"
check "list --json is after its schema" "$here/check_schema.py" ca-list <"$work/out.json"
pages() {  # every certificate once, a page each
  local after=() next=x
  while [[ -n $next ]]; do
    records list --json --limit 1 "${after[@]}" >"$work/page.json"
    next=$(python3 -c 'import json, sys
page = json.load(open(sys.argv[1]))
print(*(each["serial"] for each in page["certificates"]), file=sys.stderr)
print(page.get("next", ""))' "$work/page.json" 2>>"$work/pages")
    after=(--after "$next")
  done
}
pages
check "pages hold each certificate once" cmp "$work/pages" <(records list | cut -d' ' -f1)
refuse 64 "what the page before said" "list after nothing" records list --after yesterday
refuse 64 "valid, revoked or signing" "list in no state" records list --state good
check "search finds a part of a name" grep -qi "$serial" <(records search PP.te)
check "search finds nothing else" grep -q "No certificate is like that" <(records search api)
check "show" grep -q "state        valid" <(records show "$serial")
records show "$serial" --json >"$work/out.json"
check "show --json is after its schema" "$here/check_schema.py" ca-show <"$work/out.json"
check "show --pem" cmp <(records show --pem "$serial") <(openssl x509 -in "$work/leaf.pem")
refuse 64 "no such certificate" "show of what is not there" records show 4a0b
refuse 64 "hexadecimal" "show of no serial" records show app.test
refuse 64 "one of unspecified" "revoke for no reason there is" records revoke "$serial" --reason whim --yes
refuse 64 "say --yes" "revoke without a terminal" records revoke "$serial" --reason superseded
check "which changed nothing" ask good -no_nonce

# --- after the revocation, made by another process
check "revoke" records revoke "$serial" --reason keyCompromise --yes
lists() { grep -q "$serial" <(crl "$1"); }
check "REV-12 the full list has it within 10 s" within 10 lists "$full_url"
check "REV-12 its part has it" within 10 lists "$crl_url"
check "the other parts do not" bash -c "! curl -sS '${crl_url%/*}/4.crl' '${crl_url%/*}/5.crl' '${crl_url%/*}/6.crl' \
  '${crl_url%/*}/7.crl' | xxd -p | tr -d '\n' | grep -o -i '$serial' | sed 1d | grep -q ."
check "the reason" grep -q "Key Compromise" <(crl)
refuse 2 "certificate revoked" "openssl refuses it by the full list" is_good_by "$full_url"
refuse 2 "certificate revoked" "openssl refuses it by its part" is_good_by "$crl_url"
check "REV-12 OCSP says revoked" within 10 ask revoked -no_nonce
check "OCSP says why" grep -q "keyCompromise" "$work/ocsp"
get
check "OCSP says so by GET" grep -q "leaf.pem: revoked" <(told)
refuse 0 "revoked already" "revoke again" records revoke "$serial" --reason superseded --yes
records revoke "$serial" --reason superseded --yes --json >"$work/out.json"
check "revoke --json is after its schema" "$here/check_schema.py" ca-revoke <"$work/out.json"
check "show says so" grep -q "revoked      .*keyCompromise" <(records show "$serial")
check "list --state revoked" grep -qi "$serial" <(records list --state revoked)

# --- by ACME, without a reason
crest obtain --directory https://localhost:9000/acme/corp/directory --trust "$root" --state "$state" \
  --http-listen 127.0.0.1:80 --agree-tos api.test >"$work/obtain.log" 2>&1
other=$(serial_of "$state/certificates/api.test/live/cert.pem")
check "revoke by ACME" crest revoke --state "$state" api.test
has_other() { grep -q "$other" <(crl); }
check "REV-12 the list has it within 10 s" within 10 has_other
check "REV-08 without a reason none is given" bash -c "grep -A3 '$other' <<<'$(crl)' | grep -q 'X509v3 CRL Reason Code' && exit 1 || exit 0"

# --- after a crash
number() { crl | grep -A1 "CRL Number" | tail -n 1 | tr -d ' '; }
before=$(number)
kill -9 "$started"
wait "$started" 2>/dev/null || true
start crest-ca "$CREST_BIN/crest-ca" serve --passphrase-file "$work/passphrase" "$work/ca"
await 9080 crest-ca
check "SF83 the list is there after a kill" within 10 crl
check "CRL-02 and no older than before" bash -c "(( $(number) >= $before ))"

# --- many
python3 - "$work/ca/db/store.sqlite" <<'PY'
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=20)
now = int(time.time() * 1000)
issuer = db.execute("SELECT issuer FROM certificates LIMIT 1").fetchone()[0]
with db:
    db.executemany(
        "INSERT INTO certificates (serial, order_id, account, status, tbs_sha256, der, issuer, created, not_before,"
        " not_after, names, profile, revoked_at, revocation_reason, replaced_by)"
        " VALUES (?, ?, '', 'revoked', '', x'00', ?, ?, ?, ?, '', '', ?, 4, '')",
        ((f"40{i:030x}", f"many-{i}", issuer, now, now, now + 86_400_000, now) for i in range(10_000)))
    db.execute("UPDATE revocation_counts SET number = number + 10000 WHERE issuer = ?", (issuer,))
PY
entries() { crl | grep -c "Serial Number"; }
has_many() { (($(entries) == 10002)); }
check "SF83 10,000 more are in the list within 10 s" within 10 has_many
check "which verifies" crl_verifies "$full_url"
done_testing
