// A SinkLog hands events to the function that a user of the library gave.
#pragma once

#include <utility>

#include <crest/log.hpp>

#include "core/log.hpp"

namespace crest::api {

class SinkLog final : public Log {
 public:
  explicit SinkLog(LogSink sink) : sink_(std::move(sink)) {}
  void write(LogLevel level, std::string_view event, const LogFields& fields) override {
    try {
      if (sink_) sink_(level, event, fields);
    } catch (...) {  // an order is not lost over a line about it
    }
  }

 private:
  LogSink sink_;
};

}  // namespace crest::api
