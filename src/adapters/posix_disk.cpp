#include "adapters/posix_disk.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <random>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "adapters/descriptor.hpp"

namespace crest::adapters {
namespace {

constexpr std::size_t path_bytes_max = 4096, name_bytes_max = 255, components_max = 16;
constexpr std::size_t entries_max = 1'000'000;
constexpr std::size_t read_step = 64u << 10;
constexpr int lock_attempts_max = 10;
constexpr mode_t others_write = S_IWGRP | S_IWOTH;
constexpr int open_folder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string_view advice(int number) {
  switch (number) {
    case ENOSPC: return "; free some space and try again";
    case EDQUOT: return "; raise the quota or remove files, and try again";
    case ENOENT: return "; see that the folder above it is there";
    case EROFS: return "; mount it writable or choose another folder";
    case EACCES:
    case EPERM: return "; run as the folder's owner, or give this user the folder";
    case EIO: return "; the device fails: look at the kernel log, and trust nothing written last";
    case EFBIG: return "; raise the file size limit (ulimit -f)";
    case ELOOP:
    case ENOTDIR: return "; a link or a file stands where a folder belongs: remove it";
    case EMFILE:
    case ENFILE: return "; raise the limit of open files (ulimit -n)";
    case ESTALE: return "; mount the network file system again";
    default: return "";
  }
}

Error failed(const std::string& what, int number, const std::string& path) {
  return make_error(ErrorKind::storage, "cannot " + what + ": " + std::strerror(number) + std::string(advice(number)),
                    path);
}

Error refused(const std::string& why, const std::string& path) { return make_error(ErrorKind::storage, why, path); }

// Repeats a system call that a signal interrupted.
template <typename Call>
auto uninterrupted(Call call) {
  for (;;) {
    auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && name != "." && name != ".." && name.find('/') == name.npos &&
         name.find('\0') == name.npos;
}

using Names = std::vector<std::string>;

Result<Names> split(std::string_view path, bool root_allowed) {
  if (path.empty() && root_allowed) return Names{};
  Names names;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    names.emplace_back(path.substr(start, end - start));
    start = end + 1;
    if (!is_plain_name(names.back()) || names.size() > components_max || path.size() > path_bytes_max) {
      return refused("not a path inside the folder: plain names joined by '/' are",
                     Untrusted(std::string(path)).printable());
    }
  }
  return names;
}

bool is_ours(const struct stat& status) { return status.st_uid == ::geteuid() || status.st_uid == 0; }

Result<void> check_folder(int folder, bool exclusive, const std::string& path) {
  struct stat status{};
  if (::fstat(folder, &status) != 0) return failed("look at the folder", errno, path);
  if (!exclusive) return {};
  if (!is_ours(status)) {
    return refused("the folder belongs to user " + std::to_string(status.st_uid) +
                       ", who could replace what is kept in it; run as that user, or chown it",
                   path);
  }
  if ((status.st_mode & others_write) != 0) {
    return refused("others may write to the folder and could plant files in it; chmod go-w it", path);
  }
  return {};
}

// umask takes bits away and never adds any: what was asked for and got lost is put back, while the file is empty still.
int restore_mode(int file, unsigned mode) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return errno;
  if ((mode & ~status.st_mode & 07777u) == 0) return 0;
  return ::fchmod(file, mode) == 0 ? 0 : errno;
}

int write_all(int file, ByteView data) {
  while (!data.empty()) {
    const ssize_t count = ::write(file, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return ENOSPC;
    data = data.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

class Lock final : public DiskLock {
 public:
  explicit Lock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;  // closing it lets go
};

// A folder that is open, and the name in it that a path ends with.
struct Place {
  Descriptor folder;
  std::string name;
};

// No other process has it: neither one of another namespace with the same id, nor one that began with the same seed.
std::string word_of_chance() {
  std::random_device device;
  return std::to_string((std::uint64_t{device()} << 32) | device());
}

class PosixDisk final : public Disk {
 public:
  PosixDisk(Descriptor root, std::string path, bool exclusive)
      : root_(std::move(root)), root_path_(std::move(path)), exclusive_(exclusive) {}

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
  Result<void> check_private(std::string_view path) override;
  std::string temporary_suffix() override { return ".new-" + word_ + "-" + std::to_string(temporaries_++); }

 private:
  enum class Links { refuse, plain };

  std::string full(std::string_view path) const { return joined(root_path_, path); }
  Result<Descriptor> enter(const Descriptor& folder, const std::string& name, Links links, const std::string& path);
  Result<Descriptor> open_names(const Names& names, Links links, std::string_view path);
  Result<Place> place(std::string_view path, Links links = Links::refuse);
  Result<Descriptor> open_file(const Place& place, int flags, const std::string& path);
  Result<void> sync_descriptor(const Descriptor& file, const std::string& path);

  Descriptor root_;
  std::string root_path_;
  bool exclusive_;
  const std::string word_ = word_of_chance();
  std::atomic<std::uint64_t> temporaries_ = 0;
};

// The target of the link `name`, when it is one plain name in the same folder; "" when it is no such link.
std::string plain_target(int folder, const std::string& name) {
  char target[name_bytes_max + 1];
  const ssize_t size = ::readlinkat(folder, name.c_str(), target, sizeof target);
  if (size <= 0 || static_cast<std::size_t>(size) == sizeof target) return {};
  std::string text(target, static_cast<std::size_t>(size));
  return is_plain_name(text) ? text : std::string();
}

Result<Descriptor> PosixDisk::enter(const Descriptor& folder, const std::string& name, Links links,
                                    const std::string& path) {
  Descriptor next(uninterrupted([&] { return ::openat(folder.get(), name.c_str(), open_folder); }));
  if (!next && (errno == ELOOP || errno == ENOTDIR) && links == Links::plain) {
    const int why = errno;
    const std::string target = plain_target(folder.get(), name);
    if (target.empty()) return failed("open the folder", why, path);
    next = Descriptor(uninterrupted([&] { return ::openat(folder.get(), target.c_str(), open_folder); }));
  }
  if (!next) return failed("open the folder", errno, path);
  TRY(check_folder(next.get(), exclusive_, path));
  return next;
}

Result<Descriptor> PosixDisk::open_names(const Names& names, Links links, std::string_view path) {
  const int copy = ::fcntl(root_.get(), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return failed("open the folder", errno, root_path_);
  Descriptor folder(copy);
  for (const std::string& name : names) folder = TRY(enter(folder, name, links, full(path)));
  return folder;
}

Result<Place> PosixDisk::place(std::string_view path, Links links) {
  Names names = TRY(split(path, false));
  std::string name = std::move(names.back());
  names.pop_back();
  Descriptor folder = TRY(open_names(names, links, path));
  return Place{std::move(folder), std::move(name)};
}

// Never blocks on a FIFO, never follows a link; a regular file of ours or root's.
Result<Descriptor> PosixDisk::open_file(const Place& place, int flags, const std::string& path) {
  Descriptor file(uninterrupted([&] {
    return ::openat(place.folder.get(), place.name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    private_file_mode);
  }));
  if (!file) return failed("open the file", errno, path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed("look at the file", errno, path);
  if (!S_ISREG(status.st_mode)) return refused("this is no plain file; remove it", path);
  if (exclusive_ && !is_ours(status)) {
    return refused("the file belongs to user " + std::to_string(status.st_uid) + "; run as that user, or chown it",
                   path);
  }
  return file;
}

Result<Bytes> PosixDisk::read(std::string_view path, std::size_t bytes_max) {
  Place at = TRY(place(path, Links::plain));
  const std::string target = plain_target(at.folder.get(), at.name);
  if (!target.empty()) at.name = target;
  const Descriptor file = TRY(open_file(at, O_RDONLY, full(path)));
  Bytes data;
  for (std::size_t size = 0;;) {
    data.resize(size + std::min(read_step, bytes_max - size + 1));  // one more than allowed, to see that it is too much
    const ssize_t count = uninterrupted([&] { return ::read(file.get(), data.data() + size, data.size() - size); });
    if (count < 0) return failed("read the file", errno, full(path));
    size += static_cast<std::size_t>(count);
    data.resize(size);
    if (count == 0) return data;
    if (size > bytes_max) {
      return refused("the file has more than " + std::to_string(bytes_max) + " octets; it is not what belongs here",
                     full(path));
    }
  }
}

Result<void> PosixDisk::check_private(std::string_view path) {
  const Place at = TRY(place(path));
  struct stat status{};
  if (::fstatat(at.folder.get(), at.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed("look at the file", errno, full(path));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777));
  return make_error(ErrorKind::config,
                    std::string("others may get at it (mode ") + mode + "); chmod go= " + full(path) +
                        ", and find out who has read it meanwhile",
                    full(path));
}

Result<bool> PosixDisk::exists(std::string_view path) {
  if (path.empty()) return true;
  Names names = TRY(split(path, false));
  const std::string name = std::move(names.back());
  names.pop_back();
  const int copy = ::fcntl(root_.get(), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return failed("open the folder", errno, root_path_);
  Descriptor folder(copy);
  struct stat status{};
  for (const std::string& parent : names) {
    const bool absent = ::fstatat(folder.get(), parent.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
    if (absent) return false;
    folder = TRY(enter(folder, parent, Links::refuse, full(path)));
  }
  if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno == ENOENT) return false;
  return failed("look at the file", errno, full(path));
}

DiskEntry::Type type_of(int folder, const dirent& entry) {
  unsigned char type = entry.d_type;
  struct stat status{};
  if (type == DT_UNKNOWN && ::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
    type = IFTODT(status.st_mode);
  }
  switch (type) {
    case DT_REG: return DiskEntry::Type::file;
    case DT_DIR: return DiskEntry::Type::folder;
    case DT_LNK: return DiskEntry::Type::link;
    default: return DiskEntry::Type::other;
  }
}

Result<std::vector<DiskEntry>> PosixDisk::list(std::string_view folder) {
  const Names names = TRY(split(folder, true));
  // A copied descriptor would share its place in the folder with every other reader; "." gives one of its own.
  const Descriptor parent = TRY(open_names(names, Links::refuse, folder));
  Descriptor own(uninterrupted([&] { return ::openat(parent.get(), ".", open_folder); }));
  if (!own) return failed("open the folder", errno, full(folder));
  const std::unique_ptr<DIR, int (*)(DIR*)> reader(::fdopendir(own.get()), ::closedir);
  if (!reader) return failed("read the folder", errno, full(folder));
  own.release();
  std::vector<DiskEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(reader.get());
    if (entry == nullptr) break;
    if (!is_plain_name(entry->d_name)) continue;
    if (entries.size() == entries_max)
      return refused("the folder has over a million entries; clean it up", full(folder));
    entries.push_back({entry->d_name, type_of(parent.get(), *entry)});
  }
  if (errno != 0) return failed("read the folder", errno, full(folder));
  std::sort(entries.begin(), entries.end(), [](const DiskEntry& a, const DiskEntry& b) { return a.name < b.name; });
  return entries;
}

Result<std::string> PosixDisk::read_link(std::string_view path) {
  const Place at = TRY(place(path));
  char target[path_bytes_max];
  const ssize_t size = ::readlinkat(at.folder.get(), at.name.c_str(), target, sizeof target);
  if (size < 0) return failed("read the link", errno, full(path));
  if (static_cast<std::size_t>(size) == sizeof target) return refused("the link is too long; remove it", full(path));
  return std::string(target, static_cast<std::size_t>(size));
}

Result<void> PosixDisk::create(std::string_view path, ByteView data, unsigned mode) {
  const Place at = TRY(place(path));
  Descriptor file(uninterrupted([&] {
    return ::openat(at.folder.get(), at.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  }));
  if (!file) return failed("create the file", errno, full(path));
  int problem = restore_mode(file.get(), mode);
  if (problem == 0) problem = write_all(file.get(), data);
  const int at_close = file.close();
  if (problem == 0) problem = at_close;
  if (problem == 0) return {};
  ::unlinkat(at.folder.get(), at.name.c_str(), 0);  // half a file is worse than none
  return failed("write the file", problem, full(path));
}

Result<void> PosixDisk::sync_descriptor(const Descriptor& file, const std::string& path) {
  if (uninterrupted([&] { return ::fsync(file.get()); }) != 0) return failed("make it durable", errno, path);
  return {};
}

Result<void> PosixDisk::sync(std::string_view path) {
  const Place at = TRY(place(path));
  const Descriptor file = TRY(open_file(at, O_RDONLY, full(path)));
  return sync_descriptor(file, full(path));
}

Result<void> PosixDisk::sync_folder(std::string_view folder) {
  const Names names = TRY(split(folder, true));
  const Descriptor opened = TRY(open_names(names, Links::refuse, folder));
  return sync_descriptor(opened, full(folder));
}

Result<void> PosixDisk::rename(std::string_view from, std::string_view to) {
  const Place source = TRY(place(from));
  const Place target = TRY(place(to));
  if (::renameat(source.folder.get(), source.name.c_str(), target.folder.get(), target.name.c_str()) != 0) {
    return failed("rename it to " + std::string(to), errno, full(from));
  }
  return {};
}

Result<void> PosixDisk::link_to(std::string_view target_name, std::string_view path) {
  if (!is_plain_name(target_name)) return refused("a link leads to one plain name in its own folder", full(path));
  const Place at = TRY(place(path));
  if (::symlinkat(std::string(target_name).c_str(), at.folder.get(), at.name.c_str()) != 0) {
    return failed("create the link", errno, full(path));
  }
  return {};
}

Result<void> PosixDisk::make_folder(std::string_view path, unsigned mode) {
  const Place at = TRY(place(path));
  if (::mkdirat(at.folder.get(), at.name.c_str(), mode) != 0) {
    if (errno != EEXIST) return failed("create the folder", errno, full(path));
    TRY(enter(at.folder, at.name, Links::refuse, full(path)));
    return {};
  }
  const Descriptor made = TRY(enter(at.folder, at.name, Links::refuse, full(path)));
  const int problem = restore_mode(made.get(), mode);
  if (problem != 0) return failed("set the folder's mode", problem, full(path));
  return {};
}

Result<void> PosixDisk::remove(std::string_view path) {
  const bool there = TRY(exists(path));
  if (!there) return {};
  const Place at = TRY(place(path));
  if (::unlinkat(at.folder.get(), at.name.c_str(), 0) == 0 || errno == ENOENT) return {};
  const int as_file = errno;
  if (as_file == EISDIR || as_file == EPERM) {
    if (::unlinkat(at.folder.get(), at.name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    if (errno != ENOTDIR) return failed("remove the folder", errno, full(path));
  }
  return failed("remove the file", as_file, full(path));
}

Result<std::unique_ptr<DiskLock>> PosixDisk::lock(std::string_view path) {
  const Place at = TRY(place(path));
  for (int attempt = 0; attempt < lock_attempts_max; ++attempt) {
    Descriptor file = TRY(open_file(at, O_RDWR | O_CREAT, full(path)));
    if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno != EWOULDBLOCK) return failed("lock the file", errno, full(path));
      return make_error(ErrorKind::locked, "another process is at work here; wait for it to end, then try again",
                        full(path));
    }
    // Whoever held the name may have removed it between open and lock: a lock on a nameless file guards nothing.
    struct stat held{}, named{};
    const bool same = ::fstat(file.get(), &held) == 0 &&
                      ::fstatat(at.folder.get(), at.name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                      held.st_ino == named.st_ino && held.st_dev == named.st_dev;
    if (same) (void)restore_mode(file.get(), private_file_mode);  // the next run opens it, too
    if (same) return std::unique_ptr<DiskLock>(std::make_unique<Lock>(std::move(file)));
  }
  return make_error(ErrorKind::locked, "the lock file is replaced again and again; stop whoever removes it",
                    full(path));
}

Result<std::uint64_t> PosixDisk::free_bytes() {
  struct statvfs status{};
  if (::fstatvfs(root_.get(), &status) != 0) return failed("ask for the free space", errno, root_path_);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

// Whether it was made just now.
Result<bool> create_root(const std::string& folder, unsigned mode) {
  for (std::size_t end = folder.find('/', 1); end != folder.npos; end = folder.find('/', end + 1)) {
    if (::mkdir(folder.substr(0, end).c_str(), 0755) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES) {
      return failed("create the folder", errno, folder.substr(0, end));
    }
  }
  if (::mkdir(folder.c_str(), mode) == 0) return true;
  const int why = errno;
  struct stat status{};
  // On a read-only file system mkdir says so even of a folder that is there.
  if (::stat(folder.c_str(), &status) != 0) return failed("create the folder", why, folder);
  return false;
}

}  // namespace

Result<std::unique_ptr<Disk>> open_posix_disk(const std::string& folder, const PosixDiskOptions& options) {
  std::string path = folder;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path.empty() || path.find('\0') != path.npos) {
    return make_error(ErrorKind::config, "no folder given; name one");
  }
  bool made = false;
  if (options.create) made = TRY(create_root(path, options.create_mode));
  Descriptor root(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!root) return failed("open the folder", errno, path);
  const int problem = made ? restore_mode(root.get(), options.create_mode) : 0;
  if (problem != 0) return failed("set the folder's mode", problem, path);
  TRY(check_folder(root.get(), options.exclusive, path));
  return std::unique_ptr<Disk>(std::make_unique<PosixDisk>(std::move(root), std::move(path), options.exclusive));
}

}  // namespace crest::adapters
