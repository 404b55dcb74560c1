// An Issuer makes certificates of what was approved: by a key at hand, or by asking a CA above this one.
//
// It does so in steps, so that nothing is signed or sent away that is not on record. draft() has no effect outside of
// the process; what it gives is journalled; advance() works from the journal alone, any number of times: after a crash,
// after an answer that was lost, and for as long as the other side wants to be waited for (SF31, SF63).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "acme/revocation.hpp"
#include "ca/issuer/profile.hpp"

namespace crest::ca::issuer {

struct IssuerFacts {
  std::string id;  // which issuer a stored certificate came from
  Validity validity;
  crypto::KeyType key_type = crypto::KeyType::ec_p256;
  x509::Chain chain;  // its own certificate first, then what stands between it and the root
  x509::Certificate root;
  std::string chain_pem;                     // `chain` as text
  std::vector<Bytes> name_constraints = {};  // values of the extension, of the whole chain and the root

  // Whether nothing above keeps the issuer from this name (RFC 5280 section 4.2.1.10).
  bool permits(const x509::SubjectName& name) const;
};

struct Wanted {
  const crypto::PublicKey& key;
  const std::vector<x509::SubjectName>& names;  // stand in the certificate in this order
  const Profile& profile;
  Validity validity;
  ByteView csr_der;  // for an issuer that hands it on
};

// What is to be journalled of a certificate that there is not yet.
struct Draft {
  std::string serial;  // hex; of an issuer that does not know it yet: a word of its own, which only this order has
  Bytes handle;        // what advance() goes on from; nobody else understands it
};

// What a journal says. It comes back from a disk, so nothing of it is taken on trust, unless it is `fresh`.
struct Journalled {
  const std::string& serial;
  const std::string& order;  // of this one certificate: by it another side knows a request that it gets again
  const Bytes& handle;
  const std::string& handle_sha256;             // hex; of the handle as it was written
  const std::vector<x509::SubjectName>& names;  // as they stand in it
  Validity validity;
  const Profile* profile;  // nullptr: it has changed since the draft
  bool fresh = false;      // the handle is from draft(), and has not left the memory of this process since
};

struct Issued {
  x509::Certificate certificate;
};
struct Pending {
  Bytes handle;  // to be journalled in the other one's place before advance() is called again
  Time next;     // not before
};
using Progress = std::variant<Issued, Pending>;

std::string digest_of(const Bytes& handle);  // hex of SHA-256, as the journal keeps it

class Issuer {
 public:
  virtual ~Issuer() = default;

  // Whether the key is at hand: what it makes is what was drafted here, and what is revoked is told here. Else another CA
  // makes the certificates, which are looked at when they come, and must hear what is revoked.
  virtual bool is_at_hand() const = 0;
  // All methods are thread-safe. Each certificate of facts() stays what it is for as long as the Issuer lives.
  virtual const IssuerFacts& facts() const = 0;
  // Does not block. Errors: rejections, for what it would never issue; internal.
  virtual Result<Draft> draft(const Wanted& wanted) const = 0;
  // Blocks as long as a key or one exchange takes. Errors: malformed, when this will never be a certificate; any other:
  // call it again later.
  virtual Result<Progress> advance(const Journalled& entry, Time now) const = 0;
  // Tells the CA that made it. Done when that is done, also by somebody else, and before; blocks for one exchange. Any
  // error: it may not have heard, ask again.
  virtual Result<void> revoke(const x509::Certificate& certificate, acme::RevocationReason reason, Time now) const = 0;
};

}  // namespace crest::ca::issuer
