// A LiveAuthority is the Authority that answers now. With new settings there is a new one beside the old, which is
// swapped in between two requests: nobody is turned away for a reload.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "ca/authority.hpp"

namespace crest::ca {

class LiveAuthority final : public http::Service {
 public:
  explicit LiveAuthority(std::shared_ptr<Authority> first) : current_(std::make_shared<Slot>(std::move(first))) {}

  // Both block as the Authority does, and are thread-safe.
  http::Response handle(const http::Request& request) override;
  http::Service& status() { return status_; }  // see Authority::status()
  std::shared_ptr<Authority> current() const;
  // Requests that come from now on go to `next`. Blocks until those under way are answered; what they left to do, `next`
  // has to take up (Authority::resume). One thread at a time.
  void swap(std::shared_ptr<Authority> next);

 private:
  class Status final : public http::Service {
   public:
    explicit Status(LiveAuthority& owner) : owner_(owner) {}
    http::Response handle(const http::Request& request) override;

   private:
    LiveAuthority& owner_;
  };
  struct Slot {
    explicit Slot(std::shared_ptr<Authority> held) : authority(std::move(held)) {}
    std::shared_ptr<Authority> authority;
    std::size_t requests = 0;  // under way
  };

  std::shared_ptr<Slot> enter();
  void leave(Slot& slot);

  Status status_{*this};
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::shared_ptr<Slot> current_;
};

}  // namespace crest::ca
