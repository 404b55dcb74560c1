// Key files: one that is read signs, and is written in a form that reads the same. No passphrase here: whoever writes
// an encrypted key decides how long it takes to open.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crypto/key.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto key = crypto::PrivateKey::from_pem({reinterpret_cast<const char*>(data), size});
  if (!key) return 0;
  const Secret pem = key->to_pem();
  const auto again = crypto::PrivateKey::from_pem(pem.reveal());
  if (!again || !(again->public_key() == key->public_key())) std::abort();
  return 0;
}
