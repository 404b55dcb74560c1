// The StatusService tells relying parties about certificates, over plain HTTP and to anybody: revocation lists, OCSP, and
// the certificates of the issuers (RFC 5280 section 4.2.2.1, RFC 6960 appendix A, RFC 5019). Nothing else.
#pragma once

#include "ca/status/ocsp_desk.hpp"
#include "ca/status/places.hpp"
#include "ca/status/shelf.hpp"
#include "core/clock.hpp"
#include "http/router.hpp"

namespace crest::ca::status {

class StatusService final : public http::Service {
 public:
  struct Deps {
    const std::vector<StatusSigner>& signers;
    const Shelf& shelf;
    OcspDesk& desk;
    store::Store& store;  // for issuers of before
    Clock& clock;
    std::string roots_pem;
  };
  explicit StatusService(Deps deps);

  http::Response handle(const http::Request& request) override;

 private:
  http::Response crl(const http::Request& request, const std::string& issuer, std::uint32_t part) const;
  http::Response ocsp(const http::Request& request, ByteView question) const;
  http::Response ocsp_by_get(const http::Request& request, std::string_view path) const;
  http::Response issuer(const http::Request& request, std::string_view file) const;
  Result<std::optional<x509::Certificate>> issuer_with(const std::string& id) const;  // error: storage

  Deps deps_;
  http::Router router_;
};

}  // namespace crest::ca::status
