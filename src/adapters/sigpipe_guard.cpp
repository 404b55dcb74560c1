#include "adapters/sigpipe_guard.hpp"

#include <ctime>

namespace crest::adapters {
namespace {

sigset_t only_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

bool is_pending() {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

}  // namespace

SigpipeGuard::SigpipeGuard() : was_pending_(is_pending()) {
  const sigset_t sigpipe = only_sigpipe();
  pthread_sigmask(SIG_BLOCK, &sigpipe, &before_);
  was_blocked_ = sigismember(&before_, SIGPIPE) == 1;
}

SigpipeGuard::~SigpipeGuard() {
  if (was_blocked_) return;
  const sigset_t sigpipe = only_sigpipe();
  const timespec no_time{};
  if (!was_pending_ && is_pending()) sigtimedwait(&sigpipe, nullptr, &no_time);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace crest::adapters
