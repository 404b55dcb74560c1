// A MeteredStore is another store, and measures how long its writes take.
#pragma once

#include "ca/store/store.hpp"
#include "core/clock.hpp"
#include "core/meter.hpp"

namespace crest::ca::store {

class MeteredStore final : public Store {
 public:
  MeteredStore(Store& inner, Clock& clock, Meter& meter) : inner_(inner), clock_(clock), meter_(meter) {}

  Result<void> write(const Work& work) override {
    const Instant begun = clock_.monotonic();
    auto done = inner_.write(work);
    meter_.observe("crest_ca_store_seconds", std::chrono::duration<double>(clock_.monotonic() - begun).count());
    return done;
  }
  Result<void> read(const Work& work) override { return inner_.read(work); }
  Result<void> check() override { return inner_.check(); }
  Result<void> check_room() override { return inner_.check_room(); }
  Result<std::optional<std::uint64_t>> size_bytes() override { return inner_.size_bytes(); }

 private:
  Store& inner_;
  Clock& clock_;
  Meter& meter_;
};

}  // namespace crest::ca::store
