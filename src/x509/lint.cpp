// The last look at a certificate of ours (X509-12): a table of what may be wrong, each rule on its own, none of them
// using what the builder used.
#include <algorithm>

#include "x509/asn1.hpp"
#include "x509/build.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/fields.hpp"
#include "x509/general_names.hpp"
#include "x509/name_constraints.hpp"
#include "x509/oid.hpp"
#include "x509/signature.hpp"
#include "x509/status_places.hpp"

namespace crest::x509 {
namespace {

constexpr std::size_t serial_octets_max = 20, serial_octets_min = 8;  // RFC 5280 section 4.1.2.2; 64 random bits
constexpr std::size_t host_chars_max = 253, label_chars_max = 63;

struct Case {
  const Certificate& certificate;
  const Certificate& issuer;
  Fields fields, issuer_fields;
  DistinguishedName subject;
  GeneralNames names;  // of the SAN, in their order
  BasicConstraints constraints, issuer_constraints;
  std::vector<ByteView> extended_usages;
  StatusPlaces places;

  bool has(std::string_view oid) const { return fields.find(oid) != nullptr; }
  bool is_critical(std::string_view oid) const { return has(oid) && fields.find(oid)->critical; }
  bool may(KeyUsage usage) const { return (certificate.key_usage() & static_cast<unsigned>(usage)) != 0; }
  bool is_self_signed() const { return &certificate == &issuer; }
  bool is_for(std::string_view usage) const {
    return std::ranges::any_of(extended_usages, [&](ByteView id) { return as_text(id) == usage; });
  }
};

struct Rule {
  std::string_view fault;  // behind "the certificate "
  bool (*broken)(const Case&);
};

bool is_zero(ByteView content) {
  return std::ranges::all_of(content, [](std::uint8_t octet) { return octet == 0; });
}

bool same(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

bool has_odd_dates(const Case& c) {
  return !same(asn1::time(c.fields.not_before), c.fields.not_before_der) ||
         !same(asn1::time(c.fields.not_after), c.fields.not_after_der);
}

bool leaves_issuer_validity(const Case& c) {
  return c.certificate.not_before() < c.issuer.not_before() || c.certificate.not_after() > c.issuer.not_after();
}

bool issuer_may_not_sign(const Case& c) {
  return !c.issuer.is_ca() || (c.issuer.key_usage() & static_cast<unsigned>(KeyUsage::key_cert_sign)) == 0;
}

bool misses_authority_key(const Case& c) { return c.certificate.authority_key_id().empty() && !c.is_self_signed(); }

bool names_another_authority_key(const Case& c) {
  const Bytes& id = c.certificate.authority_key_id();
  return !id.empty() && !c.issuer.subject_key_id().empty() && id != c.issuer.subject_key_id();
}

bool is_label(std::string_view label) {
  const auto is_ldh = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !label.empty() && label.size() <= label_chars_max && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, is_ldh);
}

bool is_host(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.size() > host_chars_max) return false;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    if (!is_label(name.substr(0, dot))) return false;
    name.remove_prefix(dot + 1);
  }
  return is_label(name);
}

bool has_bad_host(const Case& c) {
  return std::ranges::any_of(c.names.names, [](const SubjectName& name) {
    return name.type == SubjectName::Type::dns && !is_host(name.value);
  });
}

bool has_a_name_twice(const Case& c) {
  std::vector<SubjectName> sorted = c.names.names;
  std::ranges::sort(sorted);
  return std::ranges::adjacent_find(sorted) != sorted.end();
}

bool has_stray_common_name(const Case& c) {
  return std::ranges::any_of(c.subject.common_names, [&](const std::string& text) {
    return std::ranges::none_of(c.names.names, [&](const SubjectName& name) { return name.value == text; });
  });
}

bool has_long_common_name(const Case& c) {
  return std::ranges::any_of(c.subject.common_names,
                             [](const std::string& text) { return utf8_chars(text) > name_attribute_chars_max; });
}

bool leaves_name_constraints(const Case& c) {
  const Extension* constraints = c.issuer_fields.find(oid::name_constraints);
  return constraints && std::ranges::any_of(c.names.names, [&](const SubjectName& name) {
           return !permits_name(constraints->value, name).value_or(false);
         });
}

bool is_http(const std::string& url) {
  return url.empty() || url.starts_with("http://") || url.starts_with("https://");
}

bool names_no_http_place(const Case& c) {
  return !is_http(c.places.ca_issuers) || !is_http(c.places.ocsp) || !is_http(c.places.crl);
}

bool exceeds_path_length(const Case& c) {
  if (c.is_self_signed() || !c.issuer_constraints.path_length) return false;
  const unsigned left = *c.issuer_constraints.path_length;
  return left == 0 || c.constraints.path_length.value_or(left) >= left;
}

constexpr Rule all_rules[] = {
    {"is not of version 3", [](const Case& c) { return c.fields.version != 3; }},
    {"has a serial number that is not positive",
     [](const Case& c) { return c.fields.serial[0] >= 0x80 || is_zero(c.fields.serial); }},
    {"has a serial number of more than 20 octets",
     [](const Case& c) { return c.fields.serial.size() > serial_octets_max; }},
    {"has a serial number too short for 64 random bits",
     [](const Case& c) { return c.fields.serial.size() < serial_octets_min; }},
    {"names another signature algorithm inside than outside",
     [](const Case& c) { return !same(c.fields.inner_algorithm, c.fields.outer_algorithm); }},
    {"names a signature algorithm that does not fit the issuer's key",
     [](const Case& c) { return !same(c.fields.outer_algorithm, signature_algorithm(c.issuer.public_key().type())); }},
    {"has a date in the wrong form: UTCTime through 2049, GeneralizedTime from 2050", has_odd_dates},
    {"ends before it begins", [](const Case& c) { return c.certificate.not_after() < c.certificate.not_before(); }},
    {"is valid when its issuer is not", leaves_issuer_validity},
    {"has an issuer without a name", [](const Case& c) { return c.certificate.issuer().empty(); }},
    {"names another issuer than the one that signs it",
     [](const Case& c) { return c.certificate.issuer_der() != c.issuer.subject_der(); }},
    {"has an issuer that may not sign certificates", issuer_may_not_sign},
    {"has no keyUsage", [](const Case& c) { return c.certificate.key_usage() == 0; }},
    {"has a keyUsage that is not critical",
     [](const Case& c) { return c.has(oid::key_usage) && !c.is_critical(oid::key_usage); }},
    {"has no authorityKeyIdentifier", misses_authority_key},
    {"has an authorityKeyIdentifier that is not the issuer's subjectKeyIdentifier", names_another_authority_key},
    {"has a critical key identifier",
     [](const Case& c) { return c.is_critical(oid::authority_key_id) || c.is_critical(oid::subject_key_id); }},
    {"has a critical authorityInfoAccess", [](const Case& c) { return c.is_critical(oid::authority_info_access); }},
    {"has a place for its issuer, OCSP or CRL that is no http URL", names_no_http_place},
};

constexpr Rule signature_rules[] = {
    {"is not signed by its issuer's key", [](const Case& c) { return !c.certificate.signed_by(c.issuer); }},
};

constexpr Rule ca_rules[] = {
    {"has basicConstraints that are not critical",
     [](const Case& c) { return !c.is_critical(oid::basic_constraints); }},
    {"is a CA without the key usage keyCertSign", [](const Case& c) { return !c.may(KeyUsage::key_cert_sign); }},
    {"is a CA without a subjectKeyIdentifier", [](const Case& c) { return c.certificate.subject_key_id().empty(); }},
    {"is a CA without a subject", [](const Case& c) { return c.certificate.subject().empty(); }},
    {"has the rights of a CA and the names of a host", [](const Case& c) { return c.has(oid::subject_alt_name); }},
    {"has nameConstraints that are not critical",
     [](const Case& c) { return c.has(oid::name_constraints) && !c.is_critical(oid::name_constraints); }},
    {"is deeper than its issuer's path length allows", exceeds_path_length},
};

constexpr Rule leaf_rules[] = {
    {"is no CA and may sign certificates or revocation lists",
     [](const Case& c) { return c.may(KeyUsage::key_cert_sign) || c.may(KeyUsage::crl_sign); }},
    {"is no CA and has a path length or nameConstraints",
     [](const Case& c) { return c.constraints.path_length || c.has(oid::name_constraints); }},
    {"has no extendedKeyUsage", [](const Case& c) { return c.extended_usages.empty(); }},
    {"has no subject alternative name",
     [](const Case& c) { return !c.has(oid::subject_alt_name) && !c.is_for(oid::ocsp_signing); }},
    {"has a subject alternative name that is critical although there is a subject, or the reverse",
     [](const Case& c) {
       return c.has(oid::subject_alt_name) && c.is_critical(oid::subject_alt_name) != c.certificate.subject().empty();
     }},
    {"has names that are neither host names nor addresses", [](const Case& c) { return c.names.has_others; }},
    {"has a host name that is none", has_bad_host},
    {"has a name twice", has_a_name_twice},
    {"has a common name that is none of its names",
     [](const Case& c) { return !c.is_for(oid::ocsp_signing) && has_stray_common_name(c); }},
    {"has a common name of more than 64 characters", has_long_common_name},
    {"has a name that the issuer's nameConstraints do not permit", leaves_name_constraints},
};

Result<BasicConstraints> constraints_of(const Fields& fields) {
  const Extension* found = fields.find(oid::basic_constraints);
  if (!found) return BasicConstraints{};
  return read_basic_constraints(found->value);
}

Result<Case> read_case(const Certificate& certificate, const Certificate& issuer) {
  Case out{.certificate = certificate, .issuer = issuer};
  out.fields = TRY(read_fields(certificate.der()));
  out.issuer_fields = TRY(read_fields(issuer.der()));
  out.subject = TRY(read_distinguished_name(out.fields.subject, "the subject"));
  out.constraints = TRY(constraints_of(out.fields));
  out.issuer_constraints = TRY(constraints_of(out.issuer_fields));
  if (const Extension* found = out.fields.find(oid::subject_alt_name)) {
    out.names = TRY(read_general_names(found->value));
  }
  if (const Extension* found = out.fields.find(oid::extended_key_usage)) {
    out.extended_usages = TRY(read_extended_key_usage(found->value));
  }
  out.places = TRY(status_places(out.fields));
  return out;
}

void apply(std::span<const Rule> rules, const Case& c, std::string& out) {
  for (const Rule& rule : rules) {
    if (!rule.broken(c)) continue;
    out += out.empty() ? "the certificate " : "; it ";
    out += rule.fault;
  }
}

}  // namespace

std::string lint(const Certificate& certificate, const Certificate* issuer, LintScope scope) {
  const auto c = read_case(certificate, issuer ? *issuer : certificate);
  if (!c) return c.error().message;
  std::string out;
  apply(all_rules, *c, out);
  if (scope == LintScope::all) apply(signature_rules, *c, out);
  apply(certificate.is_ca() ? std::span<const Rule>(ca_rules) : std::span<const Rule>(leaf_rules), *c, out);
  return out;
}

}  // namespace crest::x509
