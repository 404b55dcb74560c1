#include "adapters/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace crest::adapters {
namespace {

constexpr std::size_t first_bytes = 4096;

struct OpenFile {
  explicit OpenFile(const char* path) : descriptor(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) {}
  ~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor;
};

Error cannot_read(const std::string& path) {
  return make_error(ErrorKind::config,
                    std::string("cannot be read: ") + std::strerror(errno) +
                        "; name a file that is there, and that this user may read",
                    path);
}

Result<std::string> read_to_end(const OpenFile& file, const std::string& path, std::size_t bytes_max) {
  std::string text;
  std::size_t size = 0;
  while (size <= bytes_max) {
    if (size == text.size()) text.resize(std::min(std::max(first_bytes, 2 * size), bytes_max + 1));
    const ssize_t count = ::read(file.descriptor, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  if (size <= bytes_max) return text;
  return make_error(ErrorKind::config,
                    "is larger than " + std::to_string(bytes_max) + " octets; is it the file that was meant?", path);
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  const OpenFile file(path.c_str());
  if (file.descriptor < 0) return cannot_read(path);
  return read_to_end(file, path, bytes_max);
}

Result<void> check_private_file(int descriptor, mode_t forbidden, const std::string& where) {
  const auto refused = [&](std::string why) { return make_error(ErrorKind::config, std::move(why), where); };
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return refused(std::string("cannot look at it: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return {};
  if ((status.st_mode & forbidden) != 0) return refused("others can read it; chmod 0400 it, and make a new one");
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return refused("it belongs to another user; chown it");
  return {};
}

Result<Secret> read_private_file(const std::string& path, std::size_t bytes_max) {
  const OpenFile file(path.c_str());
  if (file.descriptor < 0) return cannot_read(path);
  TRY(check_private_file(file.descriptor, S_IRWXG | S_IRWXO, path));
  auto text = TRY(read_to_end(file, path, bytes_max));
  return Secret(std::move(text));
}

std::string absolute_path(const std::string& path) {
  std::error_code wrong;
  const std::filesystem::path whole = std::filesystem::absolute(path, wrong);
  return wrong ? path : whole.lexically_normal().string();
}

bool is_there(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown) || unknown;
}

}  // namespace crest::adapters
