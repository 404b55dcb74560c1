// Perspectives has a claim looked at from several places in the network, each by itself, and believes what enough of
// them see (SF51). Which places count depends on the identifier: a segment that the CA cannot reach has a validator of
// its own.
#pragma once

#include <memory>

#include "ca/va/quorum.hpp"
#include "ca/va/remote_validator.hpp"
#include "ca/va/validator.hpp"

namespace crest::ca::va {

// The first rule that names an identifier holds for it; without one the CA looks alone.
struct PerspectiveRule {
  std::vector<std::string> suffixes;  // "corp.example": this name and all below it
  std::vector<encoding::IpNetwork> networks;
  std::vector<std::string> validators;  // names of remote ones
  bool local = true;                    // the CA itself must see the proof, too
  std::size_t quorum = 0;               // so many of the remote ones; 0: usual_quorum()

  bool names(const acme::Identifier& identifier) const;  // without suffixes and networks: every one
};

class Perspectives {
 public:
  using RemotePtr = std::shared_ptr<const RemoteValidator>;

  // `local` outlives this. REQUIRES: every validator that a rule names is in `remote`.
  Perspectives(const Validator& local, std::vector<PerspectiveRule> rules, const std::vector<RemotePtr>& remote);

  // Asks all places at once, and waits for no longer than until the answer is certain: one that is down within what the
  // quorum spares costs no time. for_operator names those that saw something else or could not be asked. Blocks for as
  // long as the slowest that counts; thread-safe.
  Verdict validate(const Claim& claim, const std::stop_token& stop) const;

 private:
  struct Party {
    PerspectiveRule rule;
    std::vector<RemotePtr> remote;
  };
  class Poll;

  const Validator& local_;
  std::vector<Party> parties_;
};

}  // namespace crest::ca::va
