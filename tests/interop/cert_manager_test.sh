#!/usr/bin/env bash
# What cert-manager sends, replayed: it cannot run here, where there is no Kubernetes.
. "$(dirname "$0")/lib.sh"

resolve app.test www.app.test silent.test
start_names
ca_settings+='; s/^eab_required .*/eab_required = true/'
start_crest_ca
start_webroot
"$CREST_BIN/crest-ca" eab create --json --label cluster --accounts 3 "$work/ca" >"$work/eab.json"
python3 "$(dirname "$(readlink -f "$0")")/cert_manager.py" https://localhost:9000/acme/corp/directory \
  "$work/ca/roots.pem" "$work/eab.json" "$tokens" || failures=1
done_testing
