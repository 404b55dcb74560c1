#include "x509/distinguished_name.hpp"

#include <algorithm>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/openssl.hpp"
#include "x509/asn1.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr unsigned long common_name_flags = ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_ESC_CTRL;

struct Attribute {
  ByteView oid;
  ByteView value;  // the whole element
};

// OpenSSL reads names as BER; this walk holds them to DER first.
Result<std::vector<Attribute>> attributes(ByteView der_name, std::string_view what) {
  std::vector<Attribute> out;
  Reader outer(der_name);
  Reader sequence = TRY(outer.enter(der::tag_sequence, what));
  TRY(outer.end(what));
  while (!sequence.empty()) {
    Reader set = TRY(sequence.enter(tag_set, what));
    if (set.empty()) return malformed(what, "has an empty part");
    while (!set.empty()) {
      Reader attribute = TRY(set.enter(der::tag_sequence, what));
      const Element oid = TRY(attribute.take(der::tag_oid, what));
      const Element value = TRY(attribute.take(what));
      TRY(attribute.end(what));
      out.push_back({oid.content, value.whole});
    }
  }
  return out;
}

std::string drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Result<std::string> rfc2253_text(ByteView der_name, std::string_view what) {
  const unsigned char* in = der_name.data();
  const crypto::X509NamePtr name(d2i_X509_NAME(nullptr, &in, static_cast<long>(der_name.size())));
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  if (!name || !bio || X509_NAME_print_ex(bio.get(), name.get(), 0, XN_FLAG_RFC2253) < 0) {
    ERR_clear_error();
    return malformed(what, "has a value that is no text");
  }
  return drain(bio.get());
}

Result<std::string> common_name_text(ByteView value, std::string_view what) {
  const unsigned char* in = value.data();
  const std::unique_ptr<ASN1_STRING, decltype(&ASN1_STRING_free)> text(
      d2i_ASN1_PRINTABLE(nullptr, &in, static_cast<long>(value.size())), &ASN1_STRING_free);
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  if (!text || !bio || ASN1_STRING_print_ex(bio.get(), text.get(), common_name_flags) < 0) {
    ERR_clear_error();
    return malformed(what, "has a common name that is no text");
  }
  return drain(bio.get());
}

bool is_clean_utf8(std::string_view text) {
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  for (int left = static_cast<int>(text.size()); left > 0;) {
    unsigned long c = 0;
    const int used = UTF8_getc(in, left, &c);
    if (used <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
    in += used;
    left -= used;
  }
  return true;
}

Result<Bytes> relative_name(std::string_view oid, const std::string& text) {
  if (text.empty()) return Bytes{};
  if (text.size() > 4 * name_attribute_chars_max || !is_clean_utf8(text) ||
      utf8_chars(text) > name_attribute_chars_max) {
    return make_error(ErrorKind::config,
                      "a name in a certificate must be UTF-8 of at most 64 characters, without "
                      "control characters; choose a shorter one",
                      text);
  }
  const Bytes type = object_id(oid);
  const Bytes value = utf8_string(text);
  return der::element(tag_set, der::sequence({type, value}));
}

}  // namespace

std::size_t utf8_chars(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

Result<DistinguishedName> read_distinguished_name(ByteView der_name, std::string_view what) {
  DistinguishedName out;
  const std::vector<Attribute> parts = TRY(attributes(der_name, what));
  if (parts.empty()) return out;
  for (const Attribute& part : parts) {
    if (as_text(part.oid) != oid::common_name) {
      out.has_others = true;
      continue;
    }
    std::string text = TRY(common_name_text(part.value, what));
    out.common_names.push_back(std::move(text));
  }
  out.text = TRY(rfc2253_text(der_name, what));
  return out;
}

Result<Bytes> write_distinguished_name(const std::string& organization, const std::string& common_name) {
  const Bytes o = TRY(relative_name(oid::organization, organization));
  const Bytes cn = TRY(relative_name(oid::common_name, common_name));
  return der::sequence({o, cn});
}

}  // namespace crest::x509
