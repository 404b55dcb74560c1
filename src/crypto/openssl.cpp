#include "crypto/openssl.hpp"

#include <new>

#include <openssl/err.h>

namespace crest::crypto {

std::string openssl_error() {
  constexpr int reasons_max = 4;  // the rest repeats the same failure, one layer further out
  std::string text;
  int shown = 0;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (++shown > reasons_max) continue;  // keep draining
    if (!text.empty()) text += "; ";
    text += reason ? std::string(reason) : "error " + std::to_string(ERR_GET_REASON(code));
  }
  return text.empty() ? "no reason given" : text;
}

void out_of_memory() {
  ERR_clear_error();
  throw std::bad_alloc();
}

}  // namespace crest::crypto
