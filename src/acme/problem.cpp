#include "acme/problem.hpp"

#include <algorithm>
#include <iterator>

#include "acme/problem_rows.hpp"
#include "encoding/url.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

constexpr std::string_view prefix = "urn:ietf:params:acme:error:", blank = "about:blank";
constexpr std::size_t type_chars_max = 256, detail_chars_max = 2000, algorithms_max = 32, algorithm_chars_max = 32;
constexpr std::size_t subject_type_chars_max = 64, subject_value_chars_max = 512;

bool is_plain(std::string_view text, std::size_t chars_max) {  // visible ASCII: safe wherever it is printed
  return !text.empty() && text.size() <= chars_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string text_member(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  const std::string* text = member ? member->as_string() : nullptr;
  return text ? *text : std::string();
}

int status_member(const Json& json) {
  const Json* member = json.find("status");
  const std::int64_t* status = member ? member->as_int() : nullptr;
  return status && *status >= 100 && *status <= 599 ? static_cast<int>(*status) : 0;
}

std::optional<Problem::Subject> subject_member(const Json& json) {
  const Json* member = json.find("identifier");
  if (!member) return std::nullopt;
  Problem::Subject subject{.type = text_member(*member, "type"), .value = text_member(*member, "value")};
  if (subject.type.size() > subject_type_chars_max || subject.value.size() > subject_value_chars_max)
    return std::nullopt;
  if (subject.value.empty()) return std::nullopt;
  return subject;
}

std::vector<std::string> algorithms_member(const Json& json) {
  std::vector<std::string> names;
  const Json* member = json.find("algorithms");
  const Json::Array* items = member ? member->as_array() : nullptr;
  if (!items) return names;
  for (const Json& item : *items) {
    const std::string* name = item.as_string();
    if (name && names.size() < algorithms_max && is_plain(*name, algorithm_chars_max)) names.push_back(*name);
  }
  return names;
}

Problem flat_problem(const Json& json) {  // all but the subproblems
  Problem problem;
  problem.type = text_member(json, "type");
  if (!is_plain(problem.type, type_chars_max)) problem.type = blank;
  std::string detail = text_member(json, "detail");
  if (detail.empty()) detail = text_member(json, "title");
  problem.detail = Untrusted(std::move(detail));
  problem.status = status_member(json);
  std::string instance = text_member(json, "instance");
  if (instance.size() <= encoding::Url::length_max) problem.instance = Untrusted(std::move(instance));
  problem.algorithms = algorithms_member(json);
  return problem;
}

// What goes out is clean: a detail may quote what a client sent.
Json flat_json(const Problem& problem) {
  Json json = Json::object();
  json.set("type", problem.type.empty() ? std::string(blank) : problem.type);
  if (!problem.detail.empty()) json.set("detail", problem.detail.printable(detail_chars_max));
  if (problem.status != 0) json.set("status", problem.status);
  if (!problem.instance.empty()) json.set("instance", problem.instance.printable(encoding::Url::length_max));
  if (!problem.algorithms.empty()) json.set("algorithms", Json::strings(problem.algorithms));
  return json;
}

Json subproblem_json(const Problem& problem) {
  Json json = flat_json(problem);
  if (!problem.identifier) return json;
  Json subject = Json::object();
  subject.set("type", Untrusted(problem.identifier->type).printable(subject_type_chars_max));
  subject.set("value", Untrusted(problem.identifier->value).printable(subject_value_chars_max));
  json.set("identifier", std::move(subject));
  return json;
}

}  // namespace

const ProblemRow& problem_row(ProblemType type) {
  return *std::find_if(problem_rows.begin(), problem_rows.end(),
                       [=](const ProblemRow& row) { return row.type == type; });
}

std::string_view to_string(ProblemType type) { return problem_row(type).word; }
int default_status(ProblemType type) { return problem_row(type).status; }

std::optional<ProblemType> problem_type(const Problem& problem) {
  const std::string_view word = problem.acme_word();
  const auto row =
      std::find_if(problem_rows.begin(), problem_rows.end(), [=](const ProblemRow& r) { return r.word == word; });
  return row == problem_rows.end() ? std::nullopt : std::optional(row->type);
}

Problem make_problem(ProblemType type, std::string detail, int status) {
  Problem problem;
  problem.type = std::string(prefix) + std::string(to_string(type));
  problem.detail = Untrusted(std::move(detail));
  problem.status = status != 0 ? status : default_status(type);
  return problem;
}

Json to_json(const Problem& problem) {
  Json json = flat_json(problem);
  if (problem.subproblems.empty()) return json;
  Json subproblems = Json::array();
  for (const Problem& sub : problem.subproblems) subproblems.push(subproblem_json(sub));
  json.set("subproblems", std::move(subproblems));
  return json;
}

Result<Problem> problem_from_json(const Json& json) {
  if (!json.as_object()) return make_error(ErrorKind::malformed, "a problem document must be a JSON object");
  Problem problem = flat_problem(json);
  const Json* member = json.find("subproblems");
  const Json::Array* items = member ? member->as_array() : nullptr;
  if (!items) return problem;
  for (const Json& item : *items) {  // those of a subproblem are not read: nothing here calls itself
    if (problem.subproblems.size() >= subproblems_max) break;
    if (!item.as_object()) continue;
    Problem sub = flat_problem(item);
    sub.identifier = subject_member(item);
    problem.subproblems.push_back(std::move(sub));
  }
  return problem;
}

Error rejection(Problem problem) {
  Error error = make_error(ErrorKind::ca_protocol, "the request is refused as " + problem.type);
  error.problem = std::make_shared<const Problem>(std::move(problem));
  return error;
}

Error rejection(ProblemType type, std::string detail, int status) {
  return rejection(make_problem(type, std::move(detail), status));
}

}  // namespace crest::acme
