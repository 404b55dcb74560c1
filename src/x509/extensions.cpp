#include "x509/extensions.hpp"

#include <algorithm>
#include <bit>

#include "crypto/digest.hpp"
#include "x509/asn1.hpp"
#include "x509/fields.hpp"
#include "x509/general_names.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::uint8_t tag_name_dns = implicit_tag(2), tag_name_uri = implicit_tag(6);
constexpr std::uint64_t tls_feature_status_request = 5;  // RFC 7633 section 4

std::string_view oid_of(ExtendedUsage usage) {
  switch (usage) {
    case ExtendedUsage::server_auth: return oid::server_auth;
    case ExtendedUsage::client_auth: return oid::client_auth;
    case ExtendedUsage::ocsp_signing: return oid::ocsp_signing;
    case ExtendedUsage::email_protection: return oid::email_protection;
  }
  return {};
}

Bytes key_usage_extension(unsigned usage) {  // REQUIRES: usage != 0
  const unsigned last = static_cast<unsigned>(std::bit_width(usage)) - 1;
  Bytes content(2 + last / 8);
  content[0] = static_cast<std::uint8_t>(7 - last % 8);  // unused bits: trailing zeros are cut (X.690 section 11.2.2)
  for (unsigned bit = 0; bit <= last; ++bit) {
    if ((usage >> bit & 1) != 0) content[1 + bit / 8] |= static_cast<std::uint8_t>(0x80u >> bit % 8);
  }
  return extension(oid::key_usage, true, der::element(der::tag_bit_string, content));
}

Bytes extended_usage_extension(const std::vector<ExtendedUsage>& usages) {
  Bytes content;
  for (const ExtendedUsage usage : usages) append(content, object_id(oid_of(usage)));
  return extension(oid::extended_key_usage, false, der::element(der::tag_sequence, content));
}

Bytes basic_constraints_extension(std::optional<unsigned> path_length) {
  const Bytes is_ca = boolean_true();
  const Bytes length = path_length ? integer(std::uint64_t{*path_length}) : Bytes{};
  return extension(oid::basic_constraints, true, der::sequence({is_ca, length}));
}

Bytes name_constraints_extension(const std::vector<std::string>& permitted_dns) {
  Bytes subtrees;
  for (const std::string& name : permitted_dns) {
    append(subtrees, der::sequence({der::element(tag_name_dns, as_bytes(name))}));
  }
  const Bytes permitted = der::element(constructed_tag(0), subtrees);
  return extension(oid::name_constraints, true, der::sequence({permitted}));
}

Bytes access_description(std::string_view method, const std::string& url) {
  if (url.empty()) return {};
  const Bytes id = object_id(method);
  const Bytes location = der::element(tag_name_uri, as_bytes(url));
  return der::sequence({id, location});
}

Bytes information_access_extension(const std::string& ocsp_url, const std::string& ca_issuers_url) {
  const Bytes ocsp = access_description(oid::access_ocsp, ocsp_url);
  const Bytes issuers = access_description(oid::access_ca_issuers, ca_issuers_url);
  return extension(oid::authority_info_access, false, der::sequence({ocsp, issuers}));
}

Bytes crl_points_extension(const std::string& url) {
  const Bytes full_name = der::element(constructed_tag(0), der::element(tag_name_uri, as_bytes(url)));
  const Bytes point = der::sequence({der::element(constructed_tag(0), full_name)});
  return extension(oid::crl_distribution_points, false, der::sequence({point}));
}

bool is_url(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

Result<void> check_urls(const CertificateTemplate& parts) {
  for (const std::string* url : {&parts.ca_issuers_url, &parts.crl_url, &parts.ocsp_url}) {
    if (!is_url(*url)) {
      return make_error(ErrorKind::config, "a URL for certificates must be visible ASCII; encode the rest with %",
                        *url);
    }
  }
  return {};
}

Result<void> append_key_identifiers(Bytes& out, const CertificateTemplate& parts, const crypto::PublicKey& key,
                                    const Certificate* issuer) {
  if (parts.is_ca) {
    const Bytes id = TRY(key_identifier(key));
    append(out, extension(oid::subject_key_id, false, octet_string(id)));
  }
  const Bytes id = TRY(issuer ? issuer_key_identifier(*issuer) : key_identifier(key));
  append(out, authority_key_id_extension(id));
  return {};
}

Result<void> append_names(Bytes& out, const CertificateTemplate& parts) {
  if (parts.names.empty()) return {};
  std::vector<SubjectName> names;
  for (const SubjectName& name : parts.names) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  const bool critical = parts.subject.common_name.empty() && parts.subject.organization.empty();
  const Bytes san = TRY(subject_names_extension(names, critical));
  append(out, san);
  return {};
}

}  // namespace

Result<Bytes> key_identifier(const crypto::PublicKey& key) {
  const ByteView bits = TRY(key_bits(key.spki()));
  return crypto::sha1(bits);
}

Result<Bytes> issuer_key_identifier(const Certificate& issuer) {
  if (!issuer.subject_key_id().empty()) return issuer.subject_key_id();
  return key_identifier(issuer.public_key());
}

Bytes authority_key_id_extension(ByteView id) {
  return extension(oid::authority_key_id, false, der::sequence({der::element(implicit_tag(0), id)}));
}

Result<Bytes> subject_names_extension(const std::vector<SubjectName>& names, bool critical) {
  const Bytes value = TRY(write_general_names(names));
  return extension(oid::subject_alt_name, critical, value);
}

Result<Bytes> write_extensions(const CertificateTemplate& parts, const crypto::PublicKey& key,
                               const Certificate* issuer) {
  TRY(check_urls(parts));
  Bytes list;
  if (parts.key_usage != 0) append(list, key_usage_extension(parts.key_usage));
  if (!parts.extended_usages.empty()) append(list, extended_usage_extension(parts.extended_usages));
  if (parts.is_ca) append(list, basic_constraints_extension(parts.path_length));
  TRY(append_key_identifiers(list, parts, key, issuer));
  if (!parts.ocsp_url.empty() || !parts.ca_issuers_url.empty()) {
    append(list, information_access_extension(parts.ocsp_url, parts.ca_issuers_url));
  }
  TRY(append_names(list, parts));
  if (!parts.crl_url.empty()) append(list, crl_points_extension(parts.crl_url));
  if (parts.is_ca && !parts.permitted_dns.empty()) append(list, name_constraints_extension(parts.permitted_dns));
  if (parts.must_staple) {
    append(list, extension(oid::tls_feature, false, der::sequence({integer(tls_feature_status_request)})));
  }
  for (const Bytes& own : parts.more_extensions) append(list, own);
  return der::element(constructed_tag(3), der::element(der::tag_sequence, list));
}

}  // namespace crest::x509
