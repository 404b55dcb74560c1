#include "ca/live_authority.hpp"

namespace crest::ca {

std::shared_ptr<LiveAuthority::Slot> LiveAuthority::enter() {
  const std::scoped_lock lock(mutex_);
  ++current_->requests;
  return current_;
}

void LiveAuthority::leave(Slot& slot) {
  const std::scoped_lock lock(mutex_);
  if (--slot.requests == 0) idle_.notify_all();
}

http::Response LiveAuthority::handle(const http::Request& request) {
  const auto slot = enter();
  http::Response response = slot->authority->handle(request);  // does not throw
  leave(*slot);
  return response;
}

http::Response LiveAuthority::Status::handle(const http::Request& request) {
  const auto slot = owner_.enter();
  auto* service = slot->authority->status();
  http::Response response{.status = 404};
  if (service) response = service->handle(request);
  owner_.leave(*slot);
  return response;
}

std::shared_ptr<Authority> LiveAuthority::current() const {
  const std::scoped_lock lock(mutex_);
  return current_->authority;
}

void LiveAuthority::swap(std::shared_ptr<Authority> next) {
  auto slot = std::make_shared<Slot>(std::move(next));
  std::unique_lock lock(mutex_);
  std::swap(slot, current_);
  idle_.wait(lock, [&] { return slot->requests == 0; });
}

}  // namespace crest::ca
