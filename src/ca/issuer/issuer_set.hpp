// An IssuerSet is all issuers of a CA, each in its part of life: made ready, at work, on its way out, gone.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "acme/identifier.hpp"
#include "ca/issuer/alternate_chain.hpp"
#include "ca/issuer/local_issuer.hpp"
#include "ca/store/store.hpp"

namespace crest::ca::issuer {

// staged: shown to clients among the roots, signs nothing. active: signs. draining: signs what says whether its
// certificates are still good, and what was journalled with it. retired: its certificates still have their chain.
enum class IssuerState { staged, active, draining, retired };
std::string_view to_string(IssuerState state);
std::optional<IssuerState> issuer_state_from_word(std::string_view word);
inline bool needs_key(IssuerState state) { return state == IssuerState::active || state == IssuerState::draining; }

// An issuer with a key at hand, as the CA is given it. The key outlives the CA; nullptr where none is needed.
struct IssuingKey {
  x509::Chain chain;  // the issuing certificate, and what stands between it and the root
  const crypto::Signer* key = nullptr;
  x509::Certificate root;
  std::string name = "intermediate";
  IssuerState state = IssuerState::active;
  std::vector<AlternateChain> alternates = {};  // other ways to a root
};

struct Member {
  std::string name;
  IssuerState state = IssuerState::active;
  std::shared_ptr<const Issuer> issuer;
  const crypto::Signer* key = nullptr;  // at hand while the issuer is active or draining: signs lists and OCSP, too
  std::vector<AlternateChain> alternates = {};
};

// What a certificate needs of its issuer.
struct Need {
  std::string issuer;  // by name; "": whichever fits
  Time begin, end;
  bool exact = false;                  // the dates were asked for, so that they cannot be cut
  std::optional<crypto::KeyType> key;  // the leaf's; an order that is new has none yet
};
struct Candidate {
  std::string_view name;
  IssuerState state = IssuerState::active;
  Validity validity;
  crypto::KeyType key = crypto::KeyType::ec_p256;
};
// Which of them signs at `now`: of those that are active, valid and the one named, the first that outlives the
// certificate and has a key of the same kind (RSA, elliptic) as the leaf; where none has both, the life counts more.
// nullopt: none. Pure.
std::optional<std::size_t> choose(std::span<const Candidate> candidates, const Need& need, Time now);

class IssuerSet {
 public:
  // Errors: config, when what belongs together does not, two are called the same or have the same key, none is active.
  static Result<IssuerSet> open(std::vector<IssuingKey> keys, std::vector<Member> others, Random& random,
                                const status::Options& status = {});

  // For looking only: nothing here has a key, and nothing can be signed. Errors: config, as open().
  static Result<IssuerSet> without_keys(std::vector<IssuingKey> issuers);

  // Where none can: one that is active all the same, which validity_for() then refuses with the reason.
  const Issuer& choose(const Profile& profile, const RequestedValidity& requested, std::optional<crypto::KeyType> key,
                       Time now) const;
  const Issuer* find(std::string_view id) const;  // whatever its state; nullptr when it is not here any more
  bool has_elsewhere() const;                     // is another CA among them
  // The issuer that something was journalled with; nullptr when it does not sign any more.
  const Issuer* signing(std::string_view id) const;
  // Whether a profile can be issued by. Error: config, naming it and its issuer.
  Result<void> check(const Profile& profile) const;
  // Whether the issuer of an order by this profile may have such names (X509-11). Error: rejection rejectedIdentifier, with
  // a subproblem for each.
  Result<void> check_names(const std::vector<acme::Identifier>& identifiers, const Profile& profile, Time now) const;
  // The dates of one that is active and valid at `now`, or of one that is active.
  Validity validity(Time now) const;

  const std::vector<Member>& members() const { return members_; }
  std::string roots_pem() const;  // of all, each once
  // What of it the store has to keep, so that certificates have a chain for as long as they live.
  std::vector<store::IssuerRow> rows(Time now) const;
  // "" for an issuer that is not here: the store may know it.
  std::string issuers_pem(std::string_view id) const;
  // Other chains of an issuer, as far as they are valid at `now`, by the number that they keep while settings stay.
  struct Alternate {
    std::size_t number = 0;
    std::string issuers_pem;
  };
  std::vector<Alternate> alternates(std::string_view id, Time now) const;

 private:
  std::vector<Candidate> candidates() const;
  std::vector<Member> members_;
};

}  // namespace crest::ca::issuer
