#include "acme/select.hpp"

#include <algorithm>

#include "acme/challenge.hpp"
#include "dns/name.hpp"
#include "encoding/base64.hpp"
#include "x509/distinguished_name.hpp"

namespace crest::acme {
namespace {

constexpr std::size_t offered_shown_max = 10, type_chars_max = 40, issuer_names_max = 10;
constexpr std::string_view fingerprint_prefix = "sha256:", key_id_prefix = "keyid:";
constexpr std::size_t fingerprint_octets = 32;

bool is_open(ChallengeStatus status) {
  return status == ChallengeStatus::pending || status == ChallengeStatus::processing;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == offered_shown_max) return out + ", ...";
    out += (i == 0 ? "" : ", ") + Untrusted(words[i]).printable(type_chars_max);
  }
  return out.empty() ? "none" : out;
}

Error none_usable(const Authorization& authorization, const std::vector<std::string>& enabled) {
  std::vector<std::string> offered;
  for (const Challenge& challenge : authorization.challenges) offered.push_back(challenge.type);
  return make_error(ErrorKind::no_challenge,
                    "the CA offers no challenge that can be answered here (offered: " + listed(offered) +
                        "; enabled: " + listed(enabled) + "); enable one that is offered",
                    authorization.proved().value);
}

Result<void> check_issuer_names(const std::vector<std::string>& names) {
  bool good = !names.empty() && names.size() <= issuer_names_max;
  for (const std::string& name : names) {
    const auto parsed = dns::Name::from_wire(name);
    good = good && parsed && parsed->str() == name;
  }
  if (good) return {};
  return make_error(ErrorKind::bad_token,
                    "the CA sent a dns-persist-01 challenge whose issuer names are not 1 to 10 lower-case host names; "
                    "nothing was published, tell the CA's operator");
}

Result<Challenge> checked(const Challenge& challenge) {
  if (challenge.type == dns_persist_01) {
    TRY(check_issuer_names(challenge.issuer_domain_names));
    return challenge;
  }
  TRY(check_token(challenge.token));
  return challenge;
}

bool issuer_named(const x509::Certificate& topmost, const std::string& common_name) {
  const auto issuer = x509::read_distinguished_name(topmost.issuer_der(), "issuer");
  return issuer &&
         std::find(issuer->common_names.begin(), issuer->common_names.end(), common_name) != issuer->common_names.end();
}

bool fingerprint_is(const x509::Certificate& topmost, const std::string& hex,
                    const std::vector<x509::Certificate>& roots) {
  const std::string wanted = std::string(fingerprint_prefix) + hex;
  if (topmost.fingerprint() == wanted) return true;
  return std::any_of(roots.begin(), roots.end(), [&](const x509::Certificate& root) {
    return root.fingerprint() == wanted && topmost.issuer_der() == root.subject_der() && topmost.signed_by(root);
  });
}

bool matches(const x509::Chain& chain, const ChainPreference& preference, const std::vector<x509::Certificate>& roots) {
  const x509::Certificate& topmost = chain.certificates().back();
  switch (preference.by) {
    case ChainPreference::By::issuer_common_name: return issuer_named(topmost, preference.value);
    case ChainPreference::By::issuer_key_id: return encoding::hex(topmost.authority_key_id()) == preference.value;
    case ChainPreference::By::fingerprint: return fingerprint_is(topmost, preference.value, roots);
  }
  return false;
}

// Hex as people copy it: any case, with or without colons.
Result<std::string> hex_of(std::string_view text) {
  std::string digits = dns::folded(text);
  digits.erase(std::remove(digits.begin(), digits.end(), ':'), digits.end());
  const Bytes octets = TRY(encoding::from_hex(digits));
  if (octets.empty()) return make_error(ErrorKind::malformed, "no digits follow");
  return digits;
}

}  // namespace

Result<Challenge> select_challenge(const Authorization& authorization,
                                   const std::vector<std::string>& enabled_methods) {
  const Identifier identifier = authorization.proved();
  for (const std::string& method : enabled_methods) {
    if (!method_fits(method, identifier)) continue;
    for (const Challenge& challenge : authorization.challenges) {
      if (challenge.type == method && is_open(challenge.status)) return checked(challenge);
    }
  }
  return none_usable(authorization, enabled_methods);
}

Result<ChainPreference> ChainPreference::from_text(std::string_view text) {
  const bool by_fingerprint = text.starts_with(fingerprint_prefix), by_key_id = text.starts_with(key_id_prefix);
  if (!by_fingerprint && !by_key_id) {
    if (!text.empty()) return ChainPreference{.by = By::issuer_common_name, .value = std::string(text)};
    return make_error(ErrorKind::config, "the preferred chain is empty; name an issuer, sha256:... or keyid:...");
  }
  const auto hex = hex_of(text.substr(by_fingerprint ? fingerprint_prefix.size() : key_id_prefix.size()));
  if (!hex || (by_fingerprint && hex->size() != 2 * fingerprint_octets)) {
    return make_error(ErrorKind::config,
                      by_fingerprint ? "write the preferred chain's fingerprint as sha256: and 64 hexadecimal digits"
                                     : "write the preferred chain's key identifier as keyid: and hexadecimal digits",
                      std::string(text));
  }
  return ChainPreference{.by = by_fingerprint ? By::fingerprint : By::issuer_key_id, .value = *hex};
}

ChainChoice select_chain(const std::vector<x509::Chain>& chains, const ChainPreference& preference,
                         const std::vector<x509::Certificate>& roots) {
  for (std::size_t i = 0; i < chains.size(); ++i) {
    if (matches(chains[i], preference, roots)) return {.index = i, .matched = true};
  }
  return {};
}

}  // namespace crest::acme
