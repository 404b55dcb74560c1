#include "ca/va/validation_service.hpp"

#include <algorithm>

#include "ca/va/remote_codec.hpp"
#include "ca/va/remote_validator.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::va {
namespace {

constexpr int ok = 200, bad_request = 400, forbidden = 403, not_found = 404, not_allowed = 405, unsupported = 415,
              unavailable = 503;
constexpr std::string_view json_type = "application/json";

http::Response answer(int status, const encoding::Json& json) {
  return {.status = status,
          .headers = {{"Content-Type", std::string(json_type)}, {"Cache-Control", "no-store"}},
          .body = json.dump()};
}

http::Response refusal(int status, const std::string& why) {
  encoding::Json json = encoding::Json::object();
  json.set("error", why);
  return answer(status, json);
}

}  // namespace

ValidationService::ValidationService(std::vector<std::string> client_names, Deps deps)
    : client_names_(std::move(client_names)), deps_(deps) {}

// "" is nobody that we know. That it is signed by one whom we trust, the listener has checked.
std::string ValidationService::client_of(const http::Request& request) const {
  const auto certificate = x509::Certificate::from_der(as_bytes(request.peer.certificate_der));
  if (!certificate) return "";
  for (const auto& name : certificate->names()) {
    const bool known = std::ranges::find(client_names_, name.value) != client_names_.end();
    if (name.type == x509::SubjectName::Type::dns && known) return name.value;
  }
  return "";
}

http::Response ValidationService::handle(const http::Request& request) {
  const std::string client = client_of(request);
  if (client.empty()) {
    deps_.log.warn("client_refused", {{"request", request.peer.request_id}, {"peer", request.peer.address}});
    return refusal(forbidden, "this validator looks for the clients that its client_names name, and for nobody else");
  }
  if (request.url != RemoteValidator::path) return refusal(not_found, "there is nothing at this URL");
  if (request.method != "POST") return refusal(not_allowed, "this URL takes POST");
  const auto type = request.headers.get("Content-Type");
  if (!type || !http::equal_no_case(*type, json_type)) {
    return refusal(unsupported, "the Content-Type must be " + std::string(json_type));
  }
  const auto claim = claim_from_json(request.body);
  if (!claim) return refusal(bad_request, "no claim: " + claim.error().message);
  const Verdict verdict = deps_.validator.validate(*claim, stopping_.get_token());
  if (stopping_.stop_requested()) return refusal(unavailable, "this validator stops");
  deps_.log.info("looked", {{"request", request.peer.request_id},
                            {"client", client},
                            {"name", claim->identifier.value},
                            {"method", claim->method},
                            {"error", verdict.problem ? verdict.problem->detail.printable() : ""},
                            {"cause", verdict.for_operator}});
  return answer(ok, to_json(verdict));
}

}  // namespace crest::ca::va
