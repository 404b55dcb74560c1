// crest-ca revoke: takes a certificate's good name away, for good.
#include "ca/status/revoke.hpp"

#include <iostream>
#include <unistd.h>

#include "adapters/system_clock.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/certificate_text.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/status/reasons.hpp"

namespace crest::apps::crest_ca {
namespace {

using acme::RevocationReason;
using ca::status::Revoked;
using ca::store::CertificateRow;

constexpr std::size_t names_chars_max = 500;

Result<RevocationReason> reason_of(const std::string& word) {
  auto reason = ca::status::reason_from_operator(word);
  return reason ? std::move(reason) : std::move(reason).error().at("--reason");
}

void say_what_follows(const CertificateRow& row, RevocationReason reason, Time now) {
  say("certificate " + row.serial + " for " + names_text(row, names_chars_max));
  say("  is " + std::string(state_of(row, now)) + ", until " + to_rfc3339(row.not_after) + ", of account " +
      (row.account.empty() ? "none: the CA's own" : row.account));
  say("It will be revoked for the reason " + std::string(acme::to_string(reason)) + ". That cannot be undone.");
  if (reason == RevocationReason::keyCompromise) say("Its key will never be accepted again, for no name.");
}

Result<void> confirm() {
  if (::isatty(STDIN_FILENO) == 0) {
    return make_error(ErrorKind::usage, "nothing was revoked: there is no terminal to ask on; say --yes in a script");
  }
  std::cout << "Revoke it? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return make_error(ErrorKind::usage, "nothing was revoked");
}

Result<CertificateRow> row_with(ca::store::Tx& tx, const std::string& serial) {
  auto row = TRY(tx.certificates.by_serial(serial));
  if (!row) return no_such_certificate(serial);
  return *std::move(row);
}

struct Outcome {
  CertificateRow row;
  Revoked revoked = Revoked::now;
};

Result<Outcome> revoke_now(CaRecords& records, const std::string& serial, RevocationReason reason, Time now) {
  const ca::status::Revocation wanted{
      .reason = reason, .key_is_lost = reason == RevocationReason::keyCompromise, .by = "an operator"};
  Outcome out;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    out.row = TRY(row_with(tx, serial));
    out.revoked = TRY(ca::status::revoke(tx, out.row, wanted, records.config.authority.node, now));
    return {};
  };
  TRY(records.store->write(work));
  return out;
}

void say_outcome(const Outcome& outcome, const config::CaConfig& config) {
  if (outcome.revoked == Revoked::already) {
    say("It was revoked already, at " + to_rfc3339(*outcome.row.revoked_at) + ", for the reason " +
        reason_text(outcome.row.revocation_reason) + ".");
    return;
  }
  say(outcome.revoked == Revoked::again ? "It was revoked already; the reason is keyCompromise now."
                                        : "It is revoked.");
  say(config.status_listen.empty()
          ? "Nobody is told: ca.toml has no [status] listen, so there is neither a CRL nor OCSP."
          : "A running crest-ca serve tells so by CRL and OCSP within seconds.");
}

Result<void> revoke(const Revoke& flags) {
  const auto serial = TRY(serial_from_user(flags.serial));
  const auto reason = TRY(reason_of(flags.reason));
  auto records = TRY(open_records(flags.folder));
  const Time now = adapters::SystemClock().now();
  if (!flags.yes) {
    std::optional<CertificateRow> row;
    const auto work = [&](ca::store::Tx& tx) -> Result<void> {
      row = TRY(row_with(tx, serial));
      return {};
    };
    TRY(records.store->read(work));
    say_what_follows(*row, reason, now);
    TRY(confirm());
  }
  const auto outcome = TRY(revoke_now(records, serial, reason, now));
  if (flags.json) {
    auto out = to_json(outcome.row, now);
    out.set("changed", outcome.revoked != Revoked::already);
    say(out.dump());
  } else {
    say_outcome(outcome, records.config);
  }
  return {};
}

}  // namespace

int run(const Revoke& flags) {
  const auto done = revoke(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
