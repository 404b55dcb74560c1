// Time that moves only when told to, and randomness that repeats.
#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"

namespace crest::client::testing {

class ManualClock final : public Clock {
 public:
  Time now() const override { return now_; }
  Instant monotonic() const override { return monotonic_; }
  bool sleep_until(Time time, std::stop_token stop) override {
    if (time > now_) advance(time - now_);
    return !stop.stop_requested();
  }
  void advance(Duration span) {
    now_ += span;
    monotonic_ += span;
  }
  void set(Time now) { now_ = now; }  // the wall clock alone

 private:
  Time now_{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};
  Instant monotonic_{Duration(1000)};
};

class RepeatingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      octet = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace crest::client::testing
