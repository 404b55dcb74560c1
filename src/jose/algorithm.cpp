#include <array>
#include <utility>

#include "jose/jws.hpp"

namespace crest::jose {
namespace {

constexpr std::array<std::pair<Algorithm, std::string_view>, 5> words = {{
    {Algorithm::ES256, "ES256"},
    {Algorithm::ES384, "ES384"},
    {Algorithm::ES512, "ES512"},
    {Algorithm::EdDSA, "EdDSA"},
    {Algorithm::RS256, "RS256"},
}};

}  // namespace

std::string_view to_string(Algorithm algorithm) { return words[static_cast<std::size_t>(algorithm)].second; }

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names;
  for (const auto& [algorithm, word] : words) names.emplace_back(word);
  return names;
}

Algorithm algorithm_for(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::ec_p256: return Algorithm::ES256;
    case crypto::KeyType::ec_p384: return Algorithm::ES384;
    case crypto::KeyType::ec_p521: return Algorithm::ES512;
    case crypto::KeyType::ed25519: return Algorithm::EdDSA;
    case crypto::KeyType::rsa_2048:
    case crypto::KeyType::rsa_3072:
    case crypto::KeyType::rsa_4096: return Algorithm::RS256;
  }
  return Algorithm::RS256;
}

}  // namespace crest::jose
