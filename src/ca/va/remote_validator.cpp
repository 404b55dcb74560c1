#include "ca/va/remote_validator.hpp"

#include "ca/va/remote_codec.hpp"

namespace crest::ca::va {
namespace {

constexpr std::size_t excerpt_chars_max = 200;

}  // namespace

Result<Verdict> RemoteValidator::ask(const Claim& claim, std::stop_token stop) const {
  const http::Request request{.method = "POST",
                              .url = options_.url + path,
                              .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
                              .body = to_json(claim).dump()};
  Call call;
  call.total = call.idle = options_.timeout;  // not one octet comes before the validation has ended
  call.body_bytes_max = verdict_bytes_max;
  call.stop = std::move(stop);
  call.trust = options_.trust;
  call.identity = &options_.identity;
  const auto response = TRY(transport_.send(request, call));
  if (response.status != 200) {
    return make_error(
        ErrorKind::ca_protocol,
        "it answers " + std::to_string(response.status) + ": " + Untrusted(response.body).printable(excerpt_chars_max),
        options_.url);
  }
  auto verdict = verdict_from_json(response.body);
  if (verdict) return verdict;
  return make_error(ErrorKind::ca_protocol, "its answer is no verdict: " + verdict.error().message, options_.url);
}

}  // namespace crest::ca::va
