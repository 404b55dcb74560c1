#!/usr/bin/env bash
# What the other scripts stand on: a check fails when any line of its function does, and what is no set does not match.
. "$(dirname "$0")/lib.sh"

fails_first() { false; echo "went on"; }
fails_in_pipe() { false | cat; echo "went on"; }
says() { echo "said"; return 3; }
# told LINE COMMAND...: what one of lib.sh's own says, begins so.
told() {
  local line=$1 said
  shift
  said=$("$@")
  [[ $said == "$line"* ]] || { echo "said '$said'"; return 1; }
}
check "a function that fails in its first line" told "not ok x" check x fails_first
check "a pipe that fails before its end" told "not ok x" check x fails_in_pipe
check "a command that does what it should" told "ok x" check x true
check "a refusal with its code and words" told "ok x" refuse 3 said x says
check "a refusal with another code" told "not ok x" refuse 2 said x says
check "a refusal with other words" told "not ok x" refuse 3 unheard x says
check "a refusal by the first line" told "not ok x" refuse 0 "went on" x fails_first

make_server_certificate
set_of() { # set_of KEY: a folder with the server's certificate and this key
  mkdir -p "$work/set"
  cp "$work/tls/cert.pem" "$work/set/cert.pem"
  cp "$work/tls/cert.pem" "$work/set/fullchain.pem"
  cp "$work/tls/root.pem" "$work/set/chain.pem"
  install -m 600 "$1" "$work/set/privkey.pem"
}
set_of "$work/tls/cert.key"
check "a set matches" matches "$work/set" "$work/tls/root.pem"
check "not to another root" told "not ok x" check x matches "$work/set" "$work/tls/cert.pem"
chmod 644 "$work/set/privkey.pem"
check "not when others may read the key" told "not ok x" check x matches "$work/set" "$work/tls/root.pem"
set_of "$work/tls/root.key"
check "not with another key" told "not ok x" check x matches "$work/set" "$work/tls/root.pem"
done_testing
