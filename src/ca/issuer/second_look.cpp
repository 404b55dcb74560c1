#include "ca/issuer/second_look.hpp"

#include <algorithm>

namespace crest::ca::issuer {
namespace {

constexpr Duration clock_difference{5 * 60'000};  // between this CA and the other
constexpr std::size_t length_octets = 2;

bool differs(const std::optional<Time>& wanted, Time is) { return wanted && *wanted != is; }

std::string why_not_ours(const x509::Certificate& made, const IssuerFacts& facts) {
  const auto& issuer = facts.chain.leaf();
  if (made.issuer_der() != issuer.subject_der() || !made.signed_by(issuer))
    return "it is not signed by " + issuer.subject() + ", whose chain would go with it";
  return x509::lint(made, &issuer);
}

}  // namespace

std::string why_refused(const x509::Certificate& made, const Asked& asked, const IssuerFacts& facts, Time now) {
  if (!std::ranges::equal(made.public_key().spki(), asked.spki)) return "it holds another key than the request";
  auto names = asked.names;
  std::ranges::sort(names);
  if (made.names() != names || made.has_other_names()) return "it is for other names than the order";
  if (made.is_ca()) return "it is a CA's";
  if (made.not_after() > asked.validity.not_after) return "it lives longer than was approved";
  if (differs(asked.exactly.not_after, made.not_after()) || differs(asked.exactly.not_before, made.not_before()))
    return "its dates are not those that the order asks for";
  if (made.not_after() <= now) return "it is over already";
  const Time begin = std::max(now, asked.validity.not_before);
  if (made.not_before() > begin + clock_difference) return "it is not good yet";
  return why_not_ours(made, facts);
}

Bytes with_key(ByteView spki, ByteView handle) {
  Bytes out = {static_cast<std::uint8_t>(spki.size() >> 8), static_cast<std::uint8_t>(spki.size())};
  out.insert(out.end(), spki.begin(), spki.end());
  out.insert(out.end(), handle.begin(), handle.end());
  return out;
}

Result<KeyAndHandle> split_key(const Bytes& journalled) {
  const std::size_t size = journalled.size() < length_octets ? 0 : std::size_t{journalled[0]} << 8 | journalled[1];
  if (size == 0 || journalled.size() < length_octets + size)
    return make_error(ErrorKind::malformed, "the journal holds no key of the request");
  const ByteView rest = ByteView(journalled).subspan(length_octets);
  return KeyAndHandle{to_bytes(rest.first(size)), to_bytes(rest.subspan(size))};
}

}  // namespace crest::ca::issuer
