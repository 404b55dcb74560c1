// A SigpipeGuard keeps SIGPIPE from the process while a library writes to sockets on this thread.
#pragma once

#include <csignal>

namespace crest::adapters {

// Blocks the signal for this thread alone, and takes back one that was raised meanwhile. Installs no handler.
class SigpipeGuard {
 public:
  SigpipeGuard();
  ~SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t before_;
  bool was_pending_ = false, was_blocked_ = false;
};

}  // namespace crest::adapters
