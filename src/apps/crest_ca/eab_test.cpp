#include <fstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "adapters/temporary_folder.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/verb.hpp"
#include "encoding/base64.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {
namespace {

using encoding::Json;

class EabVerbTest : public ::testing::Test {
 protected:
  adapters::TemporaryFolder scratch;
  const std::string folder = scratch / "ca";

  void SetUp() override {
    scratch.write("pass", "correct horse\n");
    ASSERT_EQ(::chmod((scratch / "pass").c_str(), 0600), 0);
    ::testing::internal::CaptureStdout();
    const int code =
        run(Init{.folder = folder, .lab = true, .allow = {"corp.example"}, .passphrase = {.file = scratch / "pass"}});
    ::testing::internal::GetCapturedStdout();
    ASSERT_EQ(code, 0);
  }
  template <typename Flags>
  std::pair<int, std::string> outcome(const Flags& flags) {
    ::testing::internal::CaptureStdout();
    const int code = run(flags);
    return {code, ::testing::internal::GetCapturedStdout()};
  }
  template <typename Flags>
  Json json(const Flags& flags) {
    const auto [code, text] = outcome(flags);
    EXPECT_EQ(code, 0);
    return Json::parse(text).value();
  }
  static std::string text(const Json& json, const char* name) { return *json.find(name)->as_string(); }
  EabCreate wanted() { return {.folder = folder, .label = "team 7", .json = true}; }
};

TEST_F(EabVerbTest, EAB_11_AKeyIsMadeShownOnceAndRevoked) {
  auto flags = wanted();
  flags.allow = {"team7.corp.example", "10.7.0.0/16"};
  flags.expires = "30d";
  const auto made = json(flags);
  EXPECT_EQ(encoding::from_base64url(text(made, "mac_key")).value().size(), 32u);
  const auto [code, listed] = outcome(EabList{folder, true});
  EXPECT_EQ(code, 0);
  EXPECT_EQ(listed.find(text(made, "mac_key")), std::string::npos) << "a secret is shown once";
  EXPECT_NE(listed.find(text(made, "key_id")), std::string::npos);
  EXPECT_NE(outcome(EabList{folder, false}).second.find("team 7, for team7.corp.example, 10.7.0.0/16, until "),
            std::string::npos);
  EXPECT_EQ(text(json(EabRevoke{folder, text(made, "key_id"), true}), "state"), "revoked");
  EXPECT_NE(outcome(EabList{folder, false}).second.find("revoked"), std::string::npos);
}

TEST_F(EabVerbTest, RefusalsSayWhichFlag) {
  const auto refused = [&](const std::function<void(EabCreate&)>& change) {
    auto flags = wanted();
    change(flags);
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(run(flags), 64);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_NE(refused([](auto& flags) { flags.label = ""; }).find("--label"), std::string::npos);
  EXPECT_NE(refused([](auto& flags) { flags.accounts = 0; }).find("--accounts"), std::string::npos);
  EXPECT_NE(refused([](auto& flags) { flags.allow = {"*.*.x"}; }).find("--allow"), std::string::npos);
  EXPECT_NE(refused([](auto& flags) { flags.profiles = {"default", "nosuch"}; }).find("--profile: there is no profile"),
            std::string::npos);
  EXPECT_NE(refused([](auto& flags) { flags.expires = "soon"; }).find("--expires"), std::string::npos);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run(EabRevoke{folder, "nobody\x1b[31m", false}), 64);
  const auto said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("crest-ca eab list"), std::string::npos);
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
}

TEST_F(EabVerbTest, APolicyIsExplained) {
  const auto key = json([&] {
    auto flags = wanted();
    flags.allow = {"team7.corp.example"};
    return flags;
  }());
  PolicyExplain flags{.folder = folder, .names = {"a.corp.example", "other.example", "a b"}};
  const auto [code, said] = outcome(flags);
  EXPECT_EQ(code, 0);
  EXPECT_NE(said.find("a.corp.example: allowed, ca.toml: allowed by \"corp.example\"\n"), std::string::npos) << said;
  EXPECT_NE(said.find("other.example: refused, the CA's policy does not allow it (ca.toml: no rule allows it)"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("a b: refused, "), std::string::npos) << said;
  flags.names = {"a.corp.example"};
  flags.detailed_exit_code = true;
  EXPECT_EQ(outcome(flags).first, 0);
  flags.eab_key = text(key, "key_id");
  const auto [refused, why] = outcome(flags);
  EXPECT_EQ(refused, 1);
  EXPECT_NE(why.find("EAB key team 7: no rule allows it"), std::string::npos) << why;
  flags.account = "nobody";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run(flags), 64);
  ::testing::internal::GetCapturedStderr();
}

// What newOrder would say, and not only what the rules on names say.
TEST_F(EabVerbTest, ProfilesAreExplainedAsAnOrderIsCheckedAgainstThem) {
  std::ofstream(folder + "/ca.toml", std::ios::app) << "\n[profile.short]\nlife = \"1h\"\nnames = [\"dns\"]\n"
                                                       "[[policy.only]]\nprofile = \"default\"\n"
                                                       "deny = [\"secret.corp.example\"]\n";
  const auto key = json([&] {
    auto flags = wanted();
    flags.profiles = {"short"};
    return flags;
  }());
  const struct {
    const char *name, *profile;
    bool with_key;
    const char* said;
  } rows[] = {
      {"a.corp.example", "", false, "allowed"},
      {"a.corp.example", "nosuch", false, "refused, there is no profile \"nosuch\""},
      {"*.a.corp.example", "short", false, "refused, the profile short is not for wildcards"},
      {"secret.corp.example", "short", false, "allowed"},
      {"secret.corp.example", "", false, "refused, the CA's policy does not allow it (ca.toml, profile default: "},
      {"secret.corp.example", "", true, "allowed"},  // the profile that such an account gets
      {"a.corp.example", "default", true, "refused, the account may not use the profile default"},
      {"*.a.corp.example", "", true, "refused, the profile short is not for wildcards"},
  };
  for (const auto& row : rows) {
    PolicyExplain flags{.folder = folder, .names = {row.name}, .profile = row.profile};
    if (row.with_key) flags.eab_key = text(key, "key_id");
    const auto said = outcome(flags).second;
    EXPECT_EQ(said.find(std::string(row.name) + ": " + row.said), 0u) << row.profile << " " << said;
  }
}

}  // namespace
}  // namespace crest::apps::crest_ca
