#include "ca/status/options.hpp"

#include <bit>

#include "encoding/url.hpp"

namespace crest::ca::status {
namespace {

constexpr Duration life_least{10 * 60'000}, crl_life_most{90 * 24 * 3'600'000LL};

// Plain HTTP: whoever fetched by TLS would have to check that certificate first (RFC 5280 section 8).
bool is_base(const std::string& text) {
  const auto url = encoding::Url::parse(text);
  return url && url->scheme == "http" && url->target == "/" && !text.ends_with('/');
}

}  // namespace

std::vector<Fault> faults_of(const Options& options) {
  std::vector<Fault> faults;
  const auto expect = [&](bool good, const char* option, std::string why) {
    if (!good) faults.push_back({option, std::move(why)});
  };
  const auto is_between = [](Duration span, Duration most) { return span >= life_least && span <= most; };
  expect(options.url.empty() || is_base(options.url), "url",
         "an http URL without a path is expected, such as \"http://ca.corp.example:9080\"");
  expect(is_between(options.crl_life, crl_life_most), "crl_life",
         "it must be at least 10 minutes and at most " + to_human(crl_life_most));
  expect(is_between(options.ocsp_life, options.responder_life), "ocsp_life",
         "it must be at least 10 minutes and at most " + to_human(options.responder_life));
  const bool is_power = options.crl_parts == 0 || (options.crl_parts >= 2 && std::has_single_bit(options.crl_parts));
  expect(is_power && options.crl_parts <= crl_parts_most, "crl_parts",
         "0, for one list that holds all, or a power of two from 2 to 256 is expected");
  return faults;
}

}  // namespace crest::ca::status
