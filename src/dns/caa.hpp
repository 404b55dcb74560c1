// CAA (RFC 8659, RFC 8657) as a pure decision over record sets that somebody else looked up.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "dns/record.hpp"

namespace crest::dns {

struct CaaProperty {
  bool critical = false;
  std::string tag;  // lower case
  std::string value;
};
Result<CaaProperty> parse_caa(ByteView rdata);  // error: malformed
Bytes to_rdata(const CaaProperty& property);

struct CaaParameter {
  std::string tag;  // lower case
  std::string value;
};
struct IssueValue {
  std::string issuer;  // lower case; "" authorises nobody
  std::vector<CaaParameter> parameters;
};
// The value of issue and issuewild (RFC 8659 section 4.2), and of dns-persist-01's records. Error: malformed.
Result<IssueValue> parse_issue_value(std::string_view text);

struct CaaRequest {
  bool wildcard = false;
  std::vector<std::string> issuers;  // our issuer domain names
  std::string account_url;
  std::string method;  // "http-01"
};
struct CaaDecision {
  bool allowed = false;
  std::string reason;  // ours; why not, or which property allowed it
};
// `set` is the relevant set: the first non-empty one on the way up (RFC 8659 section 3). Empty: allowed.
CaaDecision evaluate_caa(const std::vector<CaaProperty>& set, const CaaRequest& request);

}  // namespace crest::dns
