# Apache's mod_md 2.4: gets certificates by itself, and serves with them after a graceful restart.
PATH=$PATH:/usr/sbin
without_revoke="mod_md has no such function"
needs() { echo apache2; }
cannot() { # CHALLENGE CASE
  [[ $2 != ip ]] || echo "mod_md asks for DNS names only"
}

configure() { # DIRECTIVE...: besides what the cell is about
  local type
  case $key in
    ec-p256) type=secp256r1 ;;
    ec-p384) type=secp384r1 ;;
    rsa-2048) type="RSA 2048" ;;
  esac
  cat >"$cell/apache.conf" <<CONF
ServerRoot /srv
ServerName app.test
PidFile /srv/pid
DefaultRuntimeDir /srv
ErrorLog /srv/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule md_module /usr/lib/apache2/modules/mod_md.so
User www-data
Group www-data
Listen 127.0.0.1:80
Listen 127.0.0.1:443
Protocols http/1.1 acme-tls/1
MDomain ${names[*]}
MDStoreDir md
MDCertificateAuthority $directory
MDCACertificateFile /srv/root.pem
MDCertificateAgreement accepted
MDContactEmail ops@app.test
MDPrivateKeys $type
MDCAChallenges $challenge
MDChallengeDns01 /srv/hook
MDRetryDelay 1s
${eab_kid:+MDExternalAccountBinding $eab_kid $eab_key}
$(printf '%s\n' "$@")
<VirtualHost 127.0.0.1:443>
  ServerName ${names[0]}
  ServerAlias ${names[1]}
  SSLEngine on
</VirtualHost>
CONF
}
graceful() { apache2 -f "$cell/apache.conf" -k graceful; }
staged() { grep -q '"finished": true' "/srv/md/staging/${names[0]}/job.json"; }
served() { # with what is kept
  same "$(openssl s_client -connect 127.0.0.1:443 -servername "${names[0]}" </dev/null 2>/dev/null | openssl x509 -noout -serial)" \
    "serial=$(serial_of "$1")"
}
take() { # what was staged, once a restart has put it into service
  local store="/srv/md/domains/${names[0]}" suffix=
  case $key in ec-p256) suffix=.secp256r1 ;; ec-p384) suffix=.secp384r1 ;; esac
  within 60 staged || { tail -n 20 /srv/error.log; cat "/srv/md/staging/${names[0]}/job.json"; return 1; }
  graceful
  within 30 served "$store/pubcert$suffix.pem"
  keep "$store/pubcert$suffix.pem" "$store/privkey$suffix.pem"
}

peer_open() {
  mkdir -p "$cell/srv/md"
  mount --bind "$cell/srv" /srv # its workers run as another user, who may not be let into $cell
  chmod 755 /srv
  cp "$root" /srv/root.pem
  cp "$answer" /srv/answer
  cat >/srv/hook <<'HOOK'
#!/bin/sh
# setup NAME DIGEST, teardown NAME
[ "$1" != setup ] || exec /srv/answer dns-01 "$2" none "$3"
HOOK
  chmod 755 /srv/hook /srv/answer
}
peer_obtain() {
  configure
  start apache apache2 -f "$cell/apache.conf" -DFOREGROUND
  await 443 apache
  take
}
peer_renew() {
  configure "MDRenewWindow 1439mi" "MDRenewViaARI off"
  graceful
  take
}
peer_leave() {
  kill "$(cat /srv/pid)"
  wait "$started" || true
}
