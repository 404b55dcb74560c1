#include "acme/revocation.hpp"
#include "ca/web/resources.hpp"

namespace crest::ca::web {
namespace {

constexpr const char* chain_type = "application/pem-certificate-chain";  // RFC 8555 section 9.1

Result<http::Response> download(const SignedRequest& call, const Parts& parts) {
  TRY(must_be_reading(call.caller));
  const std::string serial(call.path.get("serial"));
  std::optional<store::CertificateRow> row;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(tx.certificates.by_serial(serial));
    return {};
  };
  TRY(parts.store.read(work));
  const bool own = row && row->account == call.caller.account->id;
  if (!own || row->status == store::CertificateStatus::signing) return ra::no_such("certificate");
  return http::Response{
      .status = 200, .headers = {{"Content-Type", chain_type}}, .body = parts.issuer.chain_pem(row->der, row->issuer)};
}

Result<http::Response> revoke(const SignedRequest& call, const Parts& parts) {
  const auto payload = TRY(json_payload(call.caller));
  const auto request = TRY(acme::revocation_from_json(payload));
  ra::Revocations::Requester requester;
  if (call.caller.account) {
    requester.account = call.caller.account->id;
  } else {
    requester.key = call.caller.key;
  }
  TRY(parts.revocations.revoke(requester, request, call.now));
  return http::Response{.status = 200};
}

}  // namespace

void add_certificate_routes(Edge& edge, const Parts& parts) {
  edge.post("/certificate/{serial}", SignedBy::account,
            [parts](const SignedRequest& call) { return download(call, parts); });
  edge.post("/revoke-cert", SignedBy::either, [parts](const SignedRequest& call) { return revoke(call, parts); });
}

}  // namespace crest::ca::web
