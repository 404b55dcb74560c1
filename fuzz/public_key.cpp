// SubjectPublicKeyInfo from certificates and requests: only the one DER form of a key is taken.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crypto/key.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto key = crypto::PublicKey::from_spki(input);
  if (!key) return 0;
  if (!std::ranges::equal(key->spki(), input)) std::abort();
  const auto again = crypto::PublicKey::from_components(key->type(), key->components());
  if (!again || !(*again == *key) || again->bits() != key->bits()) std::abort();
  (void)key->verify(input, input.first(size / 2));
  return 0;
}
