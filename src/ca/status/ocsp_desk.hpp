// The OcspDesk answers OCSP requests (RFC 6960, RFC 5019) about certificates that this CA has issued or is about to: what
// stands in the journal counts as issued. It never says "good" of a serial number that is not ours (OCSP-02).
#pragma once

#include "ca/status/ocsp_cache.hpp"
#include "ca/status/responders.hpp"
#include "ca/store/store.hpp"
#include "core/log.hpp"
#include "core/meter.hpp"
#include "x509/ocsp.hpp"

namespace crest::ca::status {

class OcspDesk {
 public:
  struct Deps {
    store::Store& store;
    const std::vector<StatusSigner>& signers;
    const Responders& responders;
    OcspCache& cache;
    Log& log;
    Meter& meter;
  };
  OcspDesk(const Options& options, Deps deps) : options_(options), deps_(deps), alarm_(deps.log, "ocsp_not_answered") {}

  // An OCSPResponse, also where there is nothing to say: malformedRequest; unauthorized, for another CA's certificates;
  // tryLater, while store or key are out of reach. Blocks for one read and one signature unless the answer is cached;
  // thread-safe.
  OcspAnswerPtr answer(ByteView request, Time now);

 private:
  struct Standing {
    std::vector<x509::ocsp::SingleResponse> responses;
    std::uint64_t revocations = 0;
  };
  const StatusSigner* signer_of(const x509::ocsp::Request& request) const;
  Result<Standing> standing(const StatusSigner& signer, const x509::ocsp::Request& request, Time now) const;
  Result<OcspAnswerPtr> signed_answer(const StatusSigner& signer, const x509::ocsp::Request& request, Time now);

  const Options options_;
  Deps deps_;
  Alarm alarm_;
};

}  // namespace crest::ca::status
