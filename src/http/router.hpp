// A Router finds the handler for a method and a path like "/acme/{ca}/order/{id}", and tells an unknown path (404)
// from a known path with another method (405).
#pragma once

#include <functional>

#include "http/transport.hpp"

namespace crest::http {

// What stood in the {name} segments: as received, percent signs and all. Views into the request's target.
class PathValues {
 public:
  std::string_view get(std::string_view name) const;  // "" when the pattern has no such segment

 private:
  friend class Router;
  std::vector<std::pair<std::string_view, std::string_view>> values_;
};

class Router final : public Service {
 public:
  using Handler = std::function<Response(const Request&, const PathValues&)>;

  struct Match {
    int status = 404;                  // 200: there is a handler; 404; 405
    const Handler* handler = nullptr;  // lives as long as the Router
    PathValues values;
    std::string allow;  // what the path answers to: "GET, HEAD, POST"; with 405 only
  };

  // A pattern starts with "/"; each {name} stands for one whole segment that is not empty. Of several patterns that
  // match, the one added first wins. HEAD goes to GET's handler when it has none of its own; the listener drops the
  // body. Throws std::invalid_argument for a pattern that cannot be. Add all before the first match.
  void add(std::string method, std::string_view pattern, Handler handler);

  // `target` as received: path, perhaps with a query, which plays no part. Does not block; thread-safe.
  Match match(std::string_view method, std::string_view target) const;

  // Runs the handler, or answers 404 or 405 with nothing but Allow. Blocks as the handler does.
  Response handle(const Request& request) override;

 private:
  struct Segment {
    std::string text;  // the literal, or the name
    bool is_name = false;
  };
  struct Route {
    std::string method;
    std::vector<Segment> segments;
    Handler handler;
  };
  static bool matches(const Route& route, const std::vector<std::string_view>& segments);
  std::string methods_of(const std::vector<std::string_view>& segments) const;

  std::vector<Route> routes_;
};

}  // namespace crest::http
