#include "ca/va/dns_persist01.hpp"

#include <algorithm>
#include <charconv>

#include "acme/challenge.hpp"
#include "dns/caa.hpp"
#include "dns/name.hpp"

namespace crest::ca::va {
namespace {

using acme::ProblemType;

constexpr std::string_view hash_algorithm = "sha-256/";
constexpr std::size_t record_chars_shown_max = 120;

// The one value of `tag`; two are an error, none is nullopt.
Result<std::optional<std::string>> only(const dns::IssueValue& value, std::string_view tag) {
  std::optional<std::string> found;
  for (const auto& parameter : value.parameters) {
    if (parameter.tag != tag) continue;
    if (found) return make_error(ErrorKind::malformed, "it has " + std::string(tag) + " twice");
    found = parameter.value;
  }
  return found;
}

Result<std::optional<Time>> end_of(const dns::IssueValue& value) {
  const auto text = TRY(only(value, "persistuntil"));
  if (!text) return std::optional<Time>();
  std::int64_t seconds = 0;
  const char* last = text->data() + text->size();
  const auto [end, code] = std::from_chars(text->data(), last, seconds);
  if (code != std::errc() || end != last || seconds < 0) {
    return make_error(ErrorKind::malformed, "its persistUntil is no number of seconds since 1970");
  }
  return std::optional(from_unix_seconds(seconds));
}

struct Record {
  std::string account_uri;
  bool for_wildcards = false;
  std::optional<Time> until;
};

Result<Record> parse(std::string_view text) {
  const auto value = TRY(dns::parse_issue_value(text));
  auto account = TRY(only(value, "accounturi"));
  if (!account) return make_error(ErrorKind::malformed, "it has no accounturi");
  const auto policy = TRY(only(value, "policy"));
  const auto until = TRY(end_of(value));
  return Record{*std::move(account), policy && dns::folded(*policy) == "wildcard", until};
}

// Whose record it is, even where the rest of it cannot be read.
std::string issuer_of(std::string_view text) {
  text = text.substr(0, text.find(';'));
  const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string_view::npos ? std::string() : dns::folded(text.substr(first, last - first + 1));
}

std::string quoted(const std::string& record) {
  return "\"" + Untrusted(record).printable(record_chars_shown_max) + "\"";
}

std::string example(const std::string& issuer, const Claim& claim) {
  return "\"" + issuer + "; accounturi=" + claim.account_url + (claim.wildcard ? "; policy=wildcard\"" : "\"");
}

}  // namespace

struct DnsPersist01::Finding {
  enum class Kind { good, not_ours, useless, malformed };
  Kind kind = Kind::not_ours;
  std::string why;
  std::optional<Time> until;
};

// "" when `account_uri` names the account that asks.
std::string DnsPersist01::account_fault(const std::string& account_uri, const Claim& claim, bool& malformed) const {
  if (options_.draft == Draft::draft_01) {
    return account_uri == claim.account_url ? "" : "its accounturi is not the account that asks";
  }
  const std::string prefix = options_.account_hash_prefix + std::string(hash_algorithm);
  malformed = !account_uri.starts_with(prefix);
  if (malformed) return "its accounturi does not begin with " + prefix;
  const std::string_view hash = std::string_view(account_uri).substr(prefix.size());
  const std::string thumbprint = claim.key_authorization.substr(claim.key_authorization.find('.') + 1);
  for (const std::string& domain : {claim.identifier.base().value, std::string("*")}) {
    if (hash == acme::dns_persist_hash(domain, thumbprint, claim.account_url)) return {};
  }
  return "its accounturi is not the hash of the account that asks";
}

DnsPersist01::Finding DnsPersist01::judged(const std::string& text, const Claim& claim) const {
  using Kind = Finding::Kind;
  if (std::ranges::find(options_.issuer_names, issuer_of(text)) == options_.issuer_names.end()) return {};
  const auto record = parse(text);
  if (!record) return {Kind::malformed, quoted(text) + ": " + record.error().message, {}};
  bool malformed = false;
  const std::string fault = account_fault(record->account_uri, claim, malformed);
  if (!fault.empty()) return {malformed ? Kind::malformed : Kind::useless, quoted(text) + ": " + fault, {}};
  if (claim.wildcard && !record->for_wildcards) {
    return {Kind::useless, quoted(text) + ": a wildcard needs policy=wildcard", {}};
  }
  if (record->until && *record->until <= deps_.clock.now()) {
    return {Kind::useless, quoted(text) + ": it ended at " + to_rfc3339(*record->until), {}};
  }
  return {Kind::good, {}, record->until};
}

Verdict DnsPersist01::validate(const Claim& claim, std::stop_token stop) const {
  if (claim.identifier.type != acme::IdentifierType::dns) {
    return failed(ProblemType::malformed, "an address is not proved by DNS; use http-01 or tls-alpn-01");
  }
  if (claim.account_url.empty() || options_.issuer_names.empty()) {
    return failed(ProblemType::serverInternal, "this CA has no issuer name for dns-persist-01");
  }
  const std::string name = acme::dns_persist01_name(claim.identifier);
  const Deadline deadline(deps_.clock, std::move(stop));
  const auto found = txt_values(deps_.resolver, options_.resolvers, name, deadline);
  if (const auto* verdict = std::get_if<Verdict>(&found)) return *verdict;
  const auto& records = std::get<TxtValues>(found);
  std::optional<Finding> worst;
  for (const auto& record : records.values) {
    const Finding finding = judged(record, claim);
    if (finding.kind == Finding::Kind::good) {
      Duration reuse = std::min(reuse_max, records.ttl);
      if (finding.until) reuse = std::min(reuse, *finding.until - deps_.clock.now());
      return {.reusable_for = std::max(reuse, reuse_min)};
    }
    const bool tells_more = !worst || finding.kind > worst->kind;
    if (finding.kind != Finding::Kind::not_ours && tells_more) worst = finding;
  }
  const std::string wanted = "; the TXT record to have there is " + example(options_.issuer_names.front(), claim);
  if (!worst) return failed(ProblemType::unauthorized, name + ": no record names this CA" + wanted);
  const bool unreadable = worst->kind == Finding::Kind::malformed;
  return failed(unreadable ? ProblemType::malformed : ProblemType::unauthorized, name + ": " + worst->why + wanted);
}

}  // namespace crest::ca::va
