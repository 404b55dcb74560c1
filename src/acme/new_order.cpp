#include <algorithm>

#include "acme/members.hpp"
#include "acme/order.hpp"
#include "acme/problem.hpp"
#include "acme/renewal_info.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

struct RequestedName {
  std::string type, value;
  std::optional<std::string> ancestor;
};

Result<std::vector<RequestedName>> requested_names(const JsonReader& reader) {
  const Json::Array* items = TRY(reader.array("identifiers"));
  if (!items || items->empty()) {
    return make_error(ErrorKind::malformed, "at least one identifier is needed", reader.path_of("identifiers"));
  }
  if (items->size() > identifiers_max) {
    return make_error(ErrorKind::malformed, "at most " + std::to_string(identifiers_max) + " identifiers are allowed",
                      reader.path_of("identifiers"));
  }
  std::vector<RequestedName> names;
  for (const Json& item : *items) {
    const JsonReader entry = TRY(JsonReader::of(item, "identifiers[" + std::to_string(names.size()) + "]"));
    std::string type = TRY(entry.string("type"));
    std::string value = TRY(entry.string("value"));
    auto ancestor = TRY(entry.optional_string("ancestorDomain"));
    names.push_back({std::move(type), std::move(value), std::move(ancestor)});
  }
  return names;
}

ProblemType fault_type(std::string_view identifier_type) {
  if (is_unsupported_type(identifier_type)) return ProblemType::unsupportedIdentifier;
  // An address has one right text, so another one is bad syntax; a name that breaks a rule is one we never issue for.
  return identifier_type == to_string(IdentifierType::ip) ? ProblemType::malformed : ProblemType::rejectedIdentifier;
}

Problem about(const RequestedName& name, const Error& error) {
  Problem problem = make_problem(fault_type(name.type), error.message);
  problem.identifier = Problem::Subject{.type = name.type, .value = name.value};
  return problem;
}

Error identifiers_refused(std::vector<Problem> faults) {
  const bool alike = std::all_of(faults.begin(), faults.end(),
                                 [&](const Problem& fault) { return fault.type == faults.front().type; });
  const ProblemType type = alike ? *problem_type(faults.front()) : ProblemType::compound;
  Problem problem = make_problem(type, "no certificate can be issued for " + std::to_string(faults.size()) +
                                           " of the identifiers: " + faults.front().detail.raw());
  problem.subproblems = std::move(faults);
  return rejection(std::move(problem));
}

Result<std::vector<Identifier>> checked_identifiers(const std::vector<RequestedName>& names) {
  std::vector<Identifier> identifiers;
  std::vector<Problem> faults;
  for (const RequestedName& name : names) {
    auto identifier = identifier_from_wire(name.type, name.value);
    if (!identifier) {
      faults.push_back(about(name, identifier.error()));
    } else if (std::find(identifiers.begin(), identifiers.end(), *identifier) == identifiers.end()) {
      identifiers.push_back(*std::move(identifier));
    }
  }
  if (!faults.empty()) return identifiers_refused(std::move(faults));
  return identifiers;
}

Result<std::map<Identifier, Identifier>> ancestors_of(const std::vector<RequestedName>& names) {
  std::map<Identifier, Identifier> ancestors;
  for (const RequestedName& name : names) {
    if (!name.ancestor) continue;
    const Identifier identifier = TRY(identifier_from_wire(name.type, name.value));
    auto ancestor = identifier_from_wire(to_string(IdentifierType::dns), *name.ancestor);
    if (!ancestor) return std::move(ancestor).error().at("ancestorDomain");
    if (!is_at_or_below(identifier, *ancestor))
      return make_error(ErrorKind::malformed, identifier.value + " is not below it", "ancestorDomain");
    ancestors.emplace(identifier, *std::move(ancestor));
  }
  return ancestors;
}

// Everything but the identifiers. Error: malformed.
Result<NewOrder> read_terms(const JsonReader& reader) {
  NewOrder order;
  order.not_before = TRY(reader.optional_time("notBefore"));
  order.not_after = TRY(reader.optional_time("notAfter"));
  order.profile = TRY(reader.optional_string("profile"));
  order.replaces = TRY(reader.optional_string("replaces"));
  if (order.not_before && order.not_after && *order.not_after <= *order.not_before) {
    return make_error(ErrorKind::malformed, "notAfter is not later than notBefore");
  }
  if (order.profile && order.profile->size() > profile_chars_max) {
    return make_error(ErrorKind::malformed, "it is longer than any profile's name", "profile");
  }
  if (order.replaces) {
    auto id = CertId::parse(*order.replaces);
    if (!id) return std::move(id).error().at("replaces");
  }
  return order;
}

}  // namespace

Json to_json(const NewOrder& request) {
  Json json = Json::object();
  Json identifiers = Json::array();
  for (const Identifier& identifier : request.identifiers) {
    Json entry = to_json(identifier);
    const auto ancestor = request.ancestors.find(identifier);
    if (ancestor != request.ancestors.end()) entry.set("ancestorDomain", ancestor->second.value);
    identifiers.push(std::move(entry));
  }
  json.set("identifiers", std::move(identifiers));
  if (request.not_before) json.set("notBefore", to_rfc3339(*request.not_before));
  if (request.not_after) json.set("notAfter", to_rfc3339(*request.not_after));
  if (request.profile) json.set("profile", *request.profile);
  if (request.replaces) json.set("replaces", *request.replaces);
  return json;
}

Result<NewOrder> new_order_from_json(const Json& json) {
  const auto reader = JsonReader::of(json);
  if (!reader) return as_rejection(reader.error());
  const auto names = requested_names(*reader);
  if (!names) return as_rejection(names.error());
  auto order = read_terms(*reader);
  if (!order) return as_rejection(order.error());
  order->identifiers = TRY(checked_identifiers(*names));
  auto ancestors = ancestors_of(*names);
  if (!ancestors) return as_rejection(ancestors.error());
  order->ancestors = *std::move(ancestors);
  return order;
}

}  // namespace crest::acme
