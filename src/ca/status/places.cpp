#include "ca/status/places.hpp"

#include <bit>
#include <charconv>

namespace crest::ca::status {
namespace {

constexpr std::size_t octet_digits = 2;

}  // namespace

std::uint32_t part_of(std::string_view serial, std::uint32_t parts) {
  if (parts < 2) return full_list;
  const auto last = serial.substr(serial.size() - std::min(serial.size(), octet_digits));
  std::uint32_t octet = 0;
  std::from_chars(last.data(), last.data() + last.size(), octet, 16);
  return parts + octet % parts;
}

std::uint32_t parts_with(std::uint32_t part) {
  const std::uint32_t parts = std::bit_floor(part);
  return parts >= 2 && parts <= crl_parts_most ? parts : 0;
}

std::string Places::crl(std::string_view issuer, std::uint32_t part) const {
  const std::string list = base_ + "/crl/" + std::string(issuer);
  return (part == full_list ? list : list + '/' + std::to_string(part)) + ".crl";
}

x509::StatusPlaces places_in(const Options& options, std::string_view issuer, std::string_view serial) {
  if (!options.is_on()) return {};
  const Places places(options.url);
  return {.ca_issuers = places.issuer(issuer),
          .ocsp = places.ocsp(),
          .crl = places.crl(issuer, part_of(serial, options.crl_parts))};
}

}  // namespace crest::ca::status
