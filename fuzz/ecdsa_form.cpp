// ECDSA signatures in both forms: each has one spelling in the other.
#include "jose/ecdsa_form.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  for (const auto type : {crypto::KeyType::ec_p256, crypto::KeyType::ec_p384, crypto::KeyType::ec_p521}) {
    if (const auto fixed = jose::ecdsa_to_fixed(type, input)) {
      const auto der = jose::ecdsa_to_der(type, *fixed);
      if (!der || !std::ranges::equal(*der, input)) std::abort();
    }
    if (const auto der = jose::ecdsa_to_der(type, input)) {
      const auto fixed = jose::ecdsa_to_fixed(type, *der);
      if (!fixed || !std::ranges::equal(*fixed, input)) std::abort();
    }
  }
  return 0;
}
