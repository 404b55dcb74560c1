# npm's acme-client 5: a library, driven by npm.js; tools/install.sh puts it into build/npm.
webroot=yes tls_alpn=yes
needs() { echo node ualpn; }
cannot() { :; }

program() {
  env NODE_PATH="$here/../../build/npm/test/node_modules" answer="$answer" cell="$cell" names="${names[*]}" \
    directory="$directory" challenge="$challenge" key="$key" eab_kid="$eab_kid" eab_key="$eab_key" \
    node "$here/peers/npm.js" "$@"
}
peer_open() { program open; }
peer_obtain() { program obtain; }
peer_renew() { peer_obtain; }
peer_revoke() { program revoke; }
peer_leave() { program leave; }
