#include "sim/crashy_disk.hpp"

#include <algorithm>
#include <utility>

namespace crest::sim {
namespace {

constexpr std::uint64_t free_bytes_reported = 1ull << 30;

Error storage(std::string_view what, std::string_view path, std::string_view why) {
  return make_error(ErrorKind::storage, std::string(what) + " failed: " + std::string(why), std::string(path));
}

std::string_view last_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

struct CrashyDisk::Change {  // one change of a folder that no sync covers yet; a rename erases and sets at once
  std::string erased;
  std::string set;
  NodePtr node;
};

struct CrashyDisk::Node {
  DiskEntry::Type type = DiskEntry::Type::file;
  unsigned mode = 0;
  Bytes data;
  bool synced = false;
  std::string target;
  std::map<std::string, NodePtr, std::less<>> entries, durable;
  std::vector<Change> pending;

  void apply(Change change) {
    if (!change.erased.empty()) entries.erase(change.erased);
    if (!change.set.empty()) entries[change.set] = change.node;
    pending.push_back(std::move(change));
  }
};

struct CrashyDisk::Held final : DiskLock {
  Held(CrashyDisk& disk, std::string path) : disk_(disk), path_(std::move(path)), epoch_(disk.epoch_) {}
  ~Held() override {
    const auto found = disk_.locks_.find(path_);
    if (found != disk_.locks_.end() && found->second == epoch_) disk_.locks_.erase(found);
  }
  CrashyDisk& disk_;
  std::string path_;
  std::uint64_t epoch_;
};

CrashyDisk::CrashyDisk(Faults& faults) : faults_(faults), root_(std::make_shared<Node>()) {
  root_->type = DiskEntry::Type::folder;
}
CrashyDisk::~CrashyDisk() = default;

CrashyDisk::NodePtr CrashyDisk::find(std::string_view path, bool follow) const {
  NodePtr node = root_;
  while (!path.empty()) {
    if (node->type != DiskEntry::Type::folder) return nullptr;
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    const NodePtr folder = node;
    const auto found = folder->entries.find(name);
    if (found == folder->entries.end()) return nullptr;
    node = found->second;
    if (node->type == DiskEntry::Type::link && (follow || !path.empty())) {
      const auto target = folder->entries.find(node->target);
      if (target == folder->entries.end()) return nullptr;
      node = target->second;
    }
  }
  return node;
}

Result<CrashyDisk::NodePtr> CrashyDisk::folder_for(std::string_view path, std::string_view what) const {
  NodePtr folder = find(parent_of(path), true);
  if (!folder || folder->type != DiskEntry::Type::folder) return storage(what, path, "no such folder");
  return folder;
}

Result<void> CrashyDisk::before_change(std::string_view what, std::string_view path) {
  if (dies_at_ && *dies_at_ == 0) {
    dies_at_.reset();
    tell(what, path, "the process dies");
    throw ProcessDied{std::string(what) + " " + std::string(path)};
  }
  if (dies_at_) --*dies_at_;
  ++changes_;
  if (faults_.strikes(faults_.rates().client_dies_at_disk, "client died at a disk call")) {
    tell(what, path, "the process dies");
    throw ProcessDied{std::string(what) + " " + std::string(path)};
  }
  if (faults_.strikes(faults_.rates().disk_error, "disk error")) {
    tell(what, path, "input/output error");
    return storage(what, path, "input/output error");
  }
  tell(what, path, "");
  return {};
}

void CrashyDisk::tell(std::string_view what, std::string_view path, std::string_view fate) {
  if (!call_watcher_) return;
  std::string line = std::string(what) + " " + std::string(path);
  if (!fate.empty()) line += ": " + std::string(fate);
  call_watcher_(line);
}

void CrashyDisk::after_change(std::string_view path) {
  if (watcher_) watcher_(std::string(path));
}

Result<Bytes> CrashyDisk::read(std::string_view path, std::size_t bytes_max) {
  const NodePtr node = find(path, true);
  if (!node || node->type != DiskEntry::Type::file) return storage("read", path, "no such file");
  if (node->data.size() > bytes_max) return storage("read", path, "larger than " + std::to_string(bytes_max));
  return node->data;
}

Result<bool> CrashyDisk::exists(std::string_view path) { return find(path, false) != nullptr; }

Result<std::vector<DiskEntry>> CrashyDisk::list(std::string_view folder) {
  const NodePtr node = find(folder, true);
  if (!node || node->type != DiskEntry::Type::folder) return storage("list", folder, "no such folder");
  std::vector<DiskEntry> entries;
  for (const auto& [name, child] : node->entries) entries.push_back({name, child->type});
  return entries;
}

Result<std::string> CrashyDisk::read_link(std::string_view path) {
  const NodePtr node = find(path, false);
  if (!node || node->type != DiskEntry::Type::link) return storage("read link", path, "no such link");
  return node->target;
}

Result<void> CrashyDisk::create(std::string_view path, ByteView data, unsigned mode) {
  TRY(before_change("create", path));
  const NodePtr folder = TRY(folder_for(path, "create"));
  if (folder->entries.contains(last_name(path))) return storage("create", path, "exists");
  auto node = std::make_shared<Node>();
  node->mode = mode;
  node->data = to_bytes(data);
  const bool full = faults_.strikes(faults_.rates().disk_full, "disk full");
  if (full) {
    node->data.resize(node->data.size() / 2);
    tell("write", path, "no space left on device");
  }
  folder->apply({"", std::string(last_name(path)), node});
  after_change(path);
  if (full) return storage("write", path, "no space left on device");
  return {};
}

Result<void> CrashyDisk::sync(std::string_view path) {
  TRY(before_change("sync", path));
  const NodePtr node = find(path, false);
  if (!node) return storage("sync", path, "no such file");
  node->synced = true;
  return {};
}

Result<void> CrashyDisk::sync_folder(std::string_view folder) {
  TRY(before_change("sync folder", folder));
  const NodePtr node = find(folder, true);
  if (!node || node->type != DiskEntry::Type::folder) return storage("sync folder", folder, "no such folder");
  node->durable = node->entries;
  node->pending.clear();
  return {};
}

Result<void> CrashyDisk::rename(std::string_view from, std::string_view to) {
  TRY(before_change("rename to " + std::string(last_name(to)), from));
  const NodePtr source = TRY(folder_for(from, "rename"));
  const NodePtr target = TRY(folder_for(to, "rename"));
  const auto found = source->entries.find(last_name(from));
  if (found == source->entries.end()) return storage("rename", from, "no such file");
  const NodePtr node = found->second;
  const auto replaced = target->entries.find(last_name(to));
  if (replaced != target->entries.end() && replaced->second->type == DiskEntry::Type::folder &&
      node->type != DiskEntry::Type::folder) {
    return storage("rename", to, "is a folder");
  }
  if (source == target) {
    source->apply({std::string(last_name(from)), std::string(last_name(to)), node});
  } else {
    source->apply({std::string(last_name(from)), "", nullptr});
    target->apply({"", std::string(last_name(to)), node});
  }
  after_change(to);
  return {};
}

Result<void> CrashyDisk::link_to(std::string_view target_name, std::string_view path) {
  TRY(before_change("link", path));
  const NodePtr folder = TRY(folder_for(path, "link"));
  if (folder->entries.contains(last_name(path))) return storage("link", path, "exists");
  auto node = std::make_shared<Node>();
  node->type = DiskEntry::Type::link;
  node->target = std::string(target_name);
  node->synced = true;
  folder->apply({"", std::string(last_name(path)), node});
  after_change(path);
  return {};
}

Result<void> CrashyDisk::make_folder(std::string_view path, unsigned mode) {
  TRY(before_change("make folder", path));
  const NodePtr folder = TRY(folder_for(path, "make folder"));
  const auto found = folder->entries.find(last_name(path));
  if (found != folder->entries.end()) {
    if (found->second->type != DiskEntry::Type::folder) return storage("make folder", path, "is not a folder");
    return {};
  }
  auto node = std::make_shared<Node>();
  node->type = DiskEntry::Type::folder;
  node->mode = mode;
  folder->apply({"", std::string(last_name(path)), node});
  return {};
}

Result<void> CrashyDisk::remove(std::string_view path) {
  TRY(before_change("remove", path));
  const NodePtr folder = TRY(folder_for(path, "remove"));
  const auto found = folder->entries.find(last_name(path));
  if (found == folder->entries.end()) return {};
  if (!found->second->entries.empty()) return storage("remove", path, "folder not empty");
  folder->apply({std::string(last_name(path)), "", nullptr});
  after_change(path);
  return {};
}

Result<std::unique_ptr<DiskLock>> CrashyDisk::lock(std::string_view path) {
  TRY(folder_for(path, "lock"));
  if (!locks_.emplace(std::string(path), epoch_).second) {
    return make_error(ErrorKind::locked, "held by another process", std::string(path));
  }
  return std::unique_ptr<DiskLock>(std::make_unique<Held>(*this, std::string(path)));
}

Result<std::uint64_t> CrashyDisk::free_bytes() { return free_bytes_reported; }

// What a folder and the files in it are after the power came back.
void CrashyDisk::settle(Node& node, const std::string& path) {
  SeededRandom& random = faults_.random();
  if (node.type == DiskEntry::Type::file) {
    if (node.synced) return;
    const std::uint64_t fate = random.below(3);
    const double share = random.unit();
    if (fate == 0) node.data.clear();
    if (fate == 1) node.data.resize(static_cast<std::size_t>(static_cast<double>(node.data.size()) * share));
    if (fate < 2) tell("after the crash", path, std::to_string(node.data.size()) + " octets are left");
    node.synced = true;
    return;
  }
  if (node.type != DiskEntry::Type::folder) return;
  node.entries = node.durable;
  for (Change& change : std::exchange(node.pending, {})) {
    const bool survives = random.below(2) == 0;
    const std::string& name = change.set.empty() ? change.erased : change.set;
    tell("after the crash", joined(path, name),
         survives ? "a change of the name stays" : "a change of the name is lost");
    if (survives) node.apply(std::move(change));
  }
  node.pending.clear();
  node.durable = node.entries;
  for (auto& [name, child] : node.entries) settle(*child, joined(path, name));
}

void CrashyDisk::crash() {
  ++epoch_;
  locks_.clear();
  tell("crash", "", "");
  settle(*root_, "");
}

std::optional<Bytes> CrashyDisk::peek(std::string_view path) const {
  const NodePtr node = find(path, true);
  if (!node || node->type != DiskEntry::Type::file) return std::nullopt;
  return node->data;
}

std::vector<std::string> CrashyDisk::names(std::string_view folder) const {
  std::vector<std::string> found;
  const NodePtr node = find(folder, true);
  if (!node) return found;
  for (const auto& [name, child] : node->entries) found.push_back(name);
  return found;
}

bool CrashyDisk::is_durable(std::string_view path) const {
  NodePtr node = root_;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    const auto found = node->durable.find(name);
    if (found == node->durable.end()) return false;
    node = found->second;
  }
  return true;
}

unsigned CrashyDisk::mode_of(std::string_view path) const {
  const NodePtr node = find(path, false);
  return node ? node->mode : 0;
}

}  // namespace crest::sim
