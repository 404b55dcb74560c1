#include "ca/status/responders.hpp"

namespace crest::ca::status {
namespace {

// One that ends with its issuer is the last.
bool is_due(const x509::Certificate& certificate, const x509::Certificate& issuer, Time now) {
  if (certificate.not_after() >= issuer.not_after()) return false;
  return now >= certificate.not_before() + certificate.lifetime() * 2 / 3;
}

// Readers of the issuer's certificates know its kind of key; a responder lives too short for a large one.
crypto::KeyType key_type_for(crypto::KeyType issuer) {
  const bool is_rsa = issuer == crypto::KeyType::rsa_3072 || issuer == crypto::KeyType::rsa_4096;
  return is_rsa ? crypto::KeyType::rsa_2048 : issuer;
}

}  // namespace

Result<void> Responders::keep(Time now) {
  Result<void> first;
  for (const auto& signer : signers_) {
    const auto there = find(signer.issuer_id, now);
    if (there && !is_due(there->certificate, signer.certificate, now)) continue;
    auto done = renew(signer, now);
    if (!done && first) first = std::move(done).error().at("the OCSP responder of " + signer.certificate.subject());
  }
  return alarm_.tell(std::move(first));
}

Result<void> Responders::renew(const StatusSigner& signer, Time now) {
  auto key = TRY(crypto::PrivateKey::generate(key_type_for(signer.key.public_key().type())));
  auto certificate = TRY(issue_(signer.issuer_id, key.public_key(), now));
  auto made = std::make_shared<const Responder>(Responder{std::move(certificate), std::move(key)});
  const std::scoped_lock lock(mutex_);
  responders_[signer.issuer_id] = std::move(made);
  return {};
}

std::shared_ptr<const Responder> Responders::find(const std::string& issuer_id, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = responders_.find(issuer_id);
  if (found == responders_.end() || found->second->certificate.not_after() <= now) return nullptr;
  return found->second;
}

}  // namespace crest::ca::status
