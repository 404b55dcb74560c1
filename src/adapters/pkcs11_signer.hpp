// A Pkcs11Signer signs with a key that never leaves its token (PKCS#11): a hardware module, or SoftHSM.
#pragma once

#include <memory>
#include <string>

#include "core/secret.hpp"
#include "core/time.hpp"
#include "crypto/key.hpp"

namespace crest::adapters {

struct Pkcs11Options {
  std::string module;  // path of the token's library
  std::string uri;     // RFC 7512: "pkcs11:token=ca;object=inter", with id= where there are several
  Secret pin;          // never in the URI, which may be logged
  std::size_t sessions_max = 8;
  Duration patience{10'000};  // for a free session; signers beyond it are refused
};

// Finds token and key, and logs in. Errors: config, for what an operator has to change; storage, when the token fails.
// The signer is thread-safe. It opens a session anew when the token forgot it (a reset, a module taken out and put
// back); while the token is away, sign() fails with timeout or storage and works again once it is back.
Result<std::unique_ptr<crypto::Signer>> open_pkcs11_signer(Pkcs11Options options);

// Makes a key pair in the token under the label (and id) of the URI; the private half can never be read out. Errors: as
// above, and config when there is such a key already.
Result<crypto::PublicKey> generate_pkcs11_key(const Pkcs11Options& options, crypto::KeyType type);

}  // namespace crest::adapters
