// The Checkpoints job signs the node's audit chain: every thousand lines, and every hour in which there were any (SF87).
#pragma once

#include "ca/jobs/job.hpp"
#include "ca/store/store.hpp"
#include "crypto/key.hpp"

namespace crest::ca {

inline constexpr std::uint64_t checkpoint_lines_max = 1'000;
inline constexpr Duration checkpoint_spacing_max{3'600'000};
// `lines` since the last checkpoint, which was at `last`. Pure.
bool is_checkpoint_due(std::uint64_t lines, Time last, Time now);

class Checkpoints final : public Job {
 public:
  struct Deps {
    store::Store& store;
    const crypto::Signer& key;  // of an issuer
    std::string chain;
  };
  explicit Checkpoints(Deps deps) : deps_(std::move(deps)) {}

  const char* name() const override { return "checkpoints"; }
  Result<Time> step(Time now) override;

 private:
  Result<void> look(store::Tx& tx);

  Deps deps_;
  std::uint64_t signed_ = 0, last_ = 0;  // line numbers
  Time signed_at_;                       // long ago, until this process has signed
};

}  // namespace crest::ca
