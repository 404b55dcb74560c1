// Any address against the egress policy: what stands for an IPv4 address inside IPv6 fares like it, and no allow rule
// opens what is never open. Input: address text, a newline, the identifier.
#include "ca/va/egress.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using crest::ca::va::EgressPolicy;
  using crest::encoding::IpAddress;
  using crest::encoding::IpNetwork;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find('\n');
  const auto address = IpAddress::parse(text.substr(0, end));
  if (!address) return 0;
  const std::string identifier(end == std::string_view::npos ? "" : text.substr(end + 1));
  const EgressPolicy closed;
  EgressPolicy open, narrow;
  open.allow = {{IpNetwork::parse("0.0.0.0/0").value(), ""}, {IpNetwork::parse("::/0").value(), ""}};
  narrow.allow = {{IpNetwork::parse("10.0.0.0/8").value(), "corp.example"}};
  const bool closed_denies = !closed.why_denied(*address, identifier).empty();
  const bool open_denies = !open.why_denied(*address, identifier).empty();
  if (open_denies && !closed_denies) std::abort();
  const auto real = address->unmapped();
  if (closed_denies != !closed.why_denied(real, identifier).empty()) std::abort();
  if (open_denies != !open.why_denied(real, identifier).empty()) std::abort();
  const bool narrow_denies = !narrow.why_denied(*address, identifier).empty();
  if (closed_denies && !narrow_denies && !identifier.ends_with("corp.example")) std::abort();
  return 0;
}
