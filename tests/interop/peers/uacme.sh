# uacme 1.7: all by a hook, which has files, the name server and ualpn to answer with.
webroot=yes tls_alpn=yes
needs() { echo uacme ualpn; }
cannot() { :; }

uacme() { command uacme -a "$directory" -c "$cell/uacme" -y "$@"; }

peer_open() {
  cat >"$cell/hook" <<HOOK
#!/bin/sh
# begin|done|failed METHOD NAME TOKEN PROOF
[ "\$2" = "$challenge" ] || exit 1
[ "\$1" != begin ] || exec "$answer" "\$2" "\$3" "\$4" "\$5"
HOOK
  chmod 755 "$cell/hook"
  uacme ${eab_kid:+-e "$eab_kid:$eab_key"} new ops@app.test
}
peer_obtain() {
  local how
  case $key in
    ec-p256) how=(-t EC -b 256) ;;
    ec-p384) how=(-t EC -b 384) ;;
    rsa-2048) how=(-t RSA -b 2048) ;;
  esac
  uacme "${how[@]}" -h "$cell/hook" -f issue "${names[@]}"
  keep "$cell/uacme/${names[0]}/cert.pem" "$cell/uacme/private/${names[0]}/key.pem"
}
peer_renew() { peer_obtain; }
peer_revoke() { uacme revoke "$cell/uacme/${names[0]}/cert.pem"; }
peer_leave() { uacme deactivate; }
