// The fields of a certificate as views into its DER: what Certificate is made from, and what lint looks at.
#pragma once

#include <optional>
#include <vector>

#include "x509/certificate.hpp"

namespace crest::x509 {

struct Extension {
  ByteView oid;
  bool critical = false;
  ByteView value;
};

// At most 64 of them, none twice. Error: malformed.
Result<std::vector<Extension>> read_extensions(ByteView der_sequence);
const Extension* find(const std::vector<Extension>& extensions, std::string_view oid);

struct Fields {
  ByteView tbs;
  unsigned version = 1;  // 1 to 3
  ByteView serial;       // INTEGER content
  ByteView inner_algorithm, outer_algorithm;
  ByteView issuer, subject;
  Time not_before, not_after;
  ByteView not_before_der, not_after_der;
  ByteView spki;
  std::vector<Extension> extensions;
  ByteView signature;

  const Extension* find(std::string_view oid) const { return x509::find(extensions, oid); }
};
// The structure of RFC 5280 section 4.1 in DER, with two faults forgiven that many CAs have made: a FALSE written out,
// and a date before 2050 as GeneralizedTime.
Result<Fields> read_fields(ByteView der);

struct BasicConstraints {
  bool is_ca = false;
  std::optional<unsigned> path_length;
};
Result<BasicConstraints> read_basic_constraints(ByteView value);
Result<unsigned> read_key_usage(ByteView value);      // sum of KeyUsage
Result<Bytes> read_authority_key_id(ByteView value);  // empty without keyIdentifier
Result<Bytes> read_subject_key_id(ByteView value);
Result<std::vector<ByteView>> read_extended_key_usage(ByteView value);  // object identifiers
// What the key identifier is taken from (RFC 5280 section 4.2.1.2): the BIT STRING's octets.
Result<ByteView> key_bits(ByteView spki);

}  // namespace crest::x509
