// The audit log is a chain: each line holds the digest of the one before, and signed checkpoints vouch for all before
// them, so that a line that was changed, removed or slipped in shows (SF87). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "crypto/key.hpp"

namespace crest::ca::audit {

// One thing that happened, in order: "certificate_issued", {"serial", "..."}, ...
struct Event {
  std::string kind;
  std::vector<std::pair<std::string, std::string>> facts;
};

// A line is one JSON object: number, time, event, facts, previous digest.
struct Line {
  std::uint64_t number = 0;  // from 1, without gaps
  std::string text;
  std::string digest;  // hex of SHA-256 over `text`
};
inline const std::string first_previous(64, '0');
Line next_line(const std::optional<Line>& last, const Event& event, Time when);

// A checkpoint is an event whose signature covers the digest of the line before it, and which names the key.
inline constexpr std::string_view checkpoint_kind = "checkpoint";
Result<Event> checkpoint(const Line& last, const crypto::Signer& key);  // error: the signer's

// Reads a log from its beginning, line by line. Not thread-safe.
class Verifier {
 public:
  // The keys that may sign checkpoints: of every issuer the CA ever had.
  explicit Verifier(std::vector<crypto::PublicKey> keys) : keys_(std::move(keys)) {}
  Result<void> take(std::string_view text);  // error: malformed, naming the line and what is wrong with it

  std::uint64_t lines() const { return last_ ? last_->number : 0; }
  std::uint64_t vouched_for() const { return vouched_for_; }  // the last line that a signature covers
  const std::optional<Line>& last() const { return last_; }

 private:
  Result<void> check_signature(const std::string& digest, const std::string& key, const std::string& signature) const;

  std::vector<crypto::PublicKey> keys_;
  std::optional<Line> last_;
  std::uint64_t vouched_for_ = 0;
};

}  // namespace crest::ca::audit
