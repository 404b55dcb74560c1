#include "dns/resolver.hpp"

#include <algorithm>

namespace crest::dns {
namespace {

void append_addresses(const Answer& answer, std::vector<encoding::IpAddress>& out) {
  for (const Record& record : answer.records) {
    if (out.size() >= addresses_max) return;
    const auto address = address_of(record);
    if (address && std::find(out.begin(), out.end(), *address) == out.end()) out.push_back(*address);
  }
}

}  // namespace

Result<std::vector<encoding::IpAddress>> addresses(Resolver& resolver, std::string_view name,
                                                   const std::vector<std::string>& servers, const Call& call) {
  std::vector<encoding::IpAddress> found;
  std::optional<Error> failure;
  Call half = call;  // a family whose servers are silent must not use up the other one's time
  half.total = call.total / 2;
  for (const RecordType type : {RecordType::AAAA, RecordType::A}) {
    auto answer = resolver.query(name, type, servers, half);
    if (answer) {
      append_addresses(*answer, found);
    } else if (!failure) {
      failure = std::move(answer).error();
    }
  }
  if (!found.empty()) return found;
  if (failure) return *std::move(failure);
  return make_error(ErrorKind::dns,
                    "the name has no address (neither AAAA nor A records); add one, or correct the name",
                    Untrusted(std::string(name)).printable());
}

}  // namespace crest::dns
