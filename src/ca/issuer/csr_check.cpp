#include "ca/issuer/csr_check.hpp"

#include <algorithm>

#include "acme/problem.hpp"
#include "ca/issuer/key_policy.hpp"
#include "x509/csr.hpp"

namespace crest::ca::issuer {
namespace {

using x509::SubjectName;

constexpr std::size_t shown_chars_max = 80;

Error refused(std::string why) {
  return acme::rejection(acme::ProblemType::badCSR, "the CSR is refused: " + std::move(why));
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string shown(const std::string& text) { return '"' + Untrusted(text).printable(shown_chars_max) + '"'; }

bool has(const std::vector<SubjectName>& names, const SubjectName& name) {
  return std::ranges::find(names, name) != names.end();
}

// The SAN, and the common names that are host names of the order; an address belongs in the SAN (RFC 8738).
Result<std::vector<SubjectName>> asked_names(const x509::Csr& csr, const std::vector<SubjectName>& names) {
  std::vector<SubjectName> asked = csr.names;
  for (const auto& text : csr.common_names) {
    const SubjectName host{SubjectName::Type::dns, lower(text)}, address{SubjectName::Type::ip, text};
    if (has(csr.names, address) || has(asked, host)) continue;
    if (!has(names, host)) return refused("the common name " + shown(text) + " is not in the order");
    asked.push_back(host);
  }
  std::ranges::sort(asked);
  return asked;
}

Result<void> check_names(const x509::Csr& csr, const std::vector<SubjectName>& names) {
  if (csr.has_other_names) return refused("it asks for names that are neither host names nor IP addresses");
  const auto asked = TRY(asked_names(csr, names));
  for (const auto& name : asked) {
    if (!has(names, name)) return refused("it asks for " + shown(name.value) + ", which is not in the order");
  }
  for (const auto& name : names) {
    if (!has(asked, name)) return refused("it does not ask for " + shown(name.value) + ", which is in the order");
  }
  return {};
}

}  // namespace

Result<crypto::PublicKey> key_of_csr(ByteView csr_der, const std::vector<SubjectName>& names,
                                     const std::vector<crypto::KeyType>& types) {
  auto csr = x509::Csr::from_der(csr_der);
  if (!csr) return refused(csr.error().message);
  if (csr->asks_ca) return refused("it asks for a CA certificate");
  TRY(check_names(*csr, names));
  const std::string why = why_refused(csr->key, types);
  if (!why.empty()) return refused(why);
  return std::move(csr->key);
}

}  // namespace crest::ca::issuer
