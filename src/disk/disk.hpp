// A Disk is a folder opened once; every name is relative to it, one component deep at a time, and never leaves it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace crest {

inline constexpr unsigned private_file_mode = 0600;
inline constexpr unsigned private_folder_mode = 0700;

struct DiskEntry {
  enum class Type { file, folder, link, other };
  std::string name;
  Type type = Type::other;
};

// Held: nobody else has it. The destructor lets go; the kernel does so when the process dies.
class DiskLock {
 public:
  virtual ~DiskLock() = default;
};

// Paths are relative ("accounts/corp/key.pem"), without "." and "..", and no symbolic link is followed but by
// read_link() and by read() through `live`-style links whose target is one plain name in the same folder.
// Nothing is durable until the file is synced AND the folder that names it is synced. All calls block on the disk,
// are safe from several threads, and fail with ErrorKind::storage (locked: ErrorKind::locked), naming the path.
class Disk {
 public:
  virtual ~Disk() = default;

  virtual Result<Bytes> read(std::string_view path, std::size_t bytes_max) = 0;
  virtual Result<bool> exists(std::string_view path) = 0;
  virtual Result<std::vector<DiskEntry>> list(std::string_view folder) = 0;  // sorted by name
  virtual Result<std::string> read_link(std::string_view path) = 0;

  // Creates `path` (it must not exist) with `mode` from its first octet, writes all, does not sync.
  virtual Result<void> create(std::string_view path, ByteView data, unsigned mode) = 0;
  virtual Result<void> sync(std::string_view path) = 0;                         // the file's octets
  virtual Result<void> sync_folder(std::string_view folder) = 0;                // the folder's names; "" is the root
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;  // replaces `to`
  virtual Result<void> link_to(std::string_view target_name, std::string_view path) = 0;  // a symbolic link
  virtual Result<void> make_folder(std::string_view path, unsigned mode) = 0;  // its parent exists; existing: fine
  virtual Result<void> remove(std::string_view path) = 0;  // a file, a link or an empty folder; absent: fine

  // Does not wait. An open lock file stays behind: it is never stale, since the kernel holds the lock.
  virtual Result<std::unique_ptr<DiskLock>> lock(std::string_view path) = 0;
  virtual Result<std::uint64_t> free_bytes() = 0;
  // Error: config, with the chmod that mends it, when others than its owner may read or write the file, or reach what is
  // in the folder. Where nothing belongs to anybody, all is private.
  virtual Result<void> check_private(std::string_view) { return {}; }
  // Ends the name of the next temporary. Where several processes may write the same file it is never the same twice:
  // ".new-" and a word of chance.
  virtual std::string temporary_suffix() { return ".new"; }
};

// Writes a temporary beside `path`, syncs it, renames it into place and syncs the folder: after a crash there is the
// old file or the new one, whole. Several may do so at once: one of their files stays, whole. Parent folders must exist.
Result<void> replace_file(Disk& disk, std::string_view path, ByteView data, unsigned mode = private_file_mode);
// Creates each missing folder of `path` and syncs each parent.
Result<void> make_folders(Disk& disk, std::string_view path, unsigned mode = private_folder_mode);
// What a crash left of replace_file() in `folder`. One that is being written right now may go, too: its writer makes
// another.
Result<void> remove_temporaries(Disk& disk, std::string_view folder);
Result<void> remove_tree(Disk& disk, std::string_view path);  // at most 3 levels deep, 10,000 entries
std::string parent_of(std::string_view path);                 // "a/b/c" -> "a/b"; "a" -> ""
std::string joined(std::string_view folder, std::string_view name);

}  // namespace crest
