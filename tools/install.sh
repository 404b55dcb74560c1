#!/usr/bin/env bash
# tools/install.sh LIST...: installs what tools/packages/LIST.txt names and this machine lacks; nothing
# else, and no daemon starts. Asks on a terminal; exits 75 when it may not install. What a
# tools/packages/LIST/package-lock.json names goes into build/npm/LIST, and nowhere else.
set -euo pipefail

readonly policy=/usr/sbin/policy-rc.d
readonly mark='# written by tools/install.sh of crest; goes when it ends'

say() { printf '%s\n' "$*" >&2; }

# Under its own name, or by another package: the nodejs of its makers is npm, too.
is_here() {  # PACKAGE
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]] ||
    dpkg-query -W -f '${db:Status-Status} , ${Provides}, \n' | sed 's/ *([^)]*)//g' | grep "^installed .*, $1," >/dev/null
}

missing_packages() {  # LIST...
  local package
  cat "${@/%/.txt}" | grep -v '^#' | tr ' ' '\n' | sort -u | while read -r package; do
    [[ -z $package ]] && continue
    is_here "$package" || echo "$package"
  done
}

restore_policy() {
  if [[ -e $policy.crest-saved || -L $policy.crest-saved ]]; then
    mv -f "$policy.crest-saved" "$policy"
  elif grep -qsF "$mark" "$policy"; then
    rm -f "$policy"
  fi
}

# Debian starts what it installs; 101 from policy-rc.d forbids it. An earlier run that was killed may have
# left its own behind, which must not be taken for the administrator's.
forbid_daemons() {
  restore_policy
  if [[ -e $policy || -L $policy ]]; then mv "$policy" "$policy.crest-saved"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" > "$policy"
  chmod 755 "$policy"
}

# Not now is not enough: what the packages enabled would start with the next boot.
disable_units() {  # PACKAGE...
  command -v systemctl >/dev/null || return 0
  local unit
  dpkg-query -L "$@" | sed -nE 's,^(/usr)?/lib/systemd/system/([^/@]+\.(service|timer|socket))$,\2,p' |
    while read -r unit; do systemctl --quiet disable "$unit" 2>/dev/null || true; done
}

install_as_root() {  # PACKAGE...
  exec 9>/run/lock/crest-install.lock
  flock 9
  trap restore_policy EXIT
  trap 'exit 130' INT TERM HUP
  forbid_daemons
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2 || say 'apt-get update failed; trying with the lists that are here'
  apt-get install -qq -y --no-install-recommends --no-remove -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >&2 </dev/null
  disable_units "$@"
}

install_from_npm() {  # LIST...
  local list place
  for list; do
    [[ -e $list/package-lock.json ]] || continue
    place=../../build/npm/$list
    cmp -s "$list/package-lock.json" "$place/installed" && continue
    say "npm packages of $list go into build/npm/$list"
    mkdir -p "$place"
    cp "$list/package.json" "$list/package-lock.json" "$place"
    (cd "$place" && npm ci --ignore-scripts --no-audit --no-fund >&2 </dev/null && cp package-lock.json installed) ||
      { say "npm could not install what tools/packages/$list/package-lock.json names; what needs it will fail"; return 1; }
  done
}

main() {
  if [[ ${1-} == --as-root ]]; then
    install_as_root "${@:2}"
    return
  fi
  command -v dpkg-query >/dev/null || { say "not a Debian: install what tools/packages names yourself"; return 0; }
  cd "$(dirname "${BASH_SOURCE[0]}")/packages"
  install_from_debian "$@"
  install_from_npm "$@"
}

install_from_debian() {  # LIST...
  local missing answer self=../install.sh
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0

  local command="apt-get install --no-install-recommends --no-remove ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { say "these packages are missing; as root, run: $command"; return 75; }
    as_root=(sudo)
  fi
  if [[ -t 0 && -t 2 && ${CI-} != true ]]; then
    read -r -p "Needed and not here: ${missing[*]}. Install them? [y/N] " answer
    [[ $answer == [yY]* ]] || { say "to do it yourself: $command"; return 75; }
  else
    say "installing: ${missing[*]}"
  fi
  "${as_root[@]}" "$BASH" "$self" --as-root "${missing[@]}"
}

main "$@"
