#include <algorithm>

#include "encoding/base64.hpp"
#include "jose/jwk.hpp"
#include "jose/jws.hpp"
#include "jose/mac_name.hpp"

namespace crest::jose {
namespace {

using encoding::Json;

JwsError malformed(std::string detail) { return {JwsFault::malformed, std::move(detail)}; }

// The place in an error holds names that the sender chose: bounded, and fit for a log.
std::string reason(const Error& error) { return Untrusted(error.describe()).printable(); }

// A member by its name, null included: `"header": null` is there.
const Json* member(const Json& object, std::string_view name) {
  const Json::Object* members = object.as_object();
  if (!members) return nullptr;
  const auto found = std::ranges::find(*members, name, &Json::Member::first);
  return found == members->end() ? nullptr : &found->second;
}

// A flattened JWS taken apart, before anything is known about its algorithm.
struct Envelope {
  Json header;
  std::string payload;
  std::string signing_input;
  Bytes signature;
};

JwsResult<Bytes> decoded_member(const Json& body, const char* name) {
  const Json* found = member(body, name);
  const std::string* text = found ? found->as_string() : nullptr;
  if (!text) return malformed(std::string("JWS: ") + name + " is missing or no string");
  auto octets = encoding::from_base64url(*text);
  if (!octets) return malformed(std::string("JWS: ") + name + " is " + octets.error().message);
  return *std::move(octets);
}

std::optional<JwsError> read_header(ByteView octets, Json& header) {
  auto parsed = Json::parse(as_text(octets));
  if (!parsed) return malformed("JWS: protected header: " + reason(parsed.error()));
  header = *std::move(parsed);
  if (!header.as_object()) return malformed("JWS: the protected header is no object");
  // No extension is understood here, so each one named in crit is unknown (RFC 7515 section 4.1.11).
  for (const char* name : {"crit", "b64"}) {
    if (member(header, name)) return malformed(std::string("JWS: the header parameter ") + name + " is not supported");
  }
  return std::nullopt;
}

JwsResult<Envelope> open(const Json& body) {
  if (!body.as_object()) return malformed("JWS: the body is no JSON object in flattened form");
  for (const char* name : {"signatures", "header"}) {
    if (member(body, name))
      return malformed(std::string("JWS: the member ") + name + " is not allowed (RFC 8555 section 6.2)");
  }
  JwsResult<Bytes> header = decoded_member(body, "protected");
  JwsResult<Bytes> payload = decoded_member(body, "payload");
  JwsResult<Bytes> signature = decoded_member(body, "signature");
  for (const JwsResult<Bytes>* part : {&header, &payload, &signature}) {
    if (const auto* error = std::get_if<JwsError>(part)) return *error;
  }
  Envelope envelope;
  if (auto error = read_header(std::get<Bytes>(header), envelope.header)) return *std::move(error);
  envelope.payload = to_text(std::get<Bytes>(payload));
  envelope.signature = std::get<Bytes>(std::move(signature));
  if (envelope.signature.empty()) return malformed("JWS: the signature is empty");
  envelope.signing_input = *member(body, "protected")->as_string() + "." + *member(body, "payload")->as_string();
  return envelope;
}

// Moves the text of an optional header parameter into `text`.
std::optional<JwsError> read_text(const Json& header, const char* name, std::optional<std::string>& text) {
  const Json* found = member(header, name);
  if (!found) return std::nullopt;
  if (!found->as_string()) return malformed(std::string("JWS: the header parameter ") + name + " is no string");
  text = *found->as_string();
  return std::nullopt;
}

std::optional<JwsError> read_algorithm(const Json& header, std::string& alg) {
  std::optional<std::string> text;
  if (auto error = read_text(header, "alg", text)) return error;
  if (!text) return malformed("JWS: the header parameter alg is missing");
  alg = *std::move(text);
  const auto known = algorithm_names();
  if (std::ranges::find(known, alg) != known.end()) return std::nullopt;
  return JwsError{JwsFault::bad_algorithm, "JWS: the signature algorithm is not supported"};
}

std::optional<JwsError> read_jwk(const Json& jwk, const std::string& alg, std::optional<crypto::PublicKey>& key) {
  if (!jwk.as_object()) return malformed("JWS: the header parameter jwk is no object");
  if (const Json* own = member(jwk, "alg"); own && (!own->as_string() || *own->as_string() != alg)) {
    return JwsError{JwsFault::bad_algorithm, "JWS: the jwk is for another algorithm than the header's alg"};
  }
  auto parsed = from_jwk(jwk);
  if (!parsed) return JwsError{JwsFault::bad_key, parsed.error().message};
  key = *std::move(parsed);
  return std::nullopt;
}

std::optional<JwsError> read_signer(const Json& header, ParsedJws& jws) {
  if (auto error = read_text(header, "kid", jws.kid)) return error;
  const Json* jwk = member(header, "jwk");
  if (jwk && jws.kid) return malformed("JWS: jwk and kid are both there; send one");
  if (!jwk && !jws.kid) return malformed("JWS: neither jwk nor kid is there");
  if (jws.kid) return jws.kid->empty() ? std::optional(malformed("JWS: kid is empty")) : std::nullopt;
  return read_jwk(*jwk, jws.alg, jws.jwk);
}

std::optional<JwsError> read_request(const Json& header, ParsedJws& jws) {
  if (auto error = read_text(header, "nonce", jws.nonce)) return error;
  if (jws.nonce && !encoding::is_base64url(*jws.nonce)) {
    return malformed("JWS: the nonce is not base64url");  // RFC 8555 section 6.5.2
  }
  std::optional<std::string> url;
  if (auto error = read_text(header, "url", url)) return error;
  if (!url || url->empty()) return malformed("JWS: the header parameter url is missing");
  jws.url = *std::move(url);
  return std::nullopt;
}

}  // namespace

JwsResult<ParsedJws> parse_jws(std::string_view body) {
  if (body.size() > jws_bytes_max) return malformed("JWS: the body is longer than 50,000 octets");
  const auto parsed = Json::parse(body);
  if (!parsed) return malformed("JWS: " + reason(parsed.error()));
  return parse_jws(*parsed);
}

JwsResult<ParsedJws> parse_jws(const Json& body) {
  JwsResult<Envelope> opened = open(body);
  if (auto* error = std::get_if<JwsError>(&opened)) return std::move(*error);
  Envelope& envelope = std::get<Envelope>(opened);
  ParsedJws jws;
  if (auto error = read_algorithm(envelope.header, jws.alg)) return *std::move(error);
  if (auto error = read_request(envelope.header, jws)) return *std::move(error);
  if (auto error = read_signer(envelope.header, jws)) return *std::move(error);
  jws.payload = std::move(envelope.payload);
  jws.signing_input = std::move(envelope.signing_input);
  jws.signature = std::move(envelope.signature);
  return jws;
}

JwsResult<ParsedBinding> parse_binding(const Json& body) {
  JwsResult<Envelope> opened = open(body);
  if (auto* error = std::get_if<JwsError>(&opened)) return std::move(*error);
  Envelope& envelope = std::get<Envelope>(opened);
  std::optional<std::string> alg, kid, url;
  if (auto error = read_text(envelope.header, "alg", alg)) return *std::move(error);
  if (auto error = read_text(envelope.header, "kid", kid)) return *std::move(error);
  if (auto error = read_text(envelope.header, "url", url)) return *std::move(error);
  const std::optional<crypto::Hash> hash = alg ? hash_of_mac(*alg) : std::nullopt;
  if (!hash) return malformed("externalAccountBinding: alg is none of HS256, HS384, HS512");
  if (!kid || kid->empty()) return malformed("externalAccountBinding: kid is missing");
  if (!url || url->empty()) return malformed("externalAccountBinding: url is missing");
  for (const char* name : {"nonce", "jwk"}) {
    if (member(envelope.header, name))
      return malformed(std::string("externalAccountBinding: it must not have ") + name);
  }
  const auto jwk = Json::parse(envelope.payload);
  if (!jwk) return malformed("externalAccountBinding: payload: " + reason(jwk.error()));
  auto key = from_jwk(*jwk);
  if (!key) return JwsError{JwsFault::bad_key, "externalAccountBinding: " + key.error().message};
  ParsedBinding binding;
  binding.hash = *hash;
  binding.kid = *std::move(kid);
  binding.url = *std::move(url);
  binding.key = *std::move(key);
  binding.signing_input = std::move(envelope.signing_input);
  binding.signature = std::move(envelope.signature);
  return binding;
}

}  // namespace crest::jose
