#include "ca/va/dns01.hpp"

#include <algorithm>

#include "acme/authorization.hpp"
#include "acme/challenge.hpp"

namespace crest::ca::va {
namespace {

using acme::ProblemType;

constexpr std::size_t values_shown_max = 3, shown_chars_max = 64;

std::string shown(const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < std::min(values.size(), values_shown_max); ++i) {
    out += (i == 0 ? "\"" : ", \"") + Untrusted(values[i]).printable(shown_chars_max) + "\"";
  }
  if (values.size() > values_shown_max) out += " and " + std::to_string(values.size() - values_shown_max) + " more";
  return out;
}

std::string whose(const Claim& claim) {  // drafts ask for it: the label is made of the URL
  return claim.method == acme::dns_account_01 ? " (the label is that of the account " + claim.account_url + ")" : "";
}

Verdict judged(const TxtValues& found, const std::string& name, const Claim& claim) {
  if (found.values.empty()) {
    const std::string what = found.name_exists ? "has no TXT record" : "does not exist";
    return failed(ProblemType::unauthorized,
                  name + " " + what + whose(claim) +
                      "; add the TXT record there and wait until every name server of the zone has it");
  }
  const std::string wanted = acme::txt_value(claim.key_authorization);
  if (std::ranges::find(found.values, wanted) != found.values.end()) return {};
  return failed(ProblemType::unauthorized,
                name + ": no TXT record holds the digest of the key authorization" + whose(claim) + "; found " +
                    shown(found.values) + "; add the value beside the others, or wait until a changed record is seen");
}

}  // namespace

std::variant<TxtValues, Verdict> txt_values(dns::Resolver& resolver, const std::vector<std::string>& servers,
                                            const std::string& name, const Deadline& deadline) {
  const auto answer = resolver.query(name, dns::RecordType::TXT, servers, deadline.call());
  if (!answer) return not_looked_up("looking up the TXT records of " + name + " failed", answer.error());
  TxtValues out;
  out.name_exists = answer->outcome != dns::Outcome::no_such_name;
  std::optional<std::uint32_t> ttl;
  for (const auto& record : answer->records) {
    auto text = dns::text_of(record);
    if (!text) continue;
    out.values.push_back(*std::move(text));
    ttl = std::min(ttl.value_or(record.ttl_seconds), record.ttl_seconds);
  }
  out.ttl = std::chrono::seconds(ttl.value_or(0));
  return out;
}

Verdict Dns01::validate(const Claim& claim, std::stop_token stop) const {
  if (claim.identifier.type != acme::IdentifierType::dns) {
    return failed(ProblemType::malformed, "an address is not proved by DNS; use http-01 or tls-alpn-01");
  }
  const bool by_account = claim.method == acme::dns_account_01;
  if (by_account && claim.account_url.empty()) {
    return failed(ProblemType::serverInternal, "the account's URL is not known");
  }
  const std::string name =
      by_account ? acme::dns_account01_name(claim.identifier, claim.account_url) : acme::dns01_name(claim.identifier);
  const Deadline deadline(deps_.clock, std::move(stop));
  const auto found = txt_values(deps_.resolver, resolvers_, name, deadline);
  if (const auto* verdict = std::get_if<Verdict>(&found)) return *verdict;
  return judged(std::get<TxtValues>(found), name, claim);
}

}  // namespace crest::ca::va
