# crest, the client beside the CA.
needs() { :; }
cannot() { # CHALLENGE CASE
  [[ $1 == http-01 ]] || echo "crest solves http-01 only, yet"
}

crest() { "$CREST_BIN/crest" "$@" --state "$cell/state"; }
kept() { keep "$cell/state/certificates/cell/live/fullchain.pem" "$cell/state/certificates/cell/live/privkey.pem"; }

peer_open() { printf %s "$eab_key" >"$cell/eab"; }
peer_obtain() {
  crest obtain --directory "$directory" --trust "$root" --agree-tos --contact mailto:ops@app.test --name cell \
    --key-type "$key" ${eab_kid:+--eab-kid "$eab_kid" --eab-key-file "$cell/eab"} "${names[@]}"
  kept
}
peer_renew() {
  crest renew --force
  kept
}
peer_revoke() { crest revoke --reason superseded cell; }
peer_leave() { :; }
