#include "acme/order.hpp"

#include "acme/members.hpp"
#include "acme/problem.hpp"
#include "acme/status_words.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

Result<std::vector<Identifier>> identifiers_member(const JsonReader& reader) {
  const Json::Array* items = TRY(reader.array("identifiers"));
  std::vector<Identifier> out;
  if (!items) return out;
  for (const Json& item : *items) {
    Identifier identifier =
        TRY(identifier_from_json(item, reader.path_of("identifiers") + "[" + std::to_string(out.size()) + "]"));
    out.push_back(std::move(identifier));
  }
  return out;
}

}  // namespace

Json to_json(const Order& order) {
  Json json = Json::object();
  json.set("status", to_string(order.status));
  if (order.expires) json.set("expires", to_rfc3339(*order.expires));
  Json identifiers = Json::array();
  for (const Identifier& identifier : order.identifiers) identifiers.push(to_json(identifier));
  json.set("identifiers", std::move(identifiers));
  if (order.not_before) json.set("notBefore", to_rfc3339(*order.not_before));
  if (order.not_after) json.set("notAfter", to_rfc3339(*order.not_after));
  if (order.profile) json.set("profile", *order.profile);
  if (order.replaces) json.set("replaces", *order.replaces);
  if (order.error) json.set("error", to_json(*order.error));
  json.set("authorizations", Json::strings(order.authorizations));
  if (!order.finalize.empty()) json.set("finalize", order.finalize);
  if (order.certificate) json.set("certificate", *order.certificate);
  return json;
}

Result<Order> order_from_json(const Json& json) {
  const JsonReader reader = TRY(JsonReader::of(json));
  Order order;
  order.status = TRY(word_member(reader, "status", order_words));
  order.expires = TRY(reader.optional_time("expires"));
  order.identifiers = TRY(identifiers_member(reader));
  order.not_before = TRY(reader.optional_time("notBefore"));
  order.not_after = TRY(reader.optional_time("notAfter"));
  order.error = problem_member(reader, "error");
  order.authorizations = TRY(url_members(reader, "authorizations"));
  const auto finalize = TRY(optional_url_member(reader, "finalize"));
  order.finalize = finalize.value_or("");
  order.certificate = TRY(optional_url_member(reader, "certificate"));
  order.profile = TRY(reader.optional_string("profile"));
  order.replaces = TRY(reader.optional_string("replaces"));
  return order;
}

}  // namespace crest::acme
