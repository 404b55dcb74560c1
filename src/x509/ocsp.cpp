#include "x509/ocsp.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "x509/asn1.hpp"
#include "x509/extensions.hpp"
#include "x509/fields.hpp"
#include "x509/oid.hpp"
#include "x509/signature.hpp"

namespace crest::x509::ocsp {
namespace {

using namespace asn1;

constexpr std::size_t serial_bytes_max = 64;

Error impossible(std::string why) {
  return make_error(ErrorKind::internal, "cannot build the OCSP response: " + std::move(why));
}

Result<bool> is_sha256(Reader& reader) {
  Reader algorithm = TRY(reader.enter(der::tag_sequence, "hashAlgorithm"));
  const Element id = TRY(algorithm.take(der::tag_oid, "the hash's object identifier"));
  if (as_text(id.content) == oid::sha256) return true;
  if (as_text(id.content) == oid::sha1) return false;
  return malformed("hashAlgorithm", "is neither SHA-1 nor SHA-256");
}

Result<CertId> read_cert_id(const Element& element) {
  CertId out{.der = to_bytes(element.whole)};
  Reader reader(element.content);
  out.sha256 = TRY(is_sha256(reader));
  const Element name = TRY(reader.take(der::tag_octet_string, "issuerNameHash"));
  const Element key = TRY(reader.take(der::tag_octet_string, "issuerKeyHash"));
  const Element serial = TRY(reader.take(der::tag_integer, "serialNumber"));
  TRY(reader.end("CertID"));
  const ByteView content = TRY(read_integer(serial, "serialNumber"));
  if (content.size() > serial_bytes_max) return malformed("serialNumber", "is far too long");
  out.issuer_name_hash = to_bytes(name.content);
  out.issuer_key_hash = to_bytes(key.content);
  out.serial = to_bytes(content);
  return out;
}

Result<std::vector<CertId>> read_request_list(Reader list) {
  std::vector<CertId> out;
  while (!list.empty()) {
    if (out.size() == certificates_max) return malformed("requestList", "asks for too many certificates at once");
    Reader one = TRY(list.enter(der::tag_sequence, "Request"));
    const Element id = TRY(one.take(der::tag_sequence, "reqCert"));
    CertId read = TRY(read_cert_id(id));
    out.push_back(std::move(read));
    if (one.next_is(constructed_tag(0))) TRY(one.take("singleRequestExtensions"));
    TRY(one.end("Request"));
  }
  if (out.empty()) return malformed("requestList", "is empty");
  return out;
}

Result<std::optional<Bytes>> read_nonce(Reader& tbs) {
  if (!tbs.next_is(constructed_tag(2))) return std::optional<Bytes>();
  Reader wrapper = TRY(tbs.enter(constructed_tag(2), "requestExtensions"));
  const Element list = TRY(wrapper.take(der::tag_sequence, "Extensions"));
  TRY(wrapper.end("requestExtensions"));
  const auto extensions = TRY(read_extensions(list.whole));
  const Extension* nonce = find(extensions, oid::ocsp_nonce);
  if (nonce == nullptr) return std::optional<Bytes>();
  Reader value(nonce->value);
  const Element octets = TRY(value.take(der::tag_octet_string, "the nonce"));
  TRY(value.end("the nonce"));
  if (octets.content.empty() || octets.content.size() > nonce_bytes_max) {
    return malformed("nonce", "has a size that RFC 9654 does not allow");
  }
  return std::optional(to_bytes(nonce->value));
}

Bytes generalized_time(Time time) {
  const Bytes any = asn1::time(time);
  if (any[0] == tag_generalized_time) return any;
  const std::string short_form(as_text(ByteView(any).subspan(2)));  // 1950 to 2049: only the century is missing
  const std::string century = short_form[0] < '5' ? "20" : "19";
  const std::string text = century + short_form;
  return der::element(tag_generalized_time, as_bytes(text));
}

Bytes revoked_info(const SingleResponse& response) {
  const Bytes when = generalized_time(response.revoked_at);
  if (response.reason == 0) return der::element(constructed_tag(1), when);
  const auto code = static_cast<std::uint8_t>(response.reason);
  Bytes content = when;
  append(content, der::element(constructed_tag(0), der::element(tag_enumerated, ByteView(&code, 1))));
  return der::element(constructed_tag(1), content);
}

Bytes status_of(const SingleResponse& response) {
  switch (response.status) {
    case Status::good: return der::element(implicit_tag(0), ByteView());
    case Status::revoked: return revoked_info(response);
    case Status::unknown: break;
  }
  return der::element(implicit_tag(2), ByteView());
}

Bytes single(const SingleResponse& response) {
  const Bytes status = status_of(response);
  const Bytes this_update = generalized_time(response.this_update);
  const Bytes next_update = der::element(constructed_tag(0), generalized_time(response.next_update));
  return der::sequence({response.id.der, status, this_update, next_update});
}

Bytes nonce_extensions(const std::optional<Bytes>& nonce) {
  if (!nonce) return {};
  const Bytes one = extension(oid::ocsp_nonce, false, *nonce);
  return der::element(constructed_tag(1), der::sequence({one}));
}

Result<Bytes> response_data(const ResponseTemplate& parts, const Certificate& responder) {
  const Bytes id = TRY(key_identifier(responder.public_key()));
  const Bytes by_key = der::element(constructed_tag(2), octet_string(id));
  const Bytes produced = generalized_time(parts.produced_at);
  Bytes list;
  for (const SingleResponse& response : parts.responses) append(list, single(response));
  const Bytes responses = der::element(der::tag_sequence, list);
  const Bytes extensions = nonce_extensions(parts.nonce);
  return der::sequence({by_key, produced, responses, extensions});
}

}  // namespace

bool CertId::is_of(const Certificate& issuer) const {
  const auto bits = key_bits(issuer.public_key().spki());
  if (!bits) return false;
  const auto hash = [this](ByteView data) -> Bytes {
    if (!sha256) return crypto::sha1(data);
    const auto digest = crypto::sha256(data);
    return {digest.begin(), digest.end()};
  };
  return hash(issuer.subject_der()) == issuer_name_hash && hash(*bits) == issuer_key_hash;
}

Result<Request> parse_request(ByteView der) {
  if (der.size() > request_bytes_max) return malformed("OCSPRequest", "is far too long");
  Reader outer(der);
  Reader request = TRY(outer.enter(der::tag_sequence, "OCSPRequest"));
  TRY(outer.end("OCSPRequest"));
  Reader tbs = TRY(request.enter(der::tag_sequence, "tbsRequest"));
  if (tbs.next_is(constructed_tag(0))) TRY(tbs.take("version"));
  if (tbs.next_is(constructed_tag(1))) TRY(tbs.take("requestorName"));
  const Reader list = TRY(tbs.enter(der::tag_sequence, "requestList"));
  Request out;
  out.ids = TRY(read_request_list(list));
  out.nonce = TRY(read_nonce(tbs));
  TRY(tbs.end("tbsRequest"));
  if (request.next_is(constructed_tag(0))) TRY(request.take("optionalSignature"));
  TRY(request.end("OCSPRequest"));
  return out;
}

Result<Bytes> make_response(const ResponseTemplate& parts, const Certificate& responder, const crypto::Signer& key,
                            const Certificate& issuer) {
  if (!(responder.public_key() == key.public_key())) return impossible("the signing key is not the responder's");
  if (parts.responses.empty()) return impossible("it answers nothing");
  const Bytes data = TRY(response_data(parts, responder));
  const ByteView algorithm = signature_algorithm(key.public_key().type());
  const Bytes signature = TRY(key.sign(data));
  const Bytes bits = bit_string(signature);
  const bool delegated = responder.der() != issuer.der();
  const Bytes certificates = delegated ? der::element(constructed_tag(0), der::sequence({responder.der()})) : Bytes{};
  const Bytes basic = der::sequence({data, algorithm, bits, certificates});
  const Bytes type = object_id(oid::ocsp_basic);
  const Bytes wrapped = octet_string(basic);
  const Bytes bytes = der::element(constructed_tag(0), der::sequence({type, wrapped}));
  const std::uint8_t successful = 0;
  const Bytes status = der::element(tag_enumerated, ByteView(&successful, 1));
  return der::sequence({status, bytes});
}

Bytes failure_response(Failure failure) {
  const auto code = static_cast<std::uint8_t>(failure);
  return der::sequence({der::element(tag_enumerated, ByteView(&code, 1))});
}

Bytes no_check_extension() {
  const Bytes null{0x05, 0x00};
  return extension(oid::ocsp_no_check, false, null);
}

}  // namespace crest::x509::ocsp
