#!/usr/bin/env bash
# crest-ca against servers that get their certificates by themselves: Apache with mod_md, and Caddy as a client.
# http-01 and tls-alpn-01; each serves with what it got.
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin
for peer in apache2 caddy curl; do need "$peer"; done
resolve app.test web.test
start_crest_ca
directory=https://localhost:9000/acme/corp/directory
root=$work/ca/roots.pem

# served NAME PORT: the certificate that is served there is one of ours for that name.
served() {
  echo | openssl s_client -connect "127.0.0.1:$2" -servername "$1" -CAfile "$root" -verify_return_error \
    -verify_hostname "$1" 2>&1
}
serial_at() { served "$1" "$2" | openssl x509 -noout -serial; }

# --- mod_md
mkdir -p "$work/apache/md" "$work/apache/www"
mount --bind "$work/apache" /srv  # its workers run as another user, who may not be let into $work
echo "hello from apache" >"/srv/www/index.html"
cat >"$work/apache.conf" <<CONF
ServerRoot /srv
ServerName app.test
PidFile /srv/pid
DefaultRuntimeDir /srv
ErrorLog /srv/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule md_module /usr/lib/apache2/modules/mod_md.so
User www-data
Group www-data
Listen 127.0.0.1:80
Listen 127.0.0.1:443
Protocols http/1.1 acme-tls/1
MDomain app.test
MDStoreDir md
MDCertificateAuthority $directory
MDCACertificateFile $root
MDCertificateAgreement accepted
MDContactEmail ops@app.test
MDRetryDelay 1s
DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<VirtualHost 127.0.0.1:443>
  ServerName app.test
  SSLEngine on
</VirtualHost>
CONF
chmod 755 /srv /srv/www
cp "$root" "/srv/root.pem"
sed -i "s|^MDCACertificateFile .*|MDCACertificateFile /srv/root.pem|" "$work/apache.conf"
start apache apache2 -f "$work/apache.conf" -DFOREGROUND
await 443 apache
staged() { [[ -s /srv/md/staging/app.test/job.json ]] && grep -q '"finished": true' "/srv/md/staging/app.test/job.json"; }
check "mod_md: gets a certificate" within 60 staged
check "mod_md: a graceful restart takes it" apache2 -f "$work/apache.conf" -k graceful
check "mod_md: serves with it" within 20 served app.test 443
stop "$(cat "/srv/pid")"
stop "$started"

# --- Caddy
mkdir -p "$work/caddy/www"
echo "hello from caddy" >"$work/caddy/www/index.html"
for method in http tlsalpn; do
  [[ $method == http ]] && off="disable_tlsalpn_challenge" || off="disable_http_challenge"
  cat >"$work/Caddyfile" <<CADDY
{
  admin off
  default_bind 127.0.0.1
  skip_install_trust
}
web.test {
  root * $work/caddy/www
  file_server
  tls {
    issuer acme {
      dir $directory
      trusted_roots $root
      $off
    }
  }
}
CADDY
  rm -rf "$work/caddy/data"
  start "caddy-$method" env HOME="$work/caddy" XDG_DATA_HOME="$work/caddy/data" XDG_CONFIG_HOME="$work/caddy/config" \
    caddy run --config "$work/Caddyfile" --adapter caddyfile
  check "caddy: serves with a certificate of ours, $method" within 60 served web.test 443
  check "caddy: answers, $method" curl -sSf --cacert "$root" https://web.test/
  stop "$started"
done
done_testing
