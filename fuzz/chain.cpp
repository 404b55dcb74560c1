// A certificate download: what is taken for a chain is made of certificates that were signed by the next.
#include <cstdlib>

#include "x509/certificate.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view pem = as_text({data, size});
  (void)x509::certificates_from_pem(pem);
  const auto chain = x509::Chain::from_pem(pem);
  if (!chain) return 0;
  const auto& certificates = chain->certificates();
  if (certificates.empty() || certificates.size() > x509::chain_length_max) abort();
  const auto again = x509::Chain::from_pem(chain->pem());
  if (!again || again->pem() != chain->pem()) abort();
  (void)x509::verify_chain(*chain, certificates, certificates.front().not_before());
  return 0;
}
