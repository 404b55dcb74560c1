#include "ca/issuer/local_issuer.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "x509/fields.hpp"
#include "x509/name_constraints.hpp"
#include "x509/oid.hpp"

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

// "" or what is wrong with a certificate that is as it should be but for its signature.
std::string fault_of(const x509::Certificate& twin, const x509::Certificate& issuer) {
  std::string fault = x509::lint(twin, &issuer, x509::LintScope::all_but_signature);
  if (fault.empty() && twin.is_ca()) fault = "it would be a CA";
  return fault;
}

Result<std::vector<Bytes>> name_constraints_of(const x509::Chain& chain, const x509::Certificate& root) {
  std::vector<x509::Certificate> all = chain.certificates();
  all.push_back(root);
  std::vector<Bytes> out;
  for (const auto& certificate : all) {
    const auto fields = TRY(x509::read_fields(certificate.der()));
    if (const auto* found = fields.find(x509::oid::name_constraints)) out.push_back(to_bytes(found->value));
  }
  return out;
}

}  // namespace

bool IssuerFacts::permits(const x509::SubjectName& name) const {
  return std::ranges::all_of(name_constraints,
                             [&](const Bytes& value) { return x509::permits_name(value, name).value_or(false); });
}

std::string digest_of(const Bytes& handle) { return encoding::hex(crypto::sha256(ByteView(handle))); }

Result<IssuerFacts> chain_facts(x509::Chain chain, x509::Certificate root) {
  const auto& all = chain.certificates();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& issuer = i + 1 < all.size() ? all[i + 1] : root;
    if (!all[i].is_ca()) return broken(all[i].subject() + " is no CA certificate");
    if (all[i].issuer_der() != issuer.subject_der() || !all[i].signed_by(issuer)) {
      return broken(all[i].subject() + " is not signed by " + issuer.subject());
    }
  }
  if (!root.is_ca()) return broken("the root is no CA certificate");
  const auto& own = all.front();
  std::string pem = chain.pem();
  auto constraints = TRY(name_constraints_of(chain, root));
  return IssuerFacts{.id = encoding::hex(own.subject_key_id()),
                     .validity = {own.not_before(), own.not_after()},
                     .key_type = own.public_key().type(),
                     .chain = std::move(chain),
                     .root = std::move(root),
                     .chain_pem = std::move(pem),
                     .name_constraints = std::move(constraints)};
}

LocalIssuer::LocalIssuer(IssuerFacts facts, const crypto::Signer& key, Random& random, crypto::PrivateKey throw_away,
                         status::Options status)
    : facts_(std::move(facts)),
      key_(key),
      random_(random),
      throw_away_(std::move(throw_away)),
      status_(std::move(status)) {}

Result<std::unique_ptr<LocalIssuer>> LocalIssuer::open(x509::Chain chain, const crypto::Signer& key,
                                                       x509::Certificate root, Random& random,
                                                       const status::Options& status) {
  if (!(chain.leaf().public_key() == key.public_key())) {
    return broken("the key is not the one of " + chain.leaf().subject());
  }
  auto facts = TRY(chain_facts(std::move(chain), std::move(root)));
  auto throw_away = TRY(crypto::PrivateKey::generate(key.public_key().type()));
  std::unique_ptr<LocalIssuer> issuer(new LocalIssuer(std::move(facts), key, random, std::move(throw_away), status));
  const std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, "a.example"}};
  const auto sample = issuer->parts_of({}, crypto::KeyType::ec_p256, names, issuer->facts_.validity);
  auto tbs =
      TRY(x509::to_be_signed(sample, issuer->throw_away_.public_key(), &issuer->certificate(), key.public_key()));
  issuer->algorithm_ = std::move(tbs.algorithm);
  return issuer;
}

// Who tells the status has none that anybody asks for.
x509::StatusPlaces LocalIssuer::named_places(const Profile& profile, const std::string& serial) const {
  const auto& usages = profile.extended_usages;
  if (std::ranges::find(usages, x509::ExtendedUsage::ocsp_signing) != usages.end()) return {};
  return status::places_in(status_, facts_.id, serial);
}

x509::CertificateTemplate LocalIssuer::parts_of(const Profile& profile, crypto::KeyType key,
                                                const std::vector<x509::SubjectName>& names,
                                                const Validity& validity) const {
  std::vector<Bytes> extensions;
  for (const auto& extension : profile.extensions) extensions.push_back(extension.der);
  const Bytes serial = x509::new_serial(random_);
  const auto places = named_places(profile, encoding::hex(serial));
  return {.serial = serial,
          .not_before = validity.not_before,
          .not_after = validity.not_after,
          .subject = {.common_name = profile.common_name_for(names), .organization = {}},
          .names = names,
          .key_usage = profile.usage_for(key),
          .extended_usages = profile.extended_usages,
          .ca_issuers_url = places.ca_issuers,
          .crl_url = places.crl,
          .ocsp_url = places.ocsp,
          .must_staple = profile.must_staple,
          .more_extensions = std::move(extensions)};
}

Result<Draft> LocalIssuer::draft(const Wanted& wanted) const {
  const auto parts = parts_of(wanted.profile, wanted.key.type(), wanted.names, wanted.validity);
  auto tbs = TRY(x509::to_be_signed(parts, wanted.key, &certificate(), key_.public_key()));
  const auto twin = TRY(x509::sign(tbs, throw_away_));
  std::string fault = fault_of(twin, certificate());
  if (fault.empty()) fault = x509::difference(twin, parts);
  if (!fault.empty()) return not_issued(std::move(fault));
  if (!(twin.public_key() == wanted.key)) return not_issued("it would hold another key");
  return Draft{.serial = twin.serial_hex(), .handle = std::move(tbs.tbs)};
}

Result<void> LocalIssuer::check(const Journalled& entry) const {
  if (digest_of(entry.handle) != entry.handle_sha256) return never_signed("it is damaged", entry.serial);
  const auto twin = x509::sign({.tbs = entry.handle, .algorithm = algorithm_}, throw_away_);
  if (!twin) return never_signed(twin.error().message, entry.serial);
  std::string fault = fault_of(*twin, certificate());
  if (!fault.empty()) return never_signed(std::move(fault), entry.serial);
  if (twin->serial_hex() != entry.serial) return never_signed("its serial number is another one", entry.serial);
  if (!has_exactly(*twin, entry.names)) return never_signed("its names are others than the order's", entry.serial);
  if (twin->not_after() != entry.validity.not_after) return never_signed("it ends at another time", entry.serial);
  if (!entry.profile) return {};
  auto parts = parts_of(*entry.profile, twin->public_key().type(), entry.names, entry.validity);
  parts.serial = twin->serial();
  const auto places = TRY(x509::status_places(*twin));  // as they were set when it was drafted
  parts.ca_issuers_url = places.ca_issuers;
  parts.crl_url = places.crl;
  parts.ocsp_url = places.ocsp;
  fault = x509::difference(*twin, parts);
  return fault.empty() ? Result<void>() : never_signed(std::move(fault), entry.serial);
}

Result<Progress> LocalIssuer::advance(const Journalled& entry, Time) const {
  if (!entry.fresh) TRY(check(entry));
  auto made = TRY(x509::sign({.tbs = entry.handle, .algorithm = algorithm_}, key_));
  if (!made.signed_by(certificate())) return not_issued("its signature does not verify");
  return Progress(Issued{std::move(made)});
}

}  // namespace crest::ca::issuer
