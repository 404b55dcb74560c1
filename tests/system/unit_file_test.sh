#!/usr/bin/env bash
# The systemd unit keeps crest-ca in the smallest room it can work in: each directive that does so is there.
units=$CREST_ROOT/packaging/systemd
unit=$units/crest-ca@.service
failed=0
check() {
  if eval "$2"; then echo "ok $1"; else echo "not ok $1: $2"; failed=1; fi
}
has() { grep -qxF -- "$1" "$unit"; }

for directive in Type=notify NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes \
  ProtectClock=yes ProtectKernelModules=yes ProtectKernelTunables=yes ProtectControlGroups=yes RestrictSUIDSGID=yes \
  RestrictNamespaces=yes LockPersonality=yes MemoryDenyWriteExecute=yes LimitCORE=0 SystemCallArchitectures=native \
  SystemCallFilter=@system-service CapabilityBoundingSet=CAP_NET_BIND_SERVICE UMask=0077 StateDirectoryMode=0700; do
  check "SF85 the unit says $directive" "has '$directive'"
done
check "SF85 the passphrase comes as an encrypted credential" 'grep -q "^LoadCredentialEncrypted=passphrase:" "$unit"'
check "SF85 and is in no argument and no variable" '! grep -Eqi "^(Environment|PassEnvironment|EnvironmentFile)=" "$unit" && ! grep -Eq "passphrase-(file|fd)" "$unit"'
check "a reload is a signal" 'grep -qxF "ExecReload=/bin/kill -HUP \$MAINPID" "$unit"'
check "a hanging service is noticed" 'grep -Eq "^WatchdogSec=[0-9]+s$" "$unit"'
check "it does not run as root" 'grep -Eq "^User=crest-ca$" "$unit"'
check "every line is a section, a directive or a comment" '! grep -Ev "^(\[[A-Z][a-z]+\]|[A-Za-z0-9]+=.*|#.*|)$" "$unit"'

# A validator has no key to open, no folder to write to and no place among nodes to wait for; in all else its room is as small.
unit=$units/crest-ca-validator.service
rules() { grep -Ev '^(#|$|Description=|After=|ExecStart=|LoadCredentialEncrypted=|StateDirectory|TimeoutStartSec=)' "$1"; }
check "SF85 the validator's unit says the same" 'diff <(rules "$units/crest-ca@.service") <(rules "$unit")'
check "and writes nowhere" '! grep -Eq "^(StateDirectory|ReadWritePaths)" "$unit"'
exit $failed
