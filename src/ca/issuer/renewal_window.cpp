#include "ca/issuer/renewal_window.hpp"

#include <algorithm>

namespace crest::ca::issuer {
namespace {

constexpr Duration window_min{1'000}, past_window{3'600'000};
constexpr Duration poll_min{60'000}, poll_max{6 * 3'600'000};
constexpr int window_share = 50, poll_share = 20;

Duration life_of(const RenewalFacts& facts) { return facts.not_after - facts.not_before + std::chrono::seconds{1}; }

}  // namespace

acme::RenewalInfo renewal_window(const RenewalFacts& facts, Time now) {
  acme::RenewalInfo info;
  if (!facts.explanation_url.empty()) info.explanation_url = facts.explanation_url;
  const Time whole_now = std::chrono::floor<std::chrono::seconds>(now);
  if (facts.revoked) {
    info.end = whole_now;
    info.start = whole_now - past_window;
    return info;
  }
  const Time due = acme::renewal_due(facts.not_before, facts.not_after);
  info.end = std::chrono::floor<std::chrono::seconds>(due);
  const Duration width = std::max(life_of(facts) / window_share, window_min);
  info.start = info.end - std::chrono::ceil<std::chrono::seconds>(width);
  return info;
}

Duration renewal_poll_interval(const RenewalFacts& facts) {
  return std::clamp(life_of(facts) / poll_share, poll_min, poll_max);
}

}  // namespace crest::ca::issuer
