#include "adapters/prometheus_meter.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace crest::adapters {
namespace {

struct Description {
  std::string_view name, help;
  std::vector<std::string> labels = {};
};

// A name that is missing here is counted all the same, with one label called "label".
const std::vector<Description>& descriptions() {
  static const std::vector<Description> all = {
      {"crest_ca_requests_total", "Requests answered.", {"method", "route", "status"}},
      {"crest_ca_request_seconds", "Time from a request to its answer."},
      {"crest_ca_certificates_issued_total", "Certificates issued."},
      {"crest_ca_certificates_revoked_total", "Certificates revoked."},
      {"crest_ca_validations_total", "Validations that came to an end.", {"outcome", "method"}},
      {"crest_ca_queue_length", "Background work that waits or runs."},
      {"crest_ca_store_seconds", "Time of one transaction that writes."},
      {"crest_ca_crl_age_seconds", "Age of the oldest revocation list that is served."},
      {"crest_ca_clock_offset_seconds", "How far the clock is behind the newest certificate; 0 when it is not."},
      {"crest_ca_healthy", "1 while the CA can issue."},
  };
  return all;
}

const Description* description_of(std::string_view name) {
  const auto found = std::ranges::find(descriptions(), name, &Description::name);
  return found == descriptions().end() ? nullptr : &*found;
}

std::string help_of(std::string_view name) {
  const auto* description = description_of(name);
  return description ? std::string(description->help) : "";
}

prometheus::Labels labels_of(std::string_view name, std::string_view label) {
  prometheus::Labels labels;
  const auto* description = description_of(name);
  const std::vector<std::string> names = description ? description->labels : std::vector<std::string>{"label"};
  for (std::size_t i = 0; i < names.size() && !label.empty(); ++i) {
    const bool last = i + 1 == names.size();
    const std::size_t end = last ? label.size() : std::min(label.find(' '), label.size());
    labels[names[i]] = std::string(label.substr(0, end));
    label.remove_prefix(std::min(end + 1, label.size()));
  }
  return labels;
}

const prometheus::Histogram::BucketBoundaries& buckets() {
  static const prometheus::Histogram::BucketBoundaries bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                                 0.1,    0.25,  0.5,    1,     2.5,  5,     10};
  return bounds;
}

}  // namespace

struct PrometheusMeter::Impl {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, std::map<std::string, prometheus::Counter*, std::less<>>, std::less<>> counters;
  std::map<std::string, prometheus::Gauge*, std::less<>> gauges;
  std::map<std::string, prometheus::Histogram*, std::less<>> histograms;

  prometheus::Counter& counter(std::string_view name, std::string_view label) {
    auto family = counters.find(name);
    if (family == counters.end()) family = counters.try_emplace(std::string(name)).first;
    auto& known = family->second;
    const auto found = known.find(label);
    if (found != known.end()) return *found->second;
    if (known.size() >= labels_max && label != "other") return counter(name, "other");
    auto& made = prometheus::BuildCounter()
                     .Name(std::string(name))
                     .Help(help_of(name))
                     .Register(registry)
                     .Add(labels_of(name, label));
    known[std::string(label)] = &made;
    return made;
  }
};

PrometheusMeter::PrometheusMeter() : impl_(std::make_unique<Impl>()) {}
PrometheusMeter::~PrometheusMeter() = default;

void PrometheusMeter::count(std::string_view name, std::string_view label, double by) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->counter(name, label).Increment(by);
}

void PrometheusMeter::gauge(std::string_view name, double value) {
  const std::scoped_lock lock(impl_->mutex);
  auto found = impl_->gauges.find(name);
  if (found == impl_->gauges.end()) {
    auto& made = prometheus::BuildGauge().Name(std::string(name)).Help(help_of(name)).Register(impl_->registry).Add({});
    found = impl_->gauges.emplace(std::string(name), &made).first;
  }
  found->second->Set(value);
}

void PrometheusMeter::observe(std::string_view name, double seconds) {
  const std::scoped_lock lock(impl_->mutex);
  auto found = impl_->histograms.find(name);
  if (found == impl_->histograms.end()) {
    auto& made = prometheus::BuildHistogram()
                     .Name(std::string(name))
                     .Help(help_of(name))
                     .Register(impl_->registry)
                     .Add({}, buckets());
    found = impl_->histograms.emplace(std::string(name), &made).first;
  }
  found->second->Observe(seconds);
}

std::string PrometheusMeter::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace crest::adapters
