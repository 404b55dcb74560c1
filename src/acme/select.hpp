// Which challenge to answer and which chain to keep, decided from what a CA offers and what an operator prefers.
#pragma once

#include <string>
#include <vector>

#include "acme/authorization.hpp"
#include "x509/certificate.hpp"

namespace crest::acme {

// The first of `enabled_methods` that the authorization offers, still open, for which its identifier fits. Types nobody
// here knows are passed over. Errors: no_challenge, naming what is offered and what is enabled (CHL-16); bad_token when
// the one chosen carries a token that must not come near a path, or issuer names that no record could hold (DNP-01).
Result<Challenge> select_challenge(const Authorization& authorization, const std::vector<std::string>& enabled_methods);

// What an operator wrote to prefer a chain. "sha256:" and hex: the fingerprint of the topmost certificate, or of the
// root that signed it; "keyid:" and hex: the key identifier of the topmost certificate's issuer; else the issuer's
// common name.
struct ChainPreference {
  enum class By { issuer_common_name, issuer_key_id, fingerprint };
  By by = By::issuer_common_name;
  std::string value;  // a common name, or lower-case hex without its prefix

  static Result<ChainPreference> from_text(std::string_view text);  // error: config
};

struct ChainChoice {
  std::size_t index = 0;  // 0, the CA's default, when none matched
  bool matched = false;   // false: worth a warning (CRT-05)
};
// The first of `chains` that matches; the order is the CA's, its default first. `roots` are certificates that a chain
// may end in without holding them. REQUIRES: chains is not empty.
ChainChoice select_chain(const std::vector<x509::Chain>& chains, const ChainPreference& preference,
                         const std::vector<x509::Certificate>& roots = {});

}  // namespace crest::acme
