// A child is one run of a program: an argument vector, never a shell; what it printed, what it cost, how it ended.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "adapters/descriptor.hpp"

namespace crest::testing {

struct Command {
  std::vector<std::string> words;             // the first is the program's path
  std::chrono::milliseconds at_most{30'000};  // then it is killed
  std::optional<rlim_t> file_bytes_max;
  std::optional<mode_t> file_mode_mask;
};

struct Ended {
  int code = -1;        // 128 and the signal's number when one ended it
  bool killed = false;  // by us: it took too long
  std::string out, err;
  long peak_kib = 0;
  std::chrono::milliseconds took{0};
};

namespace child_detail {

using adapters::Descriptor;

struct Pipe {
  Descriptor read, write;
  Pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) == 0) read = Descriptor(ends[0]), write = Descriptor(ends[1]);
  }
};

inline std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

// The environment of a service: none of our settings, and no terminal.
inline std::vector<std::string> environment() {
  std::vector<std::string> kept = {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8"};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
  return kept;
}

// Between fork and exec: system calls only.
[[noreturn]] inline void become(const Command& command, char* const* words, char* const* environment, int out,
                                int err) {
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (command.file_mode_mask) ::umask(*command.file_mode_mask);
  if (command.file_bytes_max) {
    const rlimit limit{*command.file_bytes_max, *command.file_bytes_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execve(words[0], words, environment);
  ::_exit(127);
}

// False once the other end is closed.
inline bool take(const Descriptor& from, std::string& into) {
  char buffer[16384];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;
  into.append(buffer, static_cast<std::size_t>(count));
  return true;
}

}  // namespace child_detail

inline Ended run(Command command) {
  using namespace child_detail;
  using Steady = std::chrono::steady_clock;
  Pipe out, err;
  std::vector<std::string> variables = environment();
  const auto words = pointers(command.words), environment = pointers(variables);
  const auto began = Steady::now();
  const pid_t child = ::fork();
  if (child == 0) become(command, words.data(), environment.data(), out.write.get(), err.write.get());
  out.write.close();
  err.write.close();

  Ended ended;
  bool out_open = true, err_open = true;
  while (out_open || err_open) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(began + command.at_most - Steady::now());
    pollfd waits[2] = {{out_open ? out.read.get() : -1, POLLIN, 0}, {err_open ? err.read.get() : -1, POLLIN, 0}};
    const int ready = left.count() > 0 ? ::poll(waits, 2, static_cast<int>(left.count())) : 0;
    if (ready == 0) {
      ended.killed = true;
      ::kill(child, SIGKILL);
      break;
    }
    if (waits[0].revents != 0) out_open = take(out.read, ended.out);
    if (waits[1].revents != 0) err_open = take(err.read, ended.err);
  }
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  ended.took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.peak_kib = usage.ru_maxrss;
  return ended;
}

}  // namespace crest::testing
