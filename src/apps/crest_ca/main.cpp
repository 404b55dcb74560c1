// crest-ca: an ACME certificate authority.
#include <csignal>
#include <iostream>
#include <new>

#include "apps/crest_ca/command_line.hpp"

int main(int count, char** words) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there is a thread: serve waits for them in one place
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return crest::apps::crest_ca::run_command_line(count, words);
  } catch (const std::bad_alloc&) {
    std::cerr << "crest-ca: out of memory; start it again with more\n";
  } catch (const std::exception& error) {
    std::cerr << "crest-ca: internal error: " << error.what() << "; please report it\n";
  }
  return 2;
}
