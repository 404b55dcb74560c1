// crest: certificates from any ACME CA.
#include <csignal>
#include <ctime>
#include <iostream>
#include <new>
#include <stop_token>
#include <thread>

#include <crest/process.hpp>

#include "apps/crest/command_line.hpp"

namespace {

constexpr int interrupted = 130;

// The first interrupt asks what is under way to stop and clean up; the second does not wait for it.
class Interrupts {
 public:
  Interrupts() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error that can be told, not a reason to die (CF53)
    watcher_ = std::jthread([this](std::stop_token ended) { watch(ended); });
  }
  std::stop_token token() const { return source_.get_token(); }

 private:
  void watch(const std::stop_token& ended) {
    constexpr timespec tick{0, 100'000'000};
    while (!ended.stop_requested()) {
      if (sigtimedwait(&signals_, nullptr, &tick) < 0) continue;
      if (!source_.request_stop()) std::_Exit(interrupted);
    }
  }
  sigset_t signals_;
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace

int main(int count, char** words) {
  try {
    (void)
        crest::shield_process();  // as far as it goes (CF70): where memory may not be locked there is no need to say so
    const Interrupts interrupts;
    return crest::apps::run_command_line(count, words, interrupts.token());
  } catch (const std::bad_alloc&) {
    std::cerr << "crest: out of memory; nothing was changed by halves, run it again\n";
  } catch (const std::exception& error) {
    std::cerr << "crest: internal error: " << error.what() << "; please report it\n";
  }
  return 2;
}
