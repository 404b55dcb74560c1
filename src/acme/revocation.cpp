#include "acme/revocation.hpp"

#include <algorithm>

#include "acme/members.hpp"
#include "acme/problem.hpp"
#include "encoding/base64.hpp"
#include "x509/csr.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

constexpr auto reasons = std::to_array<Word<RevocationReason>>({
    {RevocationReason::unspecified, "unspecified"},
    {RevocationReason::keyCompromise, "keyCompromise"},
    {RevocationReason::cACompromise, "cACompromise"},
    {RevocationReason::affiliationChanged, "affiliationChanged"},
    {RevocationReason::superseded, "superseded"},
    {RevocationReason::cessationOfOperation, "cessationOfOperation"},
    {RevocationReason::certificateHold, "certificateHold"},
    {RevocationReason::removeFromCRL, "removeFromCRL"},
    {RevocationReason::privilegeWithdrawn, "privilegeWithdrawn"},
    {RevocationReason::aACompromise, "aACompromise"},
});

Result<Bytes> der_member(const JsonReader& reader, std::string_view name, std::size_t octets_max) {
  const std::string text = TRY(reader.string(name));
  auto der = encoding::from_base64url(text);
  if (!der) return std::move(der).error().at(reader.path_of(name));
  if (der->empty()) return make_error(ErrorKind::malformed, "it is empty", reader.path_of(name));
  if (der->size() > octets_max) {
    return make_error(ErrorKind::malformed, "it is longer than " + std::to_string(octets_max) + " octets",
                      reader.path_of(name));
  }
  return der;
}

Error bad_reason(std::int64_t code) {
  return rejection(
      ProblemType::badRevocationReason,
      "reason " + std::to_string(code) + " does not exist; there are 0 to 6 and 8 to 10 (RFC 5280 section 5.3.1)");
}

Result<Bytes> sole_der(const Json& json, std::string_view name, std::size_t octets_max) {
  const JsonReader reader = TRY(JsonReader::of(json));
  return der_member(reader, name, octets_max);
}

}  // namespace

std::string_view to_string(RevocationReason reason) { return word_of(reasons, reason); }

std::optional<RevocationReason> revocation_reason(std::int64_t code) {
  const auto row = std::find_if(reasons.begin(), reasons.end(), [=](const Word<RevocationReason>& word) {
    return static_cast<std::int64_t>(word.first) == code;
  });
  return row == reasons.end() ? std::nullopt : std::optional(row->first);
}

std::optional<RevocationReason> revocation_reason(std::string_view word) { return from_word(reasons, word); }

Json to_json(const Revocation& request) {
  Json json = Json::object();
  json.set("certificate", encoding::base64url(request.certificate_der));
  if (request.reason) json.set("reason", static_cast<int>(*request.reason));
  return json;
}

Result<Revocation> revocation_from_json(const Json& json) {
  auto der = sole_der(json, "certificate", x509::certificate_bytes_max);
  if (!der) return as_rejection(der.error());
  const auto reader = JsonReader::of(json);
  const auto code = reader->optional_integer("reason");
  if (!code) return as_rejection(code.error());
  Revocation request{.certificate_der = *std::move(der), .reason = std::nullopt};
  if (!*code) return request;
  request.reason = revocation_reason(**code);
  if (!request.reason) return bad_reason(**code);
  return request;
}

Json to_json(const Finalize& request) {
  Json json = Json::object();
  json.set("csr", encoding::base64url(request.csr_der));
  return json;
}

Result<Finalize> finalize_from_json(const Json& json) {
  auto der = sole_der(json, "csr", x509::csr_bytes_max);
  if (!der) return as_rejection(der.error());
  return Finalize{.csr_der = *std::move(der)};
}

}  // namespace crest::acme
