// Which redirects a validation follows (HTTP-03, HTTP-04, SF40). Pure.
#pragma once

#include <set>
#include <string>
#include <variant>

#include "encoding/url.hpp"
#include "http/message.hpp"

namespace crest::ca::va {

inline constexpr int redirects_max = 10;
inline constexpr std::size_t redirect_target_max = 2000;

bool is_redirect(int status);  // 301, 302, 307, 308

// The way a validation went so far.
class Trail {
 public:
  explicit Trail(std::uint16_t http_port) : http_port_(http_port) {}

  // Where `response` to `current` leads, or why it is not followed: our words only, nothing that a server sent (SF45).
  // http and https, ports 80 and 443 and the configured one, no place twice, at most ten.
  std::variant<encoding::Url, std::string> follow(const encoding::Url& current, const http::Response& response);

 private:
  std::uint16_t http_port_;
  std::set<std::string> visited_;
  int count_ = 0;
};

}  // namespace crest::ca::va
