// A StatusSigner is an issuer as far as the status of its certificates goes: also one that issues nothing any more signs
// lists and answers for as long as something of it is valid.
#pragma once

#include <string>

#include "x509/certificate.hpp"

namespace crest::ca::status {

struct StatusSigner {
  std::string issuer_id;  // what a CertificateRow calls it
  const x509::Certificate& certificate;
  const crypto::Signer& key;
};

}  // namespace crest::ca::status
