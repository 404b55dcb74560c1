#include "ca/web/resources.hpp"
#include "ca/web/responses.hpp"
#include "ca/web/views.hpp"

namespace crest::ca::web {
namespace {

constexpr const char* processing_retry_seconds = "3";

http::Response order_response(int status, const ra::OrderNow& order, const Urls& urls) {
  auto response = json_response(status, acme::to_json(view(order, urls)));
  response.headers.add("Location", urls.order(order.row.id));
  if (order.status == acme::OrderStatus::processing) response.headers.add("Retry-After", processing_retry_seconds);
  return response;
}

Result<http::Response> create(const SignedRequest& call, const Parts& parts) {
  const auto payload = TRY(json_payload(call.caller));
  const auto request = TRY(acme::new_order_from_json(payload));
  const auto order = TRY(parts.orders.create(*call.caller.account, request, call.now));
  return order_response(201, order, parts.urls);
}

Result<http::Response> read(const SignedRequest& call, const Parts& parts) {
  TRY(must_be_reading(call.caller));
  const std::string id(call.path.get("order"));
  const auto order = TRY(parts.orders.find(call.caller.account->id, id, call.now));
  return order_response(200, order, parts.urls);
}

Result<http::Response> finalize(const SignedRequest& call, const Parts& parts) {
  const auto payload = TRY(json_payload(call.caller));
  const auto request = TRY(acme::finalize_from_json(payload));
  const std::string id(call.path.get("order"));
  const auto order = TRY(parts.orders.finalize(*call.caller.account, id, request, call.now));
  return order_response(200, order, parts.urls);
}

}  // namespace

void add_order_routes(Edge& edge, const Parts& parts) {
  edge.post("/new-order", SignedBy::account, [parts](const SignedRequest& call) { return create(call, parts); });
  edge.post("/order/{order}", SignedBy::account, [parts](const SignedRequest& call) { return read(call, parts); });
  edge.post("/order/{order}/finalize", SignedBy::account,
            [parts](const SignedRequest& call) { return finalize(call, parts); });
}

}  // namespace crest::ca::web
