#include "config/issuer_edit.hpp"

#include <gtest/gtest.h>

namespace crest::config {
namespace {

using ca::issuer::IssuerState;

std::string edited(const std::string& text, const std::string& name, IssuerState state) {
  const auto out = with_issuer_state(text, "ca.toml", name, state);
  return out ? *out : "error: " + out.error().describe();
}

TEST(IssuerEdit, OnlyTheOneValueChanges) {
  const std::string text =
      "name = \"corp\"  # ours\n\n[issuer.a]\nstate = 'active' # since May\n[issuer.b]  # the next one\n"
      "key = \"b.key\"\n\n[orders]\nopen_max = 3";
  EXPECT_EQ(edited(text, "b", IssuerState::draining),
            "name = \"corp\"  # ours\n\n[issuer.a]\nstate = 'active' # since May\n[issuer.b]  # the next one\n"
            "state = \"draining\"\nkey = \"b.key\"\n\n[orders]\nopen_max = 3");
  EXPECT_EQ(edited(text, "a", IssuerState::retired),
            "name = \"corp\"  # ours\n\n[issuer.a]\nstate = \"retired\" # since May\n[issuer.b]  # the next one\n"
            "key = \"b.key\"\n\n[orders]\nopen_max = 3");
}

TEST(IssuerEdit, TheLastActiveOneStays) {
  const auto refused = edited("[issuer.a]\n[issuer.b]\nstate = \"staged\"\n", "a", IssuerState::draining);
  EXPECT_NE(refused.find("none is active"), std::string::npos) << refused;
  EXPECT_NE(edited("", "intermediate", IssuerState::draining).find("none is active"), std::string::npos);
  EXPECT_NE(edited("[issuer.a]\n", "b", IssuerState::draining).find("no issuer of this name"), std::string::npos);
}

TEST(IssuerEdit, OneThatHadNoTableGetsOneWhenAnotherJoins) {
  const IssuerSettings next{.name = "next",
                            .certificate = "next.pem",
                            .root = "next-root.pem",
                            .key = "next.key",
                            .state = IssuerState::staged};
  for (const auto& text : {std::string(), to_toml(CaConfig{}), std::string("[orders]\nopen_max = 3")}) {
    const auto out = with_issuer(text, "ca.toml", next);
    ASSERT_TRUE(out) << out.error().describe();
    EXPECT_TRUE(out->starts_with(text));
    const auto read = ca_config_from_toml(*out, "ca.toml").value();
    EXPECT_EQ(read.issuers, (std::vector<IssuerSettings>{IssuerSettings{}, next}));
    EXPECT_FALSE(with_issuer(*out, "ca.toml", next));
    const auto active = with_issuer_state(*out, "ca.toml", "next", IssuerState::active);
    ASSERT_TRUE(active);
    const auto drained = with_issuer_state(*active, "ca.toml", "intermediate", IssuerState::draining);
    ASSERT_TRUE(drained) << drained.error().describe();
    const auto issuers = ca_config_from_toml(*drained, "ca.toml")->issuers;
    EXPECT_EQ(issuers[0].state, IssuerState::draining);
    EXPECT_EQ(issuers[1].state, IssuerState::active);
  }
}

}  // namespace
}  // namespace crest::config
