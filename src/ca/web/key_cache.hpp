// A KeyCache keeps parsed account keys, since reading a key costs more than verifying with it. It holds nothing that can
// be out of date: a key is found by its own octets, which come from the store at every request.
#pragma once

#include <mutex>
#include <unordered_map>

#include "crypto/key.hpp"

namespace crest::ca::web {

class KeyCache {
 public:
  static constexpr std::size_t keys_max = 10'000;

  Result<crypto::PublicKey> get(const Bytes& spki);  // thread-safe

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, crypto::PublicKey> keys_;
};

}  // namespace crest::ca::web
