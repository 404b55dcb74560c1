#include "adapters/prometheus_meter.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace crest::adapters {
namespace {

bool has(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

TEST(PrometheusMeter, CountsByItsLabels) {
  PrometheusMeter meter;
  meter.count("crest_ca_requests_total", "POST /order/{order} 200", 1);
  meter.count("crest_ca_requests_total", "POST /order/{order} 200", 2);
  meter.count("crest_ca_certificates_issued_total", "", 1);
  meter.count("something_total", "a b", 1);
  const auto text = meter.text();
  EXPECT_TRUE(has(text, R"(crest_ca_requests_total{method="POST",route="/order/{order}",status="200"} 3)")) << text;
  EXPECT_TRUE(has(text, "crest_ca_certificates_issued_total 1")) << text;
  EXPECT_TRUE(has(text, R"(something_total{label="a b"} 1)")) << text;
  EXPECT_TRUE(has(text, "# TYPE crest_ca_requests_total counter"));
}

TEST(PrometheusMeter, GaugesAndHistograms) {
  PrometheusMeter meter;
  meter.gauge("crest_ca_queue_length", 5);
  meter.gauge("crest_ca_queue_length", 3);
  meter.observe("crest_ca_request_seconds", 0.002);
  meter.observe("crest_ca_request_seconds", 20);
  const auto text = meter.text();
  EXPECT_TRUE(has(text, "crest_ca_queue_length 3")) << text;
  EXPECT_TRUE(has(text, R"(crest_ca_request_seconds_bucket{le="0.0025"} 1)")) << text;
  EXPECT_TRUE(has(text, R"(crest_ca_request_seconds_bucket{le="+Inf"} 2)")) << text;
}

TEST(PrometheusMeter, SF62_StrangersCannotFillTheMemoryWithLabels) {
  PrometheusMeter meter;
  for (int i = 0; i < 5'000; ++i) meter.count("x_total", "label-" + std::to_string(i), 1);
  const auto text = meter.text();
  EXPECT_TRUE(has(text, R"(x_total{label="other"} )" + std::to_string(5'000 - PrometheusMeter::labels_max))) << text;
}

TEST(PrometheusMeter, ThreadsMayCountAtOnce) {
  PrometheusMeter meter;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) meter.count("y_total", i % 2 == 0 ? "even" : "odd", 1);
      });
    }
  }
  EXPECT_TRUE(has(meter.text(), R"(y_total{label="even"} 2000)"));
}

}  // namespace
}  // namespace crest::adapters
