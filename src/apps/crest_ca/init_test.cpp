#include <filesystem>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "adapters/posix_disk.hpp"
#include "adapters/temporary_folder.hpp"
#include "apps/crest_ca/verb.hpp"
#include "config/ca_folder.hpp"

namespace crest::apps::crest_ca {
namespace {

using adapters::TemporaryFolder;

struct Keys {
  x509::Chain chain;
  x509::Certificate root;
  crypto::PrivateKey key;
};
Result<Keys> read_keys(Disk& disk, const std::string& folder, const Secret& passphrase) {
  const config::IssuerSettings issuer;
  auto certificates = TRY(config::read_certificates(disk, folder, issuer));
  auto key = TRY(config::read_key(disk, folder, issuer, passphrase));
  return Keys{std::move(certificates.chain), std::move(certificates.root), std::move(key)};
}

class InitTest : public ::testing::Test {
 protected:
  TemporaryFolder scratch;
  Init flags{.folder = scratch / "ca", .lab = true, .passphrase = {.file = scratch / "pass"}};

  void SetUp() override { write_secret("pass", "correct horse\n"); }
  void write_secret(const std::string& name, const std::string& text) {
    scratch.write(name, text);
    ::chmod((scratch / name).c_str(), 0600);
  }
  std::unique_ptr<Disk> disk() { return adapters::open_posix_disk(flags.folder, {.create = false}).value(); }
  unsigned mode(const std::string& name) {
    struct stat status{};
    ::stat((flags.folder + "/" + name).c_str(), &status);
    return status.st_mode & 07777;
  }
};

TEST_F(InitTest, SF85_MakesACaWhoseKeysAreEncryptedAndPrivate) {
  ASSERT_EQ(run(flags), 0);
  EXPECT_EQ(mode(""), 0700u);
  for (const char* name : {config::ca_root_key_file, config::ca_intermediate_key_file, config::ca_settings_file}) {
    EXPECT_EQ(mode(name), 0600u) << name;
  }
  for (const char* name : {config::ca_root_key_file, config::ca_intermediate_key_file}) {
    EXPECT_TRUE(scratch.read(std::string("ca/") + name).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")) << name;
  }
  const auto folder = disk();
  const auto keys = read_keys(*folder, flags.folder, Secret("correct horse"));
  ASSERT_TRUE(keys) << keys.error().describe();
  EXPECT_EQ(keys->key.public_key(), keys->chain.leaf().public_key());
  EXPECT_TRUE(keys->chain.leaf().signed_by(keys->root));
  const auto settings = config::read_settings(*folder, flags.folder);
  ASSERT_TRUE(settings) << settings.error().describe();
  EXPECT_TRUE(config::may_validate_loopback(*settings));
  EXPECT_TRUE(settings->authority.allow_single_label_names);
  EXPECT_EQ(settings->listen, "127.0.0.1:9000");
}

TEST_F(InitTest, SF85_AKeyThatOthersReadIsNotUsed) {
  ASSERT_EQ(run(flags), 0);
  ASSERT_EQ(::chmod((flags.folder + "/" + config::ca_intermediate_key_file).c_str(), 0640), 0);
  const auto folder = disk();
  const auto keys = read_keys(*folder, flags.folder, Secret("correct horse"));
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::config);
  EXPECT_NE(keys.error().describe().find("chmod go= "), std::string::npos) << keys.error().describe();
}

TEST_F(InitTest, NeverOverwrites) {
  ASSERT_EQ(run(flags), 0);
  const auto before = scratch.read("ca/roots.pem"), key = scratch.read("ca/root.key");
  EXPECT_EQ(run(flags), 2);
  std::filesystem::remove(scratch / "ca/ca.toml");  // as after an init that was cut short
  EXPECT_EQ(run(flags), 2);
  EXPECT_EQ(scratch.read("ca/roots.pem"), before);
  EXPECT_EQ(scratch.read("ca/root.key"), key);
}

TEST_F(InitTest, WithoutLabLoopbackStaysClosed) {
  flags.lab = false;
  flags.host = "ca.corp.example";
  ASSERT_EQ(run(flags), 0);
  const auto settings = config::read_settings(*disk(), flags.folder);
  ASSERT_TRUE(settings);
  EXPECT_FALSE(config::may_validate_loopback(*settings));
  EXPECT_FALSE(settings->authority.allow_single_label_names);
  EXPECT_EQ(settings->host, "ca.corp.example");
  EXPECT_EQ(settings->listen, ":9000");
}

TEST_F(InitTest, TheRootMayHaveAPassphraseOfItsOwn) {
  write_secret("root-pass", "another\n");
  flags.root_passphrase_file = scratch / "root-pass";
  ASSERT_EQ(run(flags), 0);
  const Secret first("correct horse"), second("another");
  const auto pem = scratch.read("ca/root.key");
  EXPECT_FALSE(crypto::PrivateKey::from_pem(pem, &first));
  EXPECT_TRUE(crypto::PrivateKey::from_pem(pem, &second));
}

TEST_F(InitTest, ServingNeedsTheIntermediatesKeyOnly) {
  ASSERT_EQ(run(flags), 0);
  std::filesystem::remove(scratch / "ca/root.key");
  EXPECT_TRUE(read_keys(*disk(), flags.folder, Secret("correct horse")));
}

TEST_F(InitTest, RefusalsSayWhy) {
  EXPECT_EQ(run(Serve{.folder = scratch / "nothing", .passphrase = flags.passphrase}), 2);
  auto wrong = flags;
  wrong.host = "not a host";
  EXPECT_EQ(run(wrong), 64);
  for (const char* name : {"", "Corp", "a b", "../x", "a/b"}) {
    wrong = flags;
    wrong.name = name;
    EXPECT_EQ(run(wrong), 64) << name;
  }
  wrong = flags;
  wrong.listen = "localhost";
  EXPECT_EQ(run(wrong), 64);
  EXPECT_FALSE(std::filesystem::exists(scratch / "ca")) << "nothing was written for a wrong use";
  wrong = flags;
  wrong.passphrase.descriptor = 0;
  EXPECT_EQ(run(wrong), 64);
  wrong = flags;
  wrong.passphrase.file = scratch / "absent";
  EXPECT_EQ(run(wrong), 2);
  EXPECT_FALSE(std::filesystem::exists(scratch / "ca/root.key"));
  ASSERT_EQ(run(flags), 0);
  const auto folder = disk();
  const auto keys = read_keys(*folder, flags.folder, Secret("wrong"));
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::config);
  EXPECT_NE(keys.error().describe().find("intermediate.key"), std::string::npos) << keys.error().describe();
  scratch.write("ca/intermediate.pem", "no certificate");
  EXPECT_FALSE(read_keys(*folder, flags.folder, Secret("correct horse")));
}

}  // namespace
}  // namespace crest::apps::crest_ca
