#include "client/certificate_meta.hpp"

#include "acme/renewal_info.hpp"

namespace crest::client {
namespace {

using encoding::Json;
using encoding::JsonReader;

constexpr Duration clock_back_max = 24h;

}  // namespace

Json to_json(const CertificateMeta& meta) {
  CertificateRequest request = meta.request;
  request.replaces.reset();  // that was for this certificate only
  Json json = Json::object();
  json.set("request", to_json(request));
  json.set("directory", meta.directory);
  json.set("account", meta.account_url);
  json.set("order", meta.order_url);
  json.set("serial", meta.serial);
  json.set("issuer", meta.issuer);
  json.set("ari_id", meta.ari_id);
  json.set("not_before", to_rfc3339(meta.not_before));
  json.set("not_after", to_rfc3339(meta.not_after));
  json.set("issued_at", to_rfc3339(meta.issued_at));
  json.set("generation", static_cast<std::int64_t>(meta.generation));
  return json;
}

Result<CertificateMeta> certificate_meta_from_json(const Json& json) {
  const auto reader = TRY(JsonReader::of(json, "meta"));
  CertificateMeta meta;
  const Json* request = json.find("request");
  if (request == nullptr) return make_error(ErrorKind::malformed, "the request is missing", reader.path_of("request"));
  meta.request = TRY(certificate_request_from_json(*request));
  meta.directory = TRY(reader.string("directory"));
  meta.account_url = TRY(reader.string("account"));
  meta.order_url = TRY(reader.string("order"));
  meta.serial = TRY(reader.string("serial"));
  meta.issuer = TRY(reader.string("issuer"));
  meta.ari_id = TRY(reader.string("ari_id"));
  meta.not_before = TRY(reader.time("not_before"));
  meta.not_after = TRY(reader.time("not_after"));
  meta.issued_at = TRY(reader.time("issued_at"));
  const std::optional<std::int64_t> generation = TRY(reader.optional_integer("generation"));
  meta.generation = static_cast<std::uint64_t>(generation.value_or(0));
  return meta;
}

CertificateMeta make_meta(const OrderRecord& record, const x509::Certificate& leaf, Time now) {
  CertificateMeta meta{.request = record.request,
                       .directory = record.directory,
                       .account_url = record.account_url,
                       .order_url = record.order_url,
                       .serial = leaf.serial_hex(),
                       .issuer = leaf.issuer(),
                       .not_before = leaf.not_before(),
                       .not_after = leaf.not_after(),
                       .issued_at = now};
  if (const auto id = acme::CertId::of(leaf)) meta.ari_id = id->str();
  return meta;
}

Result<std::optional<CertificateMeta>> live_meta(Vault& vault, std::string_view name) {
  const std::optional<Json> json = TRY(vault.live_meta(name));
  if (!json) return std::optional<CertificateMeta>();
  auto meta = certificate_meta_from_json(*json);
  if (!meta) return std::move(meta.error()).as(ErrorKind::storage).at("certificates/" + std::string(name) + "/live");
  return std::optional<CertificateMeta>(*std::move(meta));
}

Result<void> check_clock(Time now, const CertificateMeta* meta) {
  const bool too_early = now < earliest_now || (meta != nullptr && now < meta->issued_at - clock_back_max);
  if (!too_early) return {};
  return make_error(ErrorKind::clock_suspect,
                    "the clock says " + to_rfc3339(now) +
                        ", which is before things that have happened: set it; what is live stays in place",
                    meta != nullptr ? meta->request.name : "");
}

Renewal renewal(const CertificateMeta& meta, Time now) {
  const Time renew_at = acme::renewal_due(meta.not_before, meta.not_after);
  if (now > meta.not_after) return {Due::expired, renew_at};
  return {now >= renew_at ? Due::due : Due::not_due, renew_at};
}

std::optional<Serving> serving(Vault& vault, std::string_view name, Time now) {
  const auto meta = live_meta(vault, name);
  if (!meta || !*meta) return std::nullopt;
  return Serving{.life = (*meta)->not_after - (*meta)->not_before + 1s, .left = (*meta)->not_after - now};
}

}  // namespace crest::client
