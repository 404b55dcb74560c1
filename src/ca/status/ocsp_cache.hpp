// An OcspCache keeps answers that were signed, until half of their life is over or something was revoked. Bounded.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "core/bytes.hpp"
#include "core/time.hpp"

namespace crest::ca::status {

struct OcspAnswer {
  Bytes der;
  Time this_update, next_update;
  bool for_all = false;  // anybody may get it again until it is half over; false: it was made for one request
};
using OcspAnswerPtr = std::shared_ptr<const OcspAnswer>;

class OcspCache {
 public:
  static constexpr std::size_t answers_max = 8'192;

  // Nothing here blocks; all is thread-safe. `revocations` is Certificates::revocations() of the issuer, as read together
  // with what the answer says: an answer from before the latest revocation is never given again.
  OcspAnswerPtr find(const std::string& issuer, const Bytes& cert_id, Time now) const;
  void put(const std::string& issuer, const Bytes& cert_id, OcspAnswerPtr answer, std::uint64_t revocations);
  void note(const std::string& issuer, std::uint64_t revocations);  // what the store says now
  std::size_t size() const;

 private:
  struct Entry {
    OcspAnswerPtr answer;
    std::uint64_t revocations = 0;
  };
  using Key = std::pair<std::string, Bytes>;

  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> latest_;  // by issuer
  std::map<Key, Entry> entries_;
};

}  // namespace crest::ca::status
