#include "disk/disk.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace crest {
namespace {

// Files and folders in memory, a trace of every call that changes something, and a call that fails.
class MemoryDisk final : public Disk {
 public:
  std::map<std::string, Bytes> files;
  std::set<std::string> folders;
  std::vector<std::string> trace;
  std::size_t fail_at = SIZE_MAX;  // of the changing calls, counted from 0

  Result<Bytes> read(std::string_view path, std::size_t) override {
    const auto file = files.find(std::string(path));
    if (file == files.end()) return make_error(ErrorKind::storage, "no such file", std::string(path));
    return file->second;
  }
  Result<bool> exists(std::string_view path) override {
    return files.count(std::string(path)) + folders.count(std::string(path)) > 0;
  }
  Result<std::vector<DiskEntry>> list(std::string_view folder) override {
    std::vector<DiskEntry> out;
    for (const auto& [path, data] : files) {
      if (parent_of(path) == folder) out.push_back({path.substr(path.rfind('/') + 1), DiskEntry::Type::file});
    }
    for (const std::string& path : folders) {
      if (parent_of(path) == folder) out.push_back({path.substr(path.rfind('/') + 1), DiskEntry::Type::folder});
    }
    return out;
  }
  Result<std::string> read_link(std::string_view path) override { return no_link(path); }
  Result<void> create(std::string_view path, ByteView data, unsigned mode) override {
    mode_ = mode;
    if (files.count(std::string(path)) != 0) return make_error(ErrorKind::storage, "it exists", std::string(path));
    const auto outcome = note("create ", path);
    files[std::string(path)] = outcome ? to_bytes(data) : Bytes{};  // a full disk leaves an empty file
    return outcome;
  }
  Result<void> sync(std::string_view path) override { return note("sync ", path); }
  Result<void> sync_folder(std::string_view folder) override { return note("sync_folder ", folder); }
  Result<void> rename(std::string_view from, std::string_view to) override {
    TRY(note("rename ", to));
    files[std::string(to)] = files.at(std::string(from));
    files.erase(std::string(from));
    return {};
  }
  Result<void> link_to(std::string_view, std::string_view path) override { return no_link(path); }
  Result<void> make_folder(std::string_view path, unsigned) override {
    TRY(note("make_folder ", path));
    folders.insert(std::string(path));
    return {};
  }
  Result<void> remove(std::string_view path) override {
    files.erase(std::string(path));
    folders.erase(std::string(path));
    return {};
  }
  Result<std::unique_ptr<DiskLock>> lock(std::string_view path) override { return no_link(path); }
  Result<std::uint64_t> free_bytes() override { return std::uint64_t{0}; }

  unsigned mode() const { return mode_; }

 private:
  static Error no_link(std::string_view path) { return make_error(ErrorKind::storage, "not here", std::string(path)); }
  Result<void> note(std::string_view what, std::string_view path) {
    if (trace.size() == fail_at) return make_error(ErrorKind::storage, "the disk is full", std::string(path));
    trace.push_back(std::string(what) + std::string(path));
    return {};
  }
  unsigned mode_ = 0;
};

const Bytes old_data = {1};
const Bytes new_data = {2, 2};

TEST(ReplaceFile, CF52_SyncsBeforeItRenamesAndTheFolderAfter) {
  MemoryDisk disk;
  disk.files["a/key"] = old_data;
  ASSERT_TRUE(replace_file(disk, "a/key", new_data));
  EXPECT_EQ(disk.trace,
            (std::vector<std::string>{"create a/key.new", "sync a/key.new", "rename a/key", "sync_folder a"}));
  EXPECT_EQ(disk.files, (std::map<std::string, Bytes>{{"a/key", new_data}}));
  EXPECT_EQ(disk.mode(), private_file_mode);
}

TEST(ReplaceFile, CF53_AFailureAtAnyStepLeavesOneWholeFile) {
  for (std::size_t step = 0; step < 4; ++step) {
    MemoryDisk disk;
    disk.files["key"] = old_data;
    disk.fail_at = step;
    const auto outcome = replace_file(disk, "key", new_data);
    ASSERT_FALSE(outcome) << step;
    EXPECT_EQ(outcome.error().kind, ErrorKind::storage);
    const Bytes expected = step < 3 ? old_data : new_data;
    EXPECT_EQ(disk.files, (std::map<std::string, Bytes>{{"key", expected}})) << step;
  }
}

TEST(ReplaceFile, CF50_ATemporaryLeftByACrashIsNoObstacle) {
  MemoryDisk disk;
  disk.files["key.new"] = {9, 9, 9};
  ASSERT_TRUE(replace_file(disk, "key", new_data, 0640));
  EXPECT_EQ(disk.files, (std::map<std::string, Bytes>{{"key", new_data}}));
  EXPECT_EQ(disk.mode(), 0640u);
}

// Another process, which is just being started, sweeps: what is written right now looks like a left-over to it.
class SweptDisk final : public Disk {
 public:
  explicit SweptDisk(int sweeps) : sweeps_(sweeps) {}
  MemoryDisk inner;

  Result<Bytes> read(std::string_view path, std::size_t most) override { return inner.read(path, most); }
  Result<bool> exists(std::string_view path) override { return inner.exists(path); }
  Result<std::vector<DiskEntry>> list(std::string_view folder) override { return inner.list(folder); }
  Result<std::string> read_link(std::string_view path) override { return inner.read_link(path); }
  Result<void> create(std::string_view path, ByteView data, unsigned mode) override {
    return inner.create(path, data, mode);
  }
  Result<void> sync(std::string_view path) override {
    if (sweeps_-- > 0) {
      EXPECT_TRUE(remove_temporaries(inner, parent_of(path)));
    }
    return inner.files.contains(std::string(path)) ? inner.sync(path) : make_error(ErrorKind::storage, "no such file");
  }
  Result<void> sync_folder(std::string_view folder) override { return inner.sync_folder(folder); }
  Result<void> rename(std::string_view from, std::string_view to) override { return inner.rename(from, to); }
  Result<void> link_to(std::string_view target, std::string_view path) override { return inner.link_to(target, path); }
  Result<void> make_folder(std::string_view path, unsigned mode) override { return inner.make_folder(path, mode); }
  Result<void> remove(std::string_view path) override { return inner.remove(path); }
  Result<std::unique_ptr<DiskLock>> lock(std::string_view path) override { return inner.lock(path); }
  Result<std::uint64_t> free_bytes() override { return inner.free_bytes(); }
  std::string temporary_suffix() override { return ".new-7-" + std::to_string(temporaries_++); }

 private:
  int sweeps_, temporaries_ = 0;
};

TEST(ReplaceFile, ATemporaryThatIsSweptAwayIsWrittenAgain) {
  SweptDisk disk(2);
  ASSERT_TRUE(replace_file(disk, "a/key", new_data));
  EXPECT_EQ(disk.inner.files, (std::map<std::string, Bytes>{{"a/key", new_data}}));
  SweptDisk for_ever(1000);
  EXPECT_FALSE(replace_file(for_ever, "a/key", new_data));
  EXPECT_TRUE(for_ever.inner.files.empty());
}

TEST(RemoveTemporaries, RemovesNothingElse) {
  MemoryDisk disk;
  disk.files = {{"a/x.new", {}}, {"a/x.json.new-1-2", {}}, {"a/x.new.json", {}}, {"a/news", {}}, {"b/x.new", {}}};
  ASSERT_TRUE(remove_temporaries(disk, "a"));
  std::vector<std::string> left;
  for (const auto& [path, data] : disk.files) left.push_back(path);
  EXPECT_EQ(left, (std::vector<std::string>{"a/news", "a/x.new.json", "b/x.new"}));
}

TEST(MakeFolders, MakesWhatIsMissingAndSyncsEachParent) {
  MemoryDisk disk;
  ASSERT_TRUE(make_folders(disk, "a/b/c"));
  EXPECT_EQ(disk.trace, (std::vector<std::string>{"make_folder a", "sync_folder ", "make_folder a/b", "sync_folder a",
                                                  "make_folder a/b/c", "sync_folder a/b"}));
  EXPECT_EQ(disk.folders, (std::set<std::string>{"a", "a/b", "a/b/c"}));
}

TEST(MakeFolders, CF52_SyncsAFolderThatACrashMayHaveLeftUnsynced) {
  MemoryDisk disk;
  disk.folders = {"a", "a/b"};
  ASSERT_TRUE(make_folders(disk, "a/b/c"));
  EXPECT_EQ(disk.trace, (std::vector<std::string>{"sync_folder a", "make_folder a/b/c", "sync_folder a/b"}));
  disk.trace.clear();
  ASSERT_TRUE(make_folders(disk, "a/b"));
  EXPECT_EQ(disk.trace, (std::vector<std::string>{"sync_folder a"}));
}

TEST(MakeFolders, PassesFailuresOn) {
  for (std::size_t step = 0; step < 4; ++step) {
    MemoryDisk disk;
    disk.fail_at = step;
    EXPECT_FALSE(make_folders(disk, "a/b")) << step;
  }
  MemoryDisk disk;
  EXPECT_TRUE(make_folders(disk, ""));
  EXPECT_TRUE(disk.trace.empty());
}

TEST(RemoveTree, RemovesAllBelow) {
  MemoryDisk disk;
  disk.folders = {"a", "a/b", "a/b/c", "ab"};
  disk.files = {{"a/1", {}}, {"a/b/2", {}}, {"a/b/c/3", {}}, {"ab/4", {}}};
  ASSERT_TRUE(remove_tree(disk, "a"));
  EXPECT_EQ(disk.folders, std::set<std::string>{"ab"});
  EXPECT_EQ(disk.files.size(), 1u);
  EXPECT_TRUE(remove_tree(disk, "a"));  // absent: fine
}

TEST(RemoveTree, IsBounded) {
  MemoryDisk deep;
  deep.folders = {"a", "a/b", "a/b/c", "a/b/c/d"};
  EXPECT_FALSE(remove_tree(deep, "a"));
  EXPECT_EQ(deep.folders.size(), 4u);
  MemoryDisk wide;
  wide.folders = {"a"};
  for (int i = 0; i < 10'001; ++i) wide.files["a/" + std::to_string(i)] = {};
  EXPECT_FALSE(remove_tree(wide, "a"));
  EXPECT_TRUE(wide.folders.count("a"));
}

TEST(Paths, JoinAndPart) {
  EXPECT_EQ(parent_of("a/b/c"), "a/b");
  EXPECT_EQ(parent_of("a"), "");
  EXPECT_EQ(parent_of(""), "");
  EXPECT_EQ(joined("a/b", "c"), "a/b/c");
  EXPECT_EQ(joined("", "c"), "c");
}

}  // namespace
}  // namespace crest
