// Where everything about a certificate's status is: the paths, and the URLs that stand in certificates. Pure.
//
// The number of a part says among how many it is one: of 4 parts there are the numbers 4 to 7, of 8 parts 8 to 15. So a
// certificate's part stays what it was when another number of parts is set, and the lists of before go on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ca/status/options.hpp"
#include "x509/status_places.hpp"

namespace crest::ca::status {

inline constexpr std::uint32_t full_list = 0;

// The part that a serial number (hex) belongs to; full_list when there are no parts.
std::uint32_t part_of(std::string_view serial, std::uint32_t parts);
// Among how many `part` is one; 0 for the full list and for what is no part.
std::uint32_t parts_with(std::uint32_t part);

class Places {
 public:
  explicit Places(std::string base) : base_(std::move(base)) {}

  std::string crl(std::string_view issuer, std::uint32_t part) const;
  std::string ocsp() const { return base_ + "/ocsp"; }
  std::string issuer(std::string_view issuer) const { return base_ + "/issuer/" + std::string(issuer) + ".crt"; }

 private:
  std::string base_;
};

// What a certificate with this serial number (hex) names; nothing when the status is not told.
x509::StatusPlaces places_in(const Options& options, std::string_view issuer, std::string_view serial);

}  // namespace crest::ca::status
