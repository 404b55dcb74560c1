#include "ca/issuer/profile.hpp"

#include <algorithm>

#include "acme/problem.hpp"
#include "ca/issuer/clock_guard.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "x509/build.hpp"

namespace crest::ca::issuer {
namespace {

constexpr std::size_t pin_octets = 8;
constexpr Duration past_max{3'600'000};  // how far back a requested notBefore may lie: clocks differ
constexpr Duration second{1000};

Error refused(std::string why) {
  return acme::rejection(acme::ProblemType::malformed, "the order cannot be fulfilled as asked: " + std::move(why));
}

Time whole_seconds(Time time) { return from_unix_seconds(unix_seconds(time)); }

bool is_whole(const std::optional<Time>& time) { return !time || whole_seconds(*time) == *time; }

}  // namespace

std::string Profile::pin() const {
  std::string text = name + '|' + std::to_string(life.count()) + '|' + std::to_string(life_max.count()) + '|' +
                     std::to_string(backdate.count()) + '|' + std::to_string(key_usage);
  for (const auto usage : extended_usages) text += "|u" + std::to_string(static_cast<int>(usage));
  for (const auto type : key_types) text += '|' + std::string(crypto::to_string(type));
  return name + ':' + encoding::hex(ByteView(crypto::sha256(text)).first(pin_octets));
}

Result<void> check_requested(const RequestedValidity& requested, const Profile& profile, const Validity& issuer,
                             Time now) {
  if (!is_whole(requested.not_before) || !is_whole(requested.not_after)) {
    return refused("notBefore and notAfter must be whole seconds");
  }
  const Time begin = requested.not_before.value_or(now);
  if (begin < now - past_max) return refused("notBefore lies more than an hour back");
  if (begin > now + profile.life_max) return refused("notBefore lies too far ahead");
  const Time end = requested.not_after.value_or(x509::last_second(begin, profile.life));
  if (end <= begin) return refused("notAfter is not later than notBefore");
  if (end <= now) return refused("notAfter has passed already");
  if (end - begin + second > profile.life_max) {
    return refused("a certificate lives at most " + to_human(profile.life_max));
  }
  const bool asked = requested.not_before || requested.not_after;
  if (asked && (begin < issuer.not_before || end > issuer.not_after)) {
    return refused("the issuing certificate is valid until " + to_rfc3339(issuer.not_after));
  }
  return {};
}

Result<Validity> validity_for(const RequestedValidity& requested, const Profile& profile, const Validity& issuer,
                              Time now) {
  TRY(check_clock(now, std::nullopt, issuer));
  Validity out;
  out.not_before = requested.not_before.value_or(std::max(whole_seconds(now - profile.backdate), issuer.not_before));
  out.not_after =
      requested.not_after.value_or(std::min(x509::last_second(out.not_before, profile.life), issuer.not_after));
  if (out.not_after <= now) return refused("notAfter has passed");
  if (out.not_before < issuer.not_before || out.not_after > issuer.not_after) {
    return refused("the issuing certificate is valid until " + to_rfc3339(issuer.not_after));
  }
  return out;
}

}  // namespace crest::ca::issuer
