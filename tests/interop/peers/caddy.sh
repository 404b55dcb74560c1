# Caddy 2.6 as a client: gets a certificate for each name by itself, and serves with it.
without_revoke="Caddy revokes only by a program in Go"
needs() { echo caddy; }
cannot() { # CHALLENGE CASE
  case $1/$2 in
    dns-01/*) echo "Debian builds Caddy without a module for any name server" ;;
    tls-alpn-01/ip) echo "Caddy 2.6 shows the address as a DNS name, which RFC 8738 forbids" ;;
  esac
}

serve() { # SHARE: renews when less of a life is left
  local type off
  case $key in
    rsa-2048) type=rsa2048 ;;
    *) type=${key/ec-/} ;;
  esac
  [[ $challenge == http-01 ]] && off=disable_tlsalpn_challenge || off=disable_http_challenge
  cat >"$cell/Caddyfile" <<CADDY
{
  admin off
  default_bind 127.0.0.1
  skip_install_trust
}
https://${names[0]} {
  respond "hello"
  tls {
    key_type $type
    issuer acme {
      dir $directory
      trusted_roots $root
      $off
      ${eab_kid:+eab $eab_kid $eab_key}
    }
  }
}
CADDY
  caddy adapt --config "$cell/Caddyfile" --adapter caddyfile >"$cell/caddy.json"
  python3 - "$cell/caddy.json" "$1" <<'PYTHON'
import json, sys
file, share = sys.argv[1:]
config = json.load(open(file))
for policy in config["apps"]["tls"]["automation"]["policies"]:
    policy["renewal_window_ratio"] = float(share)
json.dump(config, open(file, "w"))
PYTHON
  start caddy env HOME="$cell" XDG_DATA_HOME="$cell/data" XDG_CONFIG_HOME="$cell/config" \
    caddy run --config "$cell/caddy.json"
}
served() { openssl s_client -connect 127.0.0.1:443 -servername "${names[0]}" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
another() { [[ -n $(served) && $(served) != "$1" ]]; }
take() { # OLD: once it serves with another one
  local folder
  within 60 another "$1" || { tail -n 20 "$work/caddy.log"; return 1; }
  folder=$(echo "$cell"/data/caddy/certificates/*/"${names[0]}")
  keep "$folder/${names[0]}.crt" "$folder/${names[0]}.key"
  same "$(served)" "serial=$(serial_of "$cell/chain.pem")"
}

peer_open() { names=("${names[0]}"); }
peer_obtain() {
  serve 0.1
  take none
}
peer_renew() {
  local old
  old=$(served)
  stop "$started"
  serve 0.9999
  take "$old"
}
peer_leave() { stop "$started"; }
