#include "disk/disk.hpp"

namespace crest {
namespace {

constexpr std::size_t tree_depth_max = 3;
constexpr std::size_t tree_entries_max = 10'000;
constexpr int tries_max = 5;  // to write a temporary that another process takes for a left-over and removes

bool is_temporary(std::string_view name) { return name.ends_with(".new") || name.find(".new-") != name.npos; }

// After a failure the temporary is of no use; what is reported is the failure, not how tidying up went.
Result<void> dropping(Disk& disk, const std::string& temporary, Result<void> outcome) {
  if (!outcome) (void)disk.remove(temporary).has_value();
  return outcome;
}

Result<void> remove_level(Disk& disk, const std::string& folder, std::size_t depth_left, std::size_t& entries_left) {
  if (depth_left == 0) {
    return make_error(ErrorKind::storage, "will not delete: folders are nested deeper than Crest makes them", folder);
  }
  const std::vector<DiskEntry> entries = TRY(disk.list(folder));
  for (const DiskEntry& entry : entries) {
    if (entries_left-- == 0) {
      return make_error(ErrorKind::storage, "will not delete: more files than Crest makes", folder);
    }
    const std::string path = joined(folder, entry.name);
    if (entry.type == DiskEntry::Type::folder) {
      TRY(remove_level(disk, path, depth_left - 1, entries_left));
    } else {
      TRY(disk.remove(path));
    }
  }
  return disk.remove(folder);
}

}  // namespace

Result<void> replace_file(Disk& disk, std::string_view path, ByteView data, unsigned mode) {
  for (int tries = 1;; ++tries) {
    const std::string temporary = std::string(path) + disk.temporary_suffix();
    TRY(disk.remove(temporary));
    TRY(dropping(disk, temporary, disk.create(temporary, data, mode)));
    const auto synced = disk.sync(temporary);
    const auto replaced = synced ? disk.rename(temporary, path) : synced;
    if (replaced) return disk.sync_folder(parent_of(path));
    const auto there = disk.exists(temporary);
    const bool swept = there && !*there;
    if (!swept || tries == tries_max) return dropping(disk, temporary, replaced);
  }
}

Result<void> remove_temporaries(Disk& disk, std::string_view folder) {
  const std::vector<DiskEntry> entries = TRY(disk.list(folder));
  for (const DiskEntry& entry : entries)
    if (entry.type == DiskEntry::Type::file && is_temporary(entry.name)) TRY(disk.remove(joined(folder, entry.name)));
  return {};
}

Result<void> make_folders(Disk& disk, std::string_view path, unsigned mode) {
  std::string last_present;
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string folder(path.substr(0, end));
    const bool present = TRY(disk.exists(folder));
    if (present) {
      last_present = folder;
      continue;
    }
    // A crash may have left the last folder made before its parent was synced: the folders above it were.
    if (!last_present.empty()) TRY(disk.sync_folder(parent_of(last_present)));
    last_present.clear();
    TRY(disk.make_folder(folder, mode));
    TRY(disk.sync_folder(parent_of(folder)));
  }
  if (!last_present.empty()) TRY(disk.sync_folder(parent_of(last_present)));
  return {};
}

Result<void> remove_tree(Disk& disk, std::string_view path) {
  const bool present = TRY(disk.exists(path));
  if (!present) return {};
  std::size_t entries_left = tree_entries_max;
  return remove_level(disk, std::string(path), tree_depth_max, entries_left);
}

std::string parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::string joined(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return std::string(folder) + "/" + std::string(name);
}

}  // namespace crest
