// A Log takes events as values; where and how they are written is the sink's business.
#pragma once

#include <string_view>

#include <crest/log.hpp>

namespace crest {

class Log {
 public:
  virtual ~Log() = default;
  // `event` is a stable word ("order_created"); values may hold any text: the sink escapes. Thread-safe.
  virtual void write(LogLevel level, std::string_view event, const LogFields& fields) = 0;

  void debug(std::string_view event, const LogFields& fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, const LogFields& fields = {}) { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, const LogFields& fields = {}) { write(LogLevel::warning, event, fields); }
  void error(std::string_view event, const LogFields& fields = {}) { write(LogLevel::error, event, fields); }
};

class NullLog final : public Log {
 public:
  void write(LogLevel, std::string_view, const LogFields&) override {}
};

}  // namespace crest
