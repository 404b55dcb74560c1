// CAA records: the RDATA codec is its own inverse, and a set decides the same way whatever stands in it.
#include "dns/caa.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto property = crest::dns::parse_caa({data, size});
  if (!property) return 0;
  const auto again = crest::dns::parse_caa(crest::dns::to_rdata(*property));
  if (!again || again->tag != property->tag || again->value != property->value ||
      again->critical != property->critical) {
    std::abort();
  }
  const crest::dns::CaaRequest request = {.wildcard = size % 2 == 0,
                                          .issuers = {"ca.example.net"},
                                          .account_url = "https://ca.example.net/acme/acct/1",
                                          .method = "dns-01"};
  const auto alone = crest::dns::evaluate_caa({*property}, request);
  const auto twice = crest::dns::evaluate_caa({*property, *property}, request);
  if (alone.allowed != twice.allowed) std::abort();
  for (const char c : alone.reason) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  return 0;
}
