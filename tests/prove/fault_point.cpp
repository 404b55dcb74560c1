// A library to be preloaded into crest-ca or crest: it ends, starves or cuts off the process at one chosen system call
// that changes something outside of it, and writes down every certificate that a key signs. The test holds the other
// end of a file that both map (CREST_FAULT_POINT), and reads the second one (CREST_WITNESS) when the process is dead.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace {

enum Mode : std::uint32_t { off, kill_at, no_space_from, cut_at };
enum class Kind { other, disk, database, network };

constexpr std::size_t calls_max = 200, name_max = 16;

struct Control {  // tests/prove/lab.py writes and reads it with the same layout
  std::atomic<std::uint32_t> mode;
  std::atomic<std::uint32_t> at;
  std::atomic<std::uint32_t> count;
  std::atomic<std::uint32_t> struck;
  char calls[calls_max][name_max];
};

Control* map_control() {
  const char* path = std::getenv("CREST_FAULT_POINT");
  const int file = path ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<Control*>(memory);
}

Control* control() {
  static Control* const mapped = map_control();
  return mapped;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

Kind kind_of(int file) {
  struct stat status{};
  if (file <= 2 || ::fstat(file, &status) != 0) return Kind::other;
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) return Kind::disk;
  if (!S_ISSOCK(status.st_mode)) return Kind::other;
  sockaddr address{};
  socklen_t size = sizeof address;
  if (::getsockname(file, &address, &size) != 0) return Kind::other;
  return address.sa_family == AF_UNIX ? Kind::database : Kind::network;
}

// True: the call must fail, with errno set. Does not return where the process is to die.
bool strikes(const char* name, Kind kind, int file, bool takes_space) {
  Control* shared = control();
  const int errno_before = errno;
  const std::uint32_t mode = shared ? shared->mode.load() : off;
  const bool counts = mode == kill_at || (mode == no_space_from && kind == Kind::disk && takes_space) ||
                      (mode == cut_at && kind == Kind::database);
  if (kind == Kind::other || !counts) return false;
  const std::uint32_t number = ++shared->count;
  if (number <= calls_max) std::strncpy(shared->calls[number - 1], name, name_max - 1);
  const bool hit = mode == no_space_from ? number >= shared->at : number == shared->at;
  if (!hit) {
    errno = errno_before;
    return false;
  }
  shared->struck = number;
  if (mode == kill_at) ::kill(::getpid(), SIGKILL);
  if (mode == cut_at) ::shutdown(file, SHUT_RDWR);
  errno = mode == no_space_from ? ENOSPC : ECONNRESET;
  return true;
}

void append_hex(std::string& line, const unsigned char* octets, std::size_t size) {
  constexpr const char* digits = "0123456789abcdef";
  for (std::size_t i = 0; i < size; ++i) {
    line += digits[octets[i] >> 4];
    line += digits[octets[i] & 15];
  }
}

// The public key of who signs, and what: to the witness, before the signature is there.
void witness(EVP_MD_CTX* context, const unsigned char* message, std::size_t size) {
  const char* path = std::getenv("CREST_WITNESS");
  EVP_PKEY_CTX* inner = EVP_MD_CTX_get_pkey_ctx(context);
  EVP_PKEY* key = inner ? EVP_PKEY_CTX_get0_pkey(inner) : nullptr;
  constexpr unsigned char sequence = 0x30;
  if (!path || !key || size < 2 || message[0] != sequence) return;
  unsigned char* spki = nullptr;
  const int spki_size = i2d_PUBKEY(key, &spki);
  if (spki_size <= 0) return;
  std::string line;
  append_hex(line, spki, static_cast<std::size_t>(spki_size));
  OPENSSL_free(spki);
  line += ' ';
  append_hex(line, message, size);
  line += '\n';
  const int file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) std::abort();  // a proof without its witness is none
  static const auto write_on = real<ssize_t(int, const void*, std::size_t)>("write");
  if (write_on(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  ::close(file);
}

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT ssize_t write(int file, const void* data, std::size_t size) {
  static const auto next = real<ssize_t(int, const void*, std::size_t)>("write");
  return strikes("write", kind_of(file), file, true) ? -1 : next(file, data, size);
}
EXPORT ssize_t pwrite64(int file, const void* data, std::size_t size, off64_t offset) {
  static const auto next = real<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  return strikes("pwrite", kind_of(file), file, true) ? -1 : next(file, data, size, offset);
}
EXPORT ssize_t pwrite(int file, const void* data, std::size_t size, off_t offset) {
  return pwrite64(file, data, size, offset);
}
EXPORT ssize_t writev(int file, const iovec* parts, int count) {
  static const auto next = real<ssize_t(int, const iovec*, int)>("writev");
  return strikes("writev", kind_of(file), file, true) ? -1 : next(file, parts, count);
}
EXPORT int fsync(int file) {
  static const auto next = real<int(int)>("fsync");
  return strikes("fsync", kind_of(file), file, false) ? -1 : next(file);
}
EXPORT int fdatasync(int file) {
  static const auto next = real<int(int)>("fdatasync");
  return strikes("fdatasync", kind_of(file), file, false) ? -1 : next(file);
}
EXPORT int ftruncate64(int file, off64_t size) noexcept {
  static const auto next = real<int(int, off64_t)>("ftruncate64");
  return strikes("ftruncate", kind_of(file), file, false) ? -1 : next(file, size);
}
EXPORT int ftruncate(int file, off_t size) noexcept { return ftruncate64(file, size); }
EXPORT int unlink(const char* path) noexcept {
  static const auto next = real<int(const char*)>("unlink");
  return strikes("unlink", Kind::disk, -1, false) ? -1 : next(path);
}
EXPORT int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  static const auto next = real<int(int, const char*, int, const char*)>("renameat");
  return strikes("renameat", Kind::disk, -1, false) ? -1 : next(from_folder, from, to_folder, to);
}
EXPORT int unlinkat(int folder, const char* path, int flags) noexcept {
  static const auto next = real<int(int, const char*, int)>("unlinkat");
  return strikes("unlinkat", Kind::disk, -1, false) ? -1 : next(folder, path, flags);
}
EXPORT int symlinkat(const char* target, int folder, const char* path) noexcept {
  static const auto next = real<int(const char*, int, const char*)>("symlinkat");
  return strikes("symlinkat", Kind::disk, -1, true) ? -1 : next(target, folder, path);
}
EXPORT int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  static const auto next = real<int(int, const char*, mode_t)>("mkdirat");
  return strikes("mkdirat", Kind::disk, -1, true) ? -1 : next(folder, path, mode);
}
EXPORT ssize_t send(int file, const void* data, std::size_t size, int flags) {
  static const auto next = real<ssize_t(int, const void*, std::size_t, int)>("send");
  return strikes("send", kind_of(file), file, false) ? -1 : next(file, data, size, flags);
}
EXPORT ssize_t sendmsg(int file, const msghdr* message, int flags) {
  static const auto next = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  return strikes("sendmsg", kind_of(file), file, false) ? -1 : next(file, message, flags);
}
EXPORT int EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature, std::size_t* signature_size,
                          const unsigned char* message, std::size_t size) {
  static const auto next =
      real<int(EVP_MD_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t)>("EVP_DigestSign");
  if (signature) witness(context, message, size);
  return next(context, signature, signature_size, message, size);
}
