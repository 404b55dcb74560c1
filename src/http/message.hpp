// Request and Response are values: no socket, no stream. One pair of interfaces serves both ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/call.hpp"
#include "core/result.hpp"

namespace crest::http {

// An ordered list of fields; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);                // replaces all of that name
  std::optional<std::string_view> get(std::string_view name) const;  // the first; a view into *this
  std::vector<std::string_view> all(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

bool equal_no_case(std::string_view a, std::string_view b);

struct Peer {                   // filled in by the listener; empty on the client's side
  std::string address;          // "192.0.2.1" or "2001:db8::1", never a name
  std::string certificate_der;  // verified client certificate, or ""
  std::string request_id;       // unique per request, for logs
};

// The one limit on what a client may send (SF60): the listener takes no longer body, and nothing behind it expects one.
inline constexpr std::size_t request_bytes_max = 50'000;

struct Request {
  std::string method = "GET";
  std::string url;  // client: absolute; service: the target as received ("/acme/corp/directory")
  Headers headers;
  std::string body;
  Peer peer;
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
  std::string final_url;  // where a followed redirect ended; "" when none was followed
};

}  // namespace crest::http
