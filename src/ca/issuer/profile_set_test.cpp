#include "ca/issuer/profile_set.hpp"

#include <gtest/gtest.h>

#include "acme/problem.hpp"

namespace crest::ca::issuer {
namespace {

std::vector<acme::Identifier> identifiers(const std::vector<std::string>& texts) {
  std::vector<acme::Identifier> out;
  for (const auto& text : texts) out.push_back(acme::identifier_from_user(text).value());
  return out;
}

ProfileSet three() {
  Profile plain, hosts{.name = "hosts", .description = "no addresses"}, addresses{.name = "addresses"};
  hosts.addresses = hosts.wildcards = false;
  addresses.hosts = addresses.wildcards = false;
  return ProfileSet::make({plain, hosts, addresses}, "hosts").value();
}

std::string refused(const Result<const Profile*>& chosen) {
  if (chosen) return "";
  const auto& problem = chosen.error().problem;
  const auto type = problem ? acme::problem_type(*problem) : std::nullopt;
  return type ? std::string(acme::to_string(*type)) : "no problem";
}

TEST(ProfileSet, PRO_02_PRO_03_WhatAnOrderGets) {
  const auto set = three();
  const struct {
    std::optional<std::string> asked;
    std::vector<std::string> names;
    const char* given;  // "" is refused
  } cases[] = {{{}, {"a.corp.example"}, "hosts"},
               {"default", {"a.corp.example", "10.0.0.1", "*.corp.example"}, "default"},
               {"hosts", {"a.corp.example", "b.corp.example"}, "hosts"},
               {"hosts", {"a.corp.example", "10.0.0.1"}, ""},
               {"hosts", {"*.corp.example"}, ""},
               {"addresses", {"10.0.0.1", "2001:db8::1"}, "addresses"},
               {"addresses", {"a.corp.example"}, ""},
               {{}, {"10.0.0.1"}, ""},
               {"Hosts", {"a.corp.example"}, ""},
               {"", {"a.corp.example"}, ""},
               {"default:", {"a.corp.example"}, ""},
               {std::string("\r\nhosts"), {"a.corp.example"}, ""}};
  for (const auto& [asked, names, given] : cases) {
    const auto chosen = set.chosen(asked, identifiers(names));
    EXPECT_EQ(chosen ? (*chosen)->name : "", given) << asked.value_or("none") << names.front();
    EXPECT_EQ(refused(chosen), *given == '\0' ? "invalidProfile" : "");
    EXPECT_TRUE(chosen || chosen.error().message.find('\n') == std::string::npos);
  }
}

TEST(ProfileSet, PRO_04_SF36_AnOrderKeepsItsProfileOrEnds) {
  const auto set = three();
  for (const auto& profile : set.all()) EXPECT_EQ(*set.pinned(profile.pin()), &profile);
  Profile longer{.life = 25h}, renamed{.name = "other"};
  for (const auto& gone : {longer.pin(), renamed.pin(), std::string("default"), std::string()}) {
    EXPECT_EQ(refused(set.pinned(gone)), "invalidProfile") << gone;
  }
}

TEST(ProfileSet, PRO_01_DescriptionsForTheDirectory) {
  const auto told = three().descriptions();
  EXPECT_EQ(told.size(), 3u);
  EXPECT_EQ(told.at("hosts"), "no addresses");
  EXPECT_EQ(told.at("default"), "valid for 1d");
}

TEST(ProfileSet, SetsThatCannotBeOffered) {
  EXPECT_FALSE(ProfileSet::make({}, "default"));
  EXPECT_FALSE(ProfileSet::make({Profile{}}, "other"));
  EXPECT_FALSE(ProfileSet::make({Profile{}, Profile{}}, "default"));
  EXPECT_FALSE(ProfileSet::make(std::vector<Profile>(101), "default"));
}

}  // namespace
}  // namespace crest::ca::issuer
