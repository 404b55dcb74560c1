// A certificate beside the template it was made from, read back by other code than what wrote it.
#include <algorithm>

#include "x509/asn1.hpp"
#include "x509/build.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/fields.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

constexpr std::string_view status_request = "\x30\x03\x02\x01\x05";  // RFC 7633: a SEQUENCE of the one INTEGER 5

struct Pair {
  const Certificate& certificate;
  const CertificateTemplate& parts;
  Fields fields;
  DistinguishedName subject;
  std::vector<Extension> more;  // of the template

  bool has(std::string_view oid) const { return fields.find(oid) != nullptr; }
  bool contains(std::string_view oid, const std::string& text) const {
    const Extension* found = fields.find(oid);
    return found && as_text(found->value).find(text) != std::string_view::npos;
  }
};

struct Rule {
  std::string_view fault;  // behind "the certificate "
  bool (*broken)(const Pair&);
};

std::string_view oid_of(ExtendedUsage usage) {
  switch (usage) {
    case ExtendedUsage::server_auth: return oid::server_auth;
    case ExtendedUsage::client_auth: return oid::client_auth;
    case ExtendedUsage::ocsp_signing: return oid::ocsp_signing;
    case ExtendedUsage::email_protection: return oid::email_protection;
  }
  return {};
}

bool has_other_subject(const Pair& p) {
  std::vector<std::string> wanted;
  if (!p.parts.subject.common_name.empty()) wanted.push_back(p.parts.subject.common_name);
  return p.subject.common_names != wanted || p.subject.has_others != !p.parts.subject.organization.empty();
}

bool has_other_names(const Pair& p) {
  std::vector<SubjectName> wanted = p.parts.names;
  std::ranges::sort(wanted);
  return p.certificate.names() != wanted || p.certificate.has_other_names();
}

bool has_other_extended_usages(const Pair& p) {
  const Extension* found = p.fields.find(oid::extended_key_usage);
  if (!found) return !p.parts.extended_usages.empty();
  const auto usages = read_extended_key_usage(found->value);
  return !usages || !std::ranges::equal(*usages, p.parts.extended_usages,
                                        [](ByteView id, ExtendedUsage usage) { return as_text(id) == oid_of(usage); });
}

bool staples_otherwise(const Pair& p) {
  const Extension* found = p.fields.find(oid::tls_feature);
  return found ? !p.parts.must_staple || as_text(found->value) != status_request : p.parts.must_staple;
}

// Both ways: what is asked for stands there, and what is not asked for does not.
bool has_other_urls(const Pair& p) {
  const auto& parts = p.parts;
  const bool access = !parts.ocsp_url.empty() || !parts.ca_issuers_url.empty();
  if (p.has(oid::authority_info_access) != access || p.has(oid::crl_distribution_points) != !parts.crl_url.empty()) {
    return true;
  }
  return (access && (!p.contains(oid::authority_info_access, parts.ocsp_url) ||
                     !p.contains(oid::authority_info_access, parts.ca_issuers_url))) ||
         (!parts.crl_url.empty() && !p.contains(oid::crl_distribution_points, parts.crl_url));
}

bool same(const Extension& a, const Extension& b) {
  return std::ranges::equal(a.oid, b.oid) && a.critical == b.critical && std::ranges::equal(a.value, b.value);
}

bool misses_an_extension(const Pair& p) {
  return std::ranges::any_of(p.more, [&](const Extension& wanted) {
    return std::ranges::none_of(p.fields.extensions, [&](const Extension& there) { return same(wanted, there); });
  });
}

// Those that the rules above have looked at, and the key identifiers, which are lint()'s.
bool is_looked_at(const Pair& p, const Extension& extension) {
  for (const auto known : {oid::key_usage, oid::subject_alt_name, oid::extended_key_usage, oid::authority_key_id,
                           oid::tls_feature, oid::authority_info_access, oid::crl_distribution_points}) {
    if (as_text(extension.oid) == known) return true;
  }
  if (!p.parts.is_ca) return false;
  return as_text(extension.oid) == oid::basic_constraints || as_text(extension.oid) == oid::subject_key_id ||
         as_text(extension.oid) == oid::name_constraints;
}

bool has_a_stray_extension(const Pair& p) {
  return std::ranges::any_of(p.fields.extensions, [&](const Extension& there) {
    return !is_looked_at(p, there) &&
           std::ranges::none_of(p.more, [&](const Extension& wanted) { return same(wanted, there); });
  });
}

constexpr Rule rules[] = {
    {"has another serial number", [](const Pair& p) { return p.certificate.serial() != p.parts.serial; }},
    {"has other dates",
     [](const Pair& p) {
       return p.certificate.not_before() != p.parts.not_before || p.certificate.not_after() != p.parts.not_after;
     }},
    {"has another subject", has_other_subject},
    {"has other names", has_other_names},
    {"has the rights of a CA, or lacks them", [](const Pair& p) { return p.certificate.is_ca() != p.parts.is_ca; }},
    {"has another keyUsage", [](const Pair& p) { return p.certificate.key_usage() != p.parts.key_usage; }},
    {"has another extendedKeyUsage", has_other_extended_usages},
    {"has must-staple although it should not, or the reverse", staples_otherwise},
    {"has other places for its status or its issuer", has_other_urls},
    {"lacks an extension of its profile", misses_an_extension},
    {"has an extension that its profile has not", has_a_stray_extension},
};

Result<Pair> read_pair(const Certificate& certificate, const CertificateTemplate& parts, const Bytes& more) {
  Pair out{.certificate = certificate, .parts = parts};
  out.fields = TRY(read_fields(certificate.der()));
  out.subject = TRY(read_distinguished_name(out.fields.subject, "the subject"));
  if (!parts.more_extensions.empty()) out.more = TRY(read_extensions(more));
  return out;
}

}  // namespace

std::string difference(const Certificate& certificate, const CertificateTemplate& parts) {
  Bytes more;  // outlives what looks into it
  for (const Bytes& extension : parts.more_extensions) asn1::append(more, extension);
  more = asn1::der::element(asn1::der::tag_sequence, more);
  const auto pair = read_pair(certificate, parts, more);
  if (!pair) return pair.error().message;
  std::string out;
  for (const Rule& rule : rules) {
    if (!rule.broken(*pair)) continue;
    out += out.empty() ? "the certificate " : "; it ";
    out += rule.fault;
  }
  return out;
}

}  // namespace crest::x509
