#include "acme/renewal_info.hpp"

#include <algorithm>
#include <cmath>

#include "encoding/base64.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

constexpr std::size_t key_id_octets_max = 64, serial_octets_max = 20;  // RFC 5280 section 4.1.2.2
constexpr std::size_t explanation_chars_max = 2048, id_chars_max = 256;

Error bad_id(std::string what) {
  return make_error(ErrorKind::malformed, "not a certificate id (RFC 9773 section 4.1): " + std::move(what));
}

// INTEGER content with an octet too many would be a second text for the same serial.
bool is_minimal(const Bytes& serial) {
  if (serial.size() < 2) return true;
  const bool next_is_negative = (serial[1] & 0x80) != 0;
  return !(serial[0] == 0x00 && !next_is_negative) && !(serial[0] == 0xff && next_is_negative);
}

}  // namespace

std::optional<CertId> CertId::of(const x509::Certificate& certificate) {
  if (certificate.authority_key_id().empty()) return std::nullopt;
  return CertId{.authority_key_id = certificate.authority_key_id(), .serial = certificate.serial()};
}

Result<CertId> CertId::parse(std::string_view text) {
  if (text.size() > id_chars_max) return bad_id("it is too long");
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return bad_id("it has no dot");
  const auto key_id = encoding::from_base64url(text.substr(0, dot));
  const auto serial = encoding::from_base64url(text.substr(dot + 1));
  if (!key_id || !serial) return bad_id("a part is no base64url without padding");
  if (key_id->empty() || key_id->size() > key_id_octets_max) return bad_id("the key identifier is empty or too long");
  if (serial->empty() || serial->size() > serial_octets_max) return bad_id("the serial is empty or too long");
  if (!is_minimal(*serial)) return bad_id("the serial has an octet too many in front");
  return CertId{.authority_key_id = *key_id, .serial = *serial};
}

std::string CertId::str() const { return encoding::base64url(authority_key_id) + "." + encoding::base64url(serial); }

Json to_json(const RenewalInfo& info) {
  Json window = Json::object();
  window.set("start", to_rfc3339(info.start)).set("end", to_rfc3339(info.end));
  Json json = Json::object();
  json.set("suggestedWindow", std::move(window));
  if (info.explanation_url) json.set("explanationURL", *info.explanation_url);
  return json;
}

Result<RenewalInfo> renewal_info_from_json(const Json& json) {
  const JsonReader reader = TRY(JsonReader::of(json));
  const JsonReader window = TRY(reader.object("suggestedWindow"));
  RenewalInfo info;
  info.start = TRY(window.time("start"));
  info.end = TRY(window.time("end"));
  if (info.end <= info.start) {
    return make_error(ErrorKind::malformed, "the window for renewal ends before it begins", "suggestedWindow");
  }
  const Json* explanation = json.find("explanationURL");  // for people only: never a reason to fail
  const std::string* url = explanation ? explanation->as_string() : nullptr;
  if (url && url->size() <= explanation_chars_max) info.explanation_url = *url;
  return info;
}

std::string renewal_info_url(std::string_view base, const CertId& id) {
  return std::string(base) + (base.ends_with('/') ? "" : "/") + id.str();
}

Time pick_instant(const RenewalInfo& info, Random& random) {
  if (info.end <= info.start) return info.start;
  const auto span = static_cast<std::uint64_t>((info.end - info.start).count());
  return info.start + Duration(static_cast<std::int64_t>(random.below(span + 1)));
}

Time renewal_due(Time not_before, Time not_after, double share) {
  if (not_after < not_before) return not_before;
  const double used = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : renew_share_default;
  const Duration lifetime = not_after - not_before + std::chrono::seconds(1);
  const double milliseconds = static_cast<double>(lifetime.count()) * used;
  return saturating_add(not_before, Duration(std::llround(milliseconds)));
}

}  // namespace crest::acme
