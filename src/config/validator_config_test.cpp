#include "config/validator_config.hpp"

#include <gtest/gtest.h>

namespace crest::config {
namespace {

const std::string files = "certificate = \"own.pem\"\nkey = \"own.key\"\nclients = \"roots.pem\"\n";
const std::string names = "client_names = [\"CA.corp.example\"]\n";

TEST(ValidatorConfig, WhatItSaysHolds) {
  const auto read = validator_config_from_toml(files + names + R"(listen = "127.0.0.1:9443"
[validation]
workers = 3
methods = ["http-01"]
http01_port = 5002
caa_identities = ["ca.corp.example"]
resolvers = ["10.0.0.53"]
dnssec = false
[[validation.allow]]
network = "10.0.0.0/8"
)",
                                               "validator.toml");
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->listen, "127.0.0.1:9443");
  EXPECT_EQ(read->certificate, "own.pem");
  EXPECT_EQ(read->key, "own.key");
  EXPECT_EQ(read->clients, "roots.pem");
  EXPECT_EQ(read->client_names, std::vector<std::string>{"ca.corp.example"});
  EXPECT_EQ(read->workers, 3u);
  EXPECT_EQ(read->validation.methods, std::vector<std::string>{"http-01"});
  EXPECT_EQ(read->validation.http01_port, 5002);
  EXPECT_EQ(read->validation.resolvers, std::vector<std::string>{"10.0.0.53"});
  EXPECT_EQ(read->validation.egress.allow.size(), 1u);
  EXPECT_FALSE(read->dns.dnssec);
}

TEST(ValidatorConfig, ErrorsNameTheSetting) {
  const std::string no_caa = "[validation]\ncaa = false\n";
  const std::pair<std::string, std::string> cases[] = {
      {names + no_caa, "certificate: "},
      {"certificate = \"a\"\nclients = \"b\"\n" + names + no_caa, "key: "},
      {files + no_caa, "client_names: "},
      {files + "client_names = [\"a b\"]\n" + no_caa, "client_names: "},
      {files + names + "listen = \"9443\"\n" + no_caa, "listen: "},
      {files + names, "validation: caa_identities: "},
      {files + names + "workers = 3\n" + no_caa, "workers: there is no such setting"},
      {files + names + no_caa + "[[perspective]]\nvalidators = [\"a\"]\n", "perspective: there is no such setting"},
  };
  for (const auto& [text, message] : cases) {
    const auto read = validator_config_from_toml(text, "validator.toml");
    ASSERT_FALSE(read) << text;
    EXPECT_TRUE(read.error().message.starts_with(message)) << read.error().describe();
    EXPECT_EQ(read.error().kind, ErrorKind::config);
  }
}

}  // namespace
}  // namespace crest::config
