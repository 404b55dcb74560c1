# dehydrated 0.7: http-01 by files, dns-01 by a hook, tls-alpn-01 by certificates it makes and a server shows.
webroot=yes
needs() { echo dehydrated python3; }
cannot() { # CHALLENGE CASE
  [[ $2 != ip ]] || echo "dehydrated 0.7.0 asks for DNS names only"
}

dehydrated() { command dehydrated -f "$cell/config" "$@"; }

peer_open() {
  cat >"$cell/hook" <<HOOK
#!/bin/sh
# deploy_challenge NAME TOKEN DIGEST, and other calls
[ "\$1 $challenge" != "deploy_challenge dns-01" ] || exec "$answer" dns-01 "\$2" "\$3" "\$4"
HOOK
  chmod 755 "$cell/hook"
  cat >"$cell/config" <<CONFIG
CA="$directory"
BASEDIR="$cell"
WELLKNOWN="$tokens"
ALPNCERTDIR="$cell/alpn"
CHALLENGETYPE="$challenge"
HOOK="$cell/hook"
CONTACT_EMAIL="ops@app.test"
KEYSIZE="2048"
EAB_KID="$eab_kid"
EAB_HMAC_KEY="$eab_key"
CONFIG
  if [[ $challenge == tls-alpn-01 ]]; then
    start shown "$here/show_alpn.py" "$cell/alpn"
    await 443 shown
  fi
  dehydrated --register --accept-terms
}
peer_obtain() {
  local algorithm
  case $key in
    ec-p256) algorithm=prime256v1 ;;
    ec-p384) algorithm=secp384r1 ;;
    rsa-2048) algorithm=rsa ;;
  esac
  dehydrated -c -x -d "${names[*]}" --alias cell --algo "$algorithm"
  keep "$cell/certs/cell/fullchain.pem" "$cell/certs/cell/privkey.pem"
}
peer_renew() { peer_obtain; }
peer_revoke() { dehydrated -r "$cell/certs/cell/cert.pem"; }
peer_leave() {
  dehydrated --account
  dehydrated --deactivate
}
