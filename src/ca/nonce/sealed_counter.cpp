#include "ca/nonce/sealed_counter.hpp"

#include <array>

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::ca::nonce {
namespace {

constexpr std::size_t key_bytes = 32, salt_bytes = 12, counter_bytes = 8, tag_bytes = 16;
constexpr std::size_t value_chars = (salt_bytes + counter_bytes + tag_bytes) * 4 / 3;  // no padding needed

std::array<std::uint8_t, counter_bytes> to_octets(std::uint64_t counter) {
  std::array<std::uint8_t, counter_bytes> octets{};
  for (std::size_t i = 0; i < counter_bytes; ++i) octets[i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return octets;
}

std::uint64_t from_octets(ByteView octets) {
  std::uint64_t counter = 0;
  for (std::size_t i = 0; i < counter_bytes; ++i) counter |= std::uint64_t{octets[i]} << (8 * i);
  return counter;
}

}  // namespace

SealedCounter::SealedCounter(Random& random, std::size_t window)
    : random_(random), key_(random.bytes(key_bytes)), spent_(window, true) {}

std::string SealedCounter::issue() {
  std::uint64_t counter = 0;
  {
    const std::scoped_lock lock(mutex_);
    counter = next_++;
    spent_[counter % spent_.size()] = false;
  }
  // The salt is random rather than the counter, so that nobody reads from a nonce how busy the CA is.
  Bytes value = random_.bytes(salt_bytes);
  const auto octets = to_octets(counter);
  const Bytes sealed = crypto::seal(key_, value, octets);
  value.insert(value.end(), sealed.begin(), sealed.end());
  return encoding::base64url(value);
}

std::optional<std::uint64_t> SealedCounter::opened(std::string_view value) const {
  if (value.size() != value_chars) return std::nullopt;
  const auto octets = encoding::from_base64url(value);
  if (!octets) return std::nullopt;
  const ByteView view(*octets);
  const auto plain = crypto::unseal(key_, view.first(salt_bytes), view.subspan(salt_bytes));
  if (!plain || plain->size() != counter_bytes) return std::nullopt;
  return from_octets(*plain);
}

bool SealedCounter::redeem(std::string_view value) {
  const auto counter = opened(value);
  if (!counter) return false;
  const std::scoped_lock lock(mutex_);
  if (*counter >= next_ || next_ - *counter > spent_.size()) return false;
  const std::size_t slot = *counter % spent_.size();
  if (spent_[slot]) return false;
  spent_[slot] = true;
  return true;
}

}  // namespace crest::ca::nonce
