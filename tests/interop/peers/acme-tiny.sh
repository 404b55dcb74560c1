# acme-tiny 5: http-01 by files; it takes a CSR, and knows neither other methods nor accounts that hold a key of ours.
webroot=yes without_revoke="acme-tiny only obtains"
needs() { echo acme-tiny; }
cannot() { # CHALLENGE CASE
  case $1/$2 in
    http-01/ip) echo "acme-tiny asks for DNS names only" ;;
    http-01/eab) echo "acme-tiny has no external account binding" ;;
    http-01/*) ;;
    *) echo "acme-tiny has http-01 only" ;;
  esac
}

peer_open() { openssl genrsa -out "$cell/account.key" 2048; }
peer_obtain() {
  local how san
  case $key in
    ec-p256) how=(ec -pkeyopt ec_paramgen_curve:P-256) ;;
    ec-p384) how=(ec -pkeyopt ec_paramgen_curve:P-384) ;;
    rsa-2048) how=(rsa:2048) ;;
  esac
  san=$(printf ',DNS:%s' "${names[@]}")
  openssl req -new -newkey "${how[@]}" -nodes -keyout "$cell/leaf.key" -out "$cell/csr.pem" -subj / \
    -addext "subjectAltName=${san#,}"
  acme-tiny --directory-url "$directory" --account-key "$cell/account.key" --csr "$cell/csr.pem" --acme-dir "$tokens" \
    --contact mailto:ops@app.test >"$cell/got.pem"
  keep "$cell/got.pem" "$cell/leaf.key"
}
peer_renew() { peer_obtain; }
peer_leave() { :; }
