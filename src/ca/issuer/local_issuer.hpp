// A LocalIssuer signs certificates with a key that is at hand. It is the only part of the CA that holds the key, and
// checks once more what it is asked to sign, whoever asked. Its handle is the DER TBSCertificate.
#pragma once

#include <memory>

#include "ca/issuer/issuer.hpp"
#include "ca/status/places.hpp"
#include "core/random.hpp"
#include "x509/build.hpp"

namespace crest::ca::issuer {

class LocalIssuer final : public Issuer {
 public:
  // `chain` begins with the certificate of `key`. Errors: config, when chain, key and root do not belong together.
  // `status` says what places its certificates name.
  static Result<std::unique_ptr<LocalIssuer>> open(x509::Chain chain, const crypto::Signer& key, x509::Certificate root,
                                                   Random& random, const status::Options& status = {});

  bool is_at_hand() const override { return true; }
  const IssuerFacts& facts() const override { return facts_; }
  const crypto::Signer& key() const { return key_; }
  // Builds the to-be-signed octets, signs them with a throw-away key, and looks at what that gives: the real key never
  // signs what has not been looked at as a whole (SF37).
  Result<Draft> draft(const Wanted& wanted) const override;
  // Signs what draft() made, and reads the certificate back (X509-12). Octets that come from a journal must hash to what
  // was recorded, and are looked at once more in the light of the record before the key sees them. Never Pending.
  Result<Progress> advance(const Journalled& entry, Time now) const override;
  Result<void> revoke(const x509::Certificate&, acme::RevocationReason, Time) const override { return {}; }

 private:
  LocalIssuer(IssuerFacts facts, const crypto::Signer& key, Random& random, crypto::PrivateKey throw_away,
              status::Options status);
  const x509::Certificate& certificate() const { return facts_.chain.leaf(); }
  x509::CertificateTemplate parts_of(const Profile& profile, crypto::KeyType key,
                                     const std::vector<x509::SubjectName>& names, const Validity& validity) const;
  x509::StatusPlaces named_places(const Profile& profile, const std::string& serial) const;
  Result<void> check(const Journalled& entry) const;

  IssuerFacts facts_;
  const crypto::Signer& key_;
  Random& random_;
  crypto::PrivateKey throw_away_;
  status::Options status_;
  Bytes algorithm_;  // DER AlgorithmIdentifier of every signature
};

// What is to be known of an issuer whose certificates these are. Error: config, when they do not belong together.
Result<IssuerFacts> chain_facts(x509::Chain chain, x509::Certificate root);

}  // namespace crest::ca::issuer
