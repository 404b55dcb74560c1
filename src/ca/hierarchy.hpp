// A Hierarchy is a root and the intermediate that issues, as `crest-ca init` makes them. Pure but for the randomness.
#pragma once

#include <string>

#include "core/random.hpp"
#include "core/time.hpp"
#include "x509/certificate.hpp"

namespace crest::ca {

struct HierarchyOptions {
  std::string name = "corp";  // in the subjects: "corp Root CA"
  Duration root_life{std::chrono::hours(24 * 3652)}, intermediate_life{std::chrono::hours(24 * 1826)};
  Duration backdate{60s};
};

struct Hierarchy {
  x509::Certificate root, intermediate;
};

// Both keys sign here, and the root's is not needed again until the intermediate is replaced. Error: internal, when what
// was made does not pass the lint.
Result<Hierarchy> make_hierarchy(const HierarchyOptions& options, const crypto::Signer& root_key,
                                 const crypto::Signer& intermediate_key, Random& random, Time now);

// What a root that is kept elsewhere is asked to sign: DER PKCS#10.
Result<Bytes> intermediate_request(const std::string& name, const crypto::Signer& key);
// Whether what a root elsewhere signed can issue: every fault in words, "" when there is none. Error: config, when
// certificates do not belong together.
std::string why_unfit(const x509::Chain& chain, const x509::Certificate& root, Time now);

}  // namespace crest::ca
