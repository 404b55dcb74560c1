// A MemoryDisk keeps files in memory, forgets on power_cut() what was not synced, and can die or fail at any change.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "disk/disk.hpp"

namespace crest::client::testing {

struct Died {};  // thrown instead of a change: the process is gone

class MemoryDisk final : public Disk {
 public:
  enum class At { nothing, die_before, die_after, fail };

  // Counting from 0 anew: change number `index` dies or fails; with fail, all after it too (a full disk stays full).
  void arm(At what, std::size_t index) {
    at_ = what;
    armed_at_ = index;
    changes_ = 0;
  }
  void disarm() { at_ = At::nothing; }
  std::size_t changes() const { return changes_; }
  std::size_t syncs() const { return syncs_; }
  std::uint64_t free = 1u << 30;
  std::function<void(const std::string&)> on_change;  // after each, with its path
  std::function<void(const std::string&)> on_look;    // after list(), read_link() and exists(), with its path

  void power_cut() { root_ = survivor(*root_); }  // names and octets that were not synced are gone
  void process_killed() { held_.clear(); }

  Result<Bytes> read(std::string_view path, std::size_t bytes_max) override {
    Node* node = find(path, true);
    if (node == nullptr || node->type != DiskEntry::Type::file) return wrong("no such file", path);
    if (node->data.size() > bytes_max) return wrong("the file is too long", path);
    return node->data;
  }
  Result<bool> exists(std::string_view path) override {
    const bool there = path.empty() || find(path, false) != nullptr;
    looked(path);
    return there;
  }
  Result<std::vector<DiskEntry>> list(std::string_view folder) override {
    Node* node = find(folder, false);
    if (node == nullptr || node->type != DiskEntry::Type::folder) return wrong("no such folder", folder);
    std::vector<DiskEntry> entries;
    for (const auto& [name, entry] : node->entries) entries.push_back({name, entry->type});
    looked(folder);
    return entries;
  }
  Result<std::string> read_link(std::string_view path) override {
    Node* node = find(path, false);
    const bool is_link = node != nullptr && node->type == DiskEntry::Type::link;
    const std::string target = is_link ? to_text(node->data) : "";
    looked(path);
    if (!is_link) return wrong("no such link", path);
    return target;
  }
  Result<void> create(std::string_view path, ByteView data, unsigned mode) override {
    return change(path, [&]() -> Result<void> {
      Node* parent = find(parent_of(path), false);
      if (parent == nullptr || parent->entries.contains(leaf_of(path))) return wrong("cannot create", path);
      parent->entries[leaf_of(path)] = node(DiskEntry::Type::file, to_bytes(data), mode);
      return {};
    });
  }
  Result<void> sync(std::string_view path) override {
    ++syncs_;
    return change(path, [&]() -> Result<void> {
      Node* node = find(path, false);
      if (node == nullptr) return wrong("no such file", path);
      node->durable_data = node->data;
      return {};
    });
  }
  Result<void> sync_folder(std::string_view folder) override {
    ++syncs_;
    return change(folder, [&]() -> Result<void> {
      Node* node = find(folder, false);
      if (node == nullptr) return wrong("no such folder", folder);
      node->durable_entries = node->entries;
      return {};
    });
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    return change(to, [&]() -> Result<void> {
      Node *source = find(parent_of(from), false), *target = find(parent_of(to), false);
      if (source == nullptr || target == nullptr || !source->entries.contains(leaf_of(from)))
        return wrong("cannot rename", from);
      const auto old = target->entries.find(leaf_of(to));
      const auto moved = source->entries[leaf_of(from)];
      if (old != target->entries.end() && old->second->type == DiskEntry::Type::folder &&
          (moved->type != DiskEntry::Type::folder || !old->second->entries.empty()))
        return wrong("cannot replace a folder", to);
      source->entries.erase(leaf_of(from));
      target->entries[leaf_of(to)] = moved;
      return {};
    });
  }
  Result<void> link_to(std::string_view target_name, std::string_view path) override {
    return change(path, [&]() -> Result<void> {
      Node* parent = find(parent_of(path), false);
      if (parent == nullptr || parent->entries.contains(leaf_of(path))) return wrong("cannot link", path);
      parent->entries[leaf_of(path)] = node(DiskEntry::Type::link, to_bytes(target_name), 0777);
      return {};
    });
  }
  Result<void> make_folder(std::string_view path, unsigned mode) override {
    return change(path, [&]() -> Result<void> {
      Node* parent = find(parent_of(path), false);
      if (parent == nullptr) return wrong("no parent", path);
      if (!parent->entries.contains(leaf_of(path)))
        parent->entries[leaf_of(path)] = node(DiskEntry::Type::folder, {}, mode);
      return {};
    });
  }
  Result<void> remove(std::string_view path) override {
    Node* there = find(path, false);
    if (there == nullptr) return {};
    return change(path, [&]() -> Result<void> {
      if (!there->entries.empty()) return wrong("the folder is not empty", path);
      find(parent_of(path), false)->entries.erase(leaf_of(path));
      return {};
    });
  }
  Result<std::unique_ptr<DiskLock>> lock(std::string_view path) override {
    const std::string name(path);
    if (!held_.insert(name).second) return make_error(ErrorKind::locked, "another process is at work here", name);
    return std::unique_ptr<DiskLock>(std::make_unique<Lock>(*this, name));
  }
  Result<std::uint64_t> free_bytes() override { return free; }

  // For assertions: every plain file, with its octets and its mode.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    walk(*root_, "", [&](const std::string& path, const Node& node) { found[path] = to_text(node.data); });
    return found;
  }
  std::map<std::string, unsigned> modes() const {
    std::map<std::string, unsigned> found;
    walk(*root_, "", [&](const std::string& path, const Node& node) { found[path] = node.mode; });
    return found;
  }
  // For a test that spoils something: writes, durably, whatever it likes.
  void plant(const std::string& path, const std::string& text) {
    Node* parent = find(parent_of(path), false);
    auto planted = node(DiskEntry::Type::file, to_bytes(text), private_file_mode);
    planted->durable_data = planted->data;
    parent->entries[leaf_of(path)] = parent->durable_entries[leaf_of(path)] = planted;
  }

 private:
  struct Node {
    DiskEntry::Type type = DiskEntry::Type::folder;
    Bytes data;
    std::optional<Bytes> durable_data;
    unsigned mode = 0;
    std::map<std::string, std::shared_ptr<Node>> entries, durable_entries;
  };
  class Lock final : public DiskLock {
   public:
    Lock(MemoryDisk& disk, std::string name) : disk_(disk), name_(std::move(name)) {}
    ~Lock() override { disk_.held_.erase(name_); }

   private:
    MemoryDisk& disk_;
    std::string name_;
  };

  static std::shared_ptr<Node> node(DiskEntry::Type type, Bytes data, unsigned mode) {
    auto made = std::make_shared<Node>();
    made->type = type;
    made->data = std::move(data);
    made->mode = mode;
    return made;
  }
  static std::string leaf_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }
  static Error wrong(const char* what, std::string_view path) {
    return make_error(ErrorKind::storage, what, std::string(path));
  }
  static std::shared_ptr<Node> survivor(const Node& old) {
    auto kept = node(old.type, old.data, old.mode);
    if (old.type == DiskEntry::Type::file) kept->data = old.durable_data.value_or(Bytes());
    kept->durable_data = old.durable_data;
    for (const auto& [name, entry] : old.durable_entries) kept->entries[name] = survivor(*entry);
    kept->durable_entries = kept->entries;
    return kept;
  }
  static void walk(const Node& node, const std::string& path,
                   const std::function<void(const std::string&, const Node&)>& see) {
    for (const auto& [name, entry] : node.entries) {
      const std::string full = joined(path, name);
      if (entry->type == DiskEntry::Type::file) see(full, *entry);
      walk(*entry, full, see);
    }
  }

  Node* find(std::string_view path, bool follow) {
    std::shared_ptr<Node> at = root_;
    while (!path.empty()) {
      const std::size_t end = std::min(path.find('/'), path.size());
      const auto next = at->entries.find(std::string(path.substr(0, end)));
      if (next == at->entries.end()) return nullptr;
      std::shared_ptr<Node> node = next->second;
      if (follow && node->type == DiskEntry::Type::link) {
        const auto target = at->entries.find(to_text(node->data));
        if (target == at->entries.end()) return nullptr;
        node = target->second;
      }
      at = node;
      path.remove_prefix(std::min(end + 1, path.size()));
    }
    return at.get();
  }

  void looked(std::string_view path) {
    if (const auto call = on_look) call(std::string(path));  // a copy: it may put another in its place
  }

  template <typename Act>
  Result<void> change(std::string_view path, Act act) {
    const std::size_t index = changes_++;
    if (at_ == At::die_before && index == armed_at_) throw Died();
    if (at_ == At::fail && index >= armed_at_) return wrong("no space is left", path);
    auto done = act();
    if (on_change) on_change(std::string(path));
    if (at_ == At::die_after && index == armed_at_) throw Died();
    return done;
  }

  std::shared_ptr<Node> root_ = node(DiskEntry::Type::folder, {}, private_folder_mode);
  std::set<std::string> held_;
  At at_ = At::nothing;
  std::size_t armed_at_ = 0, changes_ = 0, syncs_ = 0;
};

}  // namespace crest::client::testing
