#include "config/store_edit.hpp"

#include <gtest/gtest.h>

namespace crest::config {
namespace {

TEST(StoreEdit, OnlyTheOneValueChanges) {
  const std::string target = "host=db.corp.example options='-c search_path=a'";
  const std::string line = "postgres = \"" + target + "\"";
  const struct {
    std::string before, after;
  } rows[] = {
      {"name = \"corp\"", "name = \"corp\"\n\n[store]\n" + line + "\n"},
      {"[store]  # here\nnode = \"a\"\n", "[store]  # here\n" + line + "\nnode = \"a\"\n"},
      {"[store]\npostgres = \"\"  # none\nnode = \"a\"", "[store]\n" + line + "  # none\nnode = \"a\""},
      {"store = { postgres = 'host=old' }\n", "store = { " + line + " }\n"},
  };
  for (const auto& [before, after] : rows) EXPECT_EQ(with_postgres(before, "ca.toml", target).value(), after);
}

TEST(StoreEdit, WhatCannotBeChangedIsSaid) {
  const auto refused = [](const std::string& text, const std::string& target = "host=new") {
    const auto out = with_postgres(text, "ca.toml", target);
    return out ? "changed: " + *out : out.error().describe();
  };
  EXPECT_NE(refused("[store]\npostgres = \"dbname=\\\"a\\\"\"").find("store.postgres"), std::string::npos);
  EXPECT_NE(refused("[store]\npostgres = \"\"\"\nhost=old\"\"\"").find("store.postgres"), std::string::npos);
  EXPECT_NE(refused("", "host=db password=secret").find("store.postgres"), std::string::npos);
  EXPECT_NE(refused("[stoer]").find("ca.toml:1"), std::string::npos);
}

}  // namespace
}  // namespace crest::config
