#include "encoding/url.hpp"

#include <vector>

#include "encoding/ip.hpp"

namespace crest::encoding {
namespace {

constexpr std::size_t host_max = 253;
constexpr std::size_t label_max = 63;
constexpr std::uint16_t https_port = 443;
constexpr std::uint16_t http_port = 80;

Error broken(std::string_view why) { return make_error(ErrorKind::malformed, "not a usable URL: " + std::string(why)); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? https_port : http_port; }

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > label_max || label.front() == '-' || label.back() == '-') return false;
  for (const char c : label) {
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_') return false;
  }
  return true;
}

// Whether old resolvers would read this last label as (part of) an IPv4 address in another notation.
bool looks_numeric(std::string_view label) {
  if (label.starts_with("0x") || label.starts_with("0X")) return true;
  for (const char c : label) {
    if (!is_digit(c)) return false;
  }
  return true;
}

Result<std::string> parse_host(std::string_view text) {
  if (text.starts_with('[')) {
    if (text.size() < 2 || !text.ends_with(']')) return broken("an IPv6 address without its closing bracket");
    const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
    if (!address || address->is_v4()) return broken("what is in brackets is no IPv6 address");
    return address->str();
  }
  if (text.empty()) return broken("it names no host");
  if (text.size() > host_max) return broken("the host name is too long");
  std::string_view rest = text;
  std::string_view label;
  while (true) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!is_label(label)) return broken("the host is neither a name nor an address");
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (looks_numeric(label) && !IpAddress::parse(text)) return broken("the host is a number but no IPv4 address");
  return lower(text);
}

Result<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text[0] == '0') return broken("the port is not a number from 1 to 65535");
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return broken("the port is not a number from 1 to 65535");
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 65535) return broken("the port is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(value);
}

bool is_target_character(char c) {
  constexpr std::string_view marks = "-._~!$&'()*+,;=:@/?";
  return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos;
}

Result<void> check_target(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] == '#') return broken("a fragment (#...) has no meaning here");
    if (target[i] == '%') {
      if (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2])) {
        return broken("a % that is not followed by two hexadecimal digits");
      }
      i += 2;
    } else if (!is_target_character(target[i])) {
      return broken("a character that must be written as %xx");
    }
  }
  return {};
}

// Where "host:port" ends in `text`, which starts behind "://".
std::size_t authority_end(std::string_view text) {
  const std::size_t end = text.find_first_of("/?#");
  return end == std::string_view::npos ? text.size() : end;
}

// ":" before any "/" or "?" ends a scheme.
bool has_scheme(std::string_view reference) {
  const std::size_t mark = reference.find_first_of(":/?#");
  return mark != std::string_view::npos && reference[mark] == ':';
}

// RFC 3986 section 5.2.4, by segments. `path` starts with "/".
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;  // whether the result ends in "/"
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(segment);
  }
  std::string out;
  for (const std::string_view segment : kept) (out += '/') += segment;
  if (folder || out.empty()) out += '/';
  return out;
}

// The path and query of `reference`, which has neither scheme nor authority, seen from `base_target`.
std::string merge(std::string_view base_target, std::string_view reference) {
  const std::string_view base_path = base_target.substr(0, base_target.find('?'));
  const std::size_t query = std::min(reference.find('?'), reference.size());
  const std::string_view path = reference.substr(0, query);
  if (path.empty()) return std::string(base_path) + std::string(reference.substr(query));
  std::string merged(path);
  if (!path.starts_with('/')) merged = std::string(base_path.substr(0, base_path.rfind('/') + 1)) + merged;
  return remove_dot_segments(merged) + std::string(reference.substr(query));
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > length_max) return broken("it is longer than " + std::to_string(length_max) + " characters");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return broken("it does not start with https://");
  Url url;
  url.scheme = lower(text.substr(0, colon));
  if (url.scheme != "https" && url.scheme != "http") return broken("only https and http are spoken here");
  text.remove_prefix(colon + 3);
  const std::string_view authority = text.substr(0, authority_end(text));
  text.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) return broken("a user name or password (user@host) is refused");
  const std::size_t bracket = authority.starts_with('[') ? std::min(authority.find(']'), authority.size()) : 0;
  const std::size_t port = std::min(authority.find(':', bracket), authority.size());
  url.host = TRY(parse_host(authority.substr(0, port)));
  url.port = default_port(url.scheme);
  if (port < authority.size()) url.port = TRY(parse_port(authority.substr(port + 1)));
  TRY(check_target(text));
  url.target = text.starts_with('/') ? std::string(text) : "/" + std::string(text);
  return url;
}

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

std::string Url::str() const { return scheme + "://" + authority() + target; }

Result<std::string> resolve(std::string_view base, std::string_view reference) {
  const Url parsed = TRY(Url::parse(base));
  if (reference.size() > Url::length_max) return broken("the reference is too long");
  const std::size_t scheme_end = base.find("://");
  std::string whole;
  if (has_scheme(reference)) {
    whole = reference;  // as written: a signed request repeats a URL to the letter
  } else if (reference.starts_with("//")) {
    whole = std::string(base.substr(0, scheme_end + 1)) + std::string(reference);
  } else {
    const std::size_t origin = scheme_end + 3 + authority_end(base.substr(scheme_end + 3));
    whole = std::string(base.substr(0, origin)) + merge(parsed.target, reference);
    if (reference.empty()) whole = base;
  }
  TRY(Url::parse(whole));
  return whole;
}

}  // namespace crest::encoding
