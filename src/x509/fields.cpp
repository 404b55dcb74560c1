#include "x509/fields.hpp"

#include "x509/asn1.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::size_t extensions_max = 64;
constexpr std::size_t key_usage_octets_max = 2;
constexpr std::string_view what = "the certificate";

Result<Extension> read_extension(Reader& list) {
  constexpr std::string_view item = "an extension";
  Reader reader = TRY(list.enter(der::tag_sequence, item));
  const Element oid = TRY(reader.take(der::tag_oid, item));
  Extension out{.oid = oid.content};
  if (reader.next_is(tag_boolean)) {
    const Element flag = TRY(reader.take(item));
    out.critical = TRY(read_boolean(flag, item));
  }
  const Element value = TRY(reader.take(der::tag_octet_string, item));
  TRY(reader.end(item));
  out.value = value.content;
  return out;
}

// [0] EXPLICIT INTEGER DEFAULT v1: 1 for v2, 2 for v3.
Result<unsigned> read_version(Reader& tbs) {
  constexpr std::string_view item = "the version";
  if (!tbs.next_is(constructed_tag(0))) return 1u;
  Reader reader = TRY(tbs.enter(constructed_tag(0), item));
  const Element element = TRY(reader.take(der::tag_integer, item));
  const unsigned number = TRY(read_small(element, item));
  TRY(reader.end(item));
  if (number != 1 && number != 2) return malformed(item, "is neither 2 nor 3");
  return number + 1;
}

Result<void> read_validity(Reader& tbs, Fields& out) {
  Reader reader = TRY(tbs.enter(der::tag_sequence, "the validity"));
  const Element first = TRY(reader.take("notBefore"));
  const Element last = TRY(reader.take("notAfter"));
  TRY(reader.end("the validity"));
  out.not_before = TRY(read_time(first, "notBefore"));
  out.not_after = TRY(read_time(last, "notAfter"));
  out.not_before_der = first.whole;
  out.not_after_der = last.whole;
  return {};
}

// What may stand behind the key: issuerUniqueID, subjectUniqueID (both skipped), extensions.
Result<void> read_tail(Reader& tbs, Fields& out) {
  for (const unsigned unique_id : {1u, 2u}) {
    if (!tbs.next_is(implicit_tag(unique_id))) continue;
    if (out.version == 1) return malformed(what, "has a unique identifier although it is of version 1");
    TRY(tbs.take("a unique identifier"));
  }
  if (!tbs.next_is(constructed_tag(3))) return tbs.end(what);
  if (out.version != 3) return malformed(what, "has extensions although it is not of version 3");
  const Element element = TRY(tbs.take("the extensions"));
  out.extensions = TRY(read_extensions(element.content));
  return tbs.end(what);
}

Result<void> read_tbs(Reader tbs, Fields& out) {
  out.version = TRY(read_version(tbs));
  const Element serial = TRY(tbs.take(der::tag_integer, "the serial number"));
  out.serial = TRY(read_integer(serial, "the serial number"));
  const Element algorithm = TRY(tbs.take(der::tag_sequence, "the inner signature algorithm"));
  out.inner_algorithm = algorithm.whole;
  const Element issuer = TRY(tbs.take(der::tag_sequence, "the issuer"));
  out.issuer = issuer.whole;
  TRY(read_validity(tbs, out));
  const Element subject = TRY(tbs.take(der::tag_sequence, "the subject"));
  out.subject = subject.whole;
  const Element spki = TRY(tbs.take(der::tag_sequence, "the public key"));
  out.spki = spki.whole;
  return read_tail(tbs, out);
}

}  // namespace

Result<std::vector<Extension>> read_extensions(ByteView der_sequence) {
  constexpr std::string_view list = "the list of extensions";
  std::vector<Extension> out;
  Reader outer(der_sequence);
  Reader reader = TRY(outer.enter(der::tag_sequence, list));
  TRY(outer.end(list));
  if (reader.empty()) return malformed(list, "is empty");
  while (!reader.empty()) {
    const Extension extension = TRY(read_extension(reader));
    if (find(out, as_text(extension.oid))) return malformed(list, "has one of them twice");
    if (out.size() == extensions_max) return malformed(list, "is longer than 64");
    out.push_back(extension);
  }
  return out;
}

const Extension* find(const std::vector<Extension>& extensions, std::string_view oid) {
  for (const Extension& extension : extensions) {
    if (as_text(extension.oid) == oid) return &extension;
  }
  return nullptr;
}

Result<Fields> read_fields(ByteView input) {
  if (input.size() > certificate_bytes_max) return malformed(what, "is longer than 64 KiB");
  Fields out;
  Reader outer(input);
  Reader certificate = TRY(outer.enter(der::tag_sequence, what));
  TRY(outer.end(what));
  const Element tbs = TRY(certificate.take(der::tag_sequence, what));
  out.tbs = tbs.whole;
  TRY(read_tbs(Reader(tbs.content), out));
  const Element algorithm = TRY(certificate.take(der::tag_sequence, "the signature algorithm"));
  out.outer_algorithm = algorithm.whole;
  const Element signature = TRY(certificate.take(der::tag_bit_string, "the signature"));
  out.signature = TRY(read_whole_bits(signature, "the signature"));
  TRY(certificate.end(what));
  return out;
}

Result<BasicConstraints> read_basic_constraints(ByteView value) {
  constexpr std::string_view item = "basicConstraints";
  BasicConstraints out;
  Reader outer(value);
  Reader reader = TRY(outer.enter(der::tag_sequence, item));
  TRY(outer.end(item));
  if (reader.next_is(tag_boolean)) {
    const Element flag = TRY(reader.take(item));
    out.is_ca = TRY(read_boolean(flag, item));
  }
  if (!reader.empty()) {
    const Element number = TRY(reader.take(der::tag_integer, item));
    out.path_length = TRY(read_small(number, item));
  }
  TRY(reader.end(item));
  return out;
}

Result<unsigned> read_key_usage(ByteView value) {
  constexpr std::string_view item = "keyUsage";
  Reader outer(value);
  const Element element = TRY(outer.take(der::tag_bit_string, item));
  TRY(outer.end(item));
  const ByteView content = element.content;
  if (content.size() < 2 || content.size() > 1 + key_usage_octets_max || content[0] > 7) {
    return malformed(item, "is not a list of bits");
  }
  if ((content.back() & ((1u << content[0]) - 1)) != 0) return malformed(item, "has bits behind its end");
  unsigned out = 0;
  for (std::size_t bit = 0; bit < 8 * (content.size() - 1); ++bit) {
    if ((content[1 + bit / 8] & (0x80u >> bit % 8)) != 0) out |= 1u << bit;
  }
  return out;
}

Result<Bytes> read_authority_key_id(ByteView value) {
  constexpr std::string_view item = "authorityKeyIdentifier";
  Reader outer(value);
  Reader reader = TRY(outer.enter(der::tag_sequence, item));
  TRY(outer.end(item));
  if (!reader.next_is(implicit_tag(0))) return Bytes{};
  const Element id = TRY(reader.take(item));
  return to_bytes(id.content);
}

Result<Bytes> read_subject_key_id(ByteView value) {
  constexpr std::string_view item = "subjectKeyIdentifier";
  Reader outer(value);
  const Element id = TRY(outer.take(der::tag_octet_string, item));
  TRY(outer.end(item));
  return to_bytes(id.content);
}

Result<std::vector<ByteView>> read_extended_key_usage(ByteView value) {
  constexpr std::string_view item = "extendedKeyUsage";
  std::vector<ByteView> out;
  Reader outer(value);
  Reader reader = TRY(outer.enter(der::tag_sequence, item));
  TRY(outer.end(item));
  while (!reader.empty()) {
    const Element usage = TRY(reader.take(der::tag_oid, item));
    out.push_back(usage.content);
  }
  if (out.empty()) return malformed(item, "is empty");
  return out;
}

Result<ByteView> key_bits(ByteView spki) {
  constexpr std::string_view item = "the public key";
  Reader outer(spki);
  Reader reader = TRY(outer.enter(der::tag_sequence, item));
  TRY(reader.take(der::tag_sequence, item));
  const Element bits = TRY(reader.take(der::tag_bit_string, item));
  return read_whole_bits(bits, item);
}

}  // namespace crest::x509
