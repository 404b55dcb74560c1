// A CSR from anybody: what is accepted was signed by the key inside it, and its names are in order.
#include "x509/csr.hpp"

#include <algorithm>
#include <cstdlib>

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto csr = x509::Csr::from_der({data, size});
  if (!csr) return 0;
  if (csr->der.size() != size || csr->key.spki().empty()) abort();
  if (!std::ranges::is_sorted(csr->names)) abort();
  if (std::ranges::adjacent_find(csr->names) != csr->names.end()) abort();
  return 0;
}
