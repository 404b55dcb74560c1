// A Url is an http or https URL taken apart; userinfo and fragments are refused, since no ACME URL has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace crest::encoding {

struct Url {
  static constexpr std::size_t length_max = 2048;

  std::string scheme;      // "https", lower case
  std::string host;        // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  // the scheme's own when none was written
  std::string target;      // path and query as written, "/" at least

  static Result<Url> parse(std::string_view text);  // error: malformed
  bool is_https() const { return scheme == "https"; }
  std::string authority() const;  // "host", "host:8443", "[2001:db8::1]:8443"
  std::string str() const;
};

// `reference` (absolute, "//host/..", "/path" or "path") against `base` (RFC 3986 section 5.2). Error: malformed.
Result<std::string> resolve(std::string_view base, std::string_view reference);

}  // namespace crest::encoding
