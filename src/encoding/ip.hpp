// An IpAddress is 4 or 16 octets; its text is canonical (RFC 1123, RFC 5952).
#pragma once

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace crest::encoding {

class IpAddress {
 public:
  static Result<IpAddress> parse(std::string_view text);  // any valid text without zone id; error: malformed
  static Result<IpAddress> from_octets(ByteView octets);

  bool is_v4() const { return octets_.size() == 4; }
  const Bytes& octets() const { return octets_; }
  std::string str() const;
  // The IPv4 address inside ::ffff:a.b.c.d, ::a.b.c.d, 6to4 (2002::/16) or NAT64 (64:ff9b::/96), else itself.
  IpAddress unmapped() const;
  std::string reverse_name() const;  // "10.2.0.192.in-addr.arpa", no trailing dot (RFC 8738 section 6)
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Bytes octets_;
};

// "10.0.0.0/8"; a bare address is a network of one.
class IpNetwork {
 public:
  static Result<IpNetwork> parse(std::string_view text);  // error: malformed
  bool contains(const IpAddress& address) const;          // an address of the other family: false
  std::string str() const;

 private:
  Bytes octets_;
  unsigned prefix_ = 0;
};

}  // namespace crest::encoding
