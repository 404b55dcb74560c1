// Where a certificate says that its issuer and its status are told (RFC 5280 sections 4.2.1.13 and 4.2.2.1).
#pragma once

#include <string>

#include "x509/certificate.hpp"

namespace crest::x509 {

struct StatusPlaces {
  std::string ca_issuers, ocsp, crl;  // the first URL of each; "" where there is none
  friend bool operator==(const StatusPlaces&, const StatusPlaces&) = default;
};

Result<StatusPlaces> status_places(const Certificate& certificate);  // error: malformed
Result<StatusPlaces> status_places(const Fields& fields);            // for this layer only

// The certificate that these octets will be once they are signed, with a signature of nothing: for looking into the
// journal. Error: malformed.
Result<Certificate> unsigned_certificate(ByteView tbs);

}  // namespace crest::x509
