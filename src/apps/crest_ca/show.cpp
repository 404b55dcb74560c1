// crest-ca show: all that is on record of one certificate.
#include "adapters/system_clock.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/certificate_text.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/status/revoke.hpp"
#include "x509/status_places.hpp"

namespace crest::apps::crest_ca {
namespace {

using ca::store::CertificateRow;

constexpr std::size_t names_chars_max = 4'000;

Result<CertificateRow> row_with(ca::store::Store& store, const std::string& serial) {
  std::optional<CertificateRow> row;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    row = TRY(tx.certificates.by_serial(serial));
    return {};
  };
  TRY(store.read(work));
  if (row) return *std::move(row);
  return no_such_certificate(serial);
}

// "" while it is not signed.
std::string pem_of(const CertificateRow& row) {
  const auto certificate = x509::Certificate::from_der(row.der);
  return certificate ? certificate->pem() : "";
}

// `certificate` empty: an issuer elsewhere makes it, and has not answered yet.
void say_text(const CertificateRow& row, const std::optional<x509::Certificate>& certificate, Time now) {
  const auto line = [](const std::string& name, const std::string& value) {
    constexpr std::size_t width = 13;
    if (!value.empty()) say("  " + name + std::string(width - name.size(), ' ') + value);
  };
  say("certificate " + row.serial);
  line("state", std::string(state_of(row, now)));
  if (row.revoked_at) line("revoked", to_rfc3339(*row.revoked_at) + ", " + reason_text(row.revocation_reason));
  line("names", names_text(row, names_chars_max));
  line("valid", to_rfc3339(row.not_before) + " to " + to_rfc3339(row.not_after));
  line("created", to_rfc3339(row.created));
  line("account", row.account.empty() ? "none: the CA's own" : row.account);
  line("order", row.order);
  line("profile", row.profile);
  line("issuer", row.issuer);
  line("replaced by", row.replaced_by.empty() ? "" : "order " + row.replaced_by);
  if (!certificate) return;
  line("signed by", Untrusted(certificate->issuer()).printable());
  line("subject", Untrusted(certificate->subject()).printable());
  line("key", std::string(crypto::to_string(certificate->public_key().type())));
  const auto places = x509::status_places(*certificate);
  if (places) line("CRL", Untrusted(places->crl).printable());
  if (places) line("OCSP", Untrusted(places->ocsp).printable());
}

Result<void> show(const Show& flags) {
  const auto serial = TRY(serial_from_user(flags.serial));
  const auto records = TRY(open_records(flags.folder));
  const auto row = TRY(row_with(*records.store, serial));
  std::optional<x509::Certificate> certificate;
  if (auto read = ca::status::certificate_of(row)) certificate = *std::move(read);
  const Time now = adapters::SystemClock().now();
  const std::string pem = pem_of(row);
  if (flags.json) {
    auto out = to_json(row, now);
    if (certificate) out.set("subject", Untrusted(certificate->subject()).printable());
    if (certificate) out.set("key", std::string(crypto::to_string(certificate->public_key().type())));
    if (!pem.empty()) out.set("pem", pem);
    say(out.dump());
    return {};
  }
  if (!flags.pem) {
    say_text(row, certificate, now);
    return {};
  }
  if (pem.empty()) {
    return make_error(ErrorKind::usage, "it is on record, but not signed: its order is not finished", row.serial);
  }
  say(pem.substr(0, pem.find_last_not_of('\n') + 1));
  return {};
}

}  // namespace

int run(const Show& flags) {
  const auto done = show(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
