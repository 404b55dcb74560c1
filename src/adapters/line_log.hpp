// A LineLog writes each event as one line to a file descriptor: text for people, JSON for machines.
#pragma once

#include <mutex>

#include "core/clock.hpp"
#include "core/log.hpp"

namespace crest::adapters {

class LineLog final : public Log {
 public:
  enum class Format { automatic, text, json };  // automatic: text when the descriptor is a terminal
  static constexpr std::size_t value_chars_max = 4096;

  // `descriptor` is borrowed: open for as long as this lives. Events below `least` are dropped.
  LineLog(int descriptor, Clock& clock, LogLevel least = LogLevel::info, Format format = Format::automatic);

  // One write(2) a line; blocks as long as the descriptor does. What cannot be written is lost: a log must not stop
  // what it tells about. Control characters never get through. Thread-safe; does not change errno.
  void write(LogLevel level, std::string_view event, const LogFields& fields) override;

 private:
  int descriptor_;
  Clock& clock_;
  LogLevel least_;
  bool json_;
  std::mutex mutex_;
};

}  // namespace crest::adapters
