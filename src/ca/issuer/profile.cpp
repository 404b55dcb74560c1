#include "ca/issuer/profile.hpp"

#include <algorithm>

#include "acme/problem.hpp"
#include "ca/issuer/clock_guard.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::ca::issuer {
namespace {

constexpr std::size_t pin_octets = 8, name_chars_max = 64;
constexpr char pin_mark = ':';                     // not in a name
constexpr std::size_t common_name_chars_max = 64;  // RFC 5280 A.1
constexpr Duration life_least{60'000}, life_most{3650 * 24h};
constexpr Duration past_max{3'600'000};  // how far back a requested notBefore may lie: clocks differ
constexpr Duration second{1000};

Error refused(std::string why) {
  return acme::rejection(acme::ProblemType::malformed, "the order cannot be fulfilled as asked: " + std::move(why));
}

Time whole_seconds(Time time) { return from_unix_seconds(unix_seconds(time)); }

bool is_whole(const std::optional<Time>& time) { return !time || whole_seconds(*time) == *time; }

}  // namespace

bool is_plain_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= name_chars_max && std::ranges::all_of(name, is_plain);
}

std::string Profile::pin() const {
  std::string text = name + '|' + std::to_string(life.count()) + '|' + std::to_string(life_max.count()) + '|' +
                     std::to_string(backdate.count()) + '|' + std::to_string(key_usage) + '|' + issuer + '|';
  for (const bool flag : {must_staple, common_name, hosts, wildcards, addresses}) text += flag ? '1' : '0';
  for (const auto usage : extended_usages) text += "|u" + std::to_string(static_cast<int>(usage));
  for (const auto type : key_types) text += '|' + std::string(crypto::to_string(type));
  for (const auto& extension : extensions) text += "|x" + encoding::hex(extension.der);
  return name + pin_mark + encoding::hex(ByteView(crypto::sha256(text)).first(pin_octets));
}

std::string_view name_in_pin(std::string_view pin) { return pin.substr(0, pin.find(pin_mark)); }

unsigned Profile::usage_for(crypto::KeyType key) const {
  const bool rsa =
      key == crypto::KeyType::rsa_2048 || key == crypto::KeyType::rsa_3072 || key == crypto::KeyType::rsa_4096;
  return rsa ? key_usage : key_usage & ~static_cast<unsigned>(x509::KeyUsage::key_encipherment);
}

std::string Profile::common_name_for(const std::vector<x509::SubjectName>& names) const {
  if (names.empty()) return subject;
  if (!common_name) return {};
  const auto fits = [](const x509::SubjectName& name) { return name.value.size() <= common_name_chars_max; };
  const auto found = std::ranges::find_if(names, fits);
  return found == names.end() ? std::string() : found->value;
}

std::vector<OptionFault> faults_of(const Profile& profile) {
  std::vector<OptionFault> faults;
  const auto expect = [&](bool good, const char* option, std::string why) {
    if (!good) faults.push_back({option, std::move(why)});
  };
  constexpr auto signature = static_cast<unsigned>(x509::KeyUsage::digital_signature);
  constexpr auto usages = signature | static_cast<unsigned>(x509::KeyUsage::key_encipherment);
  expect(is_plain_name(profile.name), "name", "1 to 64 characters of a-z, 0-9 and - are expected");
  expect(profile.life_max >= life_least && profile.life_max <= life_most, "life_max",
         "it must be at least a minute and at most " + to_human(life_most));
  expect(profile.life >= life_least, "life", "it must be at least a minute");
  expect(profile.life <= profile.life_max, "life", "it is longer than life_max");
  expect(profile.backdate >= 0s && profile.backdate * 3 <= profile.life, "backdate",
         "it must be at most a third of the life, or a certificate would be due when it is issued");
  expect(!profile.key_types.empty(), "keys", "at least one type of key is expected");
  expect((profile.key_usage & signature) != 0 && (profile.key_usage & ~usages) == 0, "key_usages",
         "\"digital_signature\" is expected, and nothing beside it but \"key_encipherment\"");
  expect(!profile.extended_usages.empty(), "usages", "at least one usage is expected");
  expect(profile.hosts || profile.wildcards || profile.addresses, "names", "at least one kind of name is expected");
  return faults;
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
