// A Meter counts; names are Prometheus metric names.
#pragma once

#include <string_view>

namespace crest {

class Meter {
 public:
  virtual ~Meter() = default;
  virtual void count(std::string_view name, std::string_view label = {}, double by = 1) = 0;
  virtual void gauge(std::string_view name, double value) = 0;
  virtual void observe(std::string_view name, double seconds) = 0;
};

class NullMeter final : public Meter {
 public:
  void count(std::string_view, std::string_view, double) override {}
  void gauge(std::string_view, double) override {}
  void observe(std::string_view, double) override {}
};

}  // namespace crest
