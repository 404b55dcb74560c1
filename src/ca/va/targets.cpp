#include "ca/va/targets.hpp"

#include <algorithm>

namespace crest::ca::va {

using acme::ProblemType;
using encoding::IpAddress;

Call Deadline::call(Duration idle) const {
  Call call;
  call.total = left();
  call.idle = idle;
  call.stop = stop_;
  call.trust.mode = Trust::Mode::none;  // the key authorization is the proof, not a chain
  call.redirects = Redirects::none;
  return call;
}

std::variant<Addresses, Verdict> addresses_of(const Lookup& lookup, const std::string& host, std::uint16_t port,
                                              const std::string& identifier, const Deadline& deadline) {
  Addresses all;
  if (auto literal = IpAddress::parse(host)) {
    all.push_back(*std::move(literal));
  } else {
    auto found = dns::addresses(lookup.resolver, host, lookup.servers, deadline.call());
    if (!found) return not_looked_up("no address of " + host, found.error());
    all = *std::move(found);
  }
  for (const auto& address : all) {
    // A redirect must not lead where the identifier's own rules do not, nor where the other name's forbid (SF41).
    std::string why = lookup.egress.why_denied(address, identifier);
    if (why.empty()) why = lookup.egress.why_denied(address, host);
    if (why.empty()) why = lookup.egress.why_own(address, port);
    if (!why.empty()) return failed(ProblemType::connection, host + " is not validated: " + why);
  }
  return all;
}

Addresses in_order(const Addresses& all) {
  Addresses out;
  for (const bool v4 : {false, true}) {
    const auto first = std::ranges::find_if(all, [=](const IpAddress& address) { return address.is_v4() == v4; });
    if (first != all.end()) out.push_back(*first);
  }
  return out;
}

}  // namespace crest::ca::va
