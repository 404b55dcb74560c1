// Revocation requests (RFC 8555 section 7.6).
#pragma once

#include <optional>

#include "core/bytes.hpp"
#include "encoding/json.hpp"

namespace crest::acme {

// RFC 5280 section 5.3.1; 7 is unused.
enum class RevocationReason {
  unspecified = 0,
  keyCompromise = 1,
  cACompromise = 2,
  affiliationChanged = 3,
  superseded = 4,
  cessationOfOperation = 5,
  certificateHold = 6,
  removeFromCRL = 8,
  privilegeWithdrawn = 9,
  aACompromise = 10,
};
std::string_view to_string(RevocationReason reason);
std::optional<RevocationReason> revocation_reason(std::int64_t code);
std::optional<RevocationReason> revocation_reason(std::string_view word);

struct Revocation {
  Bytes certificate_der;
  std::optional<RevocationReason> reason;
};
encoding::Json to_json(const Revocation& request);
// Errors are rejections: malformed, badRevocationReason.
Result<Revocation> revocation_from_json(const encoding::Json& json);

struct Finalize {  // RFC 8555 section 7.4
  Bytes csr_der;
};
encoding::Json to_json(const Finalize& request);
Result<Finalize> finalize_from_json(const encoding::Json& json);  // error: rejection malformed

}  // namespace crest::acme
