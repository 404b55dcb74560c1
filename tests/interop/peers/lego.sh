# lego 4: its own servers, dns-01 by a program.
needs() { echo lego; }
cannot() { # CHALLENGE CASE
  case $1/$2 in
    */ip) echo "lego 4.9 asks for DNS names only" ;;
  esac
}

lego() {
  local how
  case $challenge in
    http-01) how=(--http --http.port 127.0.0.1:80) ;;
    dns-01) how=(--dns exec --dns.disable-cp --dns.resolvers 127.0.0.1:8053) ;;
    tls-alpn-01) how=(--tls --tls.port 127.0.0.1:443) ;;
  esac
  case $key in
    rsa-2048) how+=(--key-type rsa2048) ;;
    *) how+=(--key-type "${key/-p/}") ;;
  esac
  [[ -z $eab_kid ]] || how+=(--eab --kid "$eab_kid" --hmac "$eab_key")
  EXEC_PATH=$cell/hook command lego --server "$directory" --accept-tos --email ops@app.test --path "$cell/lego" "${how[@]}" \
    "${names[@]/#/--domains=}" "$@"
}
kept() { keep "$cell/lego/certificates/${names[0]}.crt" "$cell/lego/certificates/${names[0]}.key"; }

peer_open() {
  # By dns-01 it waits five seconds and more for each name, one after the other.
  [[ $challenge != dns-01 || ${names[*]} == *'*'* ]] || names=("${names[0]}")
  cat >"$cell/hook" <<HOOK
#!/bin/sh
# present|cleanup RECORD VALUE
[ "\$1" != present ] || exec "$answer" dns-01 "\$2" none "\$3"
HOOK
  chmod 755 "$cell/hook"
}
peer_obtain() {
  lego run
  kept
}
peer_renew() {
  lego renew --days 9999 --no-random-sleep
  kept
}
peer_revoke() { lego revoke --keep; }
peer_leave() { :; }
