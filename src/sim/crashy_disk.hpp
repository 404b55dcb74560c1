// A CrashyDisk remembers after a crash only what was synced: octets of a file by sync(), names by sync_folder(). Of the
// rest, some survives, some is torn, some never happened.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "disk/disk.hpp"
#include "sim/faults.hpp"

namespace crest::sim {

class CrashyDisk final : public Disk {
 public:
  explicit CrashyDisk(Faults& faults);
  ~CrashyDisk() override;

  Result<Bytes> read(std::string_view path, std::size_t bytes_max) override;
  Result<bool> exists(std::string_view path) override;
  Result<std::vector<DiskEntry>> list(std::string_view folder) override;
  Result<std::string> read_link(std::string_view path) override;
  Result<void> create(std::string_view path, ByteView data, unsigned mode) override;
  Result<void> sync(std::string_view path) override;
  Result<void> sync_folder(std::string_view folder) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> link_to(std::string_view target_name, std::string_view path) override;
  Result<void> make_folder(std::string_view path, unsigned mode) override;
  Result<void> remove(std::string_view path) override;
  Result<std::unique_ptr<DiskLock>> lock(std::string_view path) override;
  Result<std::uint64_t> free_bytes() override;

  // The power goes: locks fall, and what was not synced is decided by the dice.
  void crash();
  // Called after every change, with the path that changed. For invariants.
  void on_change(std::function<void(const std::string& path)> watcher) { watcher_ = std::move(watcher); }
  // Called for every change that is asked for, made or not, and for every crash. For the trace.
  void on_call(std::function<void(const std::string& what)> watcher) { call_watcher_ = std::move(watcher); }
  // The n-th change from now on dies before it happens (0: the next); for loops over every crash point.
  void die_at_change(std::optional<std::uint64_t> nth) { dies_at_ = nth; }
  std::uint64_t changes() const { return changes_; }
  std::optional<Bytes> peek(std::string_view path) const;  // no faults, links followed
  std::vector<std::string> names(std::string_view folder) const;
  bool is_durable(std::string_view path) const;   // something of this name is there after every crash
  unsigned mode_of(std::string_view path) const;  // 0 when absent

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Change;
  struct Held;

  NodePtr find(std::string_view path, bool follow) const;
  Result<NodePtr> folder_for(std::string_view path, std::string_view what) const;
  Result<void> before_change(std::string_view what, std::string_view path);
  void after_change(std::string_view path);
  void tell(std::string_view what, std::string_view path, std::string_view fate);
  void settle(Node& node, const std::string& path);

  Faults& faults_;
  NodePtr root_;
  std::map<std::string, std::uint64_t> locks_;  // path to epoch
  std::uint64_t epoch_ = 0, changes_ = 0;
  std::optional<std::uint64_t> dies_at_;
  std::function<void(const std::string&)> watcher_, call_watcher_;
};

}  // namespace crest::sim
