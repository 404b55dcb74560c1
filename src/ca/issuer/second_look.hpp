// What another CA has made is looked at before anybody gets it: the issuer that asked for it says where it comes from, and
// this, whether it is what was asked for. Pure.
#pragma once

#include "ca/issuer/issuer.hpp"

namespace crest::ca::issuer {

struct Asked {
  ByteView spki;  // of the key in the request
  const std::vector<x509::SubjectName>& names;
  Validity validity;          // what was approved
  RequestedValidity exactly;  // what the client asked for
};

// Why a certificate is none that was asked for, or none of this issuer's; "" nothing. It may live shorter than was
// approved where the client did not ask for dates, and begin earlier: other CAs backdate.
std::string why_refused(const x509::Certificate& made, const Asked& asked, const IssuerFacts& facts, Time now);

// The journal of a certificate that another CA is to make holds the key beside the issuer's own handle, so that what comes
// is held against what was asked for also after a restart.
Bytes with_key(ByteView spki, ByteView handle);
struct KeyAndHandle {
  Bytes spki, handle;
};
Result<KeyAndHandle> split_key(const Bytes& journalled);  // error: malformed

}  // namespace crest::ca::issuer
