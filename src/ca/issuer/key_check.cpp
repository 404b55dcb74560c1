#include "ca/issuer/key_check.hpp"

namespace crest::ca {
namespace {

constexpr std::string_view text = "crest-ca key check\n";  // no certificate begins like this

}  // namespace

Result<void> KeyCheck::attempt(const crypto::Signer* key) {
  if (!key) return {};
  const Bytes signature = TRY(key->sign(as_bytes(text)));
  if (key->public_key().verify(as_bytes(text), signature)) return {};
  return make_error(ErrorKind::internal, "the issuing key gives signatures that do not fit its certificate");
}

}  // namespace crest::ca
