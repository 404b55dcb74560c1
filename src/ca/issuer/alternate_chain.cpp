#include "ca/issuer/alternate_chain.hpp"

#include <algorithm>

#include "ca/issuer/local_issuer.hpp"
#include "x509/fields.hpp"
#include "x509/oid.hpp"

namespace crest::ca::issuer {
namespace {

using x509::Certificate;

Error unfit(std::string why, const std::string& subject = {}) {
  return make_error(ErrorKind::config, "the alternate chain cannot be used: " + std::move(why), subject);
}

Result<void> check_first(const Certificate& first, const Certificate& issuer) {
  if (first.subject_der() != issuer.subject_der()) {
    return unfit("it must begin with a certificate for the issuer, \"" + issuer.subject() + "\"", first.subject());
  }
  if (!(first.public_key() == issuer.public_key())) {
    return unfit("its first certificate has another key than the issuer's", first.subject());
  }
  const bool same_id = first.subject_key_id().empty() || first.subject_key_id() == issuer.subject_key_id();
  if (!same_id) {
    return unfit("its first certificate has another subjectKeyIdentifier, which clients would look for in vain",
                 first.subject());
  }
  constexpr auto cert_sign = static_cast<unsigned>(x509::KeyUsage::key_cert_sign);
  if (first.key_usage() == 0 || (first.key_usage() & cert_sign) != 0) return {};
  return unfit("its first certificate lacks the key usage keyCertSign", first.subject());
}

}  // namespace

std::string path_fault(const Certificate& signer, std::size_t below) {
  const auto fields = x509::read_fields(signer.der());
  const auto* found = fields ? fields->find(x509::oid::basic_constraints) : nullptr;
  const auto constraints = found ? x509::read_basic_constraints(found->value) : x509::BasicConstraints{};
  if (!constraints || !constraints->path_length || *constraints->path_length > below) return {};
  return "has a path length of " + std::to_string(*constraints->path_length) + ", too short for this chain";
}

Result<AlternateChain> alternate_chain_from_pem(std::string_view pem) {
  auto all = x509::certificates_from_pem(pem);
  if (!all) return std::move(all).error().as(ErrorKind::config);
  if (all->size() > x509::chain_length_max + 1) return unfit("it is longer than 11 certificates");
  const Certificate root = all->back();
  if (all->size() < 2 || !root.is_self_issued() || !root.signed_by(root)) {
    return unfit("its last certificate must be its root, which signs itself", root.subject());
  }
  all->pop_back();
  return AlternateChain{x509::Chain(*std::move(all)), root};
}

Validity validity_of(const AlternateChain& alternate) {
  Validity out{alternate.root.not_before(), alternate.root.not_after()};
  for (const auto& certificate : alternate.chain.certificates()) {
    out.not_before = std::max(out.not_before, certificate.not_before());
    out.not_after = std::min(out.not_after, certificate.not_after());
  }
  return out;
}

bool is_good_at(const AlternateChain& alternate, Time now) {
  const auto validity = validity_of(alternate);
  return now >= validity.not_before && now <= validity.not_after;
}

Result<void> check_alternate(const AlternateChain& alternate, const Certificate& issuer) {
  const auto& all = alternate.chain.certificates();
  TRY(check_first(all.front(), issuer));
  const auto facts = chain_facts(alternate.chain, alternate.root);
  if (!facts) return unfit(facts.error().message);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& signer = i + 1 < all.size() ? all[i + 1] : alternate.root;
    const std::string fault = path_fault(signer, i);
    if (!fault.empty()) return unfit(signer.subject() + " " + fault);
  }
  const auto validity = validity_of(alternate);
  if (validity.not_before >= validity.not_after) return unfit("there is no time at which all of it is valid");
  auto verified = x509::verify_chain(alternate.chain, {alternate.root}, validity.not_before);
  return verified ? verified : unfit(verified.error().message);
}

}  // namespace crest::ca::issuer
