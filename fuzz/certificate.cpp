// A certificate from anybody: it parses or not, and what parses can be shown, judged and compared.
#include "x509/certificate.hpp"

#include <algorithm>
#include <cstdlib>

#include "x509/build.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = x509::Certificate::from_der({data, size});
  if (!parsed) return 0;
  const auto is_safe = [](char c) { return c >= ' ' && c <= '~'; };
  if (!std::ranges::all_of(parsed->subject(), is_safe) || !std::ranges::all_of(parsed->issuer(), is_safe)) abort();
  const auto again = x509::Certificate::from_pem(parsed->pem());
  if (!again || again->der() != parsed->der() || again->names() != parsed->names()) abort();
  (void)x509::lint(*parsed, nullptr);
  (void)x509::lint(*parsed, &*parsed);
  (void)x509::check_tls_alpn(*parsed, {x509::SubjectName::Type::dns, "example.org"}, Bytes(32));
  return 0;
}
