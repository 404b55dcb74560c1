// The Status of certificates, told: revocation lists, OCSP, and the listener's service, joined. One look at the store every
// few seconds keeps all of it right.
#pragma once

#include "ca/status/crl_job.hpp"
#include "ca/status/status_service.hpp"

namespace crest::ca::status {

class Status {
 public:
  struct Deps {
    store::Store& store;
    std::vector<StatusSigner> signers;
    IssueResponder issue_responder;
    Clock& clock;
    Log& log;
    Meter& meter;
    std::string node;  // unique among those that share the store
    std::string roots_pem;
  };
  Status(const Options& options, Deps deps);

  // Does what is due: see CrlJob::run() and Responders::keep(). Blocks; not thread-safe. Error: the first there was.
  Result<void> look(Time now);
  // What relying parties cannot be told, in general words; "" nothing. Does not block; thread-safe.
  std::string trouble(Time now) const { return crl_job_.trouble(now); }
  // Of the oldest list that is served; far more than any life where one is missing. Does not block; thread-safe.
  Duration list_age(Time now) const { return crl_job_.age(now); }
  http::Service& service() { return service_; }

 private:
  std::vector<StatusSigner> signers_;
  Shelf shelf_;
  OcspCache cache_;
  CrlJob crl_job_;
  Responders responders_;
  OcspDesk desk_;
  StatusService service_;
};

}  // namespace crest::ca::status
