#include "apps/crest/terminal.hpp"

#include <cstdlib>
#include <iostream>
#include <unistd.h>

#include <crest/error.hpp>

namespace crest::apps {
namespace {

constexpr std::size_t line_chars_max = 990;

bool on_terminal() {
  static const bool answer = ::isatty(STDERR_FILENO) == 1;
  return answer;
}

bool in_colour() {
  static const bool answer = on_terminal() && std::getenv("NO_COLOR") == nullptr;
  return answer;
}

bool line_is_open = false;

}  // namespace

void show_progress(const std::string& line) {
  if (!on_terminal()) return;                     // in a log one line says how it ended; the way there would bury it
  std::cerr << "\r\033[K" << line << std::flush;  // the line before gives way
  line_is_open = true;
}

void end_progress() {
  if (line_is_open) std::cerr << "\r\033[K" << std::flush;
  line_is_open = false;
}

void show_note(const std::string& text) {
  end_progress();
  std::cerr << "crest: " << Untrusted(text).printable(line_chars_max) << std::endl;
}

void show_error(const std::string& text) {
  end_progress();
  std::cerr << (in_colour() ? "\033[31mcrest:\033[0m " : "crest: ") << Untrusted(text).printable(line_chars_max)
            << std::endl;
}

}  // namespace crest::apps
