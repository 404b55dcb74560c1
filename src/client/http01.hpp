// The http-01 solvers (RFC 8555 section 8.3): answers held in memory for a listener, or files under a webroot.
#pragma once

#include <map>
#include <mutex>

#include "client/solver.hpp"
#include "disk/disk.hpp"
#include "http/transport.hpp"

namespace crest::client {

// Answers GET and HEAD of the exact path of a live token; everything else is 404. Nothing of the request is echoed
// (HTTP-07..09, CF68). Thread-safe.
class Http01Answers final : public Solver, public http::Service {
 public:
  static constexpr std::size_t answers_max = 10'000;

  std::string_view method() const override { return "http-01"; }
  Result<void> check() override { return {}; }
  Result<void> present(const Proof& proof) override;
  Result<void> clean_up(const Proof& proof) override;
  http::Response handle(const http::Request& request) override;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> answers_;  // path to key authorization
};

// Writes <webroot>/.well-known/acme-challenge/<token>, mode 0644, through a Disk opened on the webroot: no link is
// followed, and no file that was there before is touched (CF18).
class Webroot final : public Solver {
 public:
  explicit Webroot(Disk& webroot) : webroot_(webroot) {}
  std::string_view method() const override { return "http-01"; }
  Result<void> check() override;
  Result<void> present(const Proof& proof) override;
  Result<void> clean_up(const Proof& proof) override;

 private:
  Disk& webroot_;
};

}  // namespace crest::client
