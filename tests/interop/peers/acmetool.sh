# acmetool 0.2: http-01 by files, dns-01 by a hook.
webroot=yes without_revoke="acmetool 0.2.2 marks the certificate and asks the CA for nothing"
needs() { echo acmetool; }
cannot() { # CHALLENGE CASE
  case $1/$2 in
    tls-alpn-01/*) echo "acmetool has no tls-alpn-01" ;;
    */eab) echo "acmetool has no external account binding" ;;
    */ip) echo "acmetool asks for DNS names only" ;;
  esac
}

acmetool() {
  command acmetool --state "$cell/state" --hooks "$cell/hooks" --batch --response-file "$cell/answers" \
    --xlog.severity=info "$@"
}
# The live folder of a wildcard and its base is that of the base.
kept() { keep "$cell/state/live/${names[0]}/fullchain" "$cell/state/live/${names[0]}/privkey"; }

peer_open() {
  mkdir -p "$cell/state/conf" "$cell/hooks"
  cat >"$cell/answers" <<ANSWERS
"acme-enter-email": "ops@app.test"
"acme-agreement:": true
ANSWERS
  cat >"$cell/hooks/dns" <<HOOK
#!/bin/sh
# challenge-dns-start NAME TARGET DIGEST, and other calls; 42: not mine
[ "\$1 $challenge" != "challenge-dns-start dns-01" ] || exec "$answer" dns-01 "\$2" none "\$4"
exit 42
HOOK
  chmod 755 "$cell/hooks/dns"
  cat >"$cell/state/conf/target" <<TARGET
request:
  provider: $directory
  key:
TARGET
  case $key in
    rsa-2048) printf '    %s\n' "type: rsa" "rsa-size: 2048" ;;
    *) printf '    %s\n' "type: ecdsa" "ecdsa-curve: nist${key/ec-/}" ;;
  esac >>"$cell/state/conf/target"
  [[ $challenge == dns-01 ]] ||
    printf '  challenge:\n    webroot-paths:\n    - %s\n' "$tokens" >>"$cell/state/conf/target"
}
peer_obtain() {
  acmetool want "${names[@]}"
  kept
}
# At a third of its life by itself, and never before unless the certificate is gone.
peer_renew() {
  rm -r "$(readlink -f "$cell/state/live/${names[0]}")"
  acmetool reconcile
  kept
}
peer_leave() { :; }
