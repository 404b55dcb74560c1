#!/usr/bin/env bash
# What a client is told when DNS forbids: CAA of another CA, and a name server that fails.
. "$(dirname "$0")/lib.sh"

need lego
resolve
ca_settings='s/^caa  .*/caa = true/'
start_names
start_crest_ca
trust_everywhere

cat >"$work/hook" <<HOOK
#!/bin/sh
# present|cleanup RECORD VALUE
[ "\$1" != present ] || exec "$(dirname "$(readlink -f "$0")")/answer" dns-01 "\$2" none "\$3"
HOOK
chmod 755 "$work/hook"
lego() { # NAME
  EXEC_PATH=$work/hook command lego --server https://localhost:9000/acme/corp/directory --accept-tos \
    --email ops@app.test --path "$work/lego" --dns exec --dns.disable-cp --dns.resolvers 127.0.0.1:8053 \
    --domains "$1" run
}

check "dns-01, when nothing forbids" lego app.test
check "the name server is told of CAA" set_name add-caa \
  '{"host": "denied.test.", "policies": [{"tag": "issue", "value": "other.example"}]}'
refuse 1 "urn:ietf:params:acme:error:caa" "CAA of another CA forbids" lego denied.test
check "the name server is told of a failure" set_name set-servfail '{"host": "_acme-challenge.broken.test."}'
refuse 1 "_acme-challenge.broken.test" "SERVFAIL is told by name" lego broken.test
done_testing
