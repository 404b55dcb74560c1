#include "x509/csr.hpp"

#include <algorithm>
#include <array>

#include "x509/asn1.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/extensions.hpp"
#include "x509/fields.hpp"
#include "x509/general_names.hpp"
#include "x509/oid.hpp"
#include "x509/signature.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr unsigned written_version_max = 2;

constexpr std::string_view what = "the CSR";
constexpr std::uint8_t tag_attributes = constructed_tag(0);
constexpr std::size_t attributes_max = 32;
constexpr std::array<std::uint8_t, 4> ca_key_usage = {0x03, 0x02, 0x01, 0x06};  // keyCertSign and cRLSign

struct Parts {
  ByteView info;  // CertificationRequestInfo: what is signed
  ByteView subject, spki;
  std::optional<ByteView> extensions;  // from the attribute extensionRequest
  ByteView algorithm, signature;
};

// Attribute ::= SEQUENCE { type OID, values SET OF ANY }
Result<void> read_attribute(Reader& list, Parts& out) {
  constexpr std::string_view item = "an attribute of the CSR";
  Reader attribute = TRY(list.enter(der::tag_sequence, item));
  const Element type = TRY(attribute.take(der::tag_oid, item));
  Reader values = TRY(attribute.enter(tag_set, item));
  TRY(attribute.end(item));
  if (as_text(type.content) != oid::extension_request) return {};
  if (out.extensions) return malformed(what, "asks for extensions twice");
  const Element extensions = TRY(values.take(der::tag_sequence, item));
  TRY(values.end(item));
  out.extensions = extensions.whole;
  return {};
}

Result<void> read_info(Reader info, Parts& out) {
  const Element version = TRY(info.take(der::tag_integer, "the version of the CSR"));
  const unsigned number = TRY(read_small(version, "the version of the CSR"));
  // Only 0 exists (RFC 2986 section 4.1), but Ruby's acme-client and others write what a certificate would have: 2.
  if (number > written_version_max) return malformed(what, "is of a version that does not exist: it must be 0");
  const Element subject = TRY(info.take(der::tag_sequence, "the subject of the CSR"));
  out.subject = subject.whole;
  const Element spki = TRY(info.take(der::tag_sequence, "the public key of the CSR"));
  out.spki = spki.whole;
  Reader attributes = TRY(info.enter(tag_attributes, "the attributes of the CSR"));
  TRY(info.end(what));
  for (std::size_t count = 0; !attributes.empty(); ++count) {
    if (count == attributes_max) return malformed(what, "has more than 32 attributes");
    TRY(read_attribute(attributes, out));
  }
  return {};
}

Result<Parts> read_parts(ByteView der) {
  if (der.size() > csr_bytes_max)
    return malformed(what, "is longer than 27,000 octets, which is more than any request carries");
  Parts out;
  Reader outer(der);
  Reader request = TRY(outer.enter(der::tag_sequence, what));
  TRY(outer.end(what));
  const Element info = TRY(request.take(der::tag_sequence, what));
  out.info = info.whole;
  TRY(read_info(Reader(info.content), out));
  const Element algorithm = TRY(request.take(der::tag_sequence, "the signature algorithm of the CSR"));
  out.algorithm = algorithm.whole;
  const Element signature = TRY(request.take(der::tag_bit_string, "the signature of the CSR"));
  out.signature = TRY(read_whole_bits(signature, "the signature of the CSR"));
  TRY(request.end(what));
  return out;
}

Result<void> take_subject(ByteView subject, Csr& out) {
  DistinguishedName name = TRY(read_distinguished_name(subject, "the subject of the CSR"));
  out.common_names = std::move(name.common_names);
  out.has_other_subject = name.has_others;
  return {};
}

Result<void> take_extensions(ByteView list, Csr& out) {
  const std::vector<Extension> extensions = TRY(read_extensions(list));
  if (const Extension* found = find(extensions, oid::subject_alt_name)) {
    GeneralNames san = TRY(read_general_names(found->value));
    std::ranges::sort(san.names);
    san.names.erase(std::unique(san.names.begin(), san.names.end()), san.names.end());
    out.names = std::move(san.names);
    out.has_other_names = san.has_others;
  }
  if (const Extension* found = find(extensions, oid::basic_constraints)) {
    const BasicConstraints constraints = TRY(read_basic_constraints(found->value));
    out.asks_ca = constraints.is_ca;
  }
  return {};
}

Result<void> check_signature(const Parts& parts, const crypto::PublicKey& key) {
  if (!is_accepted_algorithm(parts.algorithm)) {
    return make_error(ErrorKind::malformed, "the CSR is signed with an algorithm that is not accepted (" +
                                                algorithm_name(parts.algorithm) +
                                                "); sign it with SHA-256, SHA-384, SHA-512 or Ed25519");
  }
  if (verify_signature(parts.algorithm, key, parts.info, parts.signature)) return {};
  return malformed(what, "has a signature that its own key did not make; make the CSR with the key inside it");
}

// The attributes of a request that asks for these DER Extensions.
Bytes extension_request(ByteView extensions) {
  const Bytes type = object_id(oid::extension_request);
  const Bytes values = der::element(tag_set, der::element(der::tag_sequence, extensions));
  return der::element(tag_attributes, der::sequence({type, values}));
}

Result<Bytes> signed_request(const crypto::Signer& key, ByteView subject, ByteView attributes) {
  const Bytes version = integer(std::uint64_t{0});
  const Bytes info = der::sequence({version, subject, key.public_key().spki(), attributes});
  const ByteView algorithm = signature_algorithm(key.public_key().type());
  const Bytes signature = TRY(key.sign(info));
  const Bytes bits = bit_string(signature);
  return der::sequence({info, algorithm, bits});
}

Result<void> check(const std::vector<SubjectName>& names, const std::string& common_name) {
  if (names.empty()) return make_error(ErrorKind::internal, "cannot build a CSR without a name");
  const auto is_common_name = [&](const SubjectName& name) { return name.value == common_name; };
  if (common_name.empty() || std::ranges::any_of(names, is_common_name)) return {};
  return make_error(ErrorKind::internal, "cannot build a CSR whose common name is none of its names", common_name);
}

}  // namespace

Result<Csr> Csr::from_der(ByteView der) {
  const Parts parts = TRY(read_parts(der));
  Csr out;
  TRY(take_subject(parts.subject, out));
  if (parts.extensions) TRY(take_extensions(*parts.extensions, out));
  out.key = TRY(crypto::PublicKey::from_spki(parts.spki));
  TRY(check_signature(parts, out.key));
  out.der = to_bytes(der);
  return out;
}

Result<Bytes> make_csr(const crypto::Signer& key, const std::vector<SubjectName>& names,
                       const std::string& common_name) {
  TRY(check(names, common_name));
  std::vector<SubjectName> sorted = names;
  std::ranges::sort(sorted);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const Bytes subject = TRY(write_distinguished_name({}, common_name));
  const Bytes san = TRY(subject_names_extension(sorted, false));
  return signed_request(key, subject, extension_request(san));
}

Result<Bytes> make_ca_csr(const crypto::Signer& key, const std::string& organization, const std::string& common_name) {
  const Bytes subject = TRY(write_distinguished_name(organization, common_name));
  const Bytes is_ca = boolean_true(), path_length = integer(std::uint64_t{0});
  Bytes extensions = extension(oid::basic_constraints, true, der::sequence({is_ca, path_length}));
  append(extensions, extension(oid::key_usage, true, ca_key_usage));
  return signed_request(key, subject, extension_request(extensions));
}

}  // namespace crest::x509
