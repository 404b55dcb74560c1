// A LocalIssuer signs certificates with a key that is at hand. It is the only part of the CA that holds the key, and
// checks once more what it is asked to sign, whoever asked.
#pragma once

#include <string>
#include <vector>

#include "ca/issuer/profile.hpp"
#include "core/random.hpp"
#include "x509/build.hpp"

namespace crest::ca::issuer {

struct IssuingKey {
  x509::Chain chain;  // the intermediate, and what stands between it and the root
  const crypto::Signer& key;
  x509::Certificate root;
};

struct Wanted {
  const crypto::PublicKey& key;
  const std::vector<x509::SubjectName>& names;  // stand in the certificate in this order
  Validity validity;
};

// A certificate that was linted and is not signed yet.
struct Prepared {
  std::string serial;  // hex
  Bytes tbs;           // DER TBSCertificate
  Validity validity;
};

// What a journal says was to be signed. The octets come back from a disk, so nothing of it is taken on trust.
struct Journalled {
  const Bytes& tbs;
  const std::string& tbs_sha256;                // hex; when the octets were linted first
  const std::string& serial;                    // hex
  const std::vector<x509::SubjectName>& names;  // in any order
  Time not_after;
};

std::string digest_of(const Bytes& tbs);  // hex of SHA-256, as the journal keeps it

class LocalIssuer {
 public:
  // Errors: config, when chain, key and root do not belong together.
  static Result<LocalIssuer> open(IssuingKey key, Profile profile, Random& random);

  // Builds the to-be-signed octets, signs them with a throw-away key and lints what that gives: the real key never
  // signs what has not been looked at as a whole (SF37). Error: internal. All methods are thread-safe.
  Result<Prepared> prepare(const Wanted& wanted) const;
  // Signs what prepare() made, and reads the certificate back (X509-12). The octets must hash to what was recorded, and
  // are linted once more in the light of the record before the key sees them. Blocks as long as the key does. Errors:
  // malformed, when they must never be signed; those of the signer, internal.
  Result<x509::Certificate> sign(const Journalled& entry) const;

  const Profile& profile() const { return profile_; }
  Validity validity() const;
  const std::string& id() const { return id_; }  // which issuer a stored certificate came from
  // The leaf in front of its issuers; `issuer_id` of an issuer that is no longer here: the leaf alone.
  std::string chain_pem(ByteView leaf_der, const std::string& issuer_id) const;
  x509::Chain chain_of(x509::Certificate leaf) const;
  std::string root_pem() const { return root_pem_; }

 private:
  LocalIssuer(IssuingKey key, Profile profile, Random& random, crypto::PrivateKey throw_away);
  const x509::Certificate& certificate() const { return key_.chain.leaf(); }
  Result<void> check(const x509::Certificate& twin, const Wanted& wanted) const;
  Result<void> check(const Journalled& entry) const;

  IssuingKey key_;
  Profile profile_;
  Random* random_;
  crypto::PrivateKey throw_away_;
  std::string id_, issuers_pem_, root_pem_;
  Bytes algorithm_;  // DER AlgorithmIdentifier of every signature
};

}  // namespace crest::ca::issuer
