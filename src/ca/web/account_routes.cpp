#include "acme/problem.hpp"
#include "ca/web/resources.hpp"
#include "ca/web/responses.hpp"
#include "ca/web/views.hpp"
#include "http/link.hpp"

namespace crest::ca::web {
namespace {

using acme::ProblemType;

constexpr int conflict = 409;

http::Response account_response(int status, const store::AccountRow& row, const Urls& urls) {
  auto response = json_response(status, acme::to_json(view(row, urls)));
  response.headers.add("Location", urls.account(row.id));
  return response;
}

// An account reads and changes itself only, and learns nothing of others (ACC-15).
Result<void> must_be_own(const SignedRequest& call) {
  if (call.path.get("account") == call.caller.account->id) return {};
  return acme::rejection(ProblemType::unauthorized, "this is the URL of another account");
}

Result<http::Response> create(const SignedRequest& call, const Parts& parts) {
  const auto payload = TRY(json_payload(call.caller));
  const auto request = TRY(acme::new_account_from_json(payload));
  const auto found =
      TRY(parts.accounts.create({call.caller.key, request, call.caller.url, call.peer.address}, call.now));
  return account_response(found.is_new ? 201 : 200, found.row, parts.urls);
}

Result<http::Response> read_or_update(const SignedRequest& call, const Parts& parts) {
  TRY(must_be_own(call));
  if (call.caller.is_reading()) return account_response(200, *call.caller.account, parts.urls);
  const auto payload = TRY(json_payload(call.caller));
  const auto update = TRY(acme::account_update_from_json(payload));
  const bool changes = update.contact || update.deactivate;
  if (!changes) return account_response(200, *call.caller.account, parts.urls);
  const auto row = TRY(parts.accounts.update(call.caller.account->id, update, call.now));
  return account_response(200, row, parts.urls);
}

Result<http::Response> list_orders(const SignedRequest& call, const Parts& parts) {
  TRY(must_be_own(call));
  TRY(must_be_reading(call.caller));
  const auto& account = call.caller.account->id;
  const auto page = TRY(parts.orders.list(account, std::string(cursor_of(call.target)), call.now));
  encoding::Json urls = encoding::Json::array();
  for (const auto& id : page.orders) urls.push(parts.urls.order(id));
  encoding::Json body = encoding::Json::object();
  body.set("orders", std::move(urls));
  auto response = json_response(200, body);
  if (page.next) response.headers.add("Link", http::format_link(parts.urls.orders(account, *page.next), "next"));
  return response;
}

Result<http::Response> change_key(const SignedRequest& call, const Parts& parts) {
  TRY(json_payload(call.caller));  // KEY-02: an inner JWS, not an empty payload
  const auto change = TRY(acme::key_change_from_payload(call.caller.payload, call.caller.url));
  auto row = *call.caller.account;
  if (parts.urls.account_id(change.account_url) != row.id) {
    return acme::rejection(ProblemType::malformed, "the inner JWS names another account than the outer kid");
  }
  const auto owner = TRY(parts.accounts.change_key(row, change, call.now));
  if (!owner) return account_response(200, row, parts.urls);
  auto response =
      problem_response(acme::make_problem(ProblemType::malformed, "an account has the new key already", conflict));
  response.headers.add("Location", parts.urls.account(*owner));
  return response;
}

}  // namespace

void add_account_routes(Edge& edge, const Parts& parts) {
  edge.post("/new-account", SignedBy::key, [parts](const SignedRequest& call) { return create(call, parts); });
  edge.post("/account/{account}", SignedBy::account,
            [parts](const SignedRequest& call) { return read_or_update(call, parts); });
  edge.post("/account/{account}/orders", SignedBy::account,
            [parts](const SignedRequest& call) { return list_orders(call, parts); });
  edge.post("/key-change", SignedBy::account, [parts](const SignedRequest& call) { return change_key(call, parts); });
}

}  // namespace crest::ca::web
