// A sandbox is a network and a mount namespace of this process's own: every port is free, nothing leaves loopback, and
// what is mounted goes with the process.
#pragma once

#include <cerrno>
#include <cstring>
#include <fstream>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

namespace crest::testing {

// "", or what could not be had. Call it before there is a second thread.
inline std::string enter_sandbox() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  const auto failed = [](const char* what) { return std::string(what) + ": " + std::strerror(errno); };
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS | (user == 0 ? 0 : CLONE_NEWUSER)) != 0) return failed("unshare");
  if (user != 0) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("make mounts private");
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  const int up = ::ioctl(socket, SIOCSIFFLAGS, &loopback);
  const std::string problem = up == 0 ? "" : failed("loopback");
  ::close(socket);
  return problem;
}

// A file system of its own on `folder` for as long as this lives: small, or the same files read-only.
class Mount {
 public:
  static Mount small(const std::string& folder, std::size_t bytes) {
    const std::string options = "mode=0700,size=" + std::to_string(bytes);
    return Mount(folder, ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()));
  }
  static Mount read_only(const std::string& folder) {
    int result = ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr);
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (result == 0) result = ::mount_setattr(AT_FDCWD, folder.c_str(), 0, &attributes, sizeof attributes);
    return Mount(folder, result);
  }
  Mount(Mount&& other) noexcept : folder_(std::move(other.folder_)), ok_(other.ok_) { other.folder_.clear(); }
  Mount& operator=(Mount&&) = delete;
  ~Mount() {
    if (!folder_.empty()) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  bool ok() const { return ok_; }

 private:
  Mount(std::string folder, int result) : folder_(std::move(folder)), ok_(result == 0) {}
  std::string folder_;
  bool ok_;
};

}  // namespace crest::testing
