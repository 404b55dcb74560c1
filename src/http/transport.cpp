#include "http/transport.hpp"

#include "encoding/url.hpp"

namespace crest::http {

Result<Response> capped(Response response, const Call& call, const std::string& url) {
  if (response.body.size() > call.body_bytes_max && call.body_stops_at_cap) response.body.resize(call.body_bytes_max);
  if (response.body.size() > call.body_bytes_max) {
    const std::string most = std::to_string(call.body_bytes_max);
    return make_error(ErrorKind::response_too_large, "the answer is longer than " + most + " octets", url);
  }
  std::size_t header_bytes = 0;
  for (const Headers::Field& field : response.headers.fields())
    header_bytes += field.first.size() + field.second.size();
  if (header_bytes > call.header_bytes_max || response.headers.fields().size() > call.header_count_max) {
    return make_error(ErrorKind::response_too_large, "the answer has too many or too long header fields", url);
  }
  return response;
}

Result<Response> Loopback::send(const Request& request, const Call& call) {
  if (call.stop.stop_requested())
    return make_error(ErrorKind::timeout, "stopped before the request was sent", request.url);
  auto url = encoding::Url::parse(request.url);
  if (!url) return std::move(url).error().as(ErrorKind::ca_protocol);
  Request arriving = request;
  arriving.url = url->target;
  arriving.headers.set("Host", url->authority());
  arriving.peer = {.address = peer_address_, .request_id = "loopback-" + std::to_string(++requests_)};
  Response response = service_.handle(arriving);
  if (request.method == "HEAD") response.body.clear();
  if (call.connected) *call.connected = true;
  return capped(std::move(response), call, request.url);
}

}  // namespace crest::http
