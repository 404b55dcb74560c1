#include "client/select_challenge.hpp"

#include <algorithm>

#include "acme/challenge.hpp"

namespace crest::client {
namespace {

constexpr std::size_t types_shown_max = 10, type_chars_max = 40;

const acme::Challenge* find(const acme::Authorization& authorization, std::string_view method) {
  acme::Identifier identifier = authorization.identifier;
  if (authorization.wildcard) identifier.value = "*." + identifier.value;
  if (!acme::method_fits(method, identifier)) return nullptr;
  for (const acme::Challenge& challenge : authorization.challenges)
    if (challenge.type == method && challenge.status != acme::ChallengeStatus::invalid) return &challenge;
  return nullptr;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text.empty() ? "nothing" : text;
}

Error none_usable(const acme::Authorization& authorization, const std::vector<std::string_view>& methods) {
  std::vector<std::string> offered;
  for (const acme::Challenge& challenge : authorization.challenges)
    if (offered.size() < types_shown_max) offered.push_back(Untrusted(challenge.type).printable(type_chars_max));
  const std::string name = (authorization.wildcard ? "*." : "") + authorization.identifier.value;
  return make_error(ErrorKind::no_challenge,
                    "no way to prove this name: the CA offers " + joined({offered.begin(), offered.end()}) +
                        "; here is set up " + joined(methods) +
                        (authorization.wildcard ? " (a wildcard needs a dns method)" : ""),
                    name);
}

}  // namespace

Result<const acme::Challenge*> select_challenge(const acme::Authorization& authorization,
                                                const std::vector<std::string_view>& methods,
                                                const std::vector<std::string>& failed) {
  const acme::Challenge* chosen = nullptr;
  for (const std::string_view method : methods) {
    const acme::Challenge* candidate = find(authorization, method);
    if (candidate == nullptr) continue;
    const bool fresh = std::find(failed.begin(), failed.end(), method) == failed.end();
    if (fresh) {
      chosen = candidate;
      break;
    }
    if (chosen == nullptr) chosen = candidate;
  }
  if (chosen == nullptr) return none_usable(authorization, methods);
  if (auto good = acme::check_token(chosen->token); !good)
    return std::move(good.error()).at(authorization.identifier.value);
  return chosen;
}

}  // namespace crest::client
