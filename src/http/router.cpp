#include "http/router.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace crest::http {
namespace {

constexpr std::size_t target_max = 2048;
constexpr std::size_t segments_max = 32;

// "/a/b" is "a", "b"; "/" is one empty segment. Nothing when it is no path or too long for any pattern.
std::optional<std::vector<std::string_view>> split(std::string_view path) {
  if (!path.starts_with('/') || path.size() > target_max) return std::nullopt;
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    if (out.size() == segments_max) return std::nullopt;
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

bool answers(std::string_view route_method, std::string_view method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

}  // namespace

std::string_view PathValues::get(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return {};
}

void Router::add(std::string method, std::string_view pattern, Handler handler) {
  const auto parts = split(pattern);
  if (!parts || method.empty() || !handler) throw std::invalid_argument("not a route: " + std::string(pattern));
  Route route{.method = std::move(method), .segments = {}, .handler = std::move(handler)};
  for (const std::string_view part : *parts) {
    const bool is_name = part.size() > 2 && part.starts_with('{') && part.ends_with('}');
    if (!is_name && part.find_first_of("{}") != std::string_view::npos) {
      throw std::invalid_argument("not a route: " + std::string(pattern));
    }
    route.segments.push_back({std::string(is_name ? part.substr(1, part.size() - 2) : part), is_name});
  }
  routes_.push_back(std::move(route));
}

bool Router::matches(const Route& route, const std::vector<std::string_view>& segments) {
  return std::equal(route.segments.begin(), route.segments.end(), segments.begin(), segments.end(),
                    [](const Segment& pattern, std::string_view found) {
                      return pattern.is_name ? !found.empty() : pattern.text == found;
                    });
}

std::string Router::methods_of(const std::vector<std::string_view>& segments) const {
  std::set<std::string_view> methods;
  for (const Route& route : routes_) {
    if (!matches(route, segments)) continue;
    methods.insert(route.method);
    if (route.method == "GET") methods.insert("HEAD");
  }
  std::string out;
  for (const std::string_view method : methods) out += (out.empty() ? "" : ", ") + std::string(method);
  return out;
}

Router::Match Router::match(std::string_view method, std::string_view target) const {
  Match out;
  const auto segments = split(target.substr(0, target.find('?')));
  if (!segments) return out;
  const Route* found = nullptr;
  for (const Route& route : routes_) {
    const bool better = !found || (found->method != method && route.method == method);
    if (better && answers(route.method, method) && matches(route, *segments)) found = &route;
  }
  if (!found) {
    out.allow = methods_of(*segments);
    if (!out.allow.empty()) out.status = 405;
    return out;
  }
  out.status = 200;
  out.handler = &found->handler;
  for (std::size_t i = 0; i < segments->size(); ++i) {
    if (found->segments[i].is_name) out.values.values_.emplace_back(found->segments[i].text, (*segments)[i]);
  }
  return out;
}

Response Router::handle(const Request& request) {
  const Match found = match(request.method, request.url);
  if (found.handler) return (*found.handler)(request, found.values);
  Response response;
  response.status = found.status;
  if (found.status == 405) response.headers.add("Allow", found.allow);
  return response;
}

}  // namespace crest::http
