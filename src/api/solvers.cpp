#include "api/solvers.hpp"

#include "encoding/json.hpp"

namespace crest::api {
namespace {

using encoding::Json;

constexpr std::string_view kind = "http01";
const Http01Place otherwise{.listen = ":80", .webroot = {}};

Json to_json(const Http01Place& place) {
  return Json::object().set("listen", place.listen).set("webroot", place.webroot);
}

Result<Http01Place> place_from_json(const Json& json) {
  const encoding::JsonReader reader = TRY(encoding::JsonReader::of(json, "http01"));
  Http01Place place;
  place.listen = TRY(reader.string("listen"));
  place.webroot = TRY(reader.string("webroot"));
  return place;
}

}  // namespace

Result<std::optional<Http01Place>> place_of(client::Vault& vault, const std::string& name) {
  const std::optional<Json> kept = TRY(vault.get(kind, name));
  if (!kept) return std::optional<Http01Place>();
  auto place = place_from_json(*kept);
  if (!place) return std::move(place).error().as(ErrorKind::storage).at(std::string(kind) + "/" + name);
  return std::optional<Http01Place>(*std::move(place));
}

Result<void> keep_place(client::Vault& vault, const std::string& name, const Http01Place& place) {
  const auto kept = place_of(vault, name);
  if (kept && *kept && **kept == place) return {};
  return vault.put(kind, name, to_json(place));
}

Result<Http01Solver*> Solvers::of(const std::string& name) {
  if (given_ != nullptr) return given_;
  const std::optional<Http01Place> kept = TRY(place_of(vault_, name));
  const Http01Place& place = kept ? *kept : otherwise;
  std::unique_ptr<Http01Solver>& solver = opened_[place.webroot.empty() ? place.listen : "files " + place.webroot];
  if (!solver) solver = TRY(Http01Solver::open(place));
  return solver.get();
}

}  // namespace crest::api
