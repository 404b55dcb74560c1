#include "adapters/secret_memory.hpp"

#include <fstream>
#include <functional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <openssl/crypto.h>

#include "crypto/key.hpp"

namespace crest::adapters {
namespace {

// In a process of its own, since nothing of it can be taken back. The exit code of `body`.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

long locked_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmLck:")) return std::stol(line.substr(6));
  }
  return -1;
}

// As a service runs: without the right to lock more than its limit.
void give_up_locking() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  ::syscall(SYS_capget, &header, data);
  data[0].effective &= ~(1u << CAP_IPC_LOCK);
  ::syscall(SYS_capset, &header, data);
}

TEST(SecretMemory, SF85_NoCoreFileAndNoLookFromOutside) {
  EXPECT_EQ(in_child([] {
              shield_secrets();
              rlimit core{};
              ::getrlimit(RLIMIT_CORE, &core);
              return ::prctl(PR_GET_DUMPABLE) == 0 && core.rlim_max == 0 ? 0 : 1;
            }),
            0);
}

TEST(SecretMemory, SF85_KeysLieInLockedMemory) {
  const int code = in_child([] {
    const std::string refused = shield_secrets();
    if (!refused.empty()) return refused.find("LimitMEMLOCK") != std::string::npos ? 0 : 60;  // then it has to say so
    if (!shield_secrets().empty()) return 1;
    if (locked_kib() < 1024) return 2;
    for (const auto type : {crypto::KeyType::ec_p256, crypto::KeyType::ed25519, crypto::KeyType::rsa_2048}) {
      const Secret passphrase("correct horse");
      const auto made = crypto::PrivateKey::generate(type).value();
      const std::string pem = made.to_encrypted_pem(passphrase).value();
      const std::size_t before = CRYPTO_secure_used();
      const auto key = crypto::PrivateKey::from_pem(pem, &passphrase).value();
      if (CRYPTO_secure_used() <= before) return 3 + static_cast<int>(type);
      if (!key.sign(as_bytes("x"))) return 50;
    }
    return 0;
  });
  EXPECT_EQ(code, 0);
}

TEST(SecretMemory, SF85_WhatIsRefusedIsToldAndKeysWorkAllTheSame) {
  const int code = in_child([] {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_MEMLOCK, &none);
    give_up_locking();
    const std::string refused = shield_secrets();
    if (refused.find("LimitMEMLOCK") == std::string::npos) return 1;
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    return key.sign(as_bytes("x")) ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace crest::adapters
