# certbot 2: http-01 by its own server, dns-01 by a hook.
needs() { echo certbot; }
cannot() { # CHALLENGE CASE
  case $1/$2 in
    tls-alpn-01/*) echo "certbot has no tls-alpn-01" ;;
    */ip) echo "certbot before 4 asks for DNS names only" ;;
  esac
}

certbot() {
  command certbot "$@" --config-dir "$cell/etc" --work-dir "$cell/var" --logs-dir "$cell/log" --non-interactive \
    --server "$directory"
}
kept() { keep "$cell/etc/live/cell/fullchain.pem" "$cell/etc/live/cell/privkey.pem"; }

peer_open() {
  certbot register --agree-tos -m ops@app.test ${eab_kid:+--eab-kid "$eab_kid" --eab-hmac-key "$eab_key"}
  cat >"$cell/hook" <<HOOK
#!/bin/sh
exec "$answer" dns-01 "\$CERTBOT_DOMAIN" none "\$CERTBOT_VALIDATION"
HOOK
  chmod 755 "$cell/hook"
}
peer_obtain() {
  local how
  case $challenge in
    http-01) how=(--standalone) ;;
    dns-01) how=(--manual --preferred-challenges dns --manual-auth-hook "$cell/hook") ;;
  esac
  case $key in
    rsa-2048) how+=(--key-type rsa --rsa-key-size 2048) ;;
    ec-p256) how+=(--key-type ecdsa --elliptic-curve secp256r1) ;;
    ec-p384) how+=(--key-type ecdsa --elliptic-curve secp384r1) ;;
  esac
  certbot certonly "${how[@]}" --cert-name cell "${names[@]/#/--domain=}"
  kept
}
peer_renew() {
  certbot renew --force-renewal --no-random-sleep-on-renew
  kept
}
peer_revoke() { certbot revoke --cert-name cell --reason superseded --no-delete-after-revoke; }
peer_leave() {
  certbot update_account -m new@app.test
  certbot unregister
}
