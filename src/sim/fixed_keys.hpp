// FixedKeys hands out P-256 keys that depend only on a label and a counter: real cryptography, the same in every run.
#pragma once

#include <string>

#include "crypto/key.hpp"

namespace crest::sim {

class FixedKeys final : public crypto::KeySource {
 public:
  explicit FixedKeys(std::string label) : label_(std::move(label)) {}
  Result<crypto::PrivateKey> next(crypto::KeyType type) override;  // any type but P-256: usage

 private:
  std::string label_;
  std::uint64_t count_ = 0;
};

crypto::PrivateKey fixed_key(const std::string& label);

}  // namespace crest::sim
