// An OCSP request from anybody: what is read repeats its CertIDs octet for octet.
#include <algorithm>
#include <cstdlib>

#include "x509/ocsp.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto request = x509::ocsp::parse_request(input);
  if (!request) return 0;
  if (request->ids.empty() || request->ids.size() > x509::ocsp::certificates_max) abort();
  for (const auto& id : request->ids) {
    if (std::ranges::search(input, id.der).empty() || id.serial.empty()) abort();
  }
  return 0;
}
