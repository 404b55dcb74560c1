#include <gtest/gtest.h>

#include "client/generation.hpp"
#include "client/record_file.hpp"
#include "client/testing/memory_disk.hpp"
#include "client/vault.hpp"
#include "x509/test_certificates.hpp"

namespace crest::client {
namespace {

using encoding::Json;
using testing::MemoryDisk;

constexpr std::string_view folder = "certificates/app.corp.example/";

struct VaultTest : ::testing::Test {
  MemoryDisk disk;
  std::unique_ptr<FileVault> vault = FileVault::open(disk).value();

  // A pair with a key of its own, whose meta says which it is.
  static Pair pair(int number) {
    const auto& pki = x509::test::pki();
    const auto& key = x509::test::key(crypto::KeyType::ec_p256, 300 + number);
    const auto leaf =
        x509::test::issue(x509::test::leaf_template(), key.public_key(), &pki.intermediate, pki.intermediate_key);
    return {.key_pem = key.to_pem(),
            .chain_pem = x509::Chain({leaf, pki.intermediate}).pem(),
            .meta = Json::object().set("number", number)};
  }
  static Result<void> fine(const Pair&) { return {}; }
  Result<std::uint64_t> publish(int number) { return vault->publish("app.corp.example", pair(number), fine); }
  int live_number() {
    const auto live = vault->live("app.corp.example");
    EXPECT_TRUE(live) << live.error().describe();
    return live && *live ? static_cast<int>(*(*live)->meta.find("number")->as_int()) : 0;
  }
  std::vector<std::string> in_folder() {
    std::vector<std::string> names;
    const auto entries = disk.list("certificates/app.corp.example");
    for (const DiskEntry& entry : entries.value()) names.push_back(entry.name);
    return names;
  }
  // What a backup does that follows links: `live` becomes a folder with the same files.
  void flatten(bool drop_generations) {
    std::map<std::string, std::string> files;
    const std::string target = disk.read_link(std::string(folder) + "live").value();
    for (const auto& [path, text] : disk.files())
      if (path.starts_with(std::string(folder) + target + "/")) files[path.substr(path.rfind('/') + 1)] = text;
    ASSERT_TRUE(disk.remove(std::string(folder) + "live"));
    ASSERT_TRUE(disk.make_folder(std::string(folder) + "live", 0700));
    for (const auto& [name, text] : files)
      ASSERT_TRUE(disk.create(std::string(folder) + "live/" + name, as_bytes(text), 0600));
    if (!drop_generations) return;
    for (const std::string& name : in_folder())
      if (generation_number(name)) {
        ASSERT_TRUE(remove_tree(disk, std::string(folder) + name));
      }
  }
};

TEST_F(VaultTest, RecordsComeBackAsTheyWere) {
  EXPECT_FALSE(vault->get("orders", "a").value());
  const Json record = Json::object().set("text", "caf\xc3\xa9").set("number", 7).set("list", Json::array());
  ASSERT_TRUE(vault->put("orders", "*.A_b:c/..", record));
  EXPECT_EQ(*vault->get("orders", "*.A_b:c/..").value(), record);
  EXPECT_EQ(vault->list("orders").value(), std::vector<std::string>{"*.A_b:c/.."});
  ASSERT_TRUE(vault->remove("orders", "*.A_b:c/.."));
  EXPECT_FALSE(vault->get("orders", "*.A_b:c/..").value());
  EXPECT_TRUE(vault->remove("orders", "never there"));
  EXPECT_TRUE(vault->list("weather").value().empty());
}

TEST_F(VaultTest, AFolderOfANewKindIsMadeWhenItIsNeeded) {
  ASSERT_TRUE(vault->put("weather", "a", Json::object()));
  EXPECT_TRUE(vault->get("weather", "a").value());
}

TEST_F(VaultTest, CF56_FilesAreForTheOwnerAlone) {
  ASSERT_TRUE(vault->put("accounts", "a", Json::object()));
  ASSERT_TRUE(publish(1));
  for (const auto& [path, mode] : disk.modes()) EXPECT_EQ(mode, 0600u) << path;
}

TEST_F(VaultTest, CF59_DamageIsPutAsideAndStaysSaid) {
  struct Case {
    const char* label;
    std::function<void(std::string&)> spoil;
  };
  for (const Case& c : {Case{"empty", [](std::string& text) { text.clear(); }},
                        Case{"cut", [](std::string& text) { text.resize(text.size() / 2); }},
                        Case{"one bit", [](std::string& text) { text[text.size() - 8] ^= 1; }},
                        Case{"another record", [](std::string& text) { text.replace(text.find("1234"), 4, "1235"); }},
                        Case{"no envelope", [](std::string& text) { text = "{}"; }},
                        Case{"zeros", [](std::string& text) { text.assign(text.size(), '\0'); }}}) {
    ASSERT_TRUE(vault->put("orders", "good", Json::object().set("n", 1234)));
    ASSERT_TRUE(vault->put("orders", "bad", Json::object().set("n", 1234)));
    std::string text = disk.files().at("orders/bad.json");
    c.spoil(text);
    disk.plant("orders/bad.json", text);
    for (int i = 0; i < 2; ++i) {
      const auto record = vault->get("orders", "bad");
      ASSERT_FALSE(record) << c.label;
      EXPECT_EQ(record.error().kind, ErrorKind::storage) << c.label;
      EXPECT_NE(record.error().describe().find("orders/bad.json.damaged"), std::string::npos) << c.label;
    }
    EXPECT_EQ(disk.files().at("orders/bad.json.damaged"), text) << c.label;
    EXPECT_TRUE(vault->get("orders", "good").value()) << c.label;
    ASSERT_TRUE(vault->remove("orders", "bad"));
    EXPECT_FALSE(vault->get("orders", "bad").value()) << c.label;
  }
}

TEST_F(VaultTest, ANewerRecordIsRefusedAndLeftAlone) {
  disk.plant("orders/a.json", R"({"version":2,"sha256":"","record":{}})");
  const auto record = vault->get("orders", "a");
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().kind, ErrorKind::storage);
  EXPECT_NE(record.error().message.find("newer"), std::string::npos);
  EXPECT_TRUE(disk.files().contains("orders/a.json"));
}

TEST_F(VaultTest, ANewerLayoutIsRefused) {
  disk.plant("format", record_text(Json::object().set("layout", 2)));
  const auto other = FileVault::open(disk);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::storage);
  disk.plant("format", "rubbish");
  EXPECT_FALSE(FileVault::open(disk));
}

TEST_F(VaultTest, CRT_09_PublishSwapsAWholeSet) {
  EXPECT_FALSE(vault->live("app.corp.example").value());
  EXPECT_FALSE(vault->live_meta("app.corp.example").value());
  ASSERT_EQ(publish(1).value(), 1u);
  ASSERT_EQ(publish(2).value(), 2u);
  EXPECT_EQ(live_number(), 2);
  EXPECT_EQ(*vault->live_meta("app.corp.example").value()->find("generation")->as_int(), 2);
  const auto files = disk.files();
  const std::string generation = std::string(folder) + "gen-2/";
  EXPECT_EQ(files.at(generation + "cert.pem") + files.at(generation + "chain.pem"),
            files.at(generation + "fullchain.pem"));
  EXPECT_EQ(disk.read_link(std::string(folder) + "live").value(), "gen-2");
  EXPECT_EQ(vault->certificates().value(), std::vector<std::string>{"app.corp.example"});
}

TEST_F(VaultTest, GenerationsGrowForEverAndThreeAreKept) {
  for (int i = 1; i <= 6; ++i) ASSERT_EQ(publish(i).value(), static_cast<std::uint64_t>(i));
  EXPECT_EQ(in_folder(), (std::vector<std::string>{"gen-4", "gen-5", "gen-6", "live"}));
}

TEST_F(VaultTest, CF60_WhatVerifyRefusesNeverBecomesLive) {
  ASSERT_TRUE(publish(1));
  const auto before = disk.files();
  const auto refused = vault->publish("app.corp.example", pair(2), [](const Pair& written) -> Result<void> {
    EXPECT_EQ(*written.meta.find("number")->as_int(), 2);
    return make_error(ErrorKind::cert_rejected, "no");
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
  EXPECT_EQ(disk.files(), before);
  EXPECT_EQ(live_number(), 1);
}

TEST_F(VaultTest, CF20_AKeyOfAnotherCertificateIsNoPair) {
  ASSERT_TRUE(publish(1));
  Pair mixed = pair(2);
  mixed.key_pem = pair(3).key_pem;
  EXPECT_EQ(vault->publish("app.corp.example", mixed, fine).error().kind, ErrorKind::storage);
  EXPECT_EQ(live_number(), 1);
}

TEST_F(VaultTest, LeftoversOfACrashAreRemovedByTheNextPublish) {
  ASSERT_TRUE(publish(1));
  ASSERT_TRUE(disk.make_folder(std::string(folder) + "gen-2", 0700));
  ASSERT_TRUE(disk.create(std::string(folder) + "gen-2/privkey.pem", as_bytes("half"), 0600));
  ASSERT_TRUE(disk.link_to("gen-2", std::string(folder) + "live.new"));
  EXPECT_EQ(publish(3).value(), 3u);
  EXPECT_EQ(live_number(), 3);
  EXPECT_EQ(in_folder(), (std::vector<std::string>{"gen-1", "gen-3", "live"}));
}

TEST_F(VaultTest, AGenerationAPersonWentBackToIsKept) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(publish(i));
  ASSERT_TRUE(swap_live(disk, "certificates/app.corp.example", 1));
  EXPECT_EQ(live_number(), 1);
  EXPECT_EQ(publish(4).value(), 4u);
  EXPECT_EQ(in_folder(), (std::vector<std::string>{"gen-1", "gen-4", "live"}));
}

TEST_F(VaultTest, CF61_AFlattenedBackupIsRebuiltFromTheNewestGeneration) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(publish(i));
  flatten(false);
  ASSERT_TRUE(disk.remove(std::string(folder) + "gen-3/chain.pem"));  // and that one is not whole
  EXPECT_EQ(live_number(), 2);
  EXPECT_EQ(disk.read_link(std::string(folder) + "live").value(), "gen-2");
  EXPECT_EQ(publish(4).value(), 4u);
  EXPECT_EQ(live_number(), 4);
}

TEST_F(VaultTest, CF61_AFlattenedBackupWithoutGenerationsBecomesOne) {
  ASSERT_TRUE(publish(1));
  flatten(true);
  EXPECT_EQ(live_number(), 1);
  EXPECT_EQ(in_folder(), (std::vector<std::string>{"gen-1", "live"}));
  EXPECT_EQ(publish(2).value(), 2u);
}

TEST_F(VaultTest, CF61_TheRepairSurvivesACrashAtAnyChange) {
  for (std::size_t index = 0;; ++index) {
    MemoryDisk other;
    disk = std::move(other);
    vault = FileVault::open(disk).value();
    for (int i = 1; i <= 2; ++i) ASSERT_TRUE(publish(i));
    flatten(index % 2 == 0);
    for (const auto& [path, mode] : disk.modes()) ASSERT_TRUE(disk.sync(path));
    for (const char* const path : {"certificates/app.corp.example/live", "certificates/app.corp.example"})
      ASSERT_TRUE(disk.sync_folder(path));
    disk.arm(MemoryDisk::At::die_after, index);
    bool died = false;
    try {
      (void)vault->live("app.corp.example").has_value();
    } catch (const testing::Died&) {
      died = true;
    }
    disk.disarm();
    disk.power_cut();
    EXPECT_EQ(live_number(), 2) << index;
    if (!died) break;
  }
}

TEST_F(VaultTest, ALinkToNothingIsMadeGoodOrIsNoCertificate) {
  for (int i = 1; i <= 2; ++i) ASSERT_TRUE(publish(i));
  ASSERT_TRUE(remove_tree(disk, std::string(folder) + "gen-2"));
  EXPECT_EQ(live_number(), 1);
  ASSERT_TRUE(remove_tree(disk, std::string(folder) + "gen-1"));
  EXPECT_FALSE(vault->live("app.corp.example").value());
  EXPECT_TRUE(publish(3));
  EXPECT_EQ(live_number(), 3);
}

TEST_F(VaultTest, ADamagedLiveFileIsSaidAndOthersAreFine) {
  ASSERT_TRUE(publish(1));
  ASSERT_TRUE(vault->publish("other.example", pair(2), fine));
  disk.plant(std::string(folder) + "gen-1/privkey.pem", "junk");
  const auto live = vault->live("app.corp.example");
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().kind, ErrorKind::storage);
  EXPECT_NE(live.error().describe().find("gen-1/privkey.pem"), std::string::npos);
  EXPECT_TRUE(vault->live("other.example").value());
  EXPECT_TRUE(publish(2)) << "and a new one may replace it";
}

TEST_F(VaultTest, AReaderDuringASwapSeesOneSet) {
  ASSERT_TRUE(publish(1));
  int seen = 0;
  disk.on_change = [&](const std::string&) {
    disk.on_change = nullptr;
    const int number = live_number();
    EXPECT_TRUE(number == 1 || number == 2);
    ++seen;
    disk.on_change = [&](const std::string&) { (void)live_number(); };
  };
  ASSERT_TRUE(publish(2));
  EXPECT_EQ(seen, 1);
}

// Between any two looks of a reader another process may publish: it sees one set or the other, and changes nothing.
TEST_F(VaultTest, AReaderNeverTakesBackWhatIsPublishedMeanwhile) {
  for (int look = 0;; ++look) {
    disk = MemoryDisk();
    vault = FileVault::open(disk).value();
    if (look % 2 == 0) {
      ASSERT_TRUE(publish(1));
    }
    int left = look / 2;
    bool published = false;
    disk.on_look = [&](const std::string&) {
      if (left-- > 0) return;
      disk.on_look = nullptr;
      published = true;
      ASSERT_TRUE(publish(2));
    };
    const auto seen = vault->live("app.corp.example");
    disk.on_look = nullptr;
    EXPECT_TRUE(seen) << look << seen.error().describe();
    if (!published) break;
    EXPECT_EQ(live_number(), 2) << look;
  }
}

TEST_F(VaultTest, CF61_WithoutTheLeaseABrokenLinkIsOnlyReported) {
  for (int i = 1; i <= 2; ++i) ASSERT_TRUE(publish(i));
  ASSERT_TRUE(remove_tree(disk, std::string(folder) + "gen-2"));
  auto turn = vault->lease("app.corp.example").value();
  const auto live = vault->live("app.corp.example");
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().kind, ErrorKind::locked);
  EXPECT_EQ(vault->live_meta("app.corp.example").error().kind, ErrorKind::locked);
  EXPECT_EQ(disk.read_link(std::string(folder) + "live").value(), "gen-2");
  turn.reset();
  EXPECT_EQ(live_number(), 1);
}

TEST_F(VaultTest, ARecordThatGoesWhileItIsReadIsAbsent) {
  ASSERT_TRUE(vault->put("orders", "a", Json::object()));
  disk.on_look = [&](const std::string&) {
    disk.on_look = nullptr;
    ASSERT_TRUE(disk.remove("orders/a.json"));
  };
  const auto record = vault->get("orders", "a");
  ASSERT_TRUE(record) << record.error().describe();
}

TEST_F(VaultTest, AFirstPublishThatFailsLeavesNoFolder) {
  const auto refused = vault->publish("app.corp.example", pair(1), [](const Pair&) -> Result<void> {
    return make_error(ErrorKind::cert_rejected, "no");
  });
  ASSERT_FALSE(refused);
  EXPECT_TRUE(vault->certificates().value().empty());
}

TEST_F(VaultTest, TemporariesOfACrashAreSweptWhenItIsOpened) {
  for (const char* const path : {"format.new", "orders/a.json.new-7-1", "accounts/a.json.new-7-2"})
    disk.plant(path, "half");
  ASSERT_TRUE(vault->put("orders", "a.new", Json::object()));
  vault = FileVault::open(disk).value();
  std::vector<std::string> left;
  for (const auto& [path, text] : disk.files()) left.push_back(path);
  EXPECT_EQ(left, (std::vector<std::string>{"format", "orders/a.new.json"}));
}

TEST_F(VaultTest, CF58_OneHolderOfALease) {
  auto first = vault->lease("a").value();
  const auto second = FileVault::open(disk).value()->lease("a");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  EXPECT_TRUE(vault->lease("b"));
  first.reset();
  EXPECT_TRUE(vault->lease("a"));
}

TEST_F(VaultTest, CF53_CheckWritableLeavesNothingBehind) {
  const auto before = disk.files();
  EXPECT_TRUE(vault->check_writable());
  EXPECT_EQ(disk.files(), before);
  disk.arm(MemoryDisk::At::fail, 0);
  EXPECT_EQ(vault->check_writable().error().kind, ErrorKind::storage);
  disk.disarm();
  disk.free = FileVault::free_bytes_min - 1;
  EXPECT_EQ(vault->check_writable().error().kind, ErrorKind::storage);
}

TEST(FileName, CF18b_IsReversibleAndNeverAPath) {
  struct Case {
    const char* name;
    const char* file;
  };
  for (const Case& c :
       {Case{"app.corp.example", "app.corp.example"}, Case{"*.corp.example", "%2a.corp.example"},
        Case{"2001:db8::1", "2001%3adb8%3a%3a1"}, Case{"App", "%41pp"}, Case{"../x", "%2e.%2fx"}, Case{"..", "%2e."},
        Case{".hidden", "%2ehidden"}, Case{"a_b", "a%5fb"}, Case{"a%2fb", "a%252fb"}, Case{"\xc3\xbc", "%c3%bc"}}) {
    EXPECT_EQ(file_name_of(c.name), c.file);
    EXPECT_EQ(name_of_file(c.file), c.name);
  }
  for (const char* const file : {"", "A", "a/b", "%", "%2", "%zz", "%2A", "%61", "..", "a_b"})
    EXPECT_FALSE(name_of_file(file)) << file;
}

TEST_F(VaultTest, NamesThatAreNoneAreRefused) {
  for (const std::string& name : {std::string(), std::string(201, 'a'), std::string(100, '/')}) {
    EXPECT_EQ(vault->put("orders", name, Json::object()).error().kind, ErrorKind::usage);
    EXPECT_EQ(vault->lease(name).error().kind, ErrorKind::usage);
    EXPECT_EQ(vault->publish(name, pair(1), fine).error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace crest::client
