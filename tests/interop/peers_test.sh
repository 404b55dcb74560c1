#!/usr/bin/env bash
# crest-ca against other projects' clients, one cell of the matrix for each; `./dev interop` runs all of it. They run side by
# side, each in a network of its own, since most of them wait.
set -euo pipefail

cell=$(dirname "$(readlink -f "$0")")/cell.sh
xargs -L 1 -P 4 "$cell" <<'CELLS'
lego tls-alpn-01/ec-p384
acmetool http-01/ec-p384
dehydrated tls-alpn-01/eab
acme-tiny http-01/rsa-2048
caddy tls-alpn-01/rsa-2048
certbot dns-01/rsa-2048
crest http-01/eab
mod_md dns-01/wildcard
npm dns-01/wildcard
ruby dns-01/rsa-2048
uacme tls-alpn-01/ip
CELLS
