// A PrometheusMeter counts for Prometheus, and gives all of it as text in its format.
#pragma once

#include <memory>
#include <string>

#include "core/meter.hpp"

namespace crest::adapters {

class PrometheusMeter final : public Meter {
 public:
  // So many different labels of one name; those that come later are counted as "other", so that no stranger can fill the
  // memory with them.
  static constexpr std::size_t labels_max = 256;

  PrometheusMeter();
  ~PrometheusMeter() override;

  // The words of `label` are the values of the name's labels, in their order. Thread-safe; block for each other only.
  void count(std::string_view name, std::string_view label, double by) override;
  void gauge(std::string_view name, double value) override;
  void observe(std::string_view name, double seconds) override;

  std::string text() const;  // "text/plain; version=0.0.4"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crest::adapters
