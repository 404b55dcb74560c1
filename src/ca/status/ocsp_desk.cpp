#include "ca/status/ocsp_desk.hpp"

#include <algorithm>

#include "encoding/base64.hpp"
#include "x509/crl.hpp"

namespace crest::ca::status {
namespace {

using store::CertificateStatus;
namespace ocsp = x509::ocsp;

OcspAnswerPtr failure(ocsp::Failure why) {
  return std::make_shared<const OcspAnswer>(OcspAnswer{.der = ocsp::failure_response(why)});
}

Time whole_seconds(Time time) { return from_unix_seconds(unix_seconds(time)); }

// `row` null: it is not ours.
ocsp::SingleResponse single(const ocsp::CertId& id, const store::CertificateRow* row) {
  ocsp::SingleResponse out{.id = id};
  if (!row) return out;
  out.status = row->status == CertificateStatus::revoked ? ocsp::Status::revoked : ocsp::Status::good;
  if (out.status == ocsp::Status::good) return out;
  out.revoked_at = whole_seconds(row->revoked_at.value_or(row->created));
  out.reason = x509::is_full_list_reason(row->revocation_reason) ? row->revocation_reason : 0;
  return out;
}

}  // namespace

OcspAnswerPtr OcspDesk::answer(ByteView der, Time now) {
  const auto request = ocsp::parse_request(der);
  if (!request) return failure(ocsp::Failure::malformed_request);
  const StatusSigner* signer = signer_of(*request);
  if (!signer) return failure(ocsp::Failure::unauthorized);
  const bool for_all = request->ids.size() == 1 && !request->nonce;
  if (for_all) {
    if (auto kept = deps_.cache.find(signer->issuer_id, request->ids.front().der, now)) return kept;
  }
  auto made = signed_answer(*signer, *request, now);
  (void)alarm_.tell(made ? Result<void>{} : made.error());
  return made ? *made : failure(ocsp::Failure::try_later);
}

// An answer has one signer, so all it is about has one issuer.
const StatusSigner* OcspDesk::signer_of(const ocsp::Request& request) const {
  const auto found = std::ranges::find_if(deps_.signers, [&](const StatusSigner& signer) {
    return std::ranges::all_of(request.ids, [&](const ocsp::CertId& id) { return id.is_of(signer.certificate); });
  });
  return found == deps_.signers.end() ? nullptr : &*found;
}

Result<OcspDesk::Standing> OcspDesk::standing(const StatusSigner& signer, const ocsp::Request& request,
                                              Time now) const {
  Standing out;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    out = {};
    out.revocations = TRY(tx.certificates.revocations(signer.issuer_id));
    for (const auto& id : request.ids) {
      const auto row = TRY(tx.certificates.by_serial(encoding::hex(id.serial)));
      const bool is_ours = row && row->issuer == signer.issuer_id;
      out.responses.push_back(single(id, is_ours ? &*row : nullptr));
    }
    return {};
  };
  TRY(deps_.store.read(work));
  for (auto& response : out.responses) {  // no revocation is younger than what tells of it
    response.this_update = whole_seconds(std::min(now, std::max(now - options_.backdate, response.revoked_at)));
    response.next_update = response.this_update + options_.ocsp_life;
  }
  return out;
}

Result<OcspAnswerPtr> OcspDesk::signed_answer(const StatusSigner& signer, const ocsp::Request& request, Time now) {
  const auto responder = deps_.responders.find(signer.issuer_id, now);
  if (!responder) return make_error(ErrorKind::internal, "there is no certificate to sign OCSP with yet");
  auto standing_now = TRY(standing(signer, request, now));
  for (auto& response : standing_now.responses) {
    response.next_update = std::min(response.next_update, responder->certificate.not_after());
  }
  Bytes der = TRY(ocsp::make_response({whole_seconds(now), standing_now.responses, request.nonce},
                                      responder->certificate, responder->key, signer.certificate));
  const auto& first = standing_now.responses.front();
  const bool for_all = request.ids.size() == 1 && !request.nonce;
  auto made =
      std::make_shared<const OcspAnswer>(OcspAnswer{std::move(der), first.this_update, first.next_update, for_all});
  deps_.meter.count("crest_ca_ocsp_signed_total");
  const bool is_ours = first.status != ocsp::Status::unknown;  // strangers' numbers fill no cache
  if (for_all && is_ours) deps_.cache.put(signer.issuer_id, request.ids.front().der, made, standing_now.revocations);
  return OcspAnswerPtr(std::move(made));
}

}  // namespace crest::ca::status
