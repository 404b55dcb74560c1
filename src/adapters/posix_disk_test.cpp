#include "adapters/posix_disk.hpp"

#include <csignal>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/temporary_folder.hpp"

namespace crest::adapters {
namespace {

namespace fs = std::filesystem;

struct UmaskGuard {
  explicit UmaskGuard(mode_t mask) : before(::umask(mask)) {}
  ~UmaskGuard() { ::umask(before); }
  mode_t before;
};

unsigned mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

class PosixDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_posix_disk(state());
    ASSERT_TRUE(opened) << opened.error().describe();
    disk_ = std::move(*opened);
  }
  std::string state() const { return folder_ / "state"; }
  std::string state(const std::string& name) const { return state() + "/" + name; }

  // The child's exit code: what has to be tried as another user, or under a limit, must not touch this process.
  template <typename Body>
  int in_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Disk> disk_;
};

std::string text_of(const Result<Bytes>& bytes) { return bytes ? to_text(*bytes) : bytes.error().describe(); }

TEST_F(PosixDiskTest, CreatesReadsAndLists) {
  ASSERT_TRUE(disk_->make_folder("accounts", 0700));
  ASSERT_TRUE(disk_->make_folder("accounts", 0700)) << "existing is fine";
  ASSERT_TRUE(disk_->create("accounts/b.json", as_bytes("bee"), 0600));
  ASSERT_TRUE(disk_->create("accounts/a.json", as_bytes(""), 0600));
  ASSERT_TRUE(disk_->sync("accounts/b.json"));
  ASSERT_TRUE(disk_->sync_folder("accounts"));
  ASSERT_TRUE(disk_->sync_folder(""));
  EXPECT_EQ(text_of(disk_->read("accounts/b.json", 3)), "bee");
  EXPECT_EQ(text_of(disk_->read("accounts/a.json", 0)), "");
  ASSERT_TRUE(disk_->link_to("b.json", "accounts/c"));
  for (int round = 0; round < 2; ++round) {  // a second reader starts at the beginning
    const auto entries = disk_->list("accounts");
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 3u);
    EXPECT_EQ((*entries)[0].name, "a.json");
    EXPECT_EQ((*entries)[1].name, "b.json");
    EXPECT_EQ((*entries)[1].type, DiskEntry::Type::file);
    EXPECT_EQ((*entries)[2].type, DiskEntry::Type::link);
  }
  EXPECT_EQ(disk_->list("")->at(0).type, DiskEntry::Type::folder);
  EXPECT_GT(*disk_->free_bytes(), 0u);
}

TEST_F(PosixDiskTest, ExistsSaysSoWithoutFollowingLinks) {
  ASSERT_TRUE(disk_->create("file", as_bytes("x"), 0600));
  ASSERT_TRUE(disk_->link_to("nowhere", "dangling"));
  EXPECT_TRUE(*disk_->exists("file"));
  EXPECT_TRUE(*disk_->exists("dangling"));
  EXPECT_TRUE(*disk_->exists(""));
  EXPECT_FALSE(*disk_->exists("absent"));
  EXPECT_FALSE(*disk_->exists("absent/deeper/still"));
  EXPECT_FALSE(disk_->exists("file/below").has_value());
}

TEST_F(PosixDiskTest, CreateNeverReplaces) {
  ASSERT_TRUE(disk_->create("key", as_bytes("first"), 0600));
  const auto again = disk_->create("key", as_bytes("second"), 0600);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::storage);
  EXPECT_NE(again.error().describe().find(state("key")), std::string::npos);
  EXPECT_EQ(text_of(disk_->read("key", 100)), "first");
}

TEST_F(PosixDiskTest, RenameReplacesAndRemoveForgivesAbsence) {
  ASSERT_TRUE(disk_->create("old", as_bytes("old"), 0600));
  ASSERT_TRUE(disk_->create("new", as_bytes("new"), 0600));
  ASSERT_TRUE(disk_->rename("new", "old"));
  EXPECT_EQ(text_of(disk_->read("old", 10)), "new");
  ASSERT_TRUE(disk_->make_folder("folder", 0700));
  ASSERT_TRUE(disk_->create("folder/file", {}, 0600));
  EXPECT_FALSE(disk_->remove("folder")) << "not empty";
  EXPECT_TRUE(disk_->remove("folder/file"));
  EXPECT_TRUE(disk_->remove("folder"));
  EXPECT_TRUE(disk_->remove("folder"));
  EXPECT_TRUE(disk_->remove("absent/below"));
  EXPECT_FALSE(disk_->rename("absent", "old"));
}

TEST_F(PosixDiskTest, LiveLinkIsSwappedAndRead) {
  for (const char* generation : {"gen-1", "gen-2"}) {
    ASSERT_TRUE(disk_->make_folder(generation, 0700));
    ASSERT_TRUE(disk_->create(joined(generation, "privkey.pem"), as_bytes(generation), 0600));
  }
  ASSERT_TRUE(disk_->link_to("gen-1", "live"));
  EXPECT_EQ(text_of(disk_->read("live/privkey.pem", 100)), "gen-1");
  ASSERT_TRUE(disk_->link_to("gen-2", "live.new"));
  ASSERT_TRUE(disk_->rename("live.new", "live"));
  EXPECT_EQ(text_of(disk_->read("live/privkey.pem", 100)), "gen-2");
  EXPECT_EQ(*disk_->read_link("live"), "gen-2");
  EXPECT_FALSE(disk_->link_to("gen-2", "live")) << "a link is no file to overwrite";
  EXPECT_FALSE(disk_->create("live/new", {}, 0600)) << "writing does not follow";
  EXPECT_FALSE(disk_->list("live").has_value());
}

TEST_F(PosixDiskTest, CF57_PlantedLinksLeadNowhere) {
  folder_.write("secret", "outside");
  fs::create_symlink("../secret", state("upwards"));
  fs::create_symlink(folder_ / "secret", state("absolute"));
  fs::create_symlink(".", state("itself"));
  fs::create_symlink("loop", state("loop"));
  fs::create_directory(folder_ / "elsewhere");
  fs::create_symlink("../elsewhere", state("folder"));
  for (const char* path : {"upwards", "absolute", "itself", "loop", "folder/file"}) {
    EXPECT_FALSE(disk_->read(path, 100)) << path;
    EXPECT_FALSE(disk_->create(path, as_bytes("x"), 0600)) << path;
    EXPECT_FALSE(disk_->sync(path)) << path;
    EXPECT_FALSE(disk_->lock(path)) << path;
  }
  EXPECT_FALSE(disk_->make_folder("folder", 0700)) << "a link is no folder";
  EXPECT_FALSE(disk_->sync_folder("folder"));
  EXPECT_EQ(folder_.read("secret"), "outside");
  EXPECT_TRUE(fs::is_empty(folder_ / "elsewhere"));
  // A rename replaces the planted link itself, not what it points to.
  ASSERT_TRUE(disk_->create("temporary", as_bytes("ours"), 0600));
  ASSERT_TRUE(disk_->rename("temporary", "upwards"));
  EXPECT_EQ(folder_.read("secret"), "outside");
  EXPECT_EQ(text_of(disk_->read("upwards", 100)), "ours");
  ASSERT_TRUE(disk_->remove("folder"));
  EXPECT_TRUE(fs::exists(folder_ / "elsewhere"));
}

TEST_F(PosixDiskTest, CF18_PathsNeverLeaveTheFolder) {
  const std::string nul("a\0b", 3), long_name(256, 'n');
  std::string deep = "a";
  for (int i = 0; i < 20; ++i) deep += "/a";
  for (const std::string& path :
       {std::string(".."), std::string("../state/x"), std::string("a/../b"), std::string("."), std::string("./a"),
        std::string("/etc/passwd"), std::string("a//b"), std::string("a/"), std::string(), nul, long_name, deep}) {
    const std::string shown = Untrusted(path).printable();
    EXPECT_FALSE(disk_->read(path, 10)) << shown;
    EXPECT_FALSE(disk_->create(path, {}, 0600)) << shown;
    EXPECT_FALSE(disk_->rename("x", path)) << shown;
    EXPECT_FALSE(disk_->make_folder(path, 0700)) << shown;
    EXPECT_FALSE(disk_->remove(path)) << shown;
    EXPECT_FALSE(disk_->lock(path)) << shown;
    if (path.empty()) continue;
    EXPECT_FALSE(disk_->list(path)) << shown;
    EXPECT_FALSE(disk_->exists(path)) << shown;
  }
  for (const char* target : {"..", "a/b", "/etc", ""}) EXPECT_FALSE(disk_->link_to(target, "link")) << target;
}

TEST_F(PosixDiskTest, CF56_SF85_WhatOthersMayGetAtIsNotPrivate) {
  ASSERT_TRUE(disk_->create("key", as_bytes("k"), 0600));
  ASSERT_TRUE(disk_->make_folder("db", 0700));
  EXPECT_TRUE(disk_->check_private("key"));
  EXPECT_TRUE(disk_->check_private("db"));
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0610, 0644, 0660, 0666}) {
    ASSERT_EQ(::chmod(state("key").c_str(), mode), 0);
    const auto refused = disk_->check_private("key");
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().kind, ErrorKind::config);
    EXPECT_NE(refused.error().message.find("chmod go= " + state("key")), std::string::npos)
        << refused.error().describe();
  }
  ASSERT_EQ(::chmod(state("key").c_str(), 0400), 0);
  EXPECT_TRUE(disk_->check_private("key"));
  ASSERT_EQ(::chmod(state("db").c_str(), 0750), 0);
  EXPECT_FALSE(disk_->check_private("db"));
  EXPECT_FALSE(disk_->check_private("absent"));
}

TEST_F(PosixDiskTest, CF56_ModeHoldsFromTheFirstOctetUnderAnyUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
    const UmaskGuard guard(mask);
    for (const unsigned mode : {0600u, 0640u, 0644u}) {
      const std::string name = "f" + std::to_string(mask) + "-" + std::to_string(mode);
      ASSERT_TRUE(disk_->create(name, as_bytes("x"), mode));
      EXPECT_EQ(mode_of(state(name)), mode) << name;
      ASSERT_TRUE(disk_->make_folder("d" + name, 0750));
      EXPECT_EQ(mode_of(state("d" + name)), 0750u);
    }
    const std::string root = folder_ / ("root" + std::to_string(mask));
    ASSERT_TRUE(open_posix_disk(root));
    EXPECT_EQ(mode_of(root), 0700u);
  }
}

TEST_F(PosixDiskTest, ReadRefusesWhatIsTooLargeOrNoFile) {
  ASSERT_TRUE(disk_->create("big", Bytes(200'000, 'x'), 0600));
  EXPECT_EQ(disk_->read("big", 200'000)->size(), 200'000u);
  EXPECT_FALSE(disk_->read("big", 199'999));
  ASSERT_EQ(::mkfifo(state("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(disk_->read("fifo", 10)) << "and does not block";
  ASSERT_TRUE(disk_->make_folder("folder", 0700));
  EXPECT_FALSE(disk_->read("folder", 10));
  const auto absent = disk_->read("absent", 10);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ErrorKind::storage);
}

TEST_F(PosixDiskTest, CF58_LockHoldsAgainstAnotherOpenAndEndsWithItsHolder) {
  auto other = open_posix_disk(state());
  ASSERT_TRUE(other);
  auto held = disk_->lock("lock");
  ASSERT_TRUE(held) << held.error().describe();
  const auto second = (*other)->lock("lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  EXPECT_EQ(mode_of(state("lock")), 0600u);
  held->reset();
  EXPECT_TRUE((*other)->lock("lock"));
  // Death drops the lock although the file stays.
  EXPECT_EQ(in_child([&] {
              auto mine = disk_->lock("lock");
              const bool got = mine.has_value();
              if (got) mine->release();
              return got ? 0 : 1;
            }),
            0);
  EXPECT_TRUE(disk_->lock("lock"));
}

TEST_F(PosixDiskTest, CF56_CF57_RefusesAFolderThatOthersWrite) {
  for (const mode_t mode : {mode_t{0770}, mode_t{0707}, mode_t{01777}}) {
    ASSERT_EQ(::chmod(state().c_str(), mode), 0);
    const auto opened = open_posix_disk(state());
    ASSERT_FALSE(opened) << mode;
    EXPECT_EQ(opened.error().kind, ErrorKind::storage);
    EXPECT_NE(opened.error().message.find("chmod"), std::string::npos);
    EXPECT_TRUE(open_posix_disk(state(), {.exclusive = false})) << "a webroot is its owner's business";
  }
  ASSERT_EQ(::chmod(state().c_str(), 0755), 0);
  EXPECT_TRUE(open_posix_disk(state()));
  // And one below it.
  ASSERT_TRUE(disk_->make_folder("inner", 0700));
  ASSERT_TRUE(disk_->create("inner/file", as_bytes("x"), 0600));
  ASSERT_EQ(::chmod(state("inner").c_str(), 0777), 0);
  EXPECT_FALSE(disk_->read("inner/file", 10));
}

TEST_F(PosixDiskTest, CF57_RefusesWhatBelongsToAnother) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_TRUE(disk_->create("file", as_bytes("x"), 0644));
  ASSERT_EQ(::chown(state("file").c_str(), 12345, 12345), 0);
  EXPECT_FALSE(disk_->read("file", 10));
  EXPECT_FALSE(disk_->lock("file"));
  ASSERT_EQ(::chown(state().c_str(), 12345, 12345), 0);
  EXPECT_FALSE(open_posix_disk(state()));
}

TEST_F(PosixDiskTest, CF55_ReadOnlyFolderSaysWhatToDo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs another user to try as";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(state().c_str(), 0755), 0);
  EXPECT_EQ(
      in_child([&] {
        auto disk = open_posix_disk(state());  // before: the way here may be closed to the other user
        if (!disk) return 2;
        if (::setuid(65534) != 0) return 1;
        const auto made = (*disk)->create("file", as_bytes("x"), 0600);
        if (made) return 3;
        return made.error().kind == ErrorKind::storage && made.error().message.find("; ") != std::string::npos ? 0 : 4;
      }),
      0);
}

TEST_F(PosixDiskTest, CF53_FailedWriteLeavesNothingBehind) {
  EXPECT_EQ(in_child([&] {
              const rlimit limit{1000, 1000};
              if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
              ::signal(SIGXFSZ, SIG_IGN);
              const auto made = disk_->create("big", Bytes(5000, 'x'), 0600);  // short write, then EFBIG
              if (made) return 2;
              return made.error().message.find("ulimit") != std::string::npos ? 0 : 3;
            }),
            0);
  EXPECT_FALSE(fs::exists(state("big")));
}

TEST_F(PosixDiskTest, CF53_FullDiskSaysSo) {
  constexpr int no_namespace = 77;
  const int outcome = in_child([&] {
    if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) return no_namespace;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return no_namespace;
    if (::mount("tmpfs", state().c_str(), "tmpfs", 0, "size=64k,mode=0700") != 0) return no_namespace;
    auto disk = open_posix_disk(state());
    if (!disk) return 1;
    if (!(*disk)->create("small", as_bytes("fits"), 0600)) return 2;
    const auto made = (*disk)->create("big", Bytes(200'000, 'x'), 0600);
    if (made || made.error().kind != ErrorKind::storage) return 3;
    if (made.error().message.find("free some space") == std::string::npos) return 4;
    if (*(*disk)->exists("big") || to_text(*(*disk)->read("small", 10)) != "fits") return 5;
    return *(*disk)->free_bytes() <= 65536 ? 0 : 6;
  });
  if (outcome == no_namespace) GTEST_SKIP() << "no mount namespace here";
  EXPECT_EQ(outcome, 0);
}

TEST(PosixDisk, OpensOnlyFolders) {
  const TemporaryFolder folder;
  folder.write("file", "x");
  EXPECT_FALSE(open_posix_disk(""));
  EXPECT_FALSE(open_posix_disk(folder / "file"));
  EXPECT_FALSE(open_posix_disk(folder / "file/below"));
  EXPECT_FALSE(open_posix_disk(folder / "absent", {.create = false}));
  EXPECT_FALSE(open_posix_disk(std::string("a\0b", 3)));
  EXPECT_TRUE(open_posix_disk(folder / "new/deeper/")) << "missing parents are made";
  fs::create_symlink("new", folder / "link");
  EXPECT_TRUE(open_posix_disk(folder / "link/deeper")) << "the way there is the administrator's";
}

}  // namespace
}  // namespace crest::adapters
