#include "sim/crashy_disk.hpp"

#include <gtest/gtest.h>

namespace crest::sim {
namespace {

struct Scene {
  SeededRandom random{7};
  Faults faults{FaultRates{}, random};
  CrashyDisk disk{faults};
};

TEST(CrashyDisk, SyncedFileInSyncedFolderSurvives) {
  Scene scene;
  ASSERT_TRUE(replace_file(scene.disk, "state.json", as_bytes("whole")));
  scene.disk.crash();
  EXPECT_EQ(to_text(*scene.disk.peek("state.json")), "whole");
  EXPECT_EQ(scene.disk.mode_of("state.json"), 0600u);
}

TEST(CrashyDisk, UnsyncedOctetsAreSometimesTornAndSometimesGone) {
  int whole = 0, torn = 0, gone = 0;
  Scene scene;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "f" + std::to_string(i);
    ASSERT_TRUE(scene.disk.create(name, as_bytes("0123456789"), 0600));
    ASSERT_TRUE(scene.disk.sync_folder(""));
  }
  scene.disk.crash();
  for (int i = 0; i < 300; ++i) {
    const std::size_t left = scene.disk.peek("f" + std::to_string(i))->size();
    ++(left == 10 ? whole : left == 0 ? gone : torn);
  }
  EXPECT_GT(whole, 20);
  EXPECT_GT(torn, 20);
  EXPECT_GT(gone, 20);
}

TEST(CrashyDisk, NamesWithoutAFolderSyncMayBeForgotten) {
  int old_one = 0, new_one = 0;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    SeededRandom random(seed);
    Faults faults(FaultRates{}, random);
    CrashyDisk disk(faults);
    ASSERT_TRUE(replace_file(disk, "a", as_bytes("old")));
    ASSERT_TRUE(disk.create("b", as_bytes("new"), 0600));
    ASSERT_TRUE(disk.sync("b"));
    ASSERT_TRUE(disk.rename("b", "a"));
    disk.crash();
    const std::string left = to_text(*disk.peek("a"));
    ++(left == "old" ? old_one : new_one);
    EXPECT_TRUE(left == "old" || left == "new");
  }
  EXPECT_GT(old_one, 8);
  EXPECT_GT(new_one, 8);
}

TEST(CrashyDisk, LocksFallWithThePowerAndOldOnesLetNothingGo) {
  Scene scene;
  auto before = scene.disk.lock("lock");
  ASSERT_TRUE(before);
  EXPECT_EQ(scene.disk.lock("lock").error().kind, ErrorKind::locked);
  scene.disk.crash();
  auto after = scene.disk.lock("lock");
  ASSERT_TRUE(after);
  before->reset();
  EXPECT_EQ(scene.disk.lock("lock").error().kind, ErrorKind::locked);
}

TEST(CrashyDisk, DiesAtTheChangeThatWasAsked) {
  Scene scene;
  scene.disk.die_at_change(1);
  ASSERT_TRUE(scene.disk.create("a", as_bytes("x"), 0600));
  EXPECT_THROW((void)scene.disk.create("b", as_bytes("x"), 0600), ProcessDied);
  EXPECT_FALSE(scene.disk.peek("b"));
}

}  // namespace
}  // namespace crest::sim
