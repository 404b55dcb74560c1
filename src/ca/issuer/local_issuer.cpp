#include "ca/issuer/local_issuer.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "encoding/pem.hpp"

namespace crest::ca::issuer {
namespace {

Error broken(std::string why) {
  return make_error(ErrorKind::config, "the CA's certificates and key do not belong together: " + std::move(why));
}

Error not_issued(std::string why) {
  return make_error(ErrorKind::internal, "a certificate was not issued, since " + std::move(why));
}

Error never_signed(std::string why, const std::string& serial) {
  return make_error(ErrorKind::malformed, "what the journal holds is not signed, since " + std::move(why), serial);
}

bool has_exactly(const x509::Certificate& certificate, std::vector<x509::SubjectName> names) {
  std::ranges::sort(names);
  return certificate.names() == names;
}

Result<void> check_chain(const IssuingKey& key) {
  const auto& chain = key.chain.certificates();
  if (!(chain.front().public_key() == key.key.public_key())) {
    return broken("the key is not the one of the intermediate certificate");
  }
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto& issuer = i + 1 < chain.size() ? chain[i + 1] : key.root;
    if (!chain[i].is_ca()) return broken(chain[i].subject() + " is no CA certificate");
    if (chain[i].issuer_der() != issuer.subject_der() || !chain[i].signed_by(issuer)) {
      return broken(chain[i].subject() + " is not signed by " + issuer.subject());
    }
  }
  if (!key.root.is_ca()) return broken("the root is no CA certificate");
  return {};
}

}  // namespace

std::string digest_of(const Bytes& tbs) { return encoding::hex(crypto::sha256(ByteView(tbs))); }

LocalIssuer::LocalIssuer(IssuingKey key, Profile profile, Random& random, crypto::PrivateKey throw_away)
    : key_(std::move(key)),
      profile_(std::move(profile)),
      random_(&random),
      throw_away_(std::move(throw_away)),
      id_(encoding::hex(certificate().subject_key_id())),
      issuers_pem_(key_.chain.pem()),
      root_pem_(key_.root.pem()) {}

Result<LocalIssuer> LocalIssuer::open(IssuingKey key, Profile profile, Random& random) {
  TRY(check_chain(key));
  auto throw_away = TRY(crypto::PrivateKey::generate(key.key.public_key().type()));
  LocalIssuer issuer(std::move(key), std::move(profile), random, std::move(throw_away));
  const std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, "a.example"}};
  const auto bounds = issuer.validity();
  x509::CertificateTemplate sample{.serial = x509::new_serial(random),
                                   .not_before = bounds.not_before,
                                   .not_after = bounds.not_after,
                                   .names = names};
  auto tbs = TRY(
      x509::to_be_signed(sample, issuer.throw_away_.public_key(), &issuer.certificate(), issuer.key_.key.public_key()));
  issuer.algorithm_ = std::move(tbs.algorithm);
  return issuer;
}

Validity LocalIssuer::validity() const { return {certificate().not_before(), certificate().not_after()}; }

Result<void> LocalIssuer::check(const x509::Certificate& twin, const Wanted& wanted) const {
  const std::string fault = x509::lint(twin, &certificate(), x509::LintScope::all_but_signature);
  if (!fault.empty()) return not_issued(fault);
  if (!(twin.public_key() == wanted.key)) return not_issued("it would hold another key");
  if (!has_exactly(twin, wanted.names)) return not_issued("it would hold other names");
  if (twin.is_ca()) return not_issued("it would be a CA");
  if (twin.not_before() != wanted.validity.not_before || twin.not_after() != wanted.validity.not_after) {
    return not_issued("it would have other dates");
  }
  return {};
}

Result<Prepared> LocalIssuer::prepare(const Wanted& wanted) const {
  const x509::CertificateTemplate parts{.serial = x509::new_serial(*random_),
                                        .not_before = wanted.validity.not_before,
                                        .not_after = wanted.validity.not_after,
                                        .names = wanted.names,
                                        .key_usage = profile_.key_usage,
                                        .extended_usages = profile_.extended_usages};
  auto tbs = TRY(x509::to_be_signed(parts, wanted.key, &certificate(), key_.key.public_key()));
  const auto twin = TRY(x509::sign(tbs, throw_away_));
  TRY(check(twin, wanted));
  return Prepared{.serial = twin.serial_hex(), .tbs = std::move(tbs.tbs), .validity = wanted.validity};
}

Result<void> LocalIssuer::check(const Journalled& entry) const {
  if (digest_of(entry.tbs) != entry.tbs_sha256) return never_signed("it is damaged", entry.serial);
  const auto twin = x509::sign({.tbs = entry.tbs, .algorithm = algorithm_}, throw_away_);
  if (!twin) return never_signed(twin.error().message, entry.serial);
  const std::string fault = x509::lint(*twin, &certificate(), x509::LintScope::all_but_signature);
  if (!fault.empty()) return never_signed(fault, entry.serial);
  if (twin->is_ca()) return never_signed("it would be a CA", entry.serial);
  if (twin->serial_hex() != entry.serial) return never_signed("its serial number is another one", entry.serial);
  if (!has_exactly(*twin, entry.names)) return never_signed("its names are others than the order's", entry.serial);
  if (twin->not_after() != entry.not_after) return never_signed("it ends at another time", entry.serial);
  return {};
}

Result<x509::Certificate> LocalIssuer::sign(const Journalled& entry) const {
  TRY(check(entry));
  auto certificate_made = TRY(x509::sign({.tbs = entry.tbs, .algorithm = algorithm_}, key_.key));
  if (!certificate_made.signed_by(certificate())) return not_issued("its signature does not verify");
  return certificate_made;
}

std::string LocalIssuer::chain_pem(ByteView leaf_der, const std::string& issuer_id) const {
  std::string pem = encoding::to_pem("CERTIFICATE", leaf_der);
  return issuer_id == id_ ? pem + issuers_pem_ : pem;
}

x509::Chain LocalIssuer::chain_of(x509::Certificate leaf) const {
  std::vector<x509::Certificate> all = {std::move(leaf)};
  const auto& issuers = key_.chain.certificates();
  all.insert(all.end(), issuers.begin(), issuers.end());
  return x509::Chain(std::move(all));
}

}  // namespace crest::ca::issuer
