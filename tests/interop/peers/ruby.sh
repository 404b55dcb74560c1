# Ruby's acme-client 2.0: a library, driven by ruby.rb.
webroot=yes
needs() { echo ruby; }
cannot() { # CHALLENGE CASE
  case $1/$2 in
    tls-alpn-01/*) echo "acme-client 2.0.9 for Ruby knows http-01 and dns-01 only" ;;
    */eab) echo "acme-client 2.0.9 for Ruby has no external account binding" ;;
    */ip) echo "acme-client 2.0.9 for Ruby writes DNS names only into its CSR" ;;
  esac
}

program() {
  env answer="$answer" cell="$cell" names="${names[*]}" directory="$directory" challenge="$challenge" key="$key" \
    ruby "$here/peers/ruby.rb" "$@"
}
peer_open() { program open; }
peer_obtain() { program obtain; }
peer_renew() { peer_obtain; }
peer_revoke() { program revoke; }
peer_leave() { program leave; }
