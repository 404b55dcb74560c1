#include "adapters/secret_memory.hpp"

#include <cerrno>
#include <cstring>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

namespace crest::adapters {
namespace {

// OpenSSL keeps the secret halves of all keys there, ephemeral ones of TLS handshakes too, and fails when it is full:
// some 64 octets a number, for as many connections as a listener takes.
constexpr std::size_t locked_bytes = 1u << 20;
constexpr std::size_t smallest_block = 32;

std::string refused(const std::string& what, const std::string& why, const std::string& next) {
  return what + ": " + why + "; " + next;
}

std::string shield_heap() {
  if (CRYPTO_secure_malloc_initialized()) return {};
  const int state = CRYPTO_secure_malloc_init(locked_bytes, smallest_block);  // guarded, locked, not dumped
  if (state == 1) return {};
  const std::string next = "raise the limit (systemd: LimitMEMLOCK=2M), or encrypt the swap";
  return refused(state == 2 ? "the memory of keys could not be locked" : "there is no locked memory for keys",
                 std::strerror(errno), next);
}

}  // namespace

std::string shield_secrets() {
  std::string refusals;
  const auto note = [&](const std::string& text) { refusals += (refusals.empty() || text.empty() ? "" : ". ") + text; };
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) note(refused("PR_SET_DUMPABLE", std::strerror(errno), "forbid core files"));
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) note(refused("RLIMIT_CORE", std::strerror(errno), "forbid core files"));
  note(shield_heap());
  return refusals;
}

}  // namespace crest::adapters
