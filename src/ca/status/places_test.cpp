#include "ca/status/places.hpp"

#include <gtest/gtest.h>

namespace crest::ca::status {
namespace {

TEST(Places, APartSaysAmongHowManyItIsOne) {
  EXPECT_EQ(part_of("40aa", 0), full_list);
  EXPECT_EQ(part_of("40aa", 1), full_list);
  EXPECT_EQ(part_of("4000", 4), 4u);
  EXPECT_EQ(part_of("4007", 4), 7u);
  EXPECT_EQ(part_of("4007", 8), 15u);
  EXPECT_EQ(part_of("40ff", 256), 511u);
  EXPECT_EQ(part_of("7", 2), 3u);
  EXPECT_EQ(part_of("", 2), 2u);
  for (std::uint32_t parts = 2; parts <= crl_parts_most; parts *= 2) {
    for (std::uint32_t part = parts; part < 2 * parts; ++part) EXPECT_EQ(parts_with(part), parts);
  }
  for (const std::uint32_t none : {0u, 1u, 512u, 4096u}) EXPECT_EQ(parts_with(none), 0u) << none;
}

TEST(Places, WhatACertificateNames) {
  EXPECT_EQ(places_in({}, "ab", "4007"), x509::StatusPlaces{});
  Options options{.url = "http://ca.corp.example:9080"};
  EXPECT_EQ(places_in(options, "ab", "4007"),
            (x509::StatusPlaces{"http://ca.corp.example:9080/issuer/ab.crt", "http://ca.corp.example:9080/ocsp",
                                "http://ca.corp.example:9080/crl/ab.crl"}));
  options.crl_parts = 4;
  EXPECT_EQ(places_in(options, "ab", "4007").crl, "http://ca.corp.example:9080/crl/ab/7.crl");
}

}  // namespace
}  // namespace crest::ca::status
