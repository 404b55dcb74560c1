#include "ca/status/status.hpp"

namespace crest::ca::status {

Status::Status(const Options& options, Deps deps)
    : signers_(std::move(deps.signers)),
      crl_job_(options, {deps.store, signers_, shelf_, cache_, deps.log, deps.meter, std::move(deps.node)}),
      responders_(signers_, std::move(deps.issue_responder), deps.log),
      desk_(options, {deps.store, signers_, responders_, cache_, deps.log, deps.meter}),
      service_({signers_, shelf_, desk_, deps.store, deps.clock, std::move(deps.roots_pem)}) {}

Result<void> Status::look(Time now) {
  auto lists = crl_job_.run(now);
  auto responders = responders_.keep(now);
  return lists ? std::move(responders) : std::move(lists);
}

}  // namespace crest::ca::status
