# Sourced by each *_test.sh: a network and mount namespace of its own, where every port is free, names are what
# `resolve` says, and nothing leaks. Prints `ok NAME` or `not ok NAME: why`; ends with 1 when anything was not ok.
set -euo pipefail

if [[ -z ${CREST_NAMESPACE:-} ]]; then
  flags=(--net --mount --pid --fork --kill-child)
  [[ $(id -u) == 0 ]] || flags=(--user --map-root-user "${flags[@]}")
  exec env CREST_NAMESPACE=1 unshare "${flags[@]}" -- "$0" "$@"
fi

: "${CREST_BIN:?set CREST_BIN to the folder of the programs, or run ./dev test}"
work=$(mktemp -d)
failures=0
pids=()

finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

ip link set lo up
mount -t proc proc /proc

# resolve NAME...: these names are this machine.
resolve() {
  { echo "127.0.0.1 localhost"; printf '127.0.0.1 %s\n' "$@"; } >"$work/hosts"
  mount --bind "$work/hosts" /etc/hosts
}

# need PROGRAM: a peer that is missing fails the test; it is not skipped.
need() {
  command -v "$1" >/dev/null && return
  echo "not ok $1 is not installed: run ./dev test, which installs it"
  exit 1
}

# start NAME COMMAND...: in the background, its output in $work/NAME.log, its id in $started; ends with the test.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  started=$!
  pids+=("$started")
}

stop() {
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# await PORT LOG: until something listens there, 20 seconds at most.
await() {
  for _ in $(seq 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  echo "not ok start: nothing listens on port $1: $(tail -n 3 "$work/$2.log" | tr '\n' ' ')"
  exit 1
}

# outcome_of COMMAND...: what it says goes to $output, how it ends to $code. Each line of a function counts: on the left of
# || and in conditions bash looks at the last one only, whatever `set -e` says.
outcome_of() {
  set +e
  output=$(set -e; "$@" 2>&1)
  code=$?
  set -e
}

# check NAME COMMAND...: the command ends with 0.
check() {
  local name=$1 output code
  shift
  outcome_of "$@"
  if ((code == 0)); then
    echo "ok $name"
  else
    echo "not ok $name: exit $code: $(tail -n 5 <<<"$output" | tr '\n' ' ')"
    failures=$((failures + 1))
  fi
}

# refuse CODE TEXT NAME COMMAND...: the command ends with this code and says this.
refuse() {
  local expected=$1 text=$2 name=$3 output code
  shift 3
  outcome_of "$@"
  if ((code == expected)) && grep -q -- "$text" <<<"$output"; then
    echo "ok $name"
  else
    echo "not ok $name: exit $code instead of $expected, said: $(tail -n 5 <<<"$output" | tr '\n' ' ')"
    failures=$((failures + 1))
  fi
}

# within SECONDS COMMAND...: until it ends with 0.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || { "$@"; return; }
    sleep 0.2
  done
}

same() { [[ $1 == "$2" ]] || { echo "'$1' is not '$2'"; return 1; }; }
differ() { [[ $1 != "$2" ]] || { echo "still '$1'"; return 1; }; }

serial_of() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }

# matches FOLDER ROOT: key and certificate belong together, and the chain ends in the root.
matches() {
  local key
  key=$(openssl pkey -in "$1/privkey.pem" -pubout)
  same "$key" "$(openssl x509 -in "$1/fullchain.pem" -noout -pubkey)"
  openssl verify -CAfile "$2" -untrusted "$1/chain.pem" "$1/cert.pem"
  same "$(stat -Lc %a "$1/privkey.pem")" 600
}

# A root and a certificate for localhost, for peers that want files: $work/tls/{root,cert}.pem, cert.key.
make_server_certificate() {
  mkdir -p "$work/tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj "/CN=Test Root" \
    -keyout "$work/tls/root.key" -out "$work/tls/root.pem" 2>/dev/null
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
    -keyout "$work/tls/cert.key" -out "$work/tls/cert.csr" 2>/dev/null
  openssl x509 -req -in "$work/tls/cert.csr" -CA "$work/tls/root.pem" -CAkey "$work/tls/root.key" -days 3 \
    -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$work/tls/cert.pem" 2>/dev/null
}

# start_pebble [NAME=VALUE...]: directory https://localhost:14000/dir, http-01 on port 5002, the issuing root in
# $work/pebble-root.pem.
start_pebble() {
  need pebble
  [[ -d $work/tls ]] || make_server_certificate
  cat >"$work/pebble.json" <<JSON
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
  "certificate": "$work/tls/cert.pem", "privateKey": "$work/tls/cert.key", "httpPort": 5002, "tlsPort": 5001,
  "ocspResponderURL": "", "externalAccountBindingRequired": false, "certificateValidityPeriod": 86400}}
JSON
  start pebble env PEBBLE_VA_NOSLEEP=1 "$@" pebble -strict -config "$work/pebble.json"
  await 14000 pebble
  await 15000 pebble
  curl -sS --cacert "$work/tls/root.pem" https://localhost:15000/roots/0 >"$work/pebble-root.pem"
}

# start_crest_ca [FLAGS...]: a lab CA that serves https://localhost:9000/acme/corp/directory, root in $work/ca/roots.pem.
# $ca_settings is what sed does to its ca.toml first.
start_crest_ca() {
  printf 'correct horse battery staple\n' >"$work/passphrase"
  chmod 600 "$work/passphrase"
  "$CREST_BIN/crest-ca" init --lab --passphrase-file "$work/passphrase" "$work/ca" >"$work/init.log" 2>&1 ||
    { echo "not ok crest-ca init: $(tail -n 3 "$work/init.log")"; exit 1; }
  sed -i "${ca_settings:-}" "$work/ca/ca.toml"
  start crest-ca "$CREST_BIN/crest-ca" serve --passphrase-file "$work/passphrase" "$@" "$work/ca"
  await 9000 crest-ca
}

# start_names: a name server on port 8053 for which every name is this machine; set_name is one of its own requests, for
# records beyond that. Makes crest-ca ask it, when it comes before start_crest_ca.
start_names() {
  need pebble-challtestsrv
  start names pebble-challtestsrv -dns01 127.0.0.1:8053 -management 127.0.0.1:8055 -http01 "" -https01 "" \
    -tlsalpn01 "" -defaultIPv4 127.0.0.1 -defaultIPv6 ""
  await 8055 names
  ca_settings+='; s/^resolvers .*/resolvers = ["127.0.0.1:8053"]/'
}
set_name() { curl -sSf -d "$2" "http://127.0.0.1:8055/$1"; }  # WHAT JSON

# start_webroot: a web server on port 80 over $work/www; http-01 is answered by files in $tokens.
start_webroot() {
  export tokens=$work/www/.well-known/acme-challenge
  mkdir -p "$tokens"
  start www python3 -m http.server 80 --bind 127.0.0.1 --directory "$work/www"
  await 80 www
}

# start_tls_alpn: answers tls-alpn-01 on port 443 with what it is told on the socket $ualpn.
start_tls_alpn() {
  need ualpn
  export ualpn=$work/ualpn.sock
  start ualpn ualpn -4 -b 127.0.0.1@443 -c 127.0.0.1@8443 -s "$ualpn" -p "$work/ualpn.pid" -n 4
  await 443 ualpn
}

# Every program of this test trusts our root for HTTPS, each asked in its own way.
trust_everywhere() {
  mount --bind "$work/ca/roots.pem" /etc/ssl/certs/ca-certificates.crt
  export SSL_CERT_FILE=$work/ca/roots.pem REQUESTS_CA_BUNDLE=$work/ca/roots.pem LEGO_CA_CERTIFICATES=$work/ca/roots.pem
  export NODE_EXTRA_CA_CERTS=$work/ca/roots.pem
}

done_testing() { exit $((failures > 0)); }
